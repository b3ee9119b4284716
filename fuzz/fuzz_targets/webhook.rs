//! Any bytes as the body of a webhook: read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vapi::webhooks::WebhookMessage;

fuzz_target!(|body: &[u8]| {
    let Ok(message) = WebhookMessage::from_slice(body) else {
        return;
    };
    let _ = (message.kind(), message.type_name(), message.unknown_reason());
    let _ = (message.call_id(), message.chat_id(), message.customer_number());
    let _ = (message.timestamp(), message.ended_reason(), message.transcript(), message.role(), message.is_final());
    let _ = message.structured_output::<Map<String, Value>>("x");
    for call in message.tool_calls() {
        let _ = call.arguments_as::<Map<String, Value>>().map_err(|error| error.to_string());
    }
    let _ = (format!("{message:?}"), message.to_value());
    // What is written can be read again. Values are not compared: a number may lose its last digit as text.
    let written = serde_json::json!({ "message": message.payload() }).to_string();
    let again = WebhookMessage::from_slice(written.as_bytes()).unwrap();
    assert_eq!(again.type_name(), message.type_name());
});
