//! The events of a chat in Vapi's own format.

use serde_json::{Map, Value};

use super::event_stream::{StreamEvent, StreamProgress, TextSource};
use super::text_deltas as text;

/// An event of a chat.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ChatEvent {
    /// A piece of the output, most often of the text.
    Delta(ChatDelta),
    /// Whole output.
    Output(ChatOutput),
    /// `[DONE]`: the last event. Not every stream has it.
    Done,
    /// JSON of any other form.
    Unknown {
        /// The name of the event, if it has one.
        name: Option<String>,
        /// The data of the event.
        data: Value,
    },
}

/// A piece of a chat's output.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ChatDelta {
    /// The id of the chat.
    pub id: Option<String>,
    /// The id of the session that the chat is part of.
    pub session_id: Option<String>,
    /// The JSON path that the piece is added to: `chat.output[0].content`.
    pub path: Option<String>,
    /// The piece.
    pub delta: String,
    /// The other properties of the event.
    pub extra: Map<String, Value>,
}

/// Whole output of a chat.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ChatOutput {
    /// The id of the chat.
    pub id: Option<String>,
    /// The id of the session that the chat is part of.
    pub session_id: Option<String>,
    /// A text, or a list of messages.
    pub output: Value,
    /// The other properties of the event.
    pub extra: Map<String, Value>,
}

impl ChatDelta {
    /// Takes a piece out of the fields. If they are not a piece, they stay as they are.
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

    /// Returns whether the piece belongs to the text of a message.
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

    /// Returns the text of the assistant in the output.
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

    fn progress(&self) -> StreamProgress {
        match self {
            ChatEvent::Done => StreamProgress::Finished,
            _ => StreamProgress::Any,
        }
    }

    fn text(&self) -> Option<(TextSource, String)> {
        match self {
            ChatEvent::Delta(piece) if piece.is_text() => Some((TextSource::Delta, piece.delta.clone())),
            ChatEvent::Output(output) => Some((TextSource::Whole, output.text())),
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
