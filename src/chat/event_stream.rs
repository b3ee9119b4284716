//! A stream of events, and what each kind of event has to tell.

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
use crate::transport::{ByteStream, Event, LONGEST_EVENT, Parser, TooLong, is_event_stream};

/// Longest answer that is kept when it is no stream.
const LONGEST_OTHER: usize = 1 << 20;

/// The events of a chat as they come. Dropping it ends the request.
///
/// It ends after `[DONE]`, or where the answer ends. It ends in an error if the connection breaks or falls silent, if the server
/// reports an error in mid-stream, or if an event is longer than 8 MiB. Data that is not JSON is skipped.
pub struct EventStream<E> {
    /// `None` once the stream is over.
    bytes: Option<ByteStream>,
    /// What came and is not read yet.
    chunk: Bytes,
    parser: Parser,
    headers: HeaderMap,
    chat_id: Option<String>,
    session_id: Option<String>,
    /// Which events tell the text: others that repeat it are no new text.
    source: Option<Source>,
    progress: Progress,
    event: PhantomData<fn() -> E>,
}

/// How an event tells text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Piece by piece.
    Delta,
    /// One finished part of it.
    Part,
    /// All of it.
    Whole,
}

/// What an event says of the answer's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing: the answer may end after it.
    Any,
    /// More must come.
    Unfinished,
    /// Nothing is missing.
    Finished,
}

/// One kind of event. This crate has two, and they are all there are.
pub trait StreamEvent: Sized {
    #[doc(hidden)]
    fn read(name: Option<String>, data: Value) -> Self;
    #[doc(hidden)]
    fn done() -> Self;
    #[doc(hidden)]
    fn progress(&self) -> Progress;
    #[doc(hidden)]
    fn text(&self) -> Option<(Source, String)>;
    #[doc(hidden)]
    fn chat_id(&self) -> Option<&str>;
    #[doc(hidden)]
    fn session_id(&self) -> Option<&str>;
}

/// Shows how far it is, not what was said.
impl<E> fmt::Debug for EventStream<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("chat_id", &self.chat_id)
            .field("ended", &self.bytes.is_none())
            .finish_non_exhaustive()
    }
}

impl<E: StreamEvent> EventStream<E> {
    /// Reads the events of an answer that was asked for by
    /// [`RequestBuilder::send_stream`](crate::RequestBuilder::send_stream).
    ///
    /// # Errors
    /// The answer says that it is something else; [`Error::body`] has what it is, up to 1 MiB.
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
            return Err(Error::not_events(bytes.status, &headers, body.into()).at(&bytes.origin));
        }
        Ok(EventStream {
            bytes: Some(bytes),
            chunk: Bytes::new(),
            parser: Parser::default(),
            headers,
            chat_id: None,
            session_id: None,
            source: None,
            progress: Progress::Any,
            event: PhantomData,
        })
    }

    /// The next event, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<E>> {
        std::future::poll_fn(|cx| self.poll_event(cx)).await
    }

    /// What the assistant says, piece by piece, and nothing else.
    pub fn text_deltas(&mut self) -> TextDeltas<'_, E> {
        TextDeltas { stream: self }
    }

    /// All that the assistant still has to say.
    ///
    /// # Errors
    /// As the stream itself. What came before an error is lost: [`text_deltas`](Self::text_deltas) keeps it.
    pub async fn collect_text(&mut self) -> Result<String> {
        let mut deltas = self.text_deltas();
        let mut text = String::new();
        while let Some(delta) = deltas.next().await {
            text.push_str(&delta?);
        }
        Ok(text)
    }

    /// The chat's id, once an event has told it: what `previousChatId` takes to go on with the chat.
    pub fn chat_id(&self) -> Option<&str> {
        self.chat_id.as_deref()
    }

    /// The id of the session that the chat is part of, if an event has told one.
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// The headers of the answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The id under which the server, or the proxy in front of it, knows the request.
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
                Err(TooLong) => {
                    let error = Error::long_item("an event", LONGEST_EVENT).at(&bytes.origin);
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

    /// What one event becomes; `None` if it is skipped.
    fn take(&mut self, event: Event) -> Option<Result<E>> {
        let data = event.data.trim();
        if data == "[DONE]" {
            self.bytes = None;
            self.progress = Progress::Finished;
            return Some(Ok(E::done()));
        }
        let value = match serde_json::from_str(data) {
            Ok(value) => value,
            // An error need not be JSON to be one.
            Err(_) if event.name.as_deref() == Some("error") => Value::from(data),
            Err(_) => {
                tracing::debug!(length = data.len(), "skipped an event that is not JSON");
                return None;
            }
        };
        if let Some(report) = reported_error(event.name.as_deref(), &value) {
            let bytes = self.bytes.take()?;
            let body = Bytes::copy_from_slice(data.as_bytes());
            let error = Error::reported(&self.headers, report.as_ref(), body, &bytes.secret);
            return Some(Err(error.at(&bytes.origin)));
        }
        let event = E::read(event.name, value);
        if let (None, Some(id)) = (&self.chat_id, event.chat_id()) {
            self.chat_id = Some(id.to_owned());
        }
        if let (None, Some(id)) = (&self.session_id, event.session_id()) {
            self.session_id = Some(id.to_owned());
        }
        match event.progress() {
            Progress::Any => {}
            progress => self.progress = progress,
        }
        Some(Ok(event))
    }

    /// What is left when the bytes have ended.
    fn end(&mut self) -> Option<Result<E>> {
        let (ends_visibly, origin) = match &self.bytes {
            Some(bytes) => (bytes.ends_visibly, bytes.origin.clone()),
            None => return None,
        };
        let begun = self.parser.finish();
        let broken_off = begun.is_some();
        let last = begun.and_then(|event| self.take(event));
        self.bytes = None;
        let whole = match self.progress {
            Progress::Finished => true,
            Progress::Unfinished => false,
            // Half an event is read as none.
            Progress::Any => ends_visibly && broken_off == last.is_some(),
        };
        match last {
            Some(last) if whole || last.is_err() => Some(last),
            None if whole => None,
            _ => Some(Err(Error::cut_short().at(&origin))),
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

/// The part of an event that reports an error, if it does. The API documents none; these are the forms of its whole answers, of
/// OpenAI's, and of streams in general.
fn reported_error<'v>(name: Option<&str>, data: &'v Value) -> Option<Cow<'v, Map<String, Value>>> {
    // `message` is what an event without a name is called.
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
