//! Scripted calls: the call follows its script.

use std::io::Read;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, start_with};

const STEP: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(600);

async fn start() -> Vapi {
    start_with(Emulator::builder().call_step(STEP)).await
}

async fn call(vapi: &Vapi, body: Value) -> Value {
    let id = vapi.create("/call", body).await;
    vapi.emulator.advance(LONG).await;
    vapi.get(&format!("/call/{id}")).await.1
}

async fn scripted(script: Script) -> Value {
    let vapi = start().await;
    let assistant = vapi
        .create(
            "/assistant",
            json!({ "name": "Ada", "firstMessage": "Hi, {{name}}!", "endCallMessage": "Bye." }),
        )
        .await;
    vapi.emulator.script(script);
    let overrides = json!({ "variableValues": { "name": "Tim" } });
    call(
        &vapi,
        json!({ "assistantId": assistant, "assistantOverrides": overrides }),
    )
    .await
}

#[tokio::test]
async fn a_call_says_what_its_script_says() {
    let script = Script::new()
        .assistant_greets()
        .customer_says("A table for two, please.")
        .assistant_says("It is booked.")
        .assistant_hangs_up()
        .summary("Booked.")
        .success("true")
        .structured_data(json!({ "guests": 2 }))
        .structured_output("so-1", "guests", json!(2))
        .cost(0.5);
    let call = scripted(script).await;
    assert_eq!(
        call["artifact"]["transcript"],
        "AI: Hi, Tim!\nUser: A table for two, please.\nAI: It is booked.\nAI: Bye.\n"
    );
    assert_eq!(call["endedReason"], "assistant-ended-call");
    assert_eq!(
        call["analysis"],
        json!({ "summary": "Booked.", "successEvaluation": "true", "structuredData": { "guests": 2 } })
    );
    assert_eq!(
        call["artifact"]["structuredOutputs"],
        json!({ "so-1": { "name": "guests", "result": 2 } })
    );
    assert_eq!(
        (&call["cost"], &call["costBreakdown"]["total"]),
        (&json!(0.5), &json!(0.5))
    );
    assert_eq!(call["artifact"]["assistantActivations"][0]["assistantName"], "Ada");
}

#[tokio::test]
async fn words_take_their_time() {
    let script = Script::new()
        .pace(Duration::from_millis(500))
        .assistant_says("One two three four.")
        .pause(Duration::from_secs(3))
        .customer_says("Hm.")
        .lasting(Duration::from_secs(7));
    let call = scripted(script).await;
    let messages = call["messages"].as_array().expect("messages");
    let times: Vec<(i64, i64)> = messages
        .iter()
        .map(|message| {
            let from = message["secondsFromStart"].as_f64().expect("seconds");
            (
                (from * 1000.0) as i64,
                message["duration"].as_i64().expect("milliseconds"),
            )
        })
        .collect();
    assert_eq!(times, [(0, 2000), (5000, 7000)]);
}

#[tokio::test]
async fn an_interrupted_assistant_does_not_finish() {
    let script = Script::new()
        .assistant_says("One two three four five six.")
        .customer_interrupts("Stop!");
    let call = scripted(script).await;
    assert_eq!(call["artifact"]["transcript"], "AI: One two three\nUser: Stop!\n");
}

#[tokio::test]
async fn a_call_that_nobody_answers_never_starts() {
    for (script, reason) in [
        (Script::new().nobody_answers(), "customer-did-not-answer"),
        (Script::new().line_is_busy(), "customer-busy"),
        (
            Script::new().never_starts("twilio-failed-to-connect-call"),
            "twilio-failed-to-connect-call",
        ),
    ] {
        let call = scripted(script).await;
        assert_eq!(
            (&call["status"], &call["endedReason"]),
            (&json!("ended"), &json!(reason))
        );
        for absent in ["startedAt", "artifact", "cost", "analysis", "messages"] {
            assert_eq!(call.get(absent), None, "{absent}");
        }
    }
}

#[tokio::test]
async fn a_voicemail_is_spoken_to() {
    let vapi = start().await;
    vapi.emulator
        .script(Script::new().voicemail_answers().customer_says("Never said."));
    let assistant = json!({ "voicemailMessage": "Please call back." });
    let call = call(&vapi, json!({ "assistant": assistant })).await;
    assert_eq!(call["endedReason"], "voicemail");
    assert_eq!(call["artifact"]["transcript"], "AI: Please call back.\n");
}

#[tokio::test]
async fn a_call_ends_for_the_reason_it_is_given() {
    let call = scripted(Script::new().ends_with("silence-timed-out")).await;
    assert_eq!(call["endedReason"], "silence-timed-out");
}

#[tokio::test]
async fn a_call_is_no_longer_than_its_assistant_allows() {
    let vapi = start().await;
    vapi.emulator.script(
        Script::new()
            .assistant_says("One two three four five six seven eight nine ten.")
            .lasting(Duration::from_secs(20)),
    );
    let call = call(&vapi, json!({ "assistant": { "maxDurationSeconds": 10 } })).await;
    assert_eq!(call["endedReason"], "exceeded-max-duration");
    assert_eq!(call["artifact"]["transcript"], "AI: One two three four five\n");
}

