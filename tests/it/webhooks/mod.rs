//! Messages that Vapi posts to a server: how they are read, and how the responses to them are written.

mod fuzz;
mod parts;
mod reading;
mod responses;
mod tool_calls;

use serde_json::{Value, json};
use vapi::webhooks::WebhookMessage;

/// Reads a message in its envelope.
#[track_caller]
fn read(message: Value) -> WebhookMessage {
    let body = json!({ "message": message }).to_string();
    WebhookMessage::from_slice(body.as_bytes()).unwrap()
}
