//! Calls that a test holds by hand: it is the customer, and makes the assistant act.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, start_with};
use crate::model_server::{ModelServer, say};
use crate::receiver::Receiver;

/// Calls move only when the clock is advanced.
const STEP: Duration = Duration::from_secs(600);

async fn start() -> Vapi {
    start_with(Emulator::builder().call_step(STEP)).await
}

async fn place(vapi: &Vapi, assistant: Value) -> String {
    vapi.create("/call", json!({ "assistant": assistant })).await
}

async fn ended(vapi: &Vapi, id: &str) -> Value {
    let (_, call) = vapi.get(&format!("/call/{id}")).await;
    assert_eq!(call["status"], "ended", "{call}");
    call
}

async fn act(vapi: &Vapi, id: &str, action: &str, body: Value) -> (u16, Value) {
    vapi.post(&format!("/emulator/calls/{id}/{action}"), body).await
}

#[tokio::test]
async fn a_test_is_the_customer() {
    let vapi = start().await;
    let model = ModelServer::start(|body| {
        let messages = body["messages"].as_array().expect("messages");
        say(&format!("You said {}", messages.last().expect("one")["content"]))
    })
    .await;
    let id = place(
        &vapi,
        json!({ "firstMessage": "Hello!", "model": model.model(json!({})) }),
    )
    .await;
    let call = vapi.emulator.call(&id);
    assert_eq!(call.status(), Some("queued"));
    assert_eq!(call.answer().await.unwrap(), "Hello!");
    assert_eq!(call.status(), Some("in-progress"));
    assert_eq!(call.say("One.").await.unwrap(), "You said \"One.\"");
    assert_eq!(call.say("Two.").await.unwrap(), "You said \"Two.\"");
    call.hang_up().await.unwrap();
    let call = ended(&vapi, &id).await;
    assert_eq!(call["endedReason"], "customer-ended-call");
    assert_eq!(
        call["artifact"]["transcript"],
        "AI: Hello!\nUser: One.\nAI: You said \"One.\"\nUser: Two.\nAI: You said \"Two.\"\n"
    );
}

#[tokio::test]
async fn an_assistant_without_a_model_says_so() {
    let vapi = start().await;
    let id = place(&vapi, json!({ "firstMessage": "Hello!" })).await;
    let call = vapi.emulator.call(&id);
    call.answer().await.unwrap();
    let said = call.say("Who are you?").await.unwrap();
    assert!(said.starts_with("I have no model to answer with."), "{said}");
}

#[tokio::test]
async fn a_script_has_the_lines_of_the_assistant() {
    let vapi = start().await;
    vapi.emulator.script(
        Script::new()
            .assistant_greets()
            .customer_says("A table, please.")
            .calls_tool("find_table", json!({}))
            .with_result("one left")
            .assistant_says("For how many?")
            .customer_says("Two.")
            .assistant_says("Booked."),
    );
    let id = place(&vapi, json!({ "firstMessage": "Hello!" })).await;
    let call = vapi.emulator.call(&id);
    assert_eq!(call.answer().await.unwrap(), "Hello!");
    assert_eq!(call.say("I am hungry.").await.unwrap(), "For how many?");
    assert_eq!(call.say("Five.").await.unwrap(), "Booked.");
    let roles: Vec<String> = call
        .messages()
        .iter()
        .map(|message| message["role"].as_str().expect("a role").to_owned())
        .collect();
    assert_eq!(
        roles,
        ["bot", "user", "tool_calls", "tool_call_result", "bot", "user", "bot"]
    );
    assert_eq!(call.status(), Some("in-progress"), "a person ends it");
}

#[tokio::test]
async fn a_running_script_can_be_taken_over() {
    let vapi = start().await;
    vapi.emulator.script(
        Script::new()
            .assistant_greets()
            .pause(Duration::from_secs(60))
            .customer_says("Never said.")
            .assistant_says("Bye."),
    );
    let id = place(&vapi, json!({ "firstMessage": "Hello!" })).await;
    vapi.emulator.advance(2 * STEP + Duration::from_secs(10)).await;
    let call = vapi.emulator.call(&id);
    assert_eq!(call.say("I am here.").await.unwrap(), "Bye.");
    assert_eq!(call.messages().len(), 3);
}

