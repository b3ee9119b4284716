//! The events of a chat in Vapi's own form.

use serde_json::{Map, Value};

use super::event_stream::{Progress, Source, StreamEvent};
use super::text_deltas as text;

/// An event of a chat.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ChatEvent {
    /// A piece of something, most often of the text.
    Delta(ChatDelta),
    /// Output that comes whole.
    Output(ChatOutput),
    /// `[DONE]`: nothing comes after it. Not every stream ends with it.
    Done,
    /// JSON of any other form.
    Unknown {
        /// What the event was called, if it was called anything.
        name: Option<String>,
        /// What it said.
        data: Value,
    },
}

/// A piece of a chat's output.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ChatDelta {
    /// The chat's id.
    pub id: Option<String>,
    /// The id of the session that the chat is part of.
    pub session_id: Option<String>,
    /// What grows: `chat.output[0].content`.
    pub path: Option<String>,
    /// What is added to it.
    pub delta: String,
    /// What else the event said.
    pub extra: Map<String, Value>,
}

/// Output of a chat that comes whole.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ChatOutput {
    /// The chat's id.
    pub id: Option<String>,
    /// The id of the session that the chat is part of.
    pub session_id: Option<String>,
    /// A text, or a list of messages.
    pub output: Value,
    /// What else the event said.
    pub extra: Map<String, Value>,
}

impl ChatDelta {
    /// A piece, if that is what the fields say; else they stay as they are.
    pub(super) fn read(fields: &mut Map<String, Value>) -> Option<Self> {
        let delta = text::take(fields, "delta")?;
        Some(ChatDelta {
            id: text::take(fields, "id"),
            session_id: text::take(fields, "sessionId"),
            path: text::take(fields, "path"),
            delta,
            extra: std::mem::take(fields),
        })
    }

    /// Whether what grows is the text of a message.
    pub fn is_text(&self) -> bool {
        self.path.as_ref().is_none_or(|path| path.contains("content"))
    }
}

impl ChatOutput {
    fn read(fields: &mut Map<String, Value>) -> Option<Self> {
        let output = fields.remove("output").filter(|output| !output.is_null())?;
        Some(ChatOutput {
            id: text::take(fields, "id"),
            session_id: text::take(fields, "sessionId"),
            output,
            extra: std::mem::take(fields),
        })
    }

    /// What the assistant says in it.
    pub fn text(&self) -> String {
        text::in_output(&self.output)
    }
}

impl StreamEvent for ChatEvent {
    fn read(name: Option<String>, mut data: Value) -> Self {
        if let Value::Object(fields) = &mut data {
            if let Some(delta) = ChatDelta::read(fields) {
                return ChatEvent::Delta(delta);
            }
            if fields.get("output").is_some_and(|output| !output.is_null())
                && let Some(output) = ChatOutput::read(fields)
            {
                return ChatEvent::Output(output);
            }
        }
        ChatEvent::Unknown { name, data }
    }

    fn done() -> Self {
        ChatEvent::Done
    }

    fn progress(&self) -> Progress {
        match self {
            ChatEvent::Done => Progress::Finished,
            _ => Progress::Any,
        }
    }

    fn text(&self) -> Option<(Source, String)> {
        match self {
            ChatEvent::Delta(piece) if piece.is_text() => Some((Source::Delta, piece.delta.clone())),
            ChatEvent::Output(output) => Some((Source::Whole, output.text())),
            _ => None,
        }
    }

    fn chat_id(&self) -> Option<&str> {
        match self {
            ChatEvent::Delta(piece) => piece.id.as_deref(),
            ChatEvent::Output(output) => output.id.as_deref(),
            _ => None,
        }
    }

    fn session_id(&self) -> Option<&str> {
        match self {
            ChatEvent::Delta(piece) => piece.session_id.as_deref(),
            ChatEvent::Output(output) => output.session_id.as_deref(),
            _ => None,
        }
    }
}
