//! Responses, as they came and decoded.

use std::ops::{Deref, Range};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::sse;
use crate::error::{Error, RequestContext, Result, json_path, request_id};
use crate::model::{Decode, from_body};

/// A decoded response with its status and headers. It derefs to the value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
    attempts: u32,
}

impl<T> Response<T> {
    /// Returns the decoded value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Returns the decoded value alone.
    pub fn into_value(self) -> T {
        self.value
    }

    /// Returns the status, which is a 2xx.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the id under which the server, or the proxy in front of it, knows the request.
    pub fn request_id(&self) -> Option<String> {
        request_id(&self.headers)
    }

    /// Returns the number of times that the request was sent.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A successful response whose body is read and not yet decoded.
pub(crate) struct RawResponse {
    pub(crate) context: RequestContext,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
}

impl RawResponse {
    /// Returns a response with this value in place of the body.
    pub(crate) fn with_value<T>(self, value: T) -> Response<T> {
        Response {
            value,
            status: self.status,
            headers: self.headers,
            attempts: self.attempts,
        }
    }

    /// Decodes the body.
    ///
    /// # Errors
    ///
    /// The body is an event stream, or it does not decode. The error has the JSON path of what did not.
    pub(crate) fn decode<T>(self, decode: impl FnOnce(&[u8]) -> Result<T, serde_json::Error>) -> Result<Response<T>> {
        if sse::is_event_stream(&self.headers) {
            let error = Error::unexpected_events(self.status, &self.headers, self.body);
            return Err(error.for_request(&self.context).after_attempts(self.attempts));
        }
        match decode(&self.body) {
            Ok(value) => Ok(self.with_value(value)),
            Err(cause) => Err(self.undecodable(&cause, json_path::of(&self.body, &cause))),
        }
    }

    /// Decodes the body as a type of the user's. An empty body decodes like `null`.
    ///
    /// # Errors
    ///
    /// The errors of [`decode`](Self::decode).
    pub(crate) fn decode_as<T: DeserializeOwned>(self) -> Result<Response<T>> {
        self.decode(|body| from_body(if body.is_empty() { b"null" } else { body }))
    }

    /// Decodes a part of the body. `path` is the JSON path of the part, and empty for the whole body.
    ///
    /// # Errors
    ///
    /// The errors of [`decode`](Self::decode).
    pub(crate) fn decode_part<T>(&self, span: Range<usize>, path: &str, decode: Decode<T>) -> Result<T> {
        let text = self.body.get(span).unwrap_or_default();
        decode(text).map_err(|cause| self.undecodable(&cause, json_path::join(path, json_path::of(text, &cause))))
    }

    /// Returns the position in the body of a value that borrows from it.
    pub(crate) fn span_of(&self, value: &RawValue) -> Range<usize> {
        let text = value.get();
        let start = text.as_ptr().addr() - self.body.as_ptr().addr();
        start..start + text.len()
    }

    /// Returns the error for a body that is not as expected.
    #[cold]
    pub(crate) fn undecodable(&self, cause: &serde_json::Error, json_path: Option<String>) -> Error {
        Error::undecodable(self.status, &self.headers, self.body.clone(), cause, json_path)
            .for_request(&self.context)
            .after_attempts(self.attempts)
    }
}

#[cfg(test)]
impl RawResponse {
    /// Returns a 200 with this body.
    pub(crate) fn ok(body: impl Into<Bytes>) -> Self {
        RawResponse {
            context: RequestContext::default(),
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body.into(),
            attempts: 1,
        }
    }
}
