//! The response to tool calls.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{NeedsResponse, json_response};
use crate::model::Object;
use crate::types;

/// The results of the tool calls of one message.
///
/// ```
/// use vapi::webhooks::{ToolCallsResponse, ToolResult};
///
/// let response = ToolCallsResponse::new()
///     .result("call-1", ToolResult::text("Booked."))
///     .result("call-2", ToolResult::error("There is no table for 40."));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCallsResponse(types::ServerMessageResponseToolCalls);

json_response!(ToolCallsResponse(ServerMessageResponseToolCalls));

#[cfg(vapi_type = "ServerMessageToolCalls")]
impl NeedsResponse for types::ServerMessageToolCalls {
    type Response = ToolCallsResponse;
}

impl ToolCallsResponse {
    /// Creates a response without results.
    pub fn new() -> Self {
        Self::from_iter([] as [(String, ToolResult); 0])
    }

    /// Adds the result of the call with this id.
    #[must_use]
    pub fn result(mut self, tool_call_id: impl Into<String>, result: impl Into<ToolResult>) -> Self {
        self.extend([(tool_call_id, result)]);
        self
    }
}

impl Default for ToolCallsResponse {
    fn default() -> Self {
        Self::new()
    }
}

/// Collects pairs of the id of a call and its result.
impl<I: Into<String>, R: Into<ToolResult>> FromIterator<(I, R)> for ToolCallsResponse {
    fn from_iter<P: IntoIterator<Item = (I, R)>>(results: P) -> Self {
        let results = results.into_iter().map(|(id, result)| result.into().of(id));
        Self(types::ServerMessageResponseToolCalls::new().results(results))
    }
}

impl<I: Into<String>, R: Into<ToolResult>> Extend<(I, R)> for ToolCallsResponse {
    fn extend<P: IntoIterator<Item = (I, R)>>(&mut self, results: P) {
        let results = results.into_iter().map(|(id, result)| result.into().of(id));
        self.0.results.get_or_insert_default().extend(results);
    }
}

/// The result of one tool call, or the error that the model is to act on.
///
/// The API wants texts of one line: line breaks become spaces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolResult(types::ToolCallResult);

impl ToolResult {
    /// Creates a result that is a text.
    pub fn text(text: impl AsRef<str>) -> Self {
        let mut result = blank();
        result.result = Some(single_line(text.as_ref()).into());
        Self(result)
    }

    /// Creates a result that is JSON, as text without spaces between its parts.
    ///
    /// # Errors
    ///
    /// The value cannot be written as JSON.
    pub fn json(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self::text(serde_json::to_string(value)?))
    }

    /// Creates an error. It tells the model what went wrong, and best how to do better.
    pub fn error(error: impl fmt::Display) -> Self {
        let mut result = blank();
        result.error = Some(single_line(&error.to_string()));
        Self(result)
    }

    /// Returns whether this is an error.
    pub fn is_error(&self) -> bool {
        self.0.error.is_some()
    }

    /// Sets the words of the assistant. Without them, they are those of the tool's messages, or the model's.
    #[must_use]
    pub fn say(mut self, text: impl Into<String>) -> Self {
        let kind = match self.is_error() {
            true => "request-failed",
            false => "request-complete",
        };
        let message = serde_json::json!({"type": kind, "content": text.into()});
        self.0.extra_mut().insert("message".to_owned(), message);
        self
    }

    /// Adds data for the client of the call, which the model does not see.
    #[must_use]
    pub fn metadata(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        // Older documents do not have it as a field.
        let metadata = self
            .0
            .extra_mut()
            .entry("metadata")
            .or_insert_with(|| Value::Object(Default::default()));
        if let Value::Object(metadata) = metadata {
            metadata.insert(name.into(), value.into());
        }
        self
    }

    fn of(mut self, tool_call_id: impl Into<String>) -> types::ToolCallResult {
        self.0.tool_call_id = tool_call_id.into();
        self.0
    }
}

fn blank() -> types::ToolCallResult {
    types::ToolCallResult::new("")
}

impl From<&str> for ToolResult {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for ToolResult {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// A string is sent as it is, any other value as JSON.
impl From<Value> for ToolResult {
    fn from(value: Value) -> Self {
        match value {
            Value::String(text) => Self::text(text),
            value => Self::text(value.to_string()),
        }
    }
}

impl<T: Into<ToolResult>, E: fmt::Display> From<Result<T, E>> for ToolResult {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(result) => result.into(),
            Err(error) => Self::error(error),
        }
    }
}

/// Returns the text on one line: line breaks, and the spaces around them, become one space.
fn single_line(text: &str) -> String {
    let is_break = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let lines = text.split(is_break).map(str::trim);
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
