//! The log of received requests, kept for tests.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::http::query;
use crate::openapi::document::Operation;

/// A request as the emulator received it. Requests to the second listener (downloads, call control) are included. They
/// have no operation.
#[derive(Clone)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The HTTP method.
    pub method: Method,
    /// The path as sent, percent-encoded, without the query.
    pub path: String,
    /// The query parameters, decoded, in the order of the request.
    pub query: Vec<(String, String)>,
    /// Every header.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The id of the operation, if the document has one for the request: `CallController_create`.
    pub operation_id: Option<String>,
}

impl ReceivedRequest {
    pub(crate) fn new(request: &Parts, body: &Bytes, operation: Option<&Operation>) -> ReceivedRequest {
        ReceivedRequest {
            method: request.method.clone(),
            path: request.uri.path().to_owned(),
            query: query::pairs(&request.uri),
            headers: request.headers.clone(),
            body: body.clone(),
            operation_id: operation.map(|operation| operation.id.clone()),
        }
    }

    /// Returns a header as text; `None` if it was not sent or is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body as JSON; `None` if it is not JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

// Short and without the token, because the output of failing tests shows it.
impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation_id.as_deref().unwrap_or("no operation");
        write!(
            f,
            "{} {} ({operation}, {} bytes)",
            self.method,
            self.path,
            self.body.len()
        )
    }
}

/// The largest total size of the kept bodies, in bytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The most recent requests.
#[derive(Default)]
pub(crate) struct RequestLog {
    limit: usize,
    /// The total size of their bodies, in bytes.
    bytes: usize,
    requests: VecDeque<ReceivedRequest>,
}

impl RequestLog {
    pub fn keeping(limit: usize) -> RequestLog {
        RequestLog {
            limit,
            bytes: 0,
            requests: VecDeque::new(),
        }
    }

    pub fn push(&mut self, request: impl FnOnce() -> ReceivedRequest) {
        if self.limit == 0 {
            return;
        }
        let request = request();
        self.bytes += request.body.len();
        self.requests.push_back(request);
        while self.requests.len() > self.limit || self.bytes > MOST_BYTES {
            let Some(oldest) = self.requests.pop_front() else { break };
            self.bytes -= oldest.body.len();
        }
    }

    pub fn all(&self) -> Vec<ReceivedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub fn clear(&mut self) {
        self.bytes = 0;
        self.requests.clear();
    }
}
