//! Chats, whole and as server-sent events.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Vapi, start};

/// Returns the data of each event. Text that is not JSON stays a string.
async fn events(vapi: &Vapi, path: &str, body: Value) -> Vec<Value> {
    let response = vapi
        .request(Method::POST, path)
        .json(&body)
        .send()
        .await
        .expect("a response");
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let text = response.text().await.expect("a whole body");
    let data = text
        .split_terminator("\n\n")
        .map(|event| event.strip_prefix("data: ").expect("an event with data"));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data)))
        .collect()
}

fn deltas(events: &[Value]) -> String {
    events.iter().filter_map(|event| event["delta"].as_str()).collect()
}

#[tokio::test]
async fn a_chat_answers_and_is_remembered() {
    let vapi = start().await;
    let (status, chat) = vapi
        .post("/chat", json!({ "input": "Hello there", "assistantId": "a" }))
        .await;
    assert_eq!(status, 200);
    assert_eq!(chat["input"], json!([{ "role": "user", "content": "Hello there" }]));
    assert_eq!(
        chat["output"],
        json!([{ "role": "assistant", "content": "You said: Hello there" }])
    );
    assert_eq!(chat["messages"].as_array().map(Vec::len), Some(2));
    let id = chat["id"].as_str().expect("an id");
    assert_eq!(vapi.get(&format!("/chat/{id}")).await, (200, chat));
}

#[tokio::test]
async fn a_chat_goes_on_from_the_one_before() {
    let vapi = start().await;
    let (_, first) = vapi.post("/chat", json!({ "input": "One" })).await;
    let (_, second) = vapi
        .post("/chat", json!({ "input": "Two", "previousChatId": first["id"] }))
        .await;
    let said: Vec<&str> = second["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|message| message["content"].as_str())
        .collect();
    assert_eq!(said, ["One", "You said: One", "Two", "You said: Two"]);
}

#[tokio::test]
async fn a_chat_can_be_streamed_word_by_word() {
    let vapi = start().await;
    let events = events(
        &vapi,
        "/chat",
        json!({ "input": "Hello there", "stream": true, "sessionId": "s" }),
    )
    .await;
    assert_eq!(events.len(), 5);
    assert_eq!(events[0]["path"], "chat.output[0].content");
    assert_eq!(events[0]["sessionId"], "s");
    assert_eq!(events[0]["delta"], "You");
    assert_eq!(deltas(&events), "You said: Hello there");
    assert_eq!(events[4], "[DONE]");
    let id = events[0]["id"].as_str().expect("an id");
    assert_eq!(vapi.get(&format!("/chat/{id}")).await.0, 200);
}

#[tokio::test]
async fn a_response_has_openais_shape() {
    let vapi = start().await;
    let (status, response) = vapi.post("/chat/responses", json!({ "input": "Hello" })).await;
    assert_eq!(status, 200);
    assert_eq!(response["object"], "response");
    assert_eq!(response["status"], "completed");
    assert_eq!(
        response["output"][0]["content"],
        json!([{ "type": "output_text", "text": "You said: Hello", "annotations": [] }])
    );
    let id = response["id"].as_str().expect("an id");
    assert_eq!(vapi.get(&format!("/chat/{id}")).await.0, 200);
}

#[tokio::test]
async fn a_response_can_be_streamed() {
    let vapi = start().await;
    let events = events(&vapi, "/chat/responses", json!({ "input": "Hello", "stream": true })).await;
    let types: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(
        types,
        [
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.completed",
        ]
    );
    assert_eq!(deltas(&events), "You said: Hello");
    assert_eq!(events[3]["text"], "You said: Hello");
    assert_eq!(events[4]["response"]["object"], "response");
}

#[tokio::test]
async fn a_chat_that_breaks_rules_is_refused_before_it_streams() {
    let vapi = start().await;
    let (status, body) = vapi.post("/chat", json!({ "stream": true })).await;
    assert_eq!(status, 400);
    assert_eq!(body["message"], json!(["input should not be null or undefined"]));
}
