//! Inbound calls, and the assistant that the server names.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, answer, start_with};
use crate::receiver::Receiver;

const STEP: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(600);

async fn start() -> Vapi {
    let vapi = start_with(Emulator::builder().call_step(STEP)).await;
    vapi.emulator.script(Script::new().assistant_greets());
    vapi
}

/// Creates a call to a number whose server sends this response.
async fn call_answered_with(vapi: &Vapi, status: u16, answer: Value) -> (Value, Receiver) {
    let receiver = Receiver::answering(move |sent| {
        let asked = sent.message()["type"] == "assistant-request";
        Some(if asked {
            (status, answer.clone())
        } else {
            (200, json!({}))
        })
    })
    .await;
    let number = json!({ "provider": "vapi", "server": { "url": receiver.url } });
    let number = vapi.create("/phone-number", number).await;
    (call_to(vapi, &number).await, receiver)
}

async fn call_to(vapi: &Vapi, number: &str) -> Value {
    let id = vapi.emulator.inbound_call(number, "+15555550101").expect("the number");
    vapi.emulator.advance(LONG).await;
    vapi.get(&format!("/call/{id}")).await.1
}

#[tokio::test]
async fn the_assistant_of_the_number_answers() {
    let vapi = start().await;
    let assistant = vapi.create("/assistant", json!({ "firstMessage": "Ada here." })).await;
    let number = vapi
        .create("/phone-number", json!({ "provider": "vapi", "assistantId": assistant }))
        .await;
    let call = call_to(&vapi, &number).await;
    assert_eq!(call["type"], "inboundPhoneCall");
    assert_eq!(
        (&call["phoneNumberId"], &call["assistantId"]),
        (&json!(number), &json!(assistant))
    );
    assert_eq!(call["customer"]["number"], "+15555550101");
    assert_eq!(call["artifact"]["transcript"], "AI: Ada here.\n");
    let problems = vapi.emulator.response_problems("CallController_findOne", &call);
    assert_eq!(problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_number_without_an_assistant_asks_its_server() {
    let vapi = start().await;
    let answer = json!({
        "assistant": { "name": "Bob", "firstMessage": "Hi {{who}}." },
        "assistantOverrides": { "variableValues": { "who": "Tim" } },
    });
    let (call, receiver) = call_answered_with(&vapi, 200, answer).await;
    let types = receiver.types();
    assert_eq!(types[..2], ["assistant-request", "status-update"]);
    assert_eq!(types.last().map(String::as_str), Some("end-of-call-report"));
    let asked = &receiver.messages()[0];
    assert_eq!(asked["call"]["status"], "ringing");
    assert_eq!(asked["customer"]["number"], "+15555550101");
    assert_eq!(asked["phoneNumber"]["id"], call["phoneNumberId"]);
    assert_eq!(call["assistant"]["name"], "Bob");
    assert_eq!(call["artifact"]["transcript"], "AI: Hi Tim.\n");
}

#[tokio::test]
async fn a_stored_assistant_or_squad_can_be_named() {
    let vapi = start().await;
    let assistant = vapi.create("/assistant", json!({ "firstMessage": "Stored." })).await;
    let squad = vapi
        .create("/squad", json!({ "members": [{ "assistantId": assistant }] }))
        .await;
    for answer in [
        json!({ "assistantId": assistant }),
        json!({ "squadId": squad }),
        json!({ "squad": { "members": [{ "assistant": { "firstMessage": "Stored." } }] } }),
    ] {
        let (call, _) = call_answered_with(&vapi, 200, answer.clone()).await;
        assert_eq!(call["artifact"]["transcript"], "AI: Stored.\n", "{answer}");
    }
}

#[tokio::test]
async fn a_destination_forwards_the_call() {
    let vapi = start().await;
    let silent = json!({ "type": "number", "number": "+15555550199", "message": "" });
    let answer = json!({ "destination": silent, "assistantId": "unheard" });
    let (call, receiver) = call_answered_with(&vapi, 200, answer).await;
    assert_eq!(
        call["endedReason"],
        "assistant-request-returned-forwarding-phone-number"
    );
    assert_eq!(call["destination"], silent);
    assert_eq!(call.get("startedAt"), None);
    let states: Vec<Value> = receiver
        .of_type("status-update")
        .iter()
        .map(|m| m["status"].clone())
        .collect();
    assert_eq!(states, ["forwarding", "ended"]);
}

#[tokio::test]
async fn an_error_is_spoken_and_ends_the_call() {
    let vapi = start().await;
    let answer = json!({ "error": "We are closed.", "assistantId": "unheard" });
    let (call, _) = call_answered_with(&vapi, 200, answer).await;
    assert_eq!(call["endedReason"], "assistant-request-returned-error");
    assert_eq!(call["artifact"]["transcript"], "AI: We are closed.\n");
}

#[tokio::test]
async fn an_answer_that_names_nobody_ends_the_call() {
    let vapi = start().await;
    for (status, answer, reason, error) in [
        (
            200,
            json!({}),
            "assistant-request-returned-no-assistant",
            "assistant-request-returned-no-assistant",
        ),
        (
            200,
            json!({ "assistantId": "nobody" }),
            "assistant-request-returned-invalid-assistant",
            "assistant-request-returned-invalid-assistant",
        ),
        (
            200,
            json!({ "error": { "code": 1 } }),
            "assistant-request-returned-unspeakable-error",
            "assistant-request-returned-unspeakable-error",
        ),
        (
            500,
            json!({ "oh": "no" }),
            "assistant-request-failed",
            "Request failed with status code 500",
        ),
    ] {
        let (call, receiver) = call_answered_with(&vapi, status, answer.clone()).await;
        assert_eq!(call["endedReason"], reason);
        let ended = &receiver.of_type("status-update")[0];
        assert_eq!(
            (&ended["status"], &ended["endedReason"]),
            (&json!("ended"), &json!(reason))
        );
        assert_eq!(
            ended["inboundPhoneCallDebuggingArtifacts"],
            json!({ "error": reason, "assistantRequestError": error, "assistantRequestResponse": answer })
        );
    }
}

#[tokio::test]
async fn an_invalid_assistant_ends_the_call_and_is_told_why() {
    let vapi = start().await;
    let answer = json!({ "assistant": { "firstMesage": "Hi.", "name": 3 } });
    let (call, receiver) = call_answered_with(&vapi, 200, answer.clone()).await;
    let reason = "assistant-request-returned-invalid-assistant";
    assert_eq!((&call["endedReason"], call.get("startedAt")), (&json!(reason), None));
    let error = "Invalid Assistant. Errors: [ \"assistant.property firstMesage should not exist\", \"assistant.name must be a string\" ]";
    assert_eq!(
        receiver.of_type("status-update")[0]["inboundPhoneCallDebuggingArtifacts"],
        json!({ "error": reason, "assistantRequestError": error, "assistantRequestResponse": answer })
    );
}

#[tokio::test]
async fn a_server_that_responds_late_gets_no_call() {
    let impatient = Emulator::builder().webhook_timeout(Duration::from_millis(300));
    let vapi = start_with(impatient.call_step(STEP)).await;
    let hangs = Receiver::answering(|_| None).await;
    let number = json!({ "provider": "vapi", "server": { "url": hangs.url } });
    let number = vapi.create("/phone-number", number).await;
    assert_eq!(call_to(&vapi, &number).await["endedReason"], "assistant-request-failed");
}

#[tokio::test]
async fn nobody_to_ask_ends_the_call() {
    let vapi = start().await;
    let number = vapi.create("/phone-number", json!({ "provider": "vapi" })).await;
    let call = call_to(&vapi, &number).await;
    assert_eq!(call["endedReason"], "call-start-error-neither-assistant-nor-server-set");
}

#[tokio::test]
async fn a_call_can_be_let_in_over_http() {
    let vapi = start().await;
    let number = vapi.create("/phone-number", json!({ "provider": "vapi" })).await;
    let body = json!({ "phoneNumberId": number, "from": "sip:tim@example.com" });
    let ours = vapi.without_token(Method::POST, "/emulator/calls");
    let (status, call) = answer(ours.json(&body)).await;
    assert_eq!((status, &call["status"]), (201, &json!("ringing")));
    assert_eq!(call["customer"], json!({ "sipUri": "sip:tim@example.com" }));
    // The call belongs to the organization of the number.
    assert_eq!(vapi.get("/call").await.1[0]["id"], call["id"]);
}

#[tokio::test]
async fn only_a_number_that_exists_can_be_called() {
    let vapi = start().await;
    assert_eq!(vapi.emulator.inbound_call("nothing", "+15555550101"), None);
    let unknown = json!({ "phoneNumberId": "nothing", "from": "+15555550101" });
    assert_eq!(vapi.post("/emulator/calls", unknown).await.0, 404);
    assert_eq!(vapi.post("/emulator/calls", json!({})).await.0, 400);
}
