//! Destinations that a server names: a number, or another assistant.

use serde_json::{Value, json};
use vapi_emulator::Script;

use crate::receiver::Receiver;
use crate::webhooks::{call, results, start, with_server};

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
async fn a_refused_transfer_leaves_the_call_unchanged() {
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
