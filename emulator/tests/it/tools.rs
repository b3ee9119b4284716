//! Tool calls: requests to their servers, and the use of the responses.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::start_with;
use crate::receiver::Receiver;
use crate::webhooks::{STEP, call, results, start, with_server};

fn tool(name: &str) -> Value {
    json!({ "type": "function", "function": { "name": name } })
}

fn with_tools(receiver: &Receiver, tools: Value) -> Value {
    let model = json!({ "provider": "openai", "model": "gpt-4o", "tools": tools });
    with_server(receiver, json!({ "model": model }))
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
        (None, Some("no response within 0.3 seconds"))
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
async fn a_stored_tool_is_called_at_its_own_server() {
    let (vapi, receiver, own) = (start().await, Receiver::start().await, Receiver::start().await);
    let mut stored = tool("a");
    stored["server"] = json!({ "url": own.url });
    let id = vapi.create("/tool", stored).await;
    vapi.emulator.script(Script::new().calls_tool("a", json!({})));
    let model = json!({ "provider": "openai", "model": "gpt-4o", "toolIds": [id] });
    // The tool's server receives its calls, whatever messages the assistant's server wants.
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
