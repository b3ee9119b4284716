//! The server of webhooks: what it responds, when, and to whom.

#![cfg(vapi_type = "ServerMessageToolCalls")]

mod call;
mod deadlines;
mod handlers;
mod http;
mod redelivery;
mod tools;

use serde_json::{Value, json};
use vapi::http::{Request, Response, StatusCode};
use vapi::webhooks::{Verifier, Webhooks};

/// Returns a server that verifies nothing.
fn open() -> Webhooks {
    Webhooks::new(Verifier::none())
}

/// Returns the body of a message, with a call.
fn message(kind: &str, mut properties: Value) -> String {
    properties["type"] = kind.into();
    properties["call"] = json!({"id": "call-1"});
    json!({ "message": properties }).to_string()
}

/// Returns the body of a message with these tool calls: id, name, arguments.
fn tool_calls(calls: &[(&str, &str, Value)]) -> String {
    let call = |(id, name, arguments): &(&str, &str, Value)| json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    message(
        "tool-calls",
        json!({"toolCallList": calls.iter().map(call).collect::<Vec<_>>()}),
    )
}

/// Posts a body without a signature.
async fn post(webhooks: &Webhooks, body: impl Into<String>) -> (StatusCode, Value) {
    let (parts, body) = Request::post("/").body(body.into()).unwrap().into_parts();
    let response = webhooks.respond(&parts, body).await;
    (response.status(), json_of(&response))
}

fn json_of(response: &Response<bytes::Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}
