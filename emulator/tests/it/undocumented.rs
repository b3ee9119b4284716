//! Operations that the API has and its document lacks.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Vapi, answer, start};

fn webhook_credential() -> Value {
    json!({
        "provider": "webhook",
        "name": "Orders",
        "authenticationPlan": { "type": "hmac", "secretKey": "s3cret", "algorithm": "sha256" },
    })
}

async fn with_public_key(vapi: &Vapi, method: Method, path: &str, body: Value) -> (u16, Value) {
    let request = vapi.without_token(method, path).bearer_auth(vapi.emulator.public_key());
    answer(request.json(&body)).await
}

#[tokio::test]
async fn a_credential_is_kept_and_its_secret_never_shown() {
    let vapi = start().await;
    let (status, created) = vapi.post("/credential", webhook_credential()).await;
    assert_eq!(status, 201, "{created}");
    assert_eq!(created["provider"], "webhook");
    assert_eq!(
        created["authenticationPlan"],
        json!({ "type": "hmac", "algorithm": "sha256" })
    );
    let path = format!("/credential/{}", created["id"].as_str().expect("an id"));
    assert_eq!(vapi.get(&path).await, (200, created.clone()));
    assert_eq!(vapi.get("/credential").await, (200, json!([created])));
    let (status, renamed) = vapi
        .patch(&path, json!({ "provider": "webhook", "name": "Returns" }))
        .await;
    assert_eq!((status, &renamed["name"]), (200, &json!("Returns")), "{renamed}");
    assert_eq!(vapi.delete(&path).await.0, 200);
    assert_eq!(vapi.get(&path).await.0, 404);
}

#[tokio::test]
async fn a_credential_of_no_known_provider_is_refused() {
    let vapi = start().await;
    let (status, body) = vapi.post("/credential", json!({ "provider": "carrier-pigeon" })).await;
    assert_eq!(status, 400);
    let message = body["message"][0].as_str().expect("a message");
    assert!(
        message.starts_with("provider must be one of the following values: "),
        "{message}"
    );
}

#[tokio::test]
async fn the_public_key_starts_web_calls_only() {
    let vapi = start().await;
    let (status, call) = with_public_key(&vapi, Method::POST, "/call/web", json!({ "assistant": {} })).await;
    assert_eq!(status, 201, "{call}");
    assert_eq!((&call["type"], &call["status"]), (&json!("webCall"), &json!("queued")));
    assert!(call["webCallUrl"].is_string());
    let id = call["id"].as_str().expect("an id");
    assert_eq!(vapi.get(&format!("/call/{id}")).await.1["type"], "webCall");
}

#[tokio::test]
async fn each_key_is_good_for_its_own_operations_only() {
    let vapi = start().await;
    let hint = "Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.";
    let refused = json!({ "message": hint, "error": "Unauthorized", "statusCode": 401 });
    assert_eq!(vapi.post("/call/web", json!({})).await, (401, refused.clone()));
    assert_eq!(
        with_public_key(&vapi, Method::GET, "/call", json!({})).await,
        (401, refused)
    );
}

#[tokio::test]
async fn a_web_chat_answers_with_less_than_a_chat() {
    let vapi = start().await;
    let (status, chat) = with_public_key(&vapi, Method::POST, "/chat/web", json!({ "input": "Hi" })).await;
    assert_eq!(status, 201, "{chat}");
    let mut keys: Vec<&String> = chat.as_object().expect("an object").keys().collect();
    // Another crate of the workspace may enable `preserve_order` of serde_json.
    keys.sort();
    assert_eq!(keys, ["id", "output", "sessionId"]);
    let id = chat["id"].as_str().expect("an id");
    assert_eq!(vapi.get(&format!("/chat/{id}")).await.1["output"], chat["output"]);
}

#[tokio::test]
async fn a_call_can_be_placed_at_the_old_address() {
    let vapi = start().await;
    let (status, call) = vapi
        .post("/call/phone", json!({ "customer": { "number": "+15555550123" } }))
        .await;
    assert_eq!((status, &call["type"]), (201, &json!("outboundPhoneCall")));
    assert_eq!(vapi.get("/call").await.1.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_organization_finds_itself() {
    let vapi = start().await;
    let (status, organizations) = vapi.get("/org").await;
    assert_eq!((status, organizations.as_array().map(Vec::len)), (200, Some(1)));
    let id = vapi.post("/assistant", json!({})).await.1["orgId"].clone();
    assert_eq!(organizations[0]["id"], id);
    let path = format!("/org/{}", id.as_str().expect("an id"));
    assert_eq!(vapi.patch(&path, json!({ "name": "Acme" })).await.0, 200);
    assert_eq!(vapi.get(&path).await.1["name"], "Acme");
}

#[tokio::test]
async fn monitors_are_remembered() {
    let vapi = start().await;
    let id = vapi
        .create("/monitoring/monitor", json!({ "name": "Long calls" }))
        .await;
    assert_eq!(
        vapi.get(&format!("/monitoring/monitor/{id}")).await.1["name"],
        "Long calls"
    );
    assert_eq!(vapi.get("/monitoring/issue").await, (200, json!([])));
}

#[tokio::test]
async fn a_suite_is_copied() {
    let vapi = start().await;
    let suite = json!({ "name": "Evenings", "simulationIds": [] });
    let (status, suite) = vapi.post("/eval/simulation/suite", suite).await;
    assert_eq!(status, 201, "{suite}");
    let id = suite["id"].as_str().expect("an id");
    let (status, copy) = vapi
        .post(&format!("/eval/simulation/suite/{id}/duplicate"), json!({}))
        .await;
    assert_eq!((status, &copy["name"]), (201, &json!("Evenings")), "{copy}");
    assert_ne!(copy["id"], suite["id"]);
    let (_, suites) = vapi.get("/eval/simulation/suite").await;
    assert_eq!(suites.as_array().map(Vec::len), Some(2));
    let (status, _) = vapi.post("/eval/simulation/suite/lost/duplicate", json!({})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn properties_that_the_document_lacks_are_taken() {
    let vapi = start().await;
    let assistant = json!({
        "silenceTimeoutSeconds": 30,
        "messagePlan": { "idleMessages": ["Are you there?"] },
        "server": { "url": "https://example.com", "secret": "s" },
        "model": {
            "provider": "openai", "model": "gpt-4o",
            "tools": [{ "type": "endCall", "function": { "name": "hang_up" } }],
        },
    });
    let (status, created) = vapi.post("/assistant", assistant.clone()).await;
    assert_eq!(status, 201, "{created}");
    assert_eq!(created["messagePlan"], assistant["messagePlan"]);
    let (status, refused) = vapi.post("/assistant", json!({ "silenceTimeoutSeconds": 5 })).await;
    assert_eq!(status, 400);
    assert_eq!(
        refused["message"],
        json!(["silenceTimeoutSeconds must not be less than 10"])
    );
}

#[tokio::test]
async fn the_served_document_is_left_as_it_is() {
    let vapi = start().await;
    assert_eq!(vapi.get("/api-json").await.1["paths"]["/credential"], Value::Null);
    assert!(
        vapi.emulator
            .operations()
            .iter()
            .all(|operation| operation.path != "/credential")
    );
}
