//! Results of ended calls: analysis, structured outputs, analytics, and what captured calls have.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, start_strict};

const STEP: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(600);

async fn start() -> Vapi {
    start_strict(Emulator::builder().call_step(STEP)).await
}

/// Places a call of this assistant and returns it when it has ended.
async fn ended(vapi: &Vapi, assistant: Value, more: Value) -> Value {
    let line = vapi.create("/phone-number", json!({ "provider": "vapi" })).await;
    let mut call = json!({
        "assistant": assistant, "phoneNumberId": line, "customer": { "number": "+15555550101", "name": "Tim" },
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        call[name.as_str()] = value.clone();
    }
    let id = vapi.create("/call", call).await;
    vapi.emulator.advance(LONG).await;
    vapi.get(&format!("/call/{id}")).await.1
}

#[tokio::test]
async fn an_ended_call_has_what_captured_ones_have() {
    let vapi = start().await;
    let assistant = json!({
        "transcriber": { "provider": "deepgram", "model": "nova-3" },
        "model": { "provider": "openai", "model": "gpt-4o", "messages": [{ "role": "system", "content": "Be kind." }] },
        "voice": { "provider": "11labs", "voiceId": "sarah" },
    });
    let call = ended(&vapi, assistant, json!({})).await;
    for name in ["transcript", "recordingUrl", "stereoRecordingUrl"] {
        assert!(call[name].is_string(), "{name}");
        assert_eq!(call[name], call["artifact"][name], "{name}");
    }
    assert_eq!(call["summary"], call["analysis"]["summary"]);
    assert_eq!(
        call["transport"],
        json!({ "provider": "vapi.sip", "conversationType": "voice" })
    );
    assert_eq!(call["artifact"]["variableValues"]["customer"]["name"], "Tim");
    let kinds: Vec<&Value> = call["costs"]
        .as_array()
        .expect("costs")
        .iter()
        .map(|cost| &cost["type"])
        .collect();
    assert_eq!(kinds, ["transcriber", "model", "voice", "vapi", "transport"]);
    assert_eq!(
        call["costs"][1]["model"],
        json!({ "provider": "openai", "model": "gpt-4o" })
    );
    let sum: f64 = call["costs"]
        .as_array()
        .expect("costs")
        .iter()
        .filter_map(|cost| cost["cost"].as_f64())
        .sum();
    assert!((sum - call["cost"].as_f64().expect("a cost")).abs() < 1e-9, "{sum}");
    assert_eq!(
        vapi.emulator.response_problems("CallController_findOne", &call),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn variables_are_filled_in_first_messages_and_prompts() {
    let vapi = start().await;
    let assistant = json!({
        "firstMessage": "Hi {{customer.name}} in {{city}}.",
        "model": {
            "provider": "openai", "model": "gpt-4o",
            "messages": [{ "role": "system", "content": "You call {{customer.number}}." }],
        },
    });
    let overrides = json!({ "assistantOverrides": { "variableValues": { "city": "Rome" } } });
    let call = ended(&vapi, assistant, overrides).await;
    assert_eq!(call["messages"][0]["message"], "You call +15555550101.");
    assert_eq!(call["messages"][1]["message"], "Hi Tim in Rome.");
    assert_eq!(call["artifact"]["variableValues"]["city"], "Rome");
}

#[cfg(feature = "liquid")]
#[tokio::test]
async fn templates_are_filled_in_first_messages_and_prompts() {
    let vapi = start().await;
    let assistant = json!({
        "firstMessage": "Hi {{customer.name | upcase}}, it is {{\"now\" | date: \"%Y\", \"America/New_York\"}} in {{city}}.",
        "model": {
            "provider": "openai", "model": "gpt-4o",
            "messages": [{ "role": "system", "content": "You call {{customer.number}}. {% if vip %}Be quick.{% endif %}" }],
        },
    });
    let overrides = json!({ "assistantOverrides": { "variableValues": { "city": "Rome", "vip": true } } });
    let call = ended(&vapi, assistant, overrides).await;
    let year = &call["createdAt"].as_str().expect("a time")[..4];
    assert_eq!(call["messages"][0]["message"], "You call +15555550101. Be quick.");
    assert_eq!(call["messages"][1]["message"], format!("Hi TIM, it is {year} in Rome."));
    assert_eq!(call["artifact"]["variableValues"]["city"], "Rome");
}

#[tokio::test]
async fn structured_outputs_are_computed_for_a_call() {
    let vapi = start().await;
    let guests = json!({ "name": "guests", "schema": { "type": "integer", "minimum": 1 } });
    let guests = vapi.create("/structured-output", guests).await;
    let word =
        json!({ "name": "word", "type": "regex", "regex": "only wanted to (\\w+)", "schema": { "type": "string" } });
    let word = vapi.create("/structured-output", word).await;
    let long = json!({
        "name": "long", "schema": { "type": "boolean" }, "conditions": [{ "type": "minMessages", "count": 50 }],
    });
    let long = vapi.create("/structured-output", long).await;
    let plan = json!({ "artifactPlan": { "structuredOutputIds": [guests, word, long] } });
    let call = ended(&vapi, plan, json!({})).await;
    let outputs = &call["artifact"]["structuredOutputs"];
    assert_eq!(outputs[&guests], json!({ "name": "guests", "result": 1 }));
    assert_eq!(outputs[&word], json!({ "name": "word", "result": "say" }));
    assert_eq!(outputs[&long], Value::Null);
    let skipped = &call["artifact"]["skippedStructuredOutputs"][&long];
    assert_eq!(skipped["unmetCondition"], json!({ "type": "minMessages", "count": 50 }));
}

#[tokio::test]
async fn a_script_gives_structured_outputs_by_name() {
    let vapi = start().await;
    let id = vapi
        .create(
            "/structured-output",
            json!({ "name": "guests", "schema": { "type": "integer" } }),
        )
        .await;
    vapi.emulator
        .script(Script::new().structured_output("any", "guests", json!(4)));
    let plan = json!({ "artifactPlan": { "structuredOutputIds": [id] } });
    let call = ended(&vapi, plan, json!({})).await;
    assert_eq!(
        call["artifact"]["structuredOutputs"],
        json!({ id: { "name": "guests", "result": 4 } })
    );
}

#[tokio::test]
async fn an_analysis_has_what_is_planned() {
    let vapi = start().await;
    let schema = json!({ "type": "object", "required": ["mood"], "properties": {
        "mood": { "type": "string", "enum": ["glad", "sad"] }, "note": { "type": "string" },
    } });
    let plan = json!({ "analysisPlan": {
        "summaryPlan": { "enabled": false },
        "structuredDataPlan": { "enabled": true, "schema": schema },
        "successEvaluationPlan": { "rubric": "NumericScale" },
    } });
    let call = ended(&vapi, plan, json!({})).await;
    assert_eq!(
        call["analysis"],
        json!({ "structuredData": { "mood": "glad" }, "successEvaluation": "10" })
    );
}

#[tokio::test]
async fn a_structured_output_can_be_run_again() {
    let vapi = start().await;
    let call = ended(&vapi, json!({}), json!({})).await;
    let output = json!({ "name": "fine", "schema": { "type": "boolean" } });
    let preview = json!({ "structuredOutput": output, "callIds": [call["id"]], "previewEnabled": true });
    let (status, shown) = vapi.post("/structured-output/run", preview).await;
    let results: Vec<&Value> = shown.as_object().expect("an object").values().collect();
    assert_eq!(
        (status, results),
        (200, vec![&json!({ "name": "fine", "result": false })])
    );
    let path = format!("/call/{}", call["id"].as_str().expect("an id"));
    assert_eq!(vapi.get(&path).await.1["artifact"]["structuredOutputs"], Value::Null);
    let id = vapi.create("/structured-output", output).await;
    let run = json!({ "structuredOutputId": id, "callIds": [call["id"]] });
    let (status, started) = vapi.post("/structured-output/run", run).await;
    assert_eq!(status, 200);
    assert!(started["workflowId"].is_string(), "{started}");
    assert_eq!(
        vapi.get(&path).await.1["artifact"]["structuredOutputs"][&id],
        json!({ "name": "fine", "result": false })
    );
}

#[tokio::test]
async fn analytics_are_those_of_the_stored_calls() {
    let vapi = start().await;
    vapi.emulator.script(Script::new().assistant_says("Hi.").cost(0.5));
    for _ in 0..2 {
        ended(&vapi, json!({}), json!({})).await;
    }
    vapi.emulator.script(Script::new().line_is_busy());
    ended(&vapi, json!({}), json!({})).await;
    let query = json!({ "queries": [{
        "name": "costs", "table": "call", "groupBy": ["endedReason"],
        "operations": [
            { "operation": "count", "column": "id" },
            { "operation": "sum", "column": "cost" },
            { "operation": "avg", "column": "cost", "alias": "mean" },
        ],
    }] });
    let (status, results) = vapi.post("/analytics", query).await;
    assert_eq!(status, 200, "{results}");
    assert_eq!(results[0]["name"], "costs");
    assert_eq!(
        results[0]["result"],
        json!([
            { "endedReason": "customer-busy", "countId": 1, "sumCost": 0.0, "mean": 0 },
            { "endedReason": "customer-ended-call", "countId": 2, "sumCost": 1.0, "mean": 0.5 },
        ])
    );
    assert_eq!(
        vapi.emulator.response_problems("AnalyticsController_query", &results),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn analytics_are_limited_to_their_time_range() {
    let vapi = start().await;
    let call = ended(&vapi, json!({}), json!({})).await;
    let counted = async |range: Value| {
        let query = json!({ "queries": [{
            "name": "n", "table": "call", "timeRange": range, "operations": [{ "operation": "count", "column": "id" }],
        }] });
        vapi.post("/analytics", query).await.1[0]["result"].clone()
    };
    assert_eq!(counted(json!({})).await, json!([{ "countId": 1 }]));
    let past = json!({ "start": "2020-01-01T00:00:00Z", "end": "2020-02-01T00:00:00Z" });
    assert_eq!(counted(past).await, json!([{ "countId": 0 }]));
    let day = &call["createdAt"].as_str().expect("a time")[..10];
    let by_day = json!({ "step": "day" });
    assert_eq!(counted(by_day).await, json!([{ "date": day, "countId": 1 }]));
}