#[tokio::test]
async fn a_transferred_call_goes_to_its_destination() {
    let destination = json!({ "type": "number", "number": "+15555550199", "message": "One moment." });
    let vapi = start().await;
    vapi.emulator
        .script(Script::new().assistant_says("Hello.").transfers_to(destination.clone()));
    let id = vapi.create("/call", json!({ "assistantId": "a" })).await;
    // Ringing and answering take two steps, three words 1.2 seconds; then it is forwarded for a step.
    vapi.emulator.advance(2 * STEP + Duration::from_secs(5)).await;
    let forwarding = vapi.get(&format!("/call/{id}")).await.1;
    assert_eq!(forwarding["status"], "forwarding");
    vapi.emulator.advance(STEP).await;
    let ended = vapi.get(&format!("/call/{id}")).await.1;
    assert_eq!(
        (&ended["status"], &ended["endedReason"]),
        (&json!("ended"), &json!("assistant-forwarded-call"))
    );
    assert_eq!(ended["destination"], destination);
    assert_eq!(ended["artifact"]["transcript"], "AI: Hello.\nAI: One moment.\n");
    assert_eq!(ended["artifact"]["transfers"][0]["destination"], destination);
}

#[tokio::test]
async fn another_assistant_can_take_over() {
    let vapi = start().await;
    let second = vapi
        .create("/assistant", json!({ "name": "Bob", "firstMessage": "Bob here." }))
        .await;
    vapi.emulator.script(
        Script::new()
            .assistant_greets()
            .hands_off_to(json!({ "type": "assistant", "assistantId": second }))
            .customer_says("Hi, Bob."),
    );
    let call = call(
        &vapi,
        json!({ "assistant": { "name": "Ada", "firstMessage": "Ada here." } }),
    )
    .await;
    assert_eq!(
        call["artifact"]["transcript"],
        "AI: Ada here.\nAI: Bob here.\nUser: Hi, Bob.\n"
    );
    assert_eq!(
        call["artifact"]["assistantActivations"],
        json!([{ "assistantName": "Ada" }, { "assistantName": "Bob", "assistantId": second }])
    );
}

#[tokio::test]
async fn a_squad_starts_with_its_first_member() {
    let vapi = start().await;
    let squad = json!({ "members": [
        { "assistant": { "name": "Ada", "firstMessage": "Ada here." }, "assistantOverrides": { "firstMessage": "Ada!" } },
        { "assistant": { "name": "Bob", "firstMessage": "Bob here." } },
    ] });
    vapi.emulator.script(
        Script::new()
            .assistant_greets()
            .hands_off_to(json!({ "type": "assistant", "assistantName": "Bob" })),
    );
    let call = call(&vapi, json!({ "squad": squad })).await;
    assert_eq!(call["artifact"]["transcript"], "AI: Ada!\nAI: Bob here.\n");
}

#[tokio::test]
async fn without_a_server_tools_say_what_the_script_says() {
    let script = Script::new()
        .calls_tool("look_up", json!({ "order": 7 }))
        .with_result("shipped")
        .calls_tool("forget", json!({}));
    let call = scripted(script).await;
    let messages = call["messages"].as_array().expect("messages");
    assert_eq!(messages[0]["role"], "tool_calls");
    assert_eq!(
        messages[0]["toolCalls"][0]["function"],
        json!({ "name": "look_up", "arguments": "{\"order\":7}" })
    );
    assert_eq!(
        (&messages[1]["role"], &messages[1]["name"], &messages[1]["result"]),
        (&json!("tool_call_result"), &json!("look_up"), &json!("shipped"))
    );
    assert_eq!(messages[1]["toolCallId"], messages[0]["toolCalls"][0]["id"]);
    assert_eq!(messages[3]["result"], "No result returned.");
}

#[tokio::test]
async fn built_in_tools_take_effect() {
    let destinations = json!([
        { "type": "number", "number": "+15555550198" },
        { "type": "number", "number": "+15555550199" },
    ]);
    let tools = json!([
        { "type": "endCall" },
        { "type": "dtmf" },
        { "type": "transferCall", "destinations": destinations },
        {
            "type": "handoff", "function": { "name": "to_bob" },
            "destinations": [{ "type": "assistant", "assistant": { "name": "Bob", "firstMessage": "Bob here." } }],
        },
    ]);
    let model = json!({ "provider": "openai", "model": "gpt-4o", "tools": tools });
    let assistant = json!({ "model": model, "endCallMessage": "Bye." });
    for (name, arguments, reason, transcript) in [
        ("endCall", json!({}), "assistant-ended-call", "AI: Bye.\n"),
        ("dtmf", json!({ "dtmf": "1" }), "customer-ended-call", "User: Oh.\n"),
        (
            "transferCall",
            json!({ "destination": "+15555550199" }),
            "assistant-forwarded-call",
            "",
        ),
        ("to_bob", json!({}), "customer-ended-call", "AI: Bob here.\nUser: Oh.\n"),
    ] {
        let vapi = start().await;
        vapi.emulator
            .script(Script::new().calls_tool(name, arguments).customer_says("Oh."));
        let call = call(&vapi, json!({ "assistant": assistant })).await;
        assert_eq!(
            (&call["endedReason"], &call["artifact"]["transcript"]),
            (&json!(reason), &json!(transcript)),
            "{name}"
        );
        let number = (name == "transferCall").then_some("+15555550199");
        assert_eq!(call["destination"]["number"].as_str(), number);
    }
}

