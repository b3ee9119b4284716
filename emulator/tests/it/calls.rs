//! Calls from their creation to their end.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start, start_with};

const STEP: Duration = Duration::from_secs(3600);

/// Calls move only when the clock is advanced.
async fn start_with_slow_calls() -> Vapi {
    start_with(Emulator::builder().call_step(STEP)).await
}

async fn place(vapi: &Vapi) -> Value {
    let body = json!({ "assistantId": "a", "phoneNumberId": "p", "customer": { "number": "+15555550123" } });
    let (status, call) = vapi.post("/call", body).await;
    assert_eq!(status, 201, "{call}");
    call
}

async fn read(vapi: &Vapi, call: &Value) -> Value {
    vapi.get(&format!("/call/{}", call["id"].as_str().expect("an id")))
        .await
        .1
}

#[tokio::test]
async fn a_call_starts_queued_with_its_own_addresses() {
    let vapi = start_with_slow_calls().await;
    let call = place(&vapi).await;
    let id = call["id"].as_str().expect("an id");
    assert_eq!(call["type"], "outboundPhoneCall");
    assert_eq!(call["status"], "queued");
    assert_eq!(call["customer"]["number"], "+15555550123");
    assert!(
        call["monitor"]["controlUrl"]
            .as_str()
            .is_some_and(|url| url.ends_with(&format!("/{id}/control")))
    );
    assert!(
        call["monitor"]["listenUrl"]
            .as_str()
            .is_some_and(|url| url.starts_with("ws://"))
    );
    assert_eq!(
        call["subscriptionLimits"],
        json!({
            "concurrencyBlocked": false, "concurrencyLimit": 10, "remainingConcurrentCalls": 9,
        })
    );
}

#[tokio::test]
async fn a_call_walks_through_its_states_as_the_clock_moves() {
    let vapi = start_with_slow_calls().await;
    let call = place(&vapi).await;
    for expected in ["queued", "ringing", "in-progress", "ended"] {
        let now = read(&vapi, &call).await;
        assert_eq!(now["status"], expected);
        assert_eq!(
            now.get("startedAt").is_some(),
            matches!(expected, "in-progress" | "ended")
        );
        assert_eq!(now.get("endedAt").is_some(), expected == "ended");
        vapi.emulator.advance(STEP).await;
    }
}