#[tokio::test]
async fn a_tool_is_called_with_given_arguments() {
    let vapi = start().await;
    let server = Receiver::answering(|sent| {
        let call = &sent.message()["toolCallList"][0];
        let guests = &call["function"]["arguments"]["guests"];
        let result = json!({ "toolCallId": call["id"], "result": format!("a table for {guests}") });
        Some((200, json!({ "results": [result] })))
    })
    .await;
    let tool = json!({
        "type": "function", "function": { "name": "book", "parameters": { "type": "object", "properties": {} } },
        "server": { "url": server.url },
    });
    let model = json!({ "provider": "openai", "model": "gpt-4o", "tools": [tool] });
    let id = place(&vapi, json!({ "model": model })).await;
    let call = vapi.emulator.call(&id);
    call.answer().await.unwrap();
    let result = call.calls_tool("book", json!({ "guests": 4 })).await.unwrap();
    assert_eq!(result, "a table for 4");
    let (_, shown) = vapi.get(&format!("/emulator/calls/{id}")).await;
    assert_eq!(shown["byHand"]["tools"][0]["name"], "book");
    assert_eq!(shown["byHand"]["activity"], "listening");
}

#[tokio::test]
async fn a_tool_in_a_scripted_call_leaves_the_script_alone() {
    let vapi = start().await;
    vapi.emulator.script(
        Script::new()
            .assistant_greets()
            .pause(Duration::from_secs(60))
            .customer_says("Still said."),
    );
    let id = place(&vapi, json!({ "firstMessage": "Hello!" })).await;
    vapi.emulator.advance(2 * STEP + Duration::from_secs(10)).await;
    let call = vapi.emulator.call(&id);
    let result = call.calls_tool("look", json!({})).await.unwrap();
    assert_eq!(result, "No result returned.");
    assert_eq!(call.status(), Some("in-progress"));
    vapi.emulator.advance(STEP).await;
    let call = ended(&vapi, &id).await;
    assert_eq!(call["artifact"]["transcript"], "AI: Hello!\nUser: Still said.\n");
    let silence = call["messages"][3]["secondsFromStart"].as_f64().expect("seconds");
    assert!((60.0..62.0).contains(&silence), "the pause is whole: {silence}");
}

#[tokio::test]
async fn a_customer_interrupts_the_assistant() {
    let vapi = start().await;
    let greeting = "one two three four five six seven eight nine ten ".repeat(20);
    let id = place(&vapi, json!({ "firstMessage": greeting })).await;
    assert_eq!(act(&vapi, &id, "answer", json!({ "wait": false })).await.0, 200);
    // 250 ms for each word.
    vapi.emulator.advance(Duration::from_secs(5)).await;
    let (_, shown) = vapi.get(&format!("/emulator/calls/{id}")).await;
    assert_eq!(shown["byHand"]["speaking"]["role"], "bot");
    let (status, said) = act(&vapi, &id, "interrupt", json!({ "text": "Stop!" })).await;
    assert_eq!(status, 200, "{said}");
    let messages = vapi.emulator.call(&id).messages();
    let words = messages[0]["message"].as_str().expect("a text").split(' ').count();
    assert!((15..100).contains(&words), "{words} of 200 words were said");
    assert_eq!(messages[1]["message"], "Stop!");
    // Without words the assistant only stops.
    act(&vapi, &id, "say", json!({ "text": "Go on.", "wait": false })).await;
    vapi.emulator.advance(Duration::from_secs(3)).await;
    let (status, _) = act(&vapi, &id, "interrupt", json!({})).await;
    assert_eq!(status, 200);
    let last = vapi.emulator.call(&id).messages().pop().expect("a message");
    assert_eq!(last["role"], "bot");
    assert!(last["message"].as_str().expect("a text").len() < 60, "{last}");
}

#[tokio::test]
async fn a_call_by_hand_is_declined() {
    let vapi = start().await;
    let id = place(&vapi, json!({})).await;
    vapi.emulator.call(&id).decline("customer-busy").await.unwrap();
    assert_eq!(ended(&vapi, &id).await["endedReason"], "customer-busy");
    let id = place(&vapi, json!({ "voicemailMessage": "Call back." })).await;
    let (status, body) = act(&vapi, &id, "answer", json!({ "as": "voicemail" })).await;
    assert_eq!((status, &body["reply"]), (200, &json!("Call back.")));
    assert_eq!(ended(&vapi, &id).await["endedReason"], "voicemail");
}

#[tokio::test]
async fn a_call_by_hand_is_transferred() {
    let vapi = start().await;
    let id = place(&vapi, json!({})).await;
    let call = vapi.emulator.call(&id);
    call.answer().await.unwrap();
    let destination = json!({ "type": "number", "number": "+15555550199", "message": "One moment." });
    call.transfer(destination.clone()).await.unwrap();
    vapi.emulator.advance(2 * STEP).await;
    let call = ended(&vapi, &id).await;
    assert_eq!(call["endedReason"], "assistant-forwarded-call");
    assert_eq!(call["destination"], destination);
}

