//! The parts of a message that most handlers want, whatever its type.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{WebhookMessage, WebhookToolCall};
#[allow(unused_imports, reason = "a document may lack the types of these")]
use crate::by_name::property;
#[allow(unused_imports, reason = "a document may lack the types of these")]
use crate::model::Object;
#[allow(unused_imports, reason = "a document may lack the types of these")]
use crate::structured_outputs::ReadStructuredOutput;
use crate::types::{self, ServerMessagePayload};

/// The properties that all messages share.
///
/// `ServerMessagePayload` has methods of these names of its own if all messages of the document have the property, and those are
/// called then: Rust prefers them to a trait's. So this compiles with a document in which one message lacks it.
#[allow(dead_code, reason = "the methods of the union replace them")]
trait SharedParts {
    #[cfg(vapi_type = "Call")]
    fn call(&self) -> Option<&types::Call> {
        None
    }

    #[cfg(vapi_type = "Chat")]
    fn chat(&self) -> Option<&types::Chat> {
        None
    }

    #[cfg(vapi_type = "CreateCustomerDto")]
    fn customer(&self) -> Option<&types::CreateCustomerDto> {
        None
    }

    #[cfg(vapi_type = "MessageTimestamp")]
    fn timestamp(&self) -> Option<&types::MessageTimestamp> {
        None
    }
}

impl SharedParts for ServerMessagePayload {}

impl WebhookMessage {
    /// Returns the call that the message is about. A message about a chat has none.
    #[cfg(vapi_type = "Call")]
    pub fn call(&self) -> Option<&types::Call> {
        self.payload.call().map(|call| -> &types::Call { call })
    }

    /// Returns the chat that the message is about. A message about a call has none.
    #[cfg(vapi_type = "Chat")]
    pub fn chat(&self) -> Option<&types::Chat> {
        self.payload.chat().map(|chat| -> &types::Chat { chat })
    }

    /// Returns the id of the call that the message is about. A message about a chat has none.
    pub fn call_id(&self) -> Option<&str> {
        #[cfg(vapi_type = "Call")]
        if let Some(call) = self.call() {
            return Some(&call.id);
        }
        self.unknown()?.pointer("/call/id")?.as_str()
    }

    /// Returns the id of the chat that the message is about. A message about a call has none.
    pub fn chat_id(&self) -> Option<&str> {
        #[cfg(vapi_type = "Chat")]
        if let Some(chat) = self.chat() {
            return Some(&chat.id);
        }
        self.unknown()?.pointer("/chat/id")?.as_str()
    }

    /// Returns the phone number of the customer, in the message itself or in its call.
    pub fn customer_number(&self) -> Option<&str> {
        #[cfg(vapi_type = "CreateCustomerDto")]
        if let Some(number) = self.payload.customer().and_then(|customer| customer.number.as_deref()) {
            return Some(number);
        }
        #[cfg(all(vapi_type = "CreateCustomerDto", vapi_type = "Call"))]
        if let Some(number) = self.call().and_then(|call| call.customer.as_ref()?.number.as_deref()) {
            return Some(number);
        }
        let message = self.unknown()?;
        let number = message.pointer("/customer/number");
        number.or_else(|| message.pointer("/call/customer/number"))?.as_str()
    }

    /// Returns the time at which the message was sent. It can be milliseconds, as a number or as text, or a date in text.
    pub fn timestamp(&self) -> Option<DateTime<Utc>> {
        #[cfg(vapi_type = "MessageTimestamp")]
        if let Some(timestamp) = self.payload.timestamp() {
            return match timestamp {
                types::MessageTimestamp::Number(number) => time_of_number(number.as_f64()),
                types::MessageTimestamp::String(text) => time_of_text(text),
                types::MessageTimestamp::Unknown(_) => None,
            };
        }
        match self.unknown()?.get("timestamp")? {
            Value::String(text) => time_of_text(text),
            number => time_of_number(number.as_f64()?),
        }
    }

    /// Returns the reason why the call has ended, from an end-of-call report or a status update.
    #[cfg(vapi_type = "EndedReason")]
    pub fn ended_reason(&self) -> Option<types::EndedReason> {
        match &self.payload {
            #[cfg(vapi_type = "ServerMessageEndOfCallReport")]
            ServerMessagePayload::EndOfCallReport(report) => report.ended_reason.as_ref().map(|it| it.as_str().into()),
            #[cfg(vapi_type = "ServerMessageStatusUpdate")]
            ServerMessagePayload::StatusUpdate(update) => update.ended_reason.as_ref().map(|it| it.as_str().into()),
            ServerMessagePayload::Unknown(message) => message.get("endedReason")?.as_str().map(Into::into),
            _ => None,
        }
    }

