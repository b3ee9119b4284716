//! A custom LLM behind axum, as Vapi calls it.
#![cfg(all(
    feature = "custom-llm",
    vapi_type = "Call",
    vapi_type = "CreateCustomerDto",
    vapi_type = "OpenAiMessageRole",
    vapi_type = "PhoneNumber"
))]

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use vapi::custom_llm::{Delta, FinishReason, LlmError, LlmRequest, LlmService, LlmToolCall, LlmUsage};
use vapi::http::StatusCode;

use crate::support::http;

/// Answers by what the user says.
fn llm() -> LlmService {
    LlmService::new(|request: LlmRequest| async move {
        let deltas: Vec<Result<Delta, LlmError>> = match request.last_user_text().as_deref() {
            Some("fail") => return Err(std::io::Error::other("a secret cause").into()),
            Some("busy") => return Err(LlmError::new(StatusCode::TOO_MANY_REQUESTS, "come later").code("busy")),
            Some("break") => vec![
                Ok("Half a".into()),
                Err(LlmError::new(StatusCode::BAD_GATEWAY, "it broke")),
                Ok("never sent".into()),
            ],
            Some("book") => vec![Ok(LlmToolCall::new("book_table", &json!({ "guests": 2 }))
                .id("c")
                .into())],
            Some("long") => vec![
                Ok("A".into()),
                Ok(Delta::Usage(LlmUsage {
                    prompt_tokens: 5,
                    completion_tokens: 1,
                })),
                Ok(Delta::Finish(FinishReason::Length)),
            ],
            _ => {
                let caller = request
                    .customer
                    .and_then(|customer| customer.number)
                    .unwrap_or_default();
                vec![Ok("Hello, ".into()), Ok(format!("{caller}.").into())]
            }
        };
        Ok(stream::iter(deltas))
    })
}

async fn serve(llm: LlmService) -> String {
    let address = crate::support::serve(axum::Router::new().route_service("/chat/completions", llm)).await;
    format!("http://{address}/chat/completions")
}

fn request(text: &str, stream: bool) -> Value {
    json!({
        "model": "mine", "stream": stream, "temperature": 0.3, "stream_options": { "include_usage": true },
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": text }],
        "call": { "id": "c", "orgId": "o" }, "customer": { "number": "+15555550123" }, "metadata": {},
    })
}

async fn ask(url: &str, body: &Value) -> (u16, Value) {
    let response = http().post(url).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// Returns the data of the events of a streamed response.
async fn events(url: &str, body: &Value) -> Vec<Value> {
    let response = http().post(url).json(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let data = |event: &str| {
        let data = event.strip_prefix("data: ").unwrap();
        serde_json::from_str(data).unwrap_or_else(|_| data.into())
    };
    text.split_terminator("\n\n").map(data).collect()
}

#[tokio::test]
async fn a_response_comes_in_one_piece() {
    let url = serve(llm()).await;
    let (status, response) = ask(&url, &request("hi", false)).await;
    assert_eq!((status, &response["object"]), (200, &json!("chat.completion")));
    assert_eq!(response["model"], "mine");
    assert_eq!(
        response["choices"],
        json!([{
            "index": 0, "finish_reason": "stop",
            "message": { "role": "assistant", "content": "Hello, +15555550123." },
        }])
    );
    let (_, response) = ask(&url, &request("book", false)).await;
    let choice = &response["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(
        choice["message"]["tool_calls"][0]["function"]["arguments"],
        r#"{"guests":2}"#
    );
}

#[tokio::test]
async fn a_response_is_streamed() {
    let url = serve(llm()).await;
    let events = events(&url, &request("hi", true)).await;
    let deltas: Vec<_> = events.iter().map(|event| &event["choices"][0]["delta"]).collect();
    assert_eq!(deltas[0], &json!({ "role": "assistant", "content": "" }));
    assert_eq!(
        (&deltas[1]["content"], &deltas[2]["content"]),
        (&json!("Hello, "), &json!("+15555550123."))
    );
    assert_eq!(events[3]["choices"][0]["finish_reason"], "stop");
    assert_eq!(events[4]["usage"]["total_tokens"], 0);
    assert_eq!(events[5], "[DONE]");
}

#[tokio::test]
async fn the_end_has_its_reason_and_its_tokens() {
    let url = serve(llm()).await;
    let events = events(&url, &request("long", true)).await;
    assert_eq!(events[2]["choices"][0]["finish_reason"], "length");
    assert_eq!(
        events[3]["usage"],
        json!({ "prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6 })
    );
}

#[tokio::test]
async fn errors_have_the_form_of_openai() {
    let url = serve(llm()).await;
    let (status, response) = ask(&url, &request("busy", true)).await;
    assert_eq!(status, 429);
    assert_eq!(
        response,
        json!({ "error": { "message": "come later", "type": "rate_limit_error", "param": null, "code": "busy" } })
    );
    let (status, response) = ask(&url, &request("fail", true)).await;
    assert_eq!((status, &response["error"]["type"]), (500, &json!("server_error")));
    assert!(!response.to_string().contains("secret"));
    let (status, response) = ask(&url, &json!({ "model": "mine" })).await;
    assert_eq!((status, &response["error"]["param"]), (400, &json!("messages")));
    assert_eq!(http().get(&url).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn an_error_within_the_stream_is_the_last_event() {
    let url = serve(llm()).await;
    let events = events(&url, &request("break", true)).await;
    assert_eq!(events[1]["choices"][0]["delta"]["content"], "Half a");
    assert_eq!(events[2]["error"]["message"], "it broke");
    assert_eq!(events.len(), 3);
    let (status, response) = ask(&url, &request("break", false)).await;
    assert_eq!((status, &response["error"]["message"]), (502, &json!("it broke")));
}

#[tokio::test]
async fn a_stream_is_sent_as_it_comes() {
    // The second piece never comes; the first must not wait for it.
    let llm = LlmService::new(|_: LlmRequest| async {
        Ok::<_, LlmError>(stream::iter(["One moment.".to_owned()]).chain(stream::pending()))
    });
    let url = serve(llm).await;
    let mut response = http().post(&url).json(&request("hi", true)).send().await.unwrap();
    let mut text = String::new();
    while !text.contains("One moment.") {
        let chunk = tokio::time::timeout(Duration::from_secs(10), response.chunk()).await;
        text.push_str(std::str::from_utf8(&chunk.unwrap().unwrap().unwrap()).unwrap());
    }
}

#[tokio::test]
async fn who_may_not_ask_is_refused() {
    let llm = llm()
        .max_request_bytes(1_000)
        .authorize(|parts| parts.headers.get("authorization").is_some_and(|key| key == "Bearer k"));
    let url = serve(llm).await;
    let (status, response) = ask(&url, &request("hi", false)).await;
    assert_eq!(
        (status, &response["error"]["type"]),
        (401, &json!("authentication_error"))
    );
    let ask = |text: &str| http().post(&url).bearer_auth("k").json(&request(text, false)).send();
    assert_eq!(ask("hi").await.unwrap().status(), 200);
    assert_eq!(ask(&"x".repeat(1_000)).await.unwrap().status(), 413);
}
