//! Webhooks, read as a server reads them.

use serde_json::{Value, json};
use vapi::types::ServerMessage;
use vapi::webhooks::WebhookMessage;

use crate::registry::Decoded;

/// Reads the body of a webhook.
///
/// # Errors
///
/// It is not a message, or its type is not known.
pub fn decode(text: &str) -> Result<Decoded, String> {
    let message = WebhookMessage::from_slice(text.as_bytes()).map_err(|error| error.to_string())?;
    if let Some(reason) = message.unknown_reason() {
        return Err(reason);
    }
    let mut written: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if message.to_value() != written["message"] {
        return Err("the value of the message is another one".to_owned());
    }
    if message.tool_calls().len() != number_of_calls(&written["message"]) {
        return Err(format!("the tool calls are {:?}", message.tool_calls()));
    }
    if message.call_id() != written["message"]["call"]["id"].as_str() {
        return Err(format!("the id of the call is {:?}", message.call_id()));
    }
    let misfits = message.misfits().map(ToString::to_string).collect();
    let payload = message.into_payload();
    written["message"] = serde_json::to_value(&payload).map_err(|error| error.to_string())?;
    let mut envelope = ServerMessage::new();
    envelope.message = Some(payload);
    Ok(Decoded {
        debug: format!("{envelope:?}"),
        misfits,
        written,
    })
}

/// Returns the number of calls in the list of a message, in a simpler way than the library.
fn number_of_calls(message: &Value) -> usize {
    let list =
        ["toolCallList", "toolCalls", "toolWithToolCallList"].map(|name| message[name].as_array().map_or(0, Vec::len));
    match message["type"] == json!("tool-calls") {
        true => list.into_iter().find(|length| *length > 0).unwrap_or(0),
        false => 0,
    }
}
