//! The events of a chat in the form of OpenAI's Responses. The vendor's document lists those of OpenAI, its examples read Vapi's
//! own pieces: both are known here.

use serde_json::{Map, Value};

use super::chat_event::ChatDelta;
use super::event_stream::{Progress, Source, StreamEvent};
use super::text_deltas as text;

/// An event of a chat in OpenAI's form.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ResponseEvent {
    /// `response.output_text.delta`: a piece of the text.
    OutputTextDelta(ResponseTextDelta),
    /// `response.output_text.done`: one part of the text is whole.
    OutputTextDone(ResponseText),
    /// `response.completed`: the whole answer.
    Completed(CompletedResponse),
    /// A piece in Vapi's own form.
    Delta(ChatDelta),
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

/// A piece of the text.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ResponseTextDelta {
    /// The id of the message that grows.
    pub item_id: Option<String>,
    /// What is added to it.
    pub delta: String,
    /// What else the event said: `output_index`, `content_index`.
    pub extra: Map<String, Value>,
}

/// A part of the text, whole.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ResponseText {
    /// The id of the message that it belongs to.
    pub item_id: Option<String>,
    /// All of its text.
    pub text: String,
    /// What else the event said: `output_index`, `content_index`.
    pub extra: Map<String, Value>,
}

/// The answer as the plain method would have given it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CompletedResponse {
    /// The answer's object, as it came. `serde_json::from_value` reads it as the type of your choice.
    pub response: Value,
    /// What else the event said.
    pub extra: Map<String, Value>,
}

impl CompletedResponse {
    /// The answer's id.
    pub fn id(&self) -> Option<&str> {
        self.response.get("id")?.as_str()
    }

    /// What the assistant says in it.
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
                // The variant says it.
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

    fn progress(&self) -> Progress {
        match self {
            ResponseEvent::OutputTextDelta(_) => Progress::Unfinished,
            ResponseEvent::OutputTextDone(_) | ResponseEvent::Completed(_) | ResponseEvent::Done => Progress::Finished,
            ResponseEvent::Unknown { data, .. } if data["type"] == "response.incomplete" => Progress::Finished,
            _ => Progress::Any,
        }
    }

    fn text(&self) -> Option<(Source, String)> {
        match self {
            ResponseEvent::OutputTextDelta(piece) => Some((Source::Delta, piece.delta.clone())),
            ResponseEvent::Delta(piece) if piece.is_text() => Some((Source::Delta, piece.delta.clone())),
            ResponseEvent::OutputTextDone(part) => Some((Source::Part, part.text.clone())),
            ResponseEvent::Completed(whole) => Some((Source::Whole, whole.text())),
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
