//! The pieces of a response.

use super::llm_error::LlmError;
use super::llm_message::LlmToolCall;

/// A piece of the response of a model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Delta {
    /// Text to speak.
    Text(String),
    /// A whole tool call.
    ToolCall(LlmToolCall),
    /// A piece of a tool call, as OpenAI's streams have it.
    ToolCallPart {
        /// The position of the tool call among those of the response.
        index: usize,
        /// The id, in the first piece.
        id: Option<String>,
        /// The name of the function, in the first piece.
        name: Option<String>,
        /// The next part of the arguments.
        arguments: String,
    },
    /// The number of tokens.
    Usage(LlmUsage),
    /// The end, and why. Without it, a response ends with [`FinishReason::Stop`], or with [`FinishReason::ToolCalls`] if it has any.
    Finish(FinishReason),
}

/// The number of tokens of a request and its response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LlmUsage {
    /// The tokens of the request.
    pub prompt_tokens: u64,
    /// The tokens of the response.
    pub completion_tokens: u64,
}

/// The reason why a response ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FinishReason {
    /// The model has said all.
    Stop,
    /// The limit of tokens is reached.
    Length,
    /// The model calls tools.
    ToolCalls,
    /// A filter stopped the model.
    ContentFilter,
}

impl FinishReason {
    /// Returns the name in OpenAI's API.
    pub fn as_str(self) -> &'static str {
        match self {
            FinishReason::Stop => "stop",
            FinishReason::Length => "length",
            FinishReason::ToolCalls => "tool_calls",
            FinishReason::ContentFilter => "content_filter",
        }
    }
}

impl From<String> for Delta {
    fn from(text: String) -> Self {
        Delta::Text(text)
    }
}

impl From<&str> for Delta {
    fn from(text: &str) -> Self {
        Delta::Text(text.to_owned())
    }
}

impl From<LlmToolCall> for Delta {
    fn from(call: LlmToolCall) -> Self {
        Delta::ToolCall(call)
    }
}

/// An item of the stream of a handler: a [`Delta`], what becomes one, or a `Result` of that.
pub trait IntoDelta {
    /// Converts the item.
    ///
    /// # Errors
    ///
    /// The item is an error.
    fn into_delta(self) -> Result<Delta, LlmError>;
}

impl IntoDelta for Delta {
    fn into_delta(self) -> Result<Delta, LlmError> {
        Ok(self)
    }
}

impl IntoDelta for String {
    fn into_delta(self) -> Result<Delta, LlmError> {
        Ok(self.into())
    }
}

impl IntoDelta for &str {
    fn into_delta(self) -> Result<Delta, LlmError> {
        Ok(self.into())
    }
}

impl<T: Into<Delta>, E: Into<LlmError>> IntoDelta for Result<T, E> {
    fn into_delta(self) -> Result<Delta, LlmError> {
        self.map(Into::into).map_err(Into::into)
    }
}
