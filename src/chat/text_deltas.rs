//! The text of a chat without what comes around it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde_json::{Map, Value};

use super::event_stream::{EventStream, StreamEvent};
use crate::error::Result;

/// What the assistant says, piece by piece: [`EventStream::text_deltas`]. The pieces put together are the text; a server that
/// sends it whole gives one piece.
#[must_use = "it reads when it is polled"]
pub struct TextDeltas<'s, E> {
    pub(super) stream: &'s mut EventStream<E>,
}

impl<E> fmt::Debug for TextDeltas<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TextDeltas").field(&self.stream).finish()
    }
}

impl<E: StreamEvent> TextDeltas<'_, E> {
    /// The next piece, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<String>> {
        std::future::poll_fn(|cx| self.poll_text(cx)).await
    }

    fn poll_text(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String>>> {
        loop {
            match ready!(self.stream.poll_event(cx)) {
                Some(Ok(event)) => {
                    if let Some(text) = self.stream.text_of(&event) {
                        return Poll::Ready(Some(Ok(text)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<E: StreamEvent> Stream for TextDeltas<'_, E> {
    type Item = Result<String>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_text(cx)
    }
}

/// What the assistant says in an `output`: a text, or messages whose content is a text or a list of texts.
pub(super) fn in_output(output: &Value) -> String {
    match output {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(in_output).collect(),
        Value::Object(fields) => match (fields.get("role"), fields.get("content"), fields.get("text")) {
            (Some(role), ..) if role != "assistant" => String::new(),
            (_, Some(content), _) => in_output(content),
            (_, None, Some(text)) => in_output(text),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// Takes a text out of an object, and leaves what is no text where it is.
pub(super) fn take(fields: &mut Map<String, Value>, name: &str) -> Option<String> {
    match fields.get_mut(name) {
        Some(Value::String(text)) => {
            let text = std::mem::take(text);
            fields.remove(name);
            Some(text)
        }
        _ => None,
    }
}
