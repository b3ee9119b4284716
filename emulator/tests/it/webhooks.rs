//! Webhooks of calls, and the use of their responses.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, start_with};
use crate::receiver::Receiver;

pub const STEP: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(600);

pub async fn start() -> Vapi {
    start_with(Emulator::builder().call_step(STEP)).await
}

/// Runs a call of an assistant with these properties to its end.
pub async fn call(vapi: &Vapi, assistant: Value) -> Value {
    call_with(vapi, json!({ "assistant": assistant })).await
}

async fn call_with(vapi: &Vapi, body: Value) -> Value {
    let id = vapi.create("/call", body).await;
    vapi.emulator.advance(LONG).await;
    vapi.get(&format!("/call/{id}")).await.1
}

pub fn with_server(receiver: &Receiver, more: Value) -> Value {
    let mut assistant = json!({ "firstMessage": "Hello.", "server": { "url": format!("{}/hook", receiver.url) } });
    for (name, value) in more.as_object().expect("an object") {
        if name == "server" {
            for (name, value) in value.as_object().expect("an object") {
                assistant["server"][name.as_str()] = value.clone();
            }
        } else {
            assistant[name.as_str()] = value.clone();
        }
    }
    assistant
}

/// Returns the results of tools.
pub fn results(call: &Value) -> Vec<Value> {
    let messages = call["messages"].as_array().expect("messages").iter();
    let results = messages.filter(|message| message["role"] == "tool_call_result");
    results.map(|message| message["result"].clone()).collect()
}

#[tokio::test]
async fn a_call_tells_its_story_in_order() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    vapi.emulator
        .script(Script::new().assistant_greets().customer_says("Bye."));
    call(&vapi, with_server(&receiver, json!({}))).await;
    assert_eq!(
        receiver.types(),
        [
            "status-update",
            "status-update",
            "status-update",
            "assistant.started",
            "speech-update",
            "speech-update",
            "conversation-update",
            "speech-update",
            "speech-update",
            "conversation-update",
            "status-update",
            "end-of-call-report",
        ]
    );
    let states: Vec<Value> = receiver
        .of_type("status-update")
        .iter()
        .map(|m| m["status"].clone())
        .collect();
    assert_eq!(states, ["queued", "ringing", "in-progress", "ended"]);
    let speech: Vec<String> = receiver
        .of_type("speech-update")
        .iter()
        .map(|m| format!("{} {} {}", m["turn"], m["role"], m["status"]))
        .collect();
    assert_eq!(
        speech,
        [
            "0 \"assistant\" \"started\"",
            "0 \"assistant\" \"stopped\"",
            "1 \"user\" \"started\"",
            "1 \"user\" \"stopped\"",
        ]
    );
}

#[tokio::test]
async fn a_message_comes_in_its_envelope() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let number = json!({ "provider": "vapi", "name": "Desk" });
    let number = vapi.create("/phone-number", number).await;
    let assistant = vapi
        .create("/assistant", with_server(&receiver, json!({ "name": "Ada" })))
        .await;
    let body = json!({ "assistantId": assistant, "phoneNumberId": number, "customer": { "number": "+15555550101" } });
    let id = vapi.create("/call", body).await;
    vapi.emulator.advance(2 * STEP).await;
    let sent = &receiver.all()[2];
    assert_eq!(sent.path, "/hook");
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(sent.header("x-call-id"), Some(id.as_str()));
    assert_eq!(sent.header("x-vapi-secret"), Some(""));
    assert!(
        sent.header("user-agent")
            .is_some_and(|agent| agent.starts_with("vapi-emulator/"))
    );
    let message = sent.message();
    assert_eq!(
        (&message["type"], &message["status"]),
        (&json!("status-update"), &json!("in-progress"))
    );
    assert!(message["timestamp"].is_i64());
    assert_eq!(
        (&message["call"]["id"], &message["call"]["status"]),
        (&json!(id), &json!("in-progress"))
    );
    assert_eq!(message["customer"]["number"], "+15555550101");
    assert_eq!(
        (&message["phoneNumber"]["id"], &message["phoneNumber"]["name"]),
        (&json!(number), &json!("Desk"))
    );
    assert_eq!(
        (&message["assistant"]["id"], &message["assistant"]["name"]),
        (&json!(assistant), &json!("Ada"))
    );
    assert_eq!(message["artifact"]["transcript"], "");
}

#[tokio::test]
async fn only_what_was_asked_for_is_sent() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    vapi.emulator.script(
        Script::new()
            .assistant_says("One two three four.")
            .customer_interrupts("Wait a moment.")
            .assistant_hangs(STEP),
    );
    let wanted = json!(["transcript", "user-interrupted", "hang", "model-output", "voice-input"]);
    call(&vapi, with_server(&receiver, json!({ "serverMessages": wanted }))).await;
    assert_eq!(
        receiver.types(),
        [
            "model-output",
            "transcript",
            "transcript",
            "user-interrupted",
            "transcript",
            "transcript",
            "voice-input",
            "hang"
        ]
    );
    let transcripts: Vec<String> = receiver
        .of_type("transcript")
        .iter()
        .map(|m| format!("{} {}: {}", m["transcriptType"], m["role"], m["transcript"]).replace('"', ""))
        .collect();
    assert_eq!(
        transcripts,
        [
            "partial assistant: One two",
            "final assistant: One two",
            "partial user: Wait a",
            "final user: Wait a moment.",
        ]
    );
}

