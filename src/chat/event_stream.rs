//! The stream of events of a chat. It is generic over the format of its events.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use serde_json::{Map, Value};

use super::text_deltas::TextDeltas;
use crate::error::{Error, Result};
use crate::transport::{ByteStream, EventParser, EventTooLong, LONGEST_EVENT, ServerSentEvent, is_event_stream};

/// Longest body that is kept if the response is not a stream.
const LONGEST_OTHER: usize = 1 << 20;

/// A stream of the events of a chat. Dropping it ends the request.
///
/// It ends after `[DONE]`, or at the end of the response. It ends in an error if the connection breaks or falls silent, if the
/// server reports an error within the stream, or if an event is longer than 8 MiB. Data that is not JSON is skipped.
pub struct EventStream<E> {
    /// `None` after the end.
    bytes: Option<ByteStream>,
    /// Bytes that are not parsed yet.
    chunk: Bytes,
    parser: EventParser,
    headers: HeaderMap,
    chat_id: Option<String>,
    session_id: Option<String>,
    /// The kind of events that the text is taken from. Other kinds repeat the same text.
    source: Option<TextSource>,
    progress: StreamProgress,
    event: PhantomData<fn() -> E>,
}

/// The amount of text in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextSource {
    /// A piece.
    Delta,
    /// One finished part.
    Part,
    /// The whole text.
    Whole,
}

/// The position of an event in the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamProgress {
    /// Unknown: the response may end after it.
    Any,
    /// More must come.
    Unfinished,
    /// Nothing is missing.
    Finished,
}

/// A format of events. The two formats of this crate are the only ones.
pub trait StreamEvent: Sized {
    #[doc(hidden)]
    fn read(name: Option<String>, data: Value) -> Self;
    #[doc(hidden)]
    fn done() -> Self;
    #[doc(hidden)]
    fn progress(&self) -> StreamProgress;
    #[doc(hidden)]
    fn text(&self) -> Option<(TextSource, String)>;
    #[doc(hidden)]
    fn chat_id(&self) -> Option<&str>;
    #[doc(hidden)]
    fn session_id(&self) -> Option<&str>;
}

/// Shows the ids, not the text.
impl<E> fmt::Debug for EventStream<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("chat_id", &self.chat_id)
            .field("ended", &self.bytes.is_none())
            .finish_non_exhaustive()
    }
}

impl<E: StreamEvent> EventStream<E> {
    /// Reads the events of a response from [`RequestBuilder::send_stream`](crate::RequestBuilder::send_stream).
    ///
    /// # Errors
    ///
    /// The response is not a stream of events. [`Error::body`] has its body, up to 1 MiB.
    pub async fn from_bytes(mut bytes: ByteStream) -> Result<Self> {
        let headers = std::mem::take(&mut bytes.headers);
        let undeclared = !headers.contains_key(http::header::CONTENT_TYPE);
        if !undeclared && !is_event_stream(&headers) || headers.contains_key(http::header::CONTENT_ENCODING) {
            let mut body = Vec::new();
            while let Ok(Some(chunk)) = bytes.chunk().await {
                let room = LONGEST_OTHER - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if body.len() == LONGEST_OTHER {
                    break;
                }
            }
            return Err(Error::not_an_event_stream(bytes.status, &headers, body.into()).for_request(&bytes.context));
        }
        Ok(EventStream {
            bytes: Some(bytes),
            chunk: Bytes::new(),
            parser: EventParser::default(),
            headers,
            chat_id: None,
            session_id: None,
            source: None,
            progress: StreamProgress::Any,
            event: PhantomData,
        })
    }

