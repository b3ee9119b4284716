//! The events of a chat in the format of OpenAI's Responses API.
//!
//! The vendor's document lists the events of OpenAI, and its examples read Vapi's own pieces. Both are known here.

use serde_json::{Map, Value};

use super::chat_event::ChatDelta;
use super::event_stream::{StreamEvent, StreamProgress, TextSource};
use super::text_deltas as text;

/// An event of a chat in OpenAI's format.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ResponseEvent {
    /// `response.output_text.delta`: a piece of the text.
    OutputTextDelta(ResponseTextDelta),
    /// `response.output_text.done`: one part of the text is complete.
    OutputTextDone(ResponseText),
    /// `response.completed`: the whole response.
    Completed(CompletedResponse),
    /// A piece in Vapi's own format.
    Delta(ChatDelta),
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

/// A piece of the text.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ResponseTextDelta {
    /// The id of the message that the piece belongs to.
    pub item_id: Option<String>,
    /// The piece.
    pub delta: String,
    /// The other properties of the event: `output_index`, `content_index`.
    pub extra: Map<String, Value>,
}

/// A complete part of the text.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ResponseText {
    /// The id of the message that it belongs to.
    pub item_id: Option<String>,
    /// Its whole text.
    pub text: String,
    /// The other properties of the event: `output_index`, `content_index`.
    pub extra: Map<String, Value>,
}

/// The response that the operation returns without a stream.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CompletedResponse {
    /// The JSON of the response. `serde_json::from_value` decodes it as the type of your choice.
    pub response: Value,
    /// The other properties of the event.
    pub extra: Map<String, Value>,
}

impl CompletedResponse {
    /// Returns the id of the response.
    pub fn id(&self) -> Option<&str> {
        self.response.get("id")?.as_str()
    }

    /// Returns the text of the assistant in the response.
    pub fn text(&self) -> String {
        self.response.get("output").map(text::in_output).unwrap_or_default()
    }
}

impl ResponseEvent {
    fn of_kind(kind: &str, fields: &mut Map<String, Value>) -> Option<Self> {
        match kind {
            "response.output_text.delta" => {
                let delta = text::take(fields, "delta")?;
                Some(ResponseEvent::OutputTextDelta(ResponseTextDelta {
                    item_id: text::take(fields, "item_id"),
                    delta,
                    extra: std::mem::take(fields),
                }))
            }
            "response.output_text.done" => {
                let text = text::take(fields, "text")?;
                Some(ResponseEvent::OutputTextDone(ResponseText {
                    item_id: text::take(fields, "item_id"),
                    text,
                    extra: std::mem::take(fields),
                }))
            }
            "response.completed" => {
                let response = fields.get_mut("response").filter(|value| value.is_object())?.take();
                fields.remove("response");
                let extra = std::mem::take(fields);
                Some(ResponseEvent::Completed(CompletedResponse { response, extra }))
            }
            _ => None,
        }
    }
}

impl StreamEvent for ResponseEvent {
    fn read(name: Option<String>, mut data: Value) -> Self {
        if let Value::Object(fields) = &mut data {
            let kind = fields.get("type").and_then(Value::as_str).map(str::to_owned);
            let event = match (&kind, &name) {
                (Some(kind), _) | (None, Some(kind)) => ResponseEvent::of_kind(kind, fields),
                (None, None) => None,
            };
            if let Some(mut event) = event {
                // The variant stands for it.
                if let Some(extra) = event.extra() {
                    extra.remove("type");
                }
                return event;
            }
            if kind.is_none()
                && let Some(piece) = ChatDelta::read(fields)
            {
                return ResponseEvent::Delta(piece);
            }
        }
        ResponseEvent::Unknown { name, data }
    }

    fn done() -> Self {
        ResponseEvent::Done
    }

    fn progress(&self) -> StreamProgress {
        match self {
            ResponseEvent::OutputTextDelta(_) => StreamProgress::Unfinished,
            ResponseEvent::OutputTextDone(_) | ResponseEvent::Completed(_) | ResponseEvent::Done => {
                StreamProgress::Finished
            }
            ResponseEvent::Unknown { data, .. } if data["type"] == "response.incomplete" => StreamProgress::Finished,
            _ => StreamProgress::Any,
        }
    }

    fn text(&self) -> Option<(TextSource, String)> {
        match self {
            ResponseEvent::OutputTextDelta(piece) => Some((TextSource::Delta, piece.delta.clone())),
            ResponseEvent::Delta(piece) if piece.is_text() => Some((TextSource::Delta, piece.delta.clone())),
            ResponseEvent::OutputTextDone(part) => Some((TextSource::Part, part.text.clone())),
            ResponseEvent::Completed(whole) => Some((TextSource::Whole, whole.text())),
            _ => None,
        }
    }

    fn chat_id(&self) -> Option<&str> {
        match self {
            ResponseEvent::Completed(whole) => whole.id(),
            ResponseEvent::Delta(piece) => piece.id.as_deref(),
            _ => None,
        }
    }

    fn session_id(&self) -> Option<&str> {
        match self {
            ResponseEvent::Delta(piece) => piece.session_id.as_deref(),
            _ => None,
        }
    }
}

impl ResponseEvent {
    fn extra(&mut self) -> Option<&mut Map<String, Value>> {
        match self {
            ResponseEvent::OutputTextDelta(event) => Some(&mut event.extra),
            ResponseEvent::OutputTextDone(event) => Some(&mut event.extra),
            ResponseEvent::Completed(event) => Some(&mut event.extra),
            _ => None,
        }
    }
}
