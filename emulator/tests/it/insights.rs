//! Insights: numbers from the stored calls.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, start, start_with};

const LONG: Duration = Duration::from_secs(600);

/// Returns an emulator with three ended calls: two of half a dollar, and one that was busy.
async fn with_calls() -> Vapi {
    let vapi = start_with(Emulator::builder().call_step(Duration::from_secs(10))).await;
    let say = Script::new()
        .for_customer("+15555550101")
        .assistant_says("Hi.")
        .lasting(Duration::from_secs(4))
        .cost(0.5);
    vapi.emulator.script(say);
    vapi.emulator
        .script(Script::new().for_customer("+15555550102").line_is_busy());
    for customer in ["+15555550101", "+15555550101", "+15555550102"] {
        let call = json!({ "assistant": { "firstMessage": "Hello." }, "customer": { "number": customer } });
        vapi.create("/call", call).await;
    }
    vapi.emulator.advance(LONG).await;
    vapi
}

fn query(name: &str, operation: &str, column: &str, filters: Value) -> Value {
    json!({
        "type": "vapiql-json", "table": "call", "name": name, "operation": operation, "column": column, "filters": filters,
    })
}

fn ended_for(reason: &str) -> Value {
    json!([{ "column": "endedReason", "operator": "=", "value": reason }])
}

/// Runs a new insight and returns the response.
async fn run(vapi: &Vapi, insight: Value, body: Value) -> Value {
    let id = vapi.create("/reporting/insight", insight).await;
    let (status, run) = vapi.post(&format!("/reporting/insight/{id}/run"), body).await;
    assert_eq!(status, 200, "{run}");
    assert_eq!(run["insightId"], id);
    let mut problems = vapi.emulator.response_problems("InsightController_run", &run);
    // The document has no property for the numbers.
    problems.retain(|problem| !problem.ends_with("should not exist"));
    assert_eq!(problems, Vec::<String>::new());
    run
}

#[tokio::test]
async fn a_text_is_one_row_with_its_formula() {
    let vapi = with_calls().await;
    let insight = json!({
        "type": "text", "name": "Busy",
        "queries": [
            query("busy", "count", "id", ended_for("customer-busy")),
            query("all calls", "count", "id", json!([])),
        ],
        "formula": { "name": "share", "formula": "{{busy}} / {{['all calls']}} * 100" },
    });
    let result = run(&vapi, insight, json!({})).await["result"].clone();
    let share = result[0]["share"].as_f64().expect("a number");
    assert_eq!((&result[0]["busy"], &result[0]["all calls"]), (&json!(1), &json!(3)));
    assert!((share - 100.0 / 3.0).abs() < 1e-9, "{share}");
    assert_eq!(result.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_pie_has_a_row_for_each_group() {
    let vapi = with_calls().await;
    let insight = json!({
        "type": "pie", "name": "Costs", "groupBy": "endedReason",
        "queries": [query("cost", "sum", "cost", json!([])), query("seconds", "max", "duration", json!([]))],
    });
    let run = run(&vapi, insight, json!({ "formatPlan": { "format": "recharts" } })).await;
    assert_eq!(
        run["result"],
        json!([
            { "endedReason": "customer-busy", "cost": 0.0, "seconds": 0.0, "name": "customer-busy" },
            { "endedReason": "customer-ended-call", "cost": 1.0, "seconds": 4.0, "name": "customer-ended-call" },
        ])
    );
    assert_eq!(run["timeRange"]["step"], Value::Null);
}

#[tokio::test]
async fn a_line_has_a_row_for_each_step() {
    let vapi = with_calls().await;
    let insight = json!({
        "type": "line", "name": "Calls", "timeRange": { "start": "-1h", "step": "month" },
        "queries": [query("calls", "count", "id", json!([]))],
    });
    let run = run(&vapi, insight, json!({})).await;
    let start = run["timeRange"]["start"].as_str().expect("a time");
    let (_, calls) = vapi.get("/call").await;
    let month = calls[0]["createdAt"].as_str().expect("a time")[..7].to_owned();
    assert_eq!(run["result"], json!([{ "date": format!("{month}-01"), "calls": 3 }]));
    assert!(start < calls[0]["createdAt"].as_str().expect("a time"), "{start}");
}

#[tokio::test]
async fn a_run_may_have_its_own_range_and_assistant() {
    let vapi = with_calls().await;
    let insight = json!({ "type": "text", "name": "Calls", "queries": [query("n", "count", "id", json!([]))] });
    let past = json!({ "timeRangeOverride": { "start": "2020-01-01", "end": "2020-02-01" } });
    assert_eq!(run(&vapi, insight.clone(), past).await["result"], json!([{ "n": 0 }]));
    let assistant = vapi.create("/assistant", json!({ "name": "Ada" })).await;
    vapi.create("/call", json!({ "assistantId": assistant })).await;
    let scoped = json!({ "assistantId": assistant });
    assert_eq!(run(&vapi, insight, scoped).await["result"], json!([{ "n": 1 }]));
}

#[tokio::test]
async fn an_insight_can_be_previewed() {
    let vapi = with_calls().await;
    let mut insight = json!({
        "type": "text", "name": "Calls", "queries": [query("n", "count", "id", json!([]))], "formula": { "formula": "n * 2" },
    });
    let (status, shown) = vapi.post("/reporting/insight/preview", insight.clone()).await;
    assert_eq!(
        (status, &shown["result"]),
        (200, &json!([{ "n": 3, "Formula 1": 6.0 }]))
    );
    assert_eq!(vapi.get("/reporting/insight").await.1["results"], json!([]));
    insight["formula"] = json!({ "formula": "{{m}} * 2" });
    let (status, refused) = vapi.post("/reporting/insight/preview", insight.clone()).await;
    assert_eq!(
        (status, &refused["message"]),
        (400, &json!(["formula names no query: m"]))
    );
    insight["timeRange"] = json!({ "start": "-7x" });
    let (status, refused) = vapi.post("/reporting/insight/preview", insight).await;
    assert_eq!(
        (status, &refused["message"][0]),
        (
            400,
            &json!("timeRange.start must be a valid ISO 8601 date-time string or relative time string")
        )
    );
}

#[tokio::test]
async fn structured_outputs_are_columns() {
    let vapi = start().await;
    let output = json!({ "name": "guests", "schema": { "type": "integer" } });
    let output = vapi.create("/structured-output", output).await;
    vapi.emulator
        .script(Script::new().structured_output(&*output, "guests", json!(4)));
    let plan = json!({ "structuredOutputIds": [output] });
    vapi.create("/call", json!({ "assistant": { "artifactPlan": plan } }))
        .await;
    vapi.emulator.advance(LONG).await;
    let column = format!("artifact.structuredOutputs[{output}]");
    let large = json!([{ "column": column, "operator": ">", "value": 3 }]);
    let insight = json!({ "type": "text", "name": "Guests", "queries": [query("guests", "sum", &column, large)] });
    assert_eq!(
        run(&vapi, insight, json!({})).await["result"],
        json!([{ "guests": 4.0 }])
    );
}