    /// Returns the next event, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<E>> {
        std::future::poll_fn(|cx| self.poll_event(cx)).await
    }

    /// Returns the text of the assistant alone, piece by piece.
    ///
    /// [`into_text_deltas`](Self::into_text_deltas) returns a stream that owns this one.
    pub fn text_deltas(&mut self) -> TextDeltas<'_, E> {
        TextDeltas::borrowed(self)
    }

    /// Returns the text of the assistant alone, piece by piece, as a stream that can be stored or moved to another task.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(chat: vapi::chat::ChatStream) -> vapi::Result<()> {
    /// let mut deltas = chat.into_text_deltas();
    /// let task = tokio::spawn(async move {
    ///     while let Some(delta) = deltas.next().await {
    ///         print!("{}", delta?);
    ///     }
    ///     Ok::<_, vapi::Error>(deltas.events().chat_id().map(str::to_owned))
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_text_deltas(self) -> TextDeltas<'static, E> {
        TextDeltas::owned(self)
    }

    /// Collects the rest of the assistant's text.
    ///
    /// # Errors
    ///
    /// The errors of the stream. The text before an error is lost: [`text_deltas`](Self::text_deltas) keeps it.
    pub async fn collect_text(&mut self) -> Result<String> {
        let mut deltas = self.text_deltas();
        let mut text = String::new();
        while let Some(delta) = deltas.next().await {
            text.push_str(&delta?);
        }
        Ok(text)
    }

    /// Returns the id of the chat, once an event has it. As `previousChatId` it continues the chat.
    pub fn chat_id(&self) -> Option<&str> {
        self.chat_id.as_deref()
    }

    /// Returns the id of the session of the chat, once an event has it.
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// Returns the headers of the response.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the id under which the server, or the proxy in front of it, knows the request.
    pub fn request_id(&self) -> Option<String> {
        crate::error::request_id(&self.headers)
    }

    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<E>>> {
        loop {
            let Some(bytes) = &mut self.bytes else {
                return Poll::Ready(None);
            };
            match self.parser.next(&mut self.chunk) {
                Ok(None) => {}
                Ok(Some(event)) => match self.take(event) {
                    Some(item) => return Poll::Ready(Some(item)),
                    None => continue,
                },
                Err(EventTooLong) => {
                    let error = Error::item_too_long("an event", LONGEST_EVENT).for_request(&bytes.context);
                    self.bytes = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
            match ready!(Pin::new(bytes).poll_next(cx)) {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => {
                    self.bytes = None;
                    return Poll::Ready(Some(Err(error)));
                }
                None => return Poll::Ready(self.end()),
            }
        }
    }

    /// Converts one event. Returns `None` if it is skipped.
    fn take(&mut self, event: ServerSentEvent) -> Option<Result<E>> {
        let data = event.data.trim();
        if data == "[DONE]" {
            self.bytes = None;
            self.progress = StreamProgress::Finished;
            return Some(Ok(E::done()));
        }
        let value = match serde_json::from_str(data) {
            Ok(value) => value,
            // An error may be plain text.
            Err(_) if event.name.as_deref() == Some("error") => Value::from(data),
            Err(_) => {
                tracing::debug!(length = data.len(), "skipped an event that is not JSON");
                return None;
            }
        };
        if let Some(report) = reported_error(event.name.as_deref(), &value) {
            let bytes = self.bytes.take()?;
            let body = Bytes::copy_from_slice(data.as_bytes());
            let error = Error::reported_in_stream(&self.headers, report.as_ref(), body, &bytes.secret);
            return Some(Err(error.for_request(&bytes.context)));
        }
        let event = E::read(event.name, value);
        if let (None, Some(id)) = (&self.chat_id, event.chat_id()) {
            self.chat_id = Some(id.to_owned());
        }
        if let (None, Some(id)) = (&self.session_id, event.session_id()) {
            self.session_id = Some(id.to_owned());
        }
        match event.progress() {
            StreamProgress::Any => {}
            progress => self.progress = progress,
        }
        Some(Ok(event))
    }

    /// Returns the last item after the bytes have ended.
    fn end(&mut self) -> Option<Result<E>> {
        let (ends_visibly, context) = match &self.bytes {
            Some(bytes) => (bytes.ends_visibly, bytes.context.clone()),
            None => return None,
        };
        let begun = self.parser.finish();
        let broken_off = begun.is_some();
        let last = begun.and_then(|event| self.take(event));
        self.bytes = None;
        let whole = match self.progress {
            StreamProgress::Finished => true,
            StreamProgress::Unfinished => false,
            // Half an event does not parse.
            StreamProgress::Any => ends_visibly && broken_off == last.is_some(),
        };
        match last {
            Some(last) if whole || last.is_err() => Some(last),
            None if whole => None,
            _ => Some(Err(Error::truncated().for_request(&context))),
        }
    }

    pub(super) fn text_of(&mut self, event: &E) -> Option<String> {
        let (source, text) = event.text().filter(|(_, text)| !text.is_empty())?;
        (*self.source.get_or_insert(source) == source).then_some(text)
    }
}

impl<E: StreamEvent> Stream for EventStream<E> {
    type Item = Result<E>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(cx)
    }
}

/// Returns the part of an event that reports an error. The API documents none; these are the forms of its own error responses, of
/// OpenAI's, and of event streams in general.
fn reported_error<'v>(name: Option<&str>, data: &'v Value) -> Option<Cow<'v, Map<String, Value>>> {
    // An event without a name has the name `message`.
    let name = name.filter(|name| *name != "message");
    let kind = data.get("type").and_then(Value::as_str).or(name);
    let Value::Object(fields) = data else {
        let report = || Map::from_iter([("message".to_owned(), data.clone())]);
        return (kind == Some("error")).then(|| Cow::Owned(report()));
    };
    if kind == Some("response.failed") {
        return Some(Cow::Borrowed(data["response"].as_object().unwrap_or(fields)));
    }
    let has = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
    let failed = fields
        .get("statusCode")
        .and_then(Value::as_u64)
        .is_some_and(|code| code >= 400);
    let bare = kind.is_none() && has("error") && !has("delta") && !has("output");
    (kind == Some("error") || bare || failed && has("message")).then_some(Cow::Borrowed(fields))
}
