//! Refusals of the API that its document does not state: unknown references, calls without a number or an assistant.

use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, start_strict};

const NO_PHONE_NUMBER: &str = "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`.";
const NO_ASSISTANT: &str = "Couldn't Get Assistant. Need Either `assistant`, `assistantId`, `squad`, Or `squadId`.";
/// The id of nothing.
const NOTHING: &str = "6f1c0d5e-0000-4000-8000-000000000000";

/// Returns an emulator with an assistant and a phone number, and their ids.
async fn start() -> (Vapi, String, String) {
    let vapi = start_strict(Emulator::builder()).await;
    let assistant = vapi.create("/assistant", json!({ "name": "Ada" })).await;
    let line = vapi.create("/phone-number", json!({ "provider": "vapi" })).await;
    (vapi, assistant, line)
}

async fn refusal(vapi: &Vapi, path: &str, body: Value) -> Value {
    let (status, answer) = vapi.post(path, body.clone()).await;
    assert_eq!(status, 400, "{body}: {answer}");
    assert_eq!(answer["error"], "Bad Request");
    answer["message"].clone()
}

#[tokio::test]
async fn an_id_in_a_path_is_a_uuid() {
    let (vapi, assistant, _) = start().await;
    assert_eq!(vapi.get(&format!("/assistant/{assistant}")).await.0, 200);
    assert_eq!(vapi.get(&format!("/assistant/{NOTHING}")).await.0, 404);
    let (status, answer) = vapi.get("/assistant/mine").await;
    assert_eq!((status, &answer["message"]), (400, &json!(["id must be a UUID"])));
}

#[tokio::test]
async fn a_complete_call_is_placed() {
    let (vapi, assistant, line) = start().await;
    let call = json!({ "assistantId": assistant, "phoneNumberId": line, "customer": { "number": "+15555550123" } });
    let (status, call) = vapi.post("/call", call).await;
    assert_eq!((status, &call["status"]), (201, &json!("queued")));
}

#[tokio::test]
async fn a_call_needs_a_phone_number() {
    let (vapi, assistant, _) = start().await;
    let customer = json!({ "number": "+15555550123" });
    for transport in [Value::Null, json!({ "provider": "daily" })] {
        let call = json!({ "assistantId": assistant, "customer": customer, "transport": transport });
        assert_eq!(refusal(&vapi, "/call", call).await, NO_PHONE_NUMBER);
    }
    let call = json!({ "assistantId": assistant, "transport": { "provider": "vapi.websocket" } });
    assert_eq!(vapi.post("/call", call).await.0, 201);
}

#[tokio::test]
async fn a_websocket_call_has_no_phone_number() {
    let (vapi, assistant, line) = start().await;
    let transport = json!({ "provider": "vapi.websocket" });
    let call = json!({ "assistantId": assistant, "phoneNumberId": line, "transport": transport });
    let sentence = json!(["property phoneNumberId should not exist"]);
    assert_eq!(refusal(&vapi, "/call", call).await, sentence);
}

#[tokio::test]
async fn calls_chats_and_campaigns_need_an_assistant() {
    let (vapi, _, line) = start().await;
    let call = json!({ "phoneNumberId": line, "customer": { "number": "+15555550123" } });
    assert_eq!(refusal(&vapi, "/call", call).await, NO_ASSISTANT);
    assert_eq!(refusal(&vapi, "/chat", json!({ "input": "Hi." })).await, NO_ASSISTANT);
    let campaign = json!({ "name": "c", "phoneNumberId": line, "customers": [] });
    assert_eq!(refusal(&vapi, "/campaign", campaign).await, NO_ASSISTANT);
}

#[tokio::test]
async fn an_id_must_be_a_uuid() {
    let (vapi, assistant, _) = start().await;
    let call = json!({ "assistantId": "ada", "phoneNumberId": "my-line", "customer": { "number": "+15555550123" } });
    assert_eq!(
        refusal(&vapi, "/call", call).await,
        json!(["assistantId must be a UUID", "phoneNumberId must be a UUID"])
    );
    let squad = json!({ "members": [{ "assistantId": assistant }, { "assistantId": "ada" }] });
    assert_eq!(
        refusal(&vapi, "/squad", squad).await,
        json!(["members.1.assistantId must be a UUID"])
    );
}

#[tokio::test]
async fn an_id_must_be_that_of_a_resource() {
    let (vapi, assistant, _) = start().await;
    let cases = [
        (
            "/chat",
            json!({ "input": "Hi.", "assistantId": NOTHING }),
            "assistantId",
        ),
        (
            "/chat",
            json!({ "input": "Hi.", "previousChatId": NOTHING }),
            "previousChatId",
        ),
        (
            "/squad",
            json!({ "members": [{ "assistantId": NOTHING }] }),
            "assistantId",
        ),
        ("/session", json!({ "squadId": NOTHING }), "squadId"),
        (
            "/phone-number",
            json!({ "provider": "vapi", "assistantId": NOTHING }),
            "assistantId",
        ),
    ];
    for (path, body, property) in cases {
        let sentence = format!("`{property}` {NOTHING} Does Not Exist.");
        assert_eq!(refusal(&vapi, path, body).await, sentence);
    }
    let (status, answer) = vapi
        .patch(
            &format!("/assistant/{assistant}"),
            json!({ "server": { "url": "https://example.com", "credentialId": NOTHING } }),
        )
        .await;
    assert_eq!(status, 400);
    assert_eq!(answer["message"], format!("Credential with ID {NOTHING} not found"));
}

#[tokio::test]
async fn free_objects_may_say_anything() {
    let (vapi, ..) = start().await;
    let assistant = json!({ "name": "Ada", "metadata": { "assistantId": "mine", "callIds": ["a"] } });
    assert_eq!(vapi.post("/assistant", assistant).await.0, 201);
}

#[tokio::test]
async fn each_requirement_can_be_switched_off() {
    let ids = start_strict(Emulator::builder().allow_unknown_ids(true)).await;
    let call = json!({ "assistantId": "ada", "customer": { "number": "+15555550123" } });
    assert_eq!(refusal(&ids, "/call", call.clone()).await, NO_PHONE_NUMBER);
    let incomplete = start_strict(Emulator::builder().allow_incomplete_calls(true)).await;
    assert_eq!(
        refusal(&incomplete, "/call", call.clone()).await,
        json!(["assistantId must be a UUID"])
    );
    let lenient = start_strict(Emulator::builder().lenient(true)).await;
    assert_eq!(lenient.post("/call", call).await.0, 201);
}