#[tokio::test]
async fn final_transcripts_can_be_asked_for_alone() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    vapi.emulator.script(Script::new().customer_says("Hello there."));
    let wanted = json!(["transcript[transcriptType=\"final\"]"]);
    call(&vapi, with_server(&receiver, json!({ "serverMessages": wanted }))).await;
    let kinds: Vec<Value> = receiver
        .messages()
        .iter()
        .map(|m| m["transcriptType"].clone())
        .collect();
    assert_eq!(kinds, ["final"]);
}

#[tokio::test]
async fn the_report_has_what_the_call_came_to() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    vapi.emulator.script(
        Script::new()
            .assistant_greets()
            .lasting(Duration::from_secs(3))
            .customer_says("Bye.")
            .lasting(Duration::from_secs(1))
            .summary("They said hello."),
    );
    let call = call(
        &vapi,
        with_server(&receiver, json!({ "serverMessages": ["end-of-call-report"] })),
    )
    .await;
    let report = &receiver.messages()[0];
    let mut names: Vec<&String> = report.as_object().expect("an object").keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "analysis",
            "artifact",
            "assistant",
            "assistantVersion",
            "call",
            "cost",
            "costBreakdown",
            "costs",
            "durationMinutes",
            "durationMs",
            "durationSeconds",
            "endedAt",
            "endedReason",
            "messages",
            "recordingUrl",
            "startedAt",
            "stereoRecordingUrl",
            "summary",
            "timestamp",
            "transcript",
            "type",
        ]
    );
    assert_eq!(
        (&report["durationMs"], &report["durationSeconds"]),
        (&json!(4000), &json!(4.0))
    );
    assert_eq!(report["summary"], "They said hello.");
    assert_eq!(report["transcript"], "AI: Hello.\nUser: Bye.\n");
    assert_eq!(report["endedReason"], "customer-ended-call");
    for same in ["messages", "artifact", "analysis", "cost", "startedAt", "endedAt"] {
        assert_eq!(report[same], call[same], "{same}");
    }
}

#[tokio::test]
async fn messages_go_to_the_closest_server() {
    let (own, overriding, line) = (
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    );
    let organization = Receiver::start().await;
    let builder = Emulator::builder()
        .call_step(STEP)
        .server(json!({ "url": organization.url }));
    let vapi = start_with(builder).await;
    let number = json!({ "provider": "vapi", "server": { "url": line.url } });
    let number = vapi.create("/phone-number", number).await;
    let assistant = json!({ "server": { "url": own.url } });
    let overrides = json!({ "server": { "url": overriding.url } });
    for body in [
        json!({ "phoneNumberId": number, "assistant": assistant, "assistantOverrides": overrides }),
        json!({ "phoneNumberId": number, "assistant": assistant }),
        json!({ "phoneNumberId": number, "assistant": {} }),
        json!({ "assistant": {} }),
    ] {
        call_with(&vapi, body).await;
    }
    for receiver in [overriding, own, line, organization] {
        assert_eq!(receiver.of_type("end-of-call-report").len(), 1);
    }
}

#[tokio::test]
async fn an_organization_that_has_a_server_is_told_there() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let organization = vapi.get("/org").await.1[0]["id"].clone();
    let path = format!("/org/{}", organization.as_str().expect("an id"));
    let server = json!({ "server": { "url": receiver.url } });
    assert_eq!(vapi.patch(&path, server).await.0, 200);
    call_with(&vapi, json!({ "assistant": {} })).await;
    assert_eq!(receiver.of_type("end-of-call-report").len(), 1);
}

