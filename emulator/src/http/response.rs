//! Responses of the emulator, with errors in the API's format.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::{Value, json};
use tokio::sync::mpsc;

pub(crate) struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: ResponseBody,
}

impl Response {
    pub fn json(status: StatusCode, value: &Value) -> Response {
        // Serialization cannot fail: all keys are strings.
        let body = serde_json::to_vec(value).unwrap_or_default();
        Response::bytes(status, "application/json; charset=utf-8", body)
    }

    pub fn bytes(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Response {
            status,
            headers,
            body: ResponseBody::whole(body.into()),
        }
    }

    /// Creates a response whose body is sent in pieces, without a length.
    pub fn pieces(content_type: &'static str, pieces: impl IntoIterator<Item = Bytes>) -> Response {
        let mut response = Response::bytes(StatusCode::OK, content_type, Bytes::new());
        response.body = ResponseBody {
            pieces: pieces.into_iter().collect(),
            live: None,
            length: None,
            end: BodyEnd::Whole,
        };
        response
    }

    /// Creates a response without a body.
    pub fn empty(status: StatusCode) -> Response {
        Response {
            status,
            headers: HeaderMap::new(),
            body: ResponseBody::whole(Bytes::new()),
        }
    }

    /// Creates a response whose body continues until the sender is dropped.
    pub fn live(content_type: &'static str, pieces: mpsc::Receiver<Bytes>) -> Response {
        let mut response = Response::pieces(content_type, []);
        response.body.live = Some(pieces);
        response
    }

    /// Creates an error `{message, error, statusCode}`. The message is a sentence, or a list of sentences for a request
    /// that breaks rules.
    pub fn error(status: StatusCode, message: impl Into<Value>) -> Response {
        let error = status.canonical_reason().unwrap_or("Error");
        Response::json(
            status,
            &json!({ "message": message.into(), "error": error, "statusCode": status.as_u16() }),
        )
    }

    /// Returns the message of an error.
    pub fn message(&self) -> Value {
        let body = self
            .body
            .pieces
            .front()
            .map(|body| serde_json::from_slice::<Value>(body));
        body.and_then(Result::ok)
            .map_or(Value::Null, |body| body["message"].clone())
    }

    /// Creates a 400 with a message, or with a list of messages.
    pub fn bad_request(message: impl Into<Value>) -> Response {
        Response::error(StatusCode::BAD_REQUEST, message)
    }

    /// Creates a 400 with a list of messages, and with notes of the emulator's own.
    pub fn noted(messages: Vec<String>, notes: Vec<String>) -> Response {
        if notes.is_empty() {
            return Response::bad_request(messages);
        }
        Response::json(
            StatusCode::BAD_REQUEST,
            &json!({ "message": messages, "error": "Bad Request", "statusCode": 400, "notes": notes }),
        )
    }

    /// Creates a 404 for a resource that does not exist.
    pub fn not_found(what: &str) -> Response {
        Response::error(StatusCode::NOT_FOUND, format!("{what} not found"))
    }

    pub fn with_header(mut self, name: HeaderName, value: &str) -> Response {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Replaces headers. A length of the body that is not its own is announced, and the body cut off there or left incomplete: hyper
    /// takes a length from a header only if the body does not know it. How the body is transferred is not for a header to say.
    pub fn with_headers(mut self, headers: HeaderMap) -> Response {
        self.headers.extend(headers);
        self.headers.remove(TRANSFER_ENCODING);
        let lengths: Vec<u64> = self.headers.get_all(CONTENT_LENGTH).iter().filter_map(length).collect();
        self.headers.remove(CONTENT_LENGTH);
        if let [length] = lengths[..] {
            self.headers.insert(CONTENT_LENGTH, length.into());
            self.body.length = None;
        }
        self
    }

    pub fn into_http(self) -> http::Response<ResponseBody> {
        let mut response = http::Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Returns the length that a header announces.
fn length(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// A body in pieces that can end early on purpose.
pub(crate) struct ResponseBody {
    pieces: VecDeque<Bytes>,
    /// The source of further pieces.
    live: Option<mpsc::Receiver<Bytes>>,
    /// The announced length; `None` sends chunks.
    length: Option<u64>,
    end: BodyEnd,
}

/// The end of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyEnd {
    Whole,
    /// The body breaks off after the pieces so far are on the wire.
    BreaksOff,
    BreaksOffNow,
}

impl ResponseBody {
    pub fn whole(bytes: Bytes) -> ResponseBody {
        ResponseBody {
            length: Some(bytes.len() as u64),
            pieces: VecDeque::from([bytes]),
            live: None,
            end: BodyEnd::Whole,
        }
    }

    /// Returns the first half of the same body, after which the connection closes.
    pub fn cut_in_half(mut self) -> ResponseBody {
        let total: usize = self.pieces.iter().map(Bytes::len).sum();
        let mut left = total / 2;
        for piece in &mut self.pieces {
            piece.truncate(left);
            left -= piece.len();
        }
        self.end = BodyEnd::BreaksOff;
        self
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        while let Some(piece) = self.pieces.pop_front() {
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
        }
        if let Some(live) = &mut self.live {
            return live
                .poll_recv(context)
                .map(|piece| piece.map(|piece| Ok(Frame::data(piece))));
        }
        match self.end {
            BodyEnd::Whole => Poll::Ready(None),
            BodyEnd::BreaksOff => {
                // hyper drops unflushed bytes on an error; it flushes when the body is pending.
                self.end = BodyEnd::BreaksOffNow;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            BodyEnd::BreaksOffNow => Poll::Ready(Some(Err(BrokenOff))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.live.is_none() && self.end == BodyEnd::Whole && self.pieces.iter().all(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// The error of a body that was truncated on purpose.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a fault truncated the body")
    }
}

impl std::error::Error for BrokenOff {}
