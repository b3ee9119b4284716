//! The emulator's own routes, for tests in other languages.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start_with};
use crate::receiver::Receiver;

async fn start() -> Vapi {
    start_with(Emulator::builder().call_step(Duration::from_secs(10))).await
}

#[tokio::test]
async fn a_call_is_scripted_and_lived_over_http() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let scripts = json!({ "scripts": [{ "steps": [{ "customer": "Hi." }], "ends": "silence-timed-out" }] });
    assert_eq!(
        vapi.post("/emulator/scripts", scripts).await,
        (201, json!({ "added": 1 }))
    );
    let assistant = json!({ "server": { "url": receiver.url } });
    let id = vapi.create("/call", json!({ "assistant": assistant })).await;
    let (status, moved) = vapi.post("/emulator/advance", json!({ "seconds": 60 })).await;
    assert_eq!((status, moved["now"].is_string()), (200, true));
    let call = vapi.get(&format!("/call/{id}")).await.1;
    assert_eq!(call["artifact"]["transcript"], "User: Hi.\n");
    assert_eq!(
        receiver.of_type("end-of-call-report")[0]["endedReason"],
        "silence-timed-out"
    );
}

#[tokio::test]
async fn a_mistake_is_told() {
    let vapi = start().await;
    for (path, body, problem) in [
        (
            "/emulator/scripts",
            json!([{ "ends": 3 }]),
            "scripts[0].ends: must be a text",
        ),
        (
            "/emulator/advance",
            json!({}),
            "seconds must be a number not less than 0",
        ),
        (
            "/emulator/advance",
            json!({ "seconds": -1 }),
            "seconds must be a number not less than 0",
        ),
    ] {
        let (status, answer): (u16, Value) = vapi.post(path, body).await;
        assert_eq!((status, &answer["message"]), (400, &json!([problem])));
    }
}

#[tokio::test]
async fn a_token_is_wanted_here_too() {
    let vapi = start().await;
    for path in ["/emulator/scripts", "/emulator/advance", "/emulator/calls"] {
        assert_eq!(answer(vapi.without_token(Method::POST, path)).await.0, 401);
    }
    for path in ["/emulator/scripts", "/emulator/advance"] {
        assert_eq!(vapi.get(path).await.0, 405);
    }
    assert_eq!(vapi.post("/emulator/dance", json!({})).await.0, 404);
}
