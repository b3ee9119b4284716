//! The body of a response as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, StatusCode, Version, header};
use tokio::time::{Instant, Sleep};

use super::closing_event::ClosingEvent;
use super::settings::Settings;
use crate::error::{Error, RequestContext, Result};

/// Thirty years, which every clock can add.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 86_400);

/// The body of a response, in the pieces that come over the connection.
///
/// The stream ends in an error if the connection breaks, or if nothing comes for the idle limit.
pub struct ByteStream {
    inner: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    length: Option<u64>,
    idle: Pin<Box<Sleep>>,
    limit: Duration,
    /// True while the idle clock runs. It runs only while somebody waits, so a slow reader is not taken for a silent server.
    waiting: bool,
    ended: bool,
    /// True if an early end of the body is an error by itself. Without a length, chunks or frames, the end of the connection is
    /// the only sign that the body has ended.
    pub(crate) ends_visibly: bool,
    pub(crate) context: RequestContext,
    /// The key, which no error shows even if the server repeats it in the stream.
    pub(crate) secret: String,
    /// Emitted when the stream is dropped.
    _closing: ClosingEvent,
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream")
            .field("operation", &self.context.operation)
            .field("content_length", &self.content_length())
            .field("content_type", &self.content_type())
            .finish_non_exhaustive()
    }
}

impl ByteStream {
    pub(crate) fn new(
        mut response: reqwest::Response,
        settings: &Settings,
        context: RequestContext,
        closing: ClosingEvent,
    ) -> Self {
        let limit = settings.idle_timeout;
        let headers = std::mem::take(response.headers_mut());
        let length = response.content_length();
        ByteStream {
            ends_visibly: length.is_some()
                || headers.contains_key(header::TRANSFER_ENCODING)
                || response.version() >= Version::HTTP_2,
            status: response.status(),
            headers,
            length,
            inner: Box::pin(response.bytes_stream()),
            idle: Box::pin(tokio::time::sleep(limit)),
            limit,
            waiting: false,
            ended: false,
            context,
            secret: settings.api_key.clone(),
            _closing: closing,
        }
    }

    /// Returns the number of bytes in the body, if the server says so.
    pub fn content_length(&self) -> Option<u64> {
        self.length
    }

    /// Returns the content type, such as `audio/wav`, if the server says so.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(header::CONTENT_TYPE)?.to_str().ok()
    }

    /// Returns the headers of the response.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the next bytes, or `None` at the end.
    ///
    /// # Errors
    ///
    /// The connection broke, or nothing came for the idle limit.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let next = std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await;
        next.transpose()
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Poll::Ready(item) = self.inner.as_mut().poll_next(cx) {
            self.waiting = false;
            self.ended = !matches!(item, Some(Ok(_)));
            let context = &self.context;
            let item =
                item.map(|item| item.map_err(|error| Error::from_reqwest(error, None, None).for_request(context)));
            return Poll::Ready(item);
        }
        if !self.waiting {
            self.waiting = true;
            let now = Instant::now();
            // A limit that is too long to add is not a limit.
            let deadline = now.checked_add(self.limit).unwrap_or(now + FOREVER);
            self.idle.as_mut().reset(deadline);
        }
        if self.idle.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.ended = true;
        Poll::Ready(Some(Err(Error::idle(self.limit).for_request(&self.context))))
    }
}
