//! Requests that are no messages of Vapi, or cannot be served.

use std::fmt;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

/// The reason why a request is refused, as a status and a text.
///
/// The text is sent to whoever asked: it tells nothing of secrets, nor how a signature differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    text: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Refusal {
            status,
            text: text.into(),
        }
    }

    /// Returns the status: 400 for a body that is no message, 401 for a request that is not verified, 405 for another method than
    /// `POST`, 408 for a body that does not end, 413 for one that is too long, and 503 after the shutdown has begun.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the response, in which the text is the `error` of a JSON object.
    pub fn into_http(self) -> Response<Bytes> {
        error_response(self.status, &self.text)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}

/// Returns a response with an error that only logs show.
pub(super) fn error_response(status: StatusCode, text: &str) -> Response<Bytes> {
    let body = serde_json::json!({ "error": text }).to_string();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}
