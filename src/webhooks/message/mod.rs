//! Reading a message: the envelope, the type, and the reason why a message is of none.

mod kind;
mod parts;
#[cfg(test)]
mod tests;
mod tool_call;

pub use kind::MessageKind;
pub use tool_call::{ArgumentsError, WebhookToolCall};

use std::fmt;

use bytes::Bytes;
use serde_json::Value;

use crate::by_name::to_value;
use crate::error::{json_path, without_bom};
use crate::model::{Decoded, Misfits, Names, Undecodable, Union, read_body, trace_misfits};
use crate::types::{ServerMessage, ServerMessagePayload};
use crate::{Error, Misfit, Result};

/// A message that Vapi posted to your server.
///
/// Nothing that came is lost: what the document does not know is in the `extra` of each type, and [`body`](Self::body) is the body as
/// it came. One wrong value costs no more than itself: [`misfits`](Self::misfits) lists those, and the rest of the message is read as
/// usual.
///
/// # Examples
///
/// ```
/// use vapi::webhooks::{MessageKind, WebhookMessage};
///
/// let body = r#"{"message": {
///     "type": "status-update", "status": "ended", "endedReason": "customer-ended-call",
///     "call": {"id": "7420f27a"}, "customer": {"number": "+15555550123"}
/// }}"#;
/// let message = WebhookMessage::from_slice(body.as_bytes())?;
/// assert_eq!(message.kind(), MessageKind::StatusUpdate);
/// assert_eq!(message.call_id(), Some("7420f27a"));
/// assert_eq!(message.customer_number(), Some("+15555550123"));
/// # Ok::<(), vapi::Error>(())
/// ```
#[derive(Clone)]
pub struct WebhookMessage {
    payload: ServerMessagePayload,
    type_name: String,
    misfits: Misfits,
    body: Bytes,
}

impl WebhookMessage {
    /// Reads a message from the body of a request, of which it keeps a copy.
    ///
    /// # Errors
    ///
    /// The body is not JSON, or it has no `message` with a `type`. [`Error::is_decode`] is then true.
    pub fn from_slice(body: &[u8]) -> Result<Self> {
        Self::from_bytes(Bytes::copy_from_slice(body))
    }

    /// Reads a message from the body of a request, which it keeps.
    ///
    /// # Errors
    ///
    /// The body is not JSON, or it has no `message` with a `type`. [`Error::is_decode`] is then true.
    pub fn from_bytes(body: impl Into<Bytes>) -> Result<Self> {
        let body = body.into();
        match read(&body) {
            Ok((payload, type_name, misfits)) => Ok(WebhookMessage {
                payload,
                type_name,
                misfits,
                body,
            }),
            Err(refusal) => Err(refusal.into_error(body)),
        }
    }

    /// Returns the message as its type.
    ///
    /// It is `Unknown` if the document has no such type. [`unknown_reason`](Self::unknown_reason) has the reason.
    pub fn payload(&self) -> &ServerMessagePayload {
        &self.payload
    }

    /// Returns the message as its type, without the envelope.
    pub fn into_payload(self) -> ServerMessagePayload {
        self.payload
    }

    /// Returns the type of the message.
    pub fn kind(&self) -> MessageKind {
        MessageKind::of(&self.type_name)
    }

    /// Returns the type of the message as it is on the wire.
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Returns the reason why the message is `Unknown`, or `None` if it is not.
    pub fn unknown_reason(&self) -> Option<String> {
        self.unknown()?;
        Some(match self.misfits.iter().next() {
            Some(misfit) => misfit.to_string(),
            None => format!("the document has no message of the type `{}`", self.type_name),
        })
    }

    /// Returns the values that are not what the document says. Of more than 100, it returns the first 100.
    pub fn misfits(&self) -> impl Iterator<Item = &Misfit> {
        self.misfits.iter()
    }

    /// Returns the body as it came, envelope included.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns the message as JSON, without the envelope.
    pub fn to_value(&self) -> Value {
        let body: Option<Value> = serde_json::from_slice(without_bom(&self.body)).ok();
        let message = body.and_then(|mut body| body.get_mut("message").map(Value::take));
        // A body with half of a character is not JSON to `serde_json`.
        message.unwrap_or_else(|| crate::by_name::to_value(&self.payload).unwrap_or_default())
    }

    /// Returns the message if the document does not know its type.
    fn unknown(&self) -> Option<&Value> {
        match &self.payload {
            ServerMessagePayload::Unknown(value) => Some(value),
            _ => None,
        }
    }
}

/// Shows the message without its body. Secrets are hidden.
impl fmt::Debug for WebhookMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookMessage")
            .field("type_name", &self.type_name)
            .field("payload", &self.payload)
            .field("misfits", &self.misfits.listed)
            .finish_non_exhaustive()
    }
}

/// A body that is not a message.
enum Refusal {
    Undecodable(Undecodable),
    Malformed(&'static str, Option<&'static str>),
}

impl Refusal {
    fn into_error(self, body: Bytes) -> Error {
        match self {
            Refusal::Undecodable(Undecodable { cause, json_path }) => {
                let json_path = json_path.or_else(|| json_path::of(without_bom(&body), &cause));
                Error::undecodable_webhook(body, cause, json_path)
            }
            Refusal::Malformed(detail, path) => Error::malformed_webhook(body, detail, path.map(str::to_owned)),
        }
    }
}

fn read(body: &[u8]) -> Result<(ServerMessagePayload, String, Misfits), Refusal> {
    let body = without_bom(body);
    let envelope: Decoded<ServerMessage> = read_body(body).map_err(Refusal::Undecodable)?;
    let Some(payload) = envelope.value.message else {
        return Err(Refusal::Malformed("the webhook has no `message`", None));
    };
    let type_name = type_name(&payload)?;
    if envelope.misfits.count > 0 {
        trace_misfits(&type_name, &envelope.misfits);
    }
    Ok((payload, type_name, envelope.misfits))
}

/// Returns the type of a message as it is on the wire.
fn type_name(payload: &ServerMessagePayload) -> Result<String, Refusal> {
    let malformed = |detail, path| Err(Refusal::Malformed(detail, Some(path)));
    let name = match payload {
        ServerMessagePayload::Unknown(Value::Object(message)) => message.get("type").cloned(),
        ServerMessagePayload::Unknown(_) => return malformed("the webhook's `message` is not an object", "message"),
        known => match names(known) {
            Some(names) if names.len() == 1 => return Ok(names.get(0).to_owned()),
            // A variant of several types. There is one, and its messages are short.
            _ => to_value(known)
                .ok()
                .and_then(|mut message| message.get_mut("type").map(Value::take)),
        },
    };
    match name {
        Some(Value::String(name)) => Ok(name),
        _ => malformed("the webhook's `message` has no `type` that is text", "message.type"),
    }
}

/// Returns the types of a variant.
fn names(payload: &ServerMessagePayload) -> Option<Names> {
    let shape = &ServerMessagePayload::TABLE.shapes[payload.index()?];
    let (_, names) = shape.tags.iter().find(|(tag, _)| *tag == "type")?;
    Some(*names)
}
