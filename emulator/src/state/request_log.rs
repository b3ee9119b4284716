//! What clients sent, kept for tests to look at.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::http::query;
use crate::openapi::document::Operation;

/// One request as the emulator read it. Requests to the second listener (downloads, call control) are among them, with
/// no operation.
#[derive(Clone)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The HTTP method.
    pub method: Method,
    /// The path as it was sent, still percent-encoded, without the query.
    pub path: String,
    /// Query parameters in the order they came, decoded.
    pub query: Vec<(String, String)>,
    /// Every header.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The operation of the document that it was for, if any: `CallController_create`.
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

    /// A header as text; `None` if it was not sent or is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; `None` if it is something else.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

// Short, and without the token: this ends up in the output of failing tests.
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

/// What the bodies of kept requests may take together, in bytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The most recent requests.
#[derive(Default)]
pub(crate) struct RequestLog {
    limit: usize,
    /// What their bodies take.
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
