//! The text of a chat without its other events.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde_json::{Map, Value};

use super::event_stream::{EventStream, StreamEvent};
use crate::error::Result;

/// A stream of the text of the assistant, piece by piece. The pieces put together are the text.
///
/// A server that sends the text whole gives one piece. [`EventStream::text_deltas`] borrows the events;
/// [`EventStream::into_text_deltas`] owns them, and its lifetime is `'static`.
#[must_use = "nothing is read until this is polled"]
pub struct TextDeltas<'s, E> {
    events: Events<'s, E>,
}

enum Events<'s, E> {
    Borrowed(&'s mut EventStream<E>),
    Owned(Box<EventStream<E>>),
}

impl<E> fmt::Debug for TextDeltas<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TextDeltas").field(self.events()).finish()
    }
}

impl<'s, E> TextDeltas<'s, E> {
    pub(super) fn borrowed(events: &'s mut EventStream<E>) -> Self {
        TextDeltas {
            events: Events::Borrowed(events),
        }
    }

    /// Returns the events that the text is taken from: they have the id of the chat.
    pub fn events(&self) -> &EventStream<E> {
        match &self.events {
            Events::Borrowed(events) => events,
            Events::Owned(events) => events,
        }
    }
}

impl<E> TextDeltas<'static, E> {
    pub(super) fn owned(events: EventStream<E>) -> Self {
        TextDeltas {
            events: Events::Owned(Box::new(events)),
        }
    }
}

impl<E: StreamEvent> TextDeltas<'_, E> {
    /// Returns the next piece, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<String>> {
        std::future::poll_fn(|cx| self.poll_text(cx)).await
    }

    fn poll_text(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<String>>> {
        let events: &mut EventStream<E> = match &mut self.events {
            Events::Borrowed(events) => events,
            Events::Owned(events) => events,
        };
        loop {
            match ready!(events.poll_event(cx)) {
                Some(Ok(event)) => {
                    if let Some(text) = events.text_of(&event) {
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

/// Returns the text of the assistant in an `output`: a text, or messages whose content is a text or a list of texts.
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

/// Takes a text out of an object, and leaves a value of another type where it is.
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