#[tokio::test]
async fn an_inbound_call_is_answered_at_once() {
    let vapi = start().await;
    let assistant = vapi
        .create("/assistant", json!({ "name": "Ada", "firstMessage": "Hi!" }))
        .await;
    let number = json!({ "provider": "vapi", "numberDesiredAreaCode": "212", "assistantId": assistant });
    let number = vapi.create("/phone-number", number).await;
    let id = vapi.emulator.inbound_call(&number, "+15555550101").expect("the number");
    assert_eq!(vapi.emulator.call(&id).answer().await.unwrap(), "Hi!");
}

#[tokio::test]
async fn what_a_call_cannot_do_is_refused() {
    let vapi = start().await;
    let id = place(&vapi, json!({})).await;
    let said = json!({ "text": "Hi." });
    let (status, body) = act(&vapi, &id, "say", said.clone()).await;
    assert_eq!(
        (status, &body["message"]),
        (409, &json!("the call is not answered yet"))
    );
    vapi.emulator.call(&id).answer().await.unwrap();
    let (status, body) = act(&vapi, &id, "answer", json!({})).await;
    assert_eq!(
        (status, &body["message"]),
        (409, &json!("the call is answered already"))
    );
    for (action, body, problem) in [
        ("say", json!({}), "text must be a string"),
        ("say", json!({ "text": " " }), "text must be a string"),
        ("tools", json!({}), "tool must be a string"),
        (
            "tools",
            json!({ "tool": "a", "arguments": [] }),
            "arguments must be an object",
        ),
        ("hang-up", json!({ "by": "me" }), "by must be customer or assistant"),
        (
            "transfer",
            json!({}),
            "destination.type must be one of: number, sip, assistant",
        ),
    ] {
        let (status, answer) = act(&vapi, &id, action, body).await;
        assert_eq!((status, &answer["message"]), (400, &json!(problem)), "{action}");
    }
    let (status, _) = act(&vapi, &id, "hang-up", json!({ "by": "customer" })).await;
    assert_eq!(status, 200);
    let (status, body) = act(&vapi, &id, "say", said.clone()).await;
    assert_eq!((status, &body["message"]), (409, &json!("the call has ended")));
    assert_eq!(act(&vapi, "nobody", "say", said).await.0, 404);
    assert_eq!(act(&vapi, &id, "dance", json!({})).await.0, 404);
    let error = vapi.emulator.call(&id).say("Hi.").await.unwrap_err();
    assert_eq!(error.to_string(), "the call has ended");
    let error = vapi.emulator.call("nobody").say("Hi.").await.unwrap_err();
    assert_eq!(error.to_string(), "Call nobody not found");
}

#[tokio::test]
async fn only_a_call_that_can_ring_is_answered() {
    let vapi = start().await;
    let over_websocket = json!({ "assistant": {}, "transport": { "provider": "vapi.websocket" } });
    let later = json!({ "assistant": {}, "schedulePlan": { "earliestAt": "2100-01-01T00:00:00Z" } });
    for (call, problem) in [
        (over_websocket, "the call is answered by opening its websocket"),
        (later, "the call is not due yet"),
    ] {
        let id = vapi.create("/call", call).await;
        let error = vapi.emulator.call(&id).answer().await.unwrap_err();
        assert_eq!(error.to_string(), problem);
    }
}

#[tokio::test]
async fn a_test_call_by_hand_is_answered_at_once() {
    let vapi = start().await;
    let (status, call) = vapi
        .post(
            "/emulator/test-call",
            json!({ "byHand": true, "number": "+15555550123" }),
        )
        .await;
    assert_eq!(status, 201, "{call}");
    let id = call["id"].as_str().expect("an id");
    // The call runs up to now.
    vapi.emulator.advance(Duration::ZERO).await;
    let said = vapi.emulator.call(id).say("Hello?").await.unwrap();
    assert!(said.contains("no model"), "{said}");
}

/// Plays a call again from its script, and returns both.
async fn replayed(vapi: &Vapi, id: &str, call: Value) -> (Value, Value) {
    let (status, script) = vapi.get(&format!("/emulator/calls/{id}/script")).await;
    assert_eq!(status, 200);
    let first = ended(vapi, id).await;
    vapi.emulator.clear_scripts();
    for script in Script::from_json(&script.to_string()).expect("a script") {
        vapi.emulator.script(script);
    }
    let id = vapi.create("/call", call).await;
    vapi.emulator.advance(6 * STEP).await;
    (first, ended(vapi, &id).await)
}