#[tokio::test]
async fn a_scripted_call_is_as_the_document_declares() {
    let vapi = start().await;
    vapi.emulator.script(
        Script::new()
            .assistant_greets()
            .calls_tool("look_up", json!({}))
            .customer_says("Thanks.")
            .summary("Thanked.")
            .transfers_to(json!({ "type": "sip", "sipUri": "sip:desk@example.com" })),
    );
    let call = call(&vapi, json!({ "assistant": { "firstMessage": "Hi." } })).await;
    let mut problems = vapi.emulator.response_problems("CallController_findOne", &call);
    // Tool calls have OpenAI's format, which the document does not know.
    problems.retain(|problem| !problem.starts_with("artifact.messagesOpenAIFormatted"));
    assert_eq!(problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_script_is_for_the_calls_it_names() {
    let vapi = start().await;
    vapi.emulator.script(Script::new().ends_with("silence-timed-out"));
    vapi.emulator
        .script(Script::new().for_customer("+15555550101").ends_with("voicemail"));
    vapi.emulator
        .script(Script::new().for_assistant("Ada").ends_with("exceeded-max-duration"));
    vapi.emulator
        .script(Script::new().for_next_call().ends_with("customer-busy"));
    let customer = |number: &str| json!({ "customer": { "number": number } });
    let mut reasons = Vec::new();
    for body in [
        customer("+15555550101"),
        customer("+15555550101"),
        json!({ "assistant": { "name": "Ada" } }),
        customer("+15555550102"),
    ] {
        reasons.push(call(&vapi, body).await["endedReason"].clone());
    }
    assert_eq!(
        reasons,
        [
            "customer-busy",
            "voicemail",
            "exceeded-max-duration",
            "silence-timed-out"
        ]
    );
    vapi.emulator.clear_scripts();
    assert_eq!(
        call(&vapi, customer("+15555550101")).await["endedReason"],
        "customer-ended-call"
    );
}

#[tokio::test]
async fn recording_and_log_are_those_of_the_call() {
    let vapi = start().await;
    vapi.emulator.script(
        Script::new()
            .assistant_says("Hello.")
            .lasting(Duration::from_secs(2))
            .customer_says("Hi.")
            .lasting(Duration::from_secs(3)),
    );
    let call = call(&vapi, json!({ "assistantId": "a" })).await;
    let download = |name: &str| {
        let url = call["artifact"][name].as_str().expect("a link").to_owned();
        let request = vapi.elsewhere(Method::GET, &url);
        async move { request.send().await.expect("a response").bytes().await.expect("a body") }
    };
    let customer = download("presignedCustomerUrl").await;
    let second = |number: usize| &customer[44 + number * 32_000..44 + (number + 1) * 32_000];
    assert_eq!(customer.len(), 44 + 5 * 32_000);
    assert!(second(1).iter().all(|byte| *byte == 0), "the customer listens");
    assert!(second(2).iter().any(|byte| *byte != 0), "the customer speaks");
    let mut log = String::new();
    flate2::read::GzDecoder::new(&download("presignedLogUrl").await[..])
        .read_to_string(&mut log)
        .expect("gzip");
    let rows: Vec<Value> = log
        .lines()
        .map(|row| serde_json::from_str(row).expect("JSON"))
        .collect();
    let bodies: Vec<&Value> = rows.iter().map(|row| &row["body"]).collect();
    assert_eq!(
        bodies,
        ["Call started", "Voice input", "Transcriber output", "Call ended"]
    );
    assert_eq!(rows[2]["attributes"]["text"], "Hi.");
}

#[tokio::test]
async fn calls_live_side_by_side() {
    let vapi = start().await;
    vapi.emulator
        .script(Script::new().assistant_says("Hello.").lasting(Duration::from_secs(1)));
    let mut ids = Vec::new();
    for _ in 0..50 {
        ids.push(vapi.create("/call", json!({ "assistantId": "a" })).await);
    }
    vapi.emulator.advance(LONG).await;
    for id in ids {
        let call = vapi.get(&format!("/call/{id}")).await.1;
        assert_eq!(
            (&call["status"], &call["messages"][0]["duration"]),
            (&json!("ended"), &json!(1000))
        );
    }
}