#[tokio::test]
async fn without_a_server_nothing_is_sent() {
    let vapi = start().await;
    call(&vapi, json!({ "firstMessage": "Hello." })).await;
    assert!(vapi.emulator.webhooks().is_empty());
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_by_the_clock() {
    let mut failures = 0;
    let receiver = Receiver::answering(move |_| {
        failures += 1;
        Some((if failures < 3 { 503 } else { 200 }, json!({})))
    })
    .await;
    let vapi = start().await;
    let plan = json!({ "type": "exponential", "maxRetries": 5, "baseDelaySeconds": 2 });
    let more = json!({ "server": { "backoffPlan": plan }, "serverMessages": ["end-of-call-report"] });
    call(&vapi, with_server(&receiver, more)).await;
    let sent = vapi.emulator.webhooks();
    let attempts: Vec<(u32, Option<u16>)> = sent.iter().map(|sent| (sent.attempt, sent.status)).collect();
    assert_eq!(attempts, [(1, Some(503)), (2, Some(503)), (3, Some(200))]);
    let pauses: Vec<i64> = sent.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    assert!(
        (2000..4000).contains(&pauses[0]) && (4000..8000).contains(&pauses[1]),
        "{pauses:?}"
    );
}

#[tokio::test]
async fn deliveries_stay_in_order_while_one_is_repeated() {
    let failures = AtomicU32::new(0);
    let receiver = Receiver::answering(move |_| {
        let failures = failures.fetch_add(1, Ordering::Relaxed) + 1;
        Some((if failures < 3 { 503 } else { 200 }, json!({})))
    })
    .await;
    let vapi = start().await;
    let plan = json!({ "type": "fixed", "maxRetries": 5, "baseDelaySeconds": 10 });
    let more = json!({ "server": { "backoffPlan": plan }, "serverMessages": ["status-update"] });
    call(&vapi, with_server(&receiver, more)).await;
    let sent = vapi.emulator.webhooks();
    let told: Vec<(Value, u32)> = sent
        .iter()
        .map(|sent| (sent.message()["status"].clone(), sent.attempt))
        .collect();
    let expected = [
        ("queued", 1),
        ("queued", 2),
        ("queued", 3),
        ("ringing", 1),
        ("in-progress", 1),
        ("ended", 1),
    ];
    assert_eq!(told, expected.map(|(status, attempt)| (json!(status), attempt)));
}

#[tokio::test]
async fn a_delivery_is_not_repeated_without_a_matching_plan() {
    let vapi = start().await;
    let refuses = Receiver::answering(|_| Some((401, json!({})))).await;
    let plan = json!({ "type": "fixed", "maxRetries": 5, "baseDelaySeconds": 1, "excludedStatusCodes": [401] });
    for server in [json!({}), json!({ "backoffPlan": plan })] {
        vapi.emulator.clear_webhooks();
        let more = json!({ "server": server, "serverMessages": ["end-of-call-report"] });
        call(&vapi, with_server(&refuses, more)).await;
        assert_eq!(vapi.emulator.webhooks().len(), 1);
    }
}

#[tokio::test]
async fn sent_webhooks_are_kept_for_tests() {
    let (vapi, receiver) = (
        start().await,
        Receiver::answering(|_| Some((202, json!({ "noted": true })))).await,
    );
    let call = call(
        &vapi,
        with_server(&receiver, json!({ "serverMessages": ["status-update"] })),
    )
    .await;
    let sent = vapi.emulator.webhooks();
    assert_eq!(sent.len(), 4);
    let first = &sent[0];
    assert_eq!(call["id"], first.call_id.as_str());
    assert_eq!((first.message_type.as_str(), first.attempt), ("status-update", 1));
    assert_eq!(first.url, format!("{}/hook", receiver.url));
    assert_eq!(
        (first.status, first.is_success(), first.error.as_deref()),
        (Some(202), true, None)
    );
    assert_eq!(first.response_json(), Some(json!({ "noted": true })));
    assert_eq!(first.message(), receiver.messages()[0]);
    assert_eq!(first.header("x-call-id"), call["id"].as_str());
    vapi.emulator.clear_webhooks();
    assert!(vapi.emulator.webhooks().is_empty());
}

#[tokio::test]
async fn an_unreachable_server_does_not_delay_the_call() {
    let vapi = start().await;
    let call = call(&vapi, json!({ "server": { "url": "http://127.0.0.1:1/hook" } })).await;
    assert_eq!(call["endedReason"], "customer-ended-call");
    assert!(
        vapi.emulator
            .webhooks()
            .iter()
            .all(|sent| sent.status.is_none() && sent.error.is_some())
    );
}

#[cfg(not(feature = "https"))]
#[tokio::test]
async fn a_build_without_tls_says_so() {
    let vapi = start().await;
    call(&vapi, json!({ "server": { "url": "https://127.0.0.1:1/hook" } })).await;
    let error = vapi.emulator.webhooks()[0].error.clone();
    assert_eq!(
        error.as_deref(),
        Some("this emulator was built without its feature `https`; use an http URL")
    );
}

#[tokio::test]
async fn a_message_is_as_the_document_declares() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    vapi.emulator
        .script(Script::new().assistant_greets().customer_says("Bye."));
    let call = call(&vapi, with_server(&receiver, json!({}))).await;
    for message in receiver.messages() {
        let mut described = message["call"].clone();
        described["artifact"] = message["artifact"].clone();
        let problems = vapi.emulator.response_problems("CallController_findOne", &described);
        assert_eq!(problems, Vec::<String>::new(), "{}", message["type"]);
        assert_eq!(message["call"]["id"], call["id"]);
    }
}

#[tokio::test]
async fn other_machines_get_no_webhooks_unless_allowed() {
    for (builder, refused) in [
        (Emulator::builder(), true),
        (Emulator::builder().allow_host("HOOKS.invalid"), false),
        (Emulator::builder().allow_host("*"), false),
    ] {
        let vapi = start_with(builder.call_step(STEP)).await;
        call(&vapi, json!({ "server": { "url": "http://hooks.invalid/" } })).await;
        vapi.emulator.advance(STEP).await;
        let webhooks = vapi.emulator.webhooks();
        let error = webhooks[0].error.as_deref().expect("nobody is there");
        assert_eq!(error.contains("--allow-host hooks.invalid"), refused, "{error}");
    }
}