fn times(call: &Value) -> Vec<(String, i64)> {
    let messages = call["messages"].as_array().expect("messages").iter();
    let spoken = messages.filter(|message| message["duration"].is_number());
    spoken
        .map(|message| {
            (
                message["message"].to_string(),
                message["duration"].as_i64().expect("a duration"),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_recorded_call_plays_again() {
    let vapi = start().await;
    let server = Receiver::answering(|sent| {
        let calls = sent.message()["toolCallList"].as_array().cloned().unwrap_or_default();
        let results = calls
            .iter()
            .map(|call| json!({ "toolCallId": call["id"], "result": "booked" }));
        Some((200, json!({ "results": results.collect::<Vec<_>>() })))
    })
    .await;
    let model = ModelServer::saying(&["For how many?", "Anything else?"]).await;
    let tool = json!({
        "type": "function", "function": { "name": "book" }, "server": { "url": server.url },
        "messages": [
            { "type": "request-start", "content": "Let me see." },
            { "type": "request-complete", "content": "There you are." },
        ],
    });
    let assistant = json!({
        "name": "Ada", "firstMessage": "Hello!", "endCallMessage": "Goodbye.",
        "model": model.model(json!({ "tools": [tool, { "type": "endCall" }] })),
    });
    let placed = json!({ "assistant": assistant });
    let id = vapi.create("/call", placed.clone()).await;
    let call = vapi.emulator.call(&id);
    call.answer().await.unwrap();
    vapi.emulator.advance(Duration::from_secs(7)).await;
    call.say("A table, please.").await.unwrap();
    assert_eq!(call.calls_tool("book", json!({ "guests": 2 })).await.unwrap(), "booked");
    call.calls_tool("endCall", json!({})).await.unwrap();
    let (first, second) = replayed(&vapi, &id, placed).await;
    let expected = "AI: Hello!\nUser: A table, please.\nAI: For how many?\nAI: Let me see.\nAI: There you are.\n\
                    AI: Anything else?\nAI: Goodbye.\n";
    assert_eq!(first["artifact"]["transcript"], expected);
    assert_eq!(second["artifact"]["transcript"], expected);
    assert_eq!(
        (&first["endedReason"], &second["endedReason"]),
        (&json!("assistant-ended-call"), &json!("assistant-ended-call"))
    );
    assert_eq!(times(&first), times(&second));
    assert_eq!(model.bodies().len(), 2, "the script needs no model");
    let sent = server.of_type("tool-calls");
    assert_eq!(
        sent[0]["toolCallList"][0]["function"],
        sent[1]["toolCallList"][0]["function"]
    );
}

#[tokio::test]
async fn recorded_transfers_and_interruptions_play_again() {
    let vapi = start().await;
    let bob = json!({ "name": "Bob", "firstMessage": "Bob here." });
    let bob = vapi.create("/assistant", bob).await;
    let destination = json!({ "type": "assistant", "assistantId": bob });
    let person = json!({ "type": "number", "number": "+15555550199", "message": "One moment." });
    vapi.emulator.script(
        Script::new()
            .assistant_greets()
            .customer_interrupts("Wine!")
            .hands_off_to(destination)
            .pause(Duration::from_secs(3))
            .customer_says("A person, please.")
            .assistant_hangs(Duration::from_secs(4))
            .transfers_to(person),
    );
    let placed = json!({ "assistant": { "firstMessage": "One two three four five six." } });
    let id = vapi.create("/call", placed.clone()).await;
    vapi.emulator.advance(6 * STEP).await;
    let (first, second) = replayed(&vapi, &id, placed).await;
    assert_eq!(
        first["artifact"]["transcript"],
        "AI: One two three\nUser: Wine!\nAI: Bob here.\nUser: A person, please.\nAI: One moment.\n"
    );
    assert_eq!(second["artifact"]["transcript"], first["artifact"]["transcript"]);
    assert_eq!(second["endedReason"], "assistant-forwarded-call");
    assert_eq!(second["destination"], first["destination"]);
    assert_eq!(times(&first), times(&second));
}

#[tokio::test]
async fn a_call_that_nobody_answered_plays_again() {
    let vapi = start().await;
    let id = place(&vapi, json!({})).await;
    vapi.emulator.call(&id).decline("customer-busy").await.unwrap();
    let (_, second) = replayed(&vapi, &id, json!({ "assistant": {} })).await;
    assert_eq!(second["endedReason"], "customer-busy");
    assert_eq!(second.get("startedAt"), None);
}