#[tokio::test]
async fn a_call_ends_by_itself_in_real_time() {
    let vapi = start_with(Emulator::builder().call_step(Duration::from_millis(5))).await;
    let call = place(&vapi).await;
    while read(&vapi, &call).await["status"] != "ended" {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn an_ended_call_has_its_transcript_and_cost() {
    let vapi = start_with_slow_calls().await;
    let assistant = vapi
        .create("/assistant", json!({ "firstMessage": "Good morning!" }))
        .await;
    let (_, call) = vapi.post("/call", json!({ "assistantId": assistant })).await;
    vapi.emulator.advance(3 * STEP).await;
    let call = read(&vapi, &call).await;
    assert_eq!(call["endedReason"], "customer-ended-call");
    assert_eq!(call["cost"], 0.0125);
    assert_eq!(call["costBreakdown"]["total"], 0.0125);
    assert_eq!(call["artifact"]["messages"][0]["role"], "bot");
    assert_eq!(call["artifact"]["messages"][0]["message"], "Good morning!");
    let transcript = call["artifact"]["transcript"].as_str().expect("a transcript");
    assert!(transcript.starts_with("AI: Good morning!\nUser: "), "{transcript}");
}

#[tokio::test]
async fn an_ended_call_is_as_the_document_declares() {
    let vapi = start_with_slow_calls().await;
    let call = place(&vapi).await;
    vapi.emulator.advance(3 * STEP).await;
    let call = read(&vapi, &call).await;
    let problems = vapi.emulator.response_problems("CallController_findOne", &call);
    assert_eq!(problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_scheduled_call_waits_for_its_time() {
    let vapi = start_with_slow_calls().await;
    let body = json!({ "assistantId": "a", "schedulePlan": { "earliestAt": "2999-01-01T00:00:00Z" } });
    let (_, call) = vapi.post("/call", body).await;
    assert_eq!(call["status"], "scheduled");
    vapi.emulator.advance(10 * STEP).await;
    assert_eq!(read(&vapi, &call).await["status"], "scheduled");
}

const HOT_TIP: &str = "number must be a valid phone number in the E.164 format. Hot tip, you may be missing the country code (Eg. US: +1).";

#[tokio::test]
async fn a_batch_reports_each_customer() {
    let vapi = start_with_slow_calls().await;
    let customers = json!([{ "number": "+15555550101" }, { "number": "12345" }, { "number": "+15555550102" }]);
    let (status, batch) = vapi
        .post("/call", json!({ "assistantId": "a", "customers": customers }))
        .await;
    assert_eq!(status, 201);
    let numbers: Vec<&Value> = batch["results"]
        .as_array()
        .expect("calls")
        .iter()
        .map(|call| &call["customer"]["number"])
        .collect();
    assert_eq!(numbers, ["+15555550101", "+15555550102"]);
    assert_eq!(
        batch["errors"],
        json!([{ "customer": { "number": "12345" }, "error": HOT_TIP }])
    );
    assert_eq!(vapi.get("/call").await.1.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_number_that_nobody_could_dial_is_refused() {
    let vapi = start().await;
    let (status, body) = vapi
        .post("/call", json!({ "customer": { "number": "555-0123" } }))
        .await;
    assert_eq!(status, 400);
    assert_eq!(body["message"], json!([format!("customer.{HOT_TIP}")]));
    let unchecked = json!({ "customer": { "number": "555-0123", "numberE164CheckEnabled": false } });
    assert_eq!(vapi.post("/call", unchecked).await.0, 201);
}

#[tokio::test]
async fn a_call_over_a_websocket_says_where_to_connect() {
    let vapi = start_with_slow_calls().await;
    let (_, call) = vapi
        .post("/call", json!({ "transport": { "provider": "vapi.websocket" } }))
        .await;
    assert_eq!(call["type"], "vapi.websocketCall");
    assert!(
        call["transport"]["websocketCallUrl"]
            .as_str()
            .is_some_and(|url| url.starts_with("ws://127.0.0.1:"))
    );
}

#[tokio::test]
async fn the_control_address_ends_a_call_without_a_token() {
    let vapi = start_with_slow_calls().await;
    let call = place(&vapi).await;
    vapi.emulator.advance(2 * STEP).await;
    let control = call["monitor"]["controlUrl"].as_str().expect("an address");
    let request = vapi
        .elsewhere(Method::POST, control)
        .json(&json!({ "type": "end-call" }));
    assert_eq!(answer(request).await.0, 200);
    let call = read(&vapi, &call).await;
    assert_eq!(call["status"], "ended");
    assert_eq!(call["endedReason"], "assistant-ended-call");
}

#[tokio::test]
async fn a_call_that_ends_before_it_is_answered_never_started() {
    let vapi = start_with_slow_calls().await;
    let call = place(&vapi).await;
    let control = call["monitor"]["controlUrl"].as_str().expect("an address");
    answer(
        vapi.elsewhere(Method::POST, control)
            .json(&json!({ "type": "end-call" })),
    )
    .await;
    let call = read(&vapi, &call).await;
    assert_eq!(call["status"], "ended");
    assert_eq!(call.get("startedAt"), None);
    assert_eq!(call.get("artifact"), None);
}

#[tokio::test]
async fn a_deleted_call_is_gone() {
    let vapi = start().await;
    let path = format!("/call/{}", place(&vapi).await["id"].as_str().expect("an id"));
    assert_eq!(vapi.delete(&path).await.0, 200);
    assert_eq!(vapi.get(&path).await.0, 404);
}