    /// Returns the text that was said: of a `transcript` the words, of an end-of-call report the whole conversation.
    pub fn transcript(&self) -> Option<&str> {
        match &self.payload {
            #[cfg(vapi_type = "ServerMessageTranscript")]
            ServerMessagePayload::Transcript(said) => said.transcript.as_deref(),
            #[cfg(all(vapi_type = "ServerMessageEndOfCallReport", vapi_type = "Artifact"))]
            ServerMessagePayload::EndOfCallReport(report) => {
                let artifact = report.artifact.as_ref();
                let transcript = artifact.and_then(|artifact| artifact.transcript.as_deref());
                transcript.or(report.transcript.as_deref())
            }
            ServerMessagePayload::Unknown(message) => message.get("transcript")?.as_str(),
            _ => None,
        }
    }

    /// Returns the party that has said a `transcript`, or that begins or stops to speak: `assistant` or `user`.
    pub fn role(&self) -> Option<&str> {
        match &self.payload {
            #[cfg(vapi_type = "ServerMessageTranscript")]
            ServerMessagePayload::Transcript(said) => said.role.as_ref().map(|role| role.as_str()),
            #[cfg(vapi_type = "ServerMessageSpeechUpdate")]
            ServerMessagePayload::SpeechUpdate(update) => update.role.as_ref().map(|role| role.as_str()),
            ServerMessagePayload::Unknown(message) => message.get("role")?.as_str(),
            _ => None,
        }
    }

    /// Returns whether this is a `transcript` that does not change anymore.
    pub fn is_final(&self) -> bool {
        match &self.payload {
            #[cfg(vapi_type = "ServerMessageTranscript")]
            ServerMessagePayload::Transcript(said) => match &said.transcript_type {
                Some(kind) => kind.as_str() == "final",
                None => self.type_name.contains("final"),
            },
            _ => false,
        }
    }

    /// Returns the calls of tools that the message asks for, in whichever shape and property they came.
    ///
    /// A call that has no id or no name is left out: there is nothing to respond to. The older `function-call` is not among them,
    /// since an organization can get both for one call.
    pub fn tool_calls(&self) -> Vec<WebhookToolCall> {
        #[cfg(vapi_type = "ServerMessageToolCalls")]
        if let ServerMessagePayload::ToolCalls(message) = &self.payload {
            return tool_calls(|name| property(&**message, name).or_else(|| message.extra().get(name).cloned()));
        }
        match self.unknown() {
            Some(message) if self.type_name == "tool-calls" => tool_calls(|name| message.get(name).cloned()),
            _ => Vec::new(),
        }
    }

    /// Decodes the structured output with this id or name as a type of your own, from an end-of-call report. Returns `None` if there
    /// is none.
    ///
    /// # Errors
    ///
    /// The output is not of this type.
    #[cfg(all(vapi_type = "ServerMessageEndOfCallReport", vapi_type = "Artifact"))]
    pub fn structured_output<T: DeserializeOwned>(&self, id_or_name: &str) -> Result<Option<T>, serde_json::Error> {
        match &self.payload {
            ServerMessagePayload::EndOfCallReport(report) => match &report.artifact {
                Some(artifact) => artifact.structured_output(id_or_name),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }
}

/// Reads tool calls from the first property that has some. `get` returns a property of the message.
fn tool_calls(get: impl Fn(&str) -> Option<Value>) -> Vec<WebhookToolCall> {
    let in_list = |name: &str| -> Vec<WebhookToolCall> {
        let calls = get(name);
        let calls = calls.as_ref().and_then(Value::as_array).into_iter().flatten();
        calls
            .filter_map(|call| WebhookToolCall::read(call.get("toolCall").unwrap_or(call)))
            .collect()
    };
    let lists = ["toolCallList", "toolCalls", "toolWithToolCallList"];
    lists
        .into_iter()
        .map(in_list)
        .find(|calls| !calls.is_empty())
        .unwrap_or_default()
}

fn time_of_number(milliseconds: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(milliseconds as i64).filter(|_| milliseconds.is_finite())
}

fn time_of_text(text: &str) -> Option<DateTime<Utc>> {
    match text.trim().parse() {
        Ok(milliseconds) => time_of_number(milliseconds),
        Err(_) => DateTime::parse_from_rfc3339(text.trim()).ok().map(|at| at.to_utc()),
    }
}
