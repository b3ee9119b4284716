//! What servers are told of a call, and what they answer.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, start_with};
use crate::receiver::Receiver;

const STEP: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(600);

async fn start() -> Vapi {
    start_with(Emulator::builder().call_step(STEP)).await
}

/// A call of an assistant with these properties, to its end.
async fn call(vapi: &Vapi, assistant: Value) -> Value {
    let id = vapi.create("/call", json!({ "assistant": assistant })).await;
    vapi.emulator.advance(LONG).await;
    vapi.get(&format!("/call/{id}")).await.1
}

fn with_server(receiver: &Receiver, more: Value) -> Value {
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

fn tool(name: &str) -> Value {
    json!({ "type": "function", "function": { "name": name } })
}

fn with_tools(receiver: &Receiver, tools: Value) -> Value {
    let model = json!({ "provider": "openai", "model": "gpt-4o", "tools": tools });
    with_server(receiver, json!({ "model": model }))
}

fn results(call: &Value) -> Vec<Value> {
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
async fn the_answer_of_a_tool_goes_into_the_conversation() {
    let vapi = start().await;
    let receiver = Receiver::answering(|sent| {
        let message = sent.message();
        let list = message["toolCallList"].as_array().cloned().unwrap_or_default();
        let results = list.iter().map(|call| match call["function"]["name"].as_str() {
            Some("good") => json!({ "toolCallId": call["id"], "result": "It is booked." }),
            Some("object") => json!({ "toolCallId": call["id"], "result": { "ok": true } }),
            Some("bad") => json!({ "toolCallId": call["id"], "error": "No table left." }),
            _ => json!({ "toolCallId": "call_of_somebody_else", "result": "?" }),
        });
        Some((200, json!({ "results": results.collect::<Vec<_>>() })))
    })
    .await;
    vapi.emulator.script(
        Script::new()
            .calls_tools(["good", "object", "bad", "silent"].map(|name| (name, json!({ "guests": 2 }))))
            .assistant_says("So be it."),
    );
    let tools = json!(["good", "object", "bad", "silent"].map(tool));
    let call = call(&vapi, with_tools(&receiver, tools)).await;
    assert_eq!(
        results(&call),
        [
            "It is booked.",
            "{\"ok\":true}",
            "No table left.",
            "No result returned."
        ]
    );
    let sent = receiver.of_type("tool-calls");
    assert_eq!(sent.len(), 1, "one message for the tools of one server");
    let first = &sent[0]["toolCallList"][0];
    assert_eq!(
        first["function"],
        json!({ "name": "good", "arguments": { "guests": 2 } })
    );
    assert_eq!(sent[0]["toolCalls"], sent[0]["toolCallList"]);
    assert_eq!(sent[0]["toolWithToolCallList"][0]["toolCall"], *first);
    assert_eq!(sent[0]["toolWithToolCallList"][0]["function"]["name"], "good");
}

#[tokio::test]
async fn a_tool_that_fails_or_hangs_has_no_result() {
    let vapi = start_with(
        Emulator::builder()
            .call_step(STEP)
            .webhook_timeout(Duration::from_millis(300)),
    )
    .await;
    for status in [500, 302, 404] {
        let receiver = Receiver::answering(move |sent| {
            let id = sent.message()["toolCallList"][0]["id"].clone();
            Some((
                status,
                json!({ "results": [{ "toolCallId": id, "result": "unheard" }] }),
            ))
        })
        .await;
        vapi.emulator
            .script(Script::new().for_next_call().calls_tool("a", json!({})));
        let call = call(&vapi, with_tools(&receiver, json!([tool("a")]))).await;
        assert_eq!(results(&call), ["No result returned."], "{status}");
        assert!(
            receiver.all().iter().all(|sent| sent.path == "/hook"),
            "redirects are not followed"
        );
    }
    let hangs = Receiver::answering(|sent| (sent.message()["type"] != "tool-calls").then(|| (200, json!({})))).await;
    vapi.emulator
        .script(Script::new().for_next_call().calls_tool("a", json!({})));
    let call = call(&vapi, with_tools(&hangs, json!([tool("a")]))).await;
    assert_eq!(results(&call), ["No result returned."]);
    let record = vapi
        .emulator
        .webhooks()
        .into_iter()
        .rfind(|sent| sent.message_type == "tool-calls");
    let record = record.expect("a record");
    assert_eq!(
        (record.status, record.error.as_deref()),
        (None, Some("no answer within 0.3 seconds"))
    );
}

#[tokio::test]
async fn a_tool_speaks_for_itself() {
    let vapi = start().await;
    let receiver = Receiver::answering(|sent| {
        let id = sent.message()["toolCallList"][0]["id"].clone();
        Some((200, json!({ "results": [{ "toolCallId": id, "result": "ok" }] })))
    })
    .await;
    let mut spoken = tool("a");
    spoken["messages"] = json!([
        { "type": "request-start", "content": "Let me see." },
        { "type": "request-complete", "content": "There you are." },
        { "type": "request-failed", "content": "Oh no." },
    ]);
    vapi.emulator.script(Script::new().calls_tool("a", json!({})));
    let call = call(&vapi, with_tools(&receiver, json!([spoken]))).await;
    assert_eq!(call["artifact"]["transcript"], "AI: Let me see.\nAI: There you are.\n");
}

#[tokio::test]
async fn a_stored_tool_with_a_server_of_its_own_is_asked_there() {
    let (vapi, receiver, own) = (start().await, Receiver::start().await, Receiver::start().await);
    let mut stored = tool("a");
    stored["server"] = json!({ "url": own.url });
    let id = vapi.create("/tool", stored).await;
    vapi.emulator.script(Script::new().calls_tool("a", json!({})));
    let model = json!({ "provider": "openai", "model": "gpt-4o", "toolIds": [id] });
    // Its server hears of its calls whatever the assistant's server wants to hear of.
    let more = json!({ "model": model, "serverMessages": ["hang"] });
    call(&vapi, with_server(&receiver, more)).await;
    assert_eq!(own.types(), ["tool-calls"]);
    assert_eq!(receiver.types(), Vec::<String>::new());
}

#[tokio::test]
async fn an_asynchronous_tool_is_not_waited_for() {
    let vapi = start().await;
    let receiver = Receiver::start().await;
    let mut asynchronous = tool("a");
    asynchronous["async"] = json!(true);
    vapi.emulator.script(Script::new().calls_tool("a", json!({})));
    let call = call(&vapi, with_tools(&receiver, json!([asynchronous]))).await;
    assert_eq!(results(&call), ["Success."]);
    assert_eq!(receiver.of_type("tool-calls").len(), 1);
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
        vapi.create("/call", body).await;
        vapi.emulator.advance(LONG).await;
    }
    for receiver in [overriding, own, line, organization] {
        assert_eq!(receiver.of_type("end-of-call-report").len(), 1);
    }
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
async fn a_delivery_is_not_tried_again_without_a_plan_or_when_excluded() {
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
async fn what_was_sent_is_kept_for_a_test_to_look_at() {
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
async fn a_server_that_is_not_there_does_not_hold_up_the_call() {
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
        Some("this emulator was built without its feature `https`; use an http url")
    );
}

#[tokio::test]
async fn a_server_may_ask_where_to_transfer() {
    let vapi = start().await;
    let receiver = Receiver::answering(|sent| {
        let asked = sent.message()["type"] == "transfer-destination-request";
        let destination = json!({ "type": "number", "number": "+15555550199" });
        let answer =
            json!({ "destination": destination, "message": { "type": "request-start", "message": "One moment." } });
        Some((200, if asked { answer } else { json!({}) }))
    })
    .await;
    vapi.emulator.script(Script::new().asks_where_to_transfer());
    let call = call(&vapi, with_server(&receiver, json!({}))).await;
    assert_eq!(call["endedReason"], "assistant-forwarded-call");
    assert_eq!(call["destination"]["number"], "+15555550199");
    assert_eq!(call["artifact"]["transcript"], "AI: One moment.\n");
    let states: Vec<Value> = receiver
        .of_type("status-update")
        .iter()
        .map(|m| m["status"].clone())
        .collect();
    assert_eq!(states, ["queued", "ringing", "in-progress", "forwarding", "ended"]);
}

#[tokio::test]
async fn carriers_are_told_to_forward_and_to_hang_up() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let destination = json!({ "type": "number", "number": "+15555550199" });
    let wanted = json!({ "serverMessages": ["phone-call-control", "transfer-update"] });
    for script in [
        Script::new().transfers_to(destination.clone()),
        Script::new().assistant_hangs_up(),
    ] {
        vapi.emulator.script(script.for_next_call());
        call(&vapi, with_server(&receiver, wanted.clone())).await;
    }
    let told: Vec<[Value; 3]> = receiver
        .messages()
        .iter()
        .map(|m| [m["type"].clone(), m["request"].clone(), m["destination"].clone()])
        .collect();
    assert_eq!(
        told,
        [
            [json!("transfer-update"), Value::Null, destination.clone()],
            [json!("phone-call-control"), json!("forward"), destination],
            [json!("phone-call-control"), json!("hang-up"), Value::Null],
        ]
    );
}

#[tokio::test]
async fn a_transfer_that_is_refused_leaves_the_call_as_it_is() {
    let vapi = start().await;
    let receiver = Receiver::answering(|_| Some((200, json!({ "error": "Nobody is in." })))).await;
    vapi.emulator
        .script(Script::new().asks_where_to_transfer().customer_says("Oh."));
    let call = call(&vapi, with_server(&receiver, json!({}))).await;
    assert_eq!(results(&call), ["Nobody is in."]);
    assert_eq!(call["endedReason"], "customer-ended-call");
}

#[tokio::test]
async fn a_server_may_name_who_takes_over() {
    let vapi = start().await;
    let receiver = Receiver::answering(|sent| {
        let assistant = json!({ "name": "Bob", "firstMessage": "Bob here." });
        let asked = sent.message()["type"] == "handoff-destination-request";
        let answer = json!({ "destination": { "type": "assistant", "assistant": assistant } });
        Some((200, if asked { answer } else { json!({}) }))
    })
    .await;
    vapi.emulator
        .script(Script::new().asks_whom_to_hand_off_to(json!({ "topic": "wine" })));
    let call = call(&vapi, with_server(&receiver, json!({}))).await;
    assert_eq!(
        receiver.of_type("handoff-destination-request")[0]["parameters"],
        json!({ "topic": "wine" })
    );
    assert_eq!(call["artifact"]["transcript"], "AI: Bob here.\n");
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
        let problems = vapi.emulator.answer_problems("CallController_findOne", &described);
        assert_eq!(problems, Vec::<String>::new(), "{}", message["type"]);
        assert_eq!(message["call"]["id"], call["id"]);
    }
}
