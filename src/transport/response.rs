//! Responses, as they came and decoded.

use std::ops::{Deref, Range};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::sse;
use crate::error::{Error, RequestContext, Result, json_path, request_id};
use crate::model::{Decode, Decoded, Misfit, Misfits, Undecodable, from_body, trace_misfits};

/// A decoded response with its status and headers. It derefs to the value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
    attempts: u32,
    misfits: Misfits,
}

impl<T> Response<T> {
    /// Returns the decoded value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Returns the decoded value alone.
    #[inline]
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

    /// Returns the values that are not what the document says, up to 100 of them. They are in `extra` or in an `Unknown`, and the
    /// rest of the response is as usual.
    ///
    /// [`ClientBuilder::strict_decoding`](crate::ClientBuilder::strict_decoding) makes them errors.
    pub fn misfits(&self) -> &[Misfit] {
        &self.misfits.listed
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
    /// Set if a value that is not what the document says is an error.
    pub(crate) strict: bool,
}

impl RawResponse {
    /// Returns a response with this value in place of the body.
    #[inline]
    pub(crate) fn with_value<T>(self, decoded: impl Into<Decoded<T>>) -> Response<T> {
        let Decoded { value, misfits } = decoded.into();
        Response {
            value,
            misfits,
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
    #[inline]
    pub(crate) fn decode<T>(self, decode: Decode<T>) -> Result<Response<T>> {
        if sse::is_event_stream(&self.headers) {
            let error = Error::unexpected_events(self.status, &self.headers, self.body);
            return Err(error.for_request(&self.context).after_attempts(self.attempts));
        }
        let decoded = self.read(0..self.body.len(), "", decode)?;
        self.report(&decoded.misfits)?;
        Ok(self.with_value(decoded))
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
    #[inline]
    pub(crate) fn decode_part<T>(&self, span: Range<usize>, path: &str, decode: Decode<T>) -> Result<T> {
        let decoded = self.read(span, path, decode)?;
        self.report(&decoded.misfits)?;
        Ok(decoded.value)
    }

    /// Decodes several parts of the body, and emits one event about the misfits of all. Each part has its JSON path.
    ///
    /// # Errors
    ///
    /// The errors of [`decode`](Self::decode), for the first part that has one.
    pub(crate) fn decode_parts<T>(
        &self,
        parts: impl Iterator<Item = (Range<usize>, String)>,
        decode: Decode<T>,
    ) -> Result<Decoded<Vec<T>>> {
        let mut all = Decoded::from(Vec::new());
        for (span, path) in parts {
            let Decoded { value, misfits } = self.read(span, &path, decode)?;
            all.value.push(value);
            all.misfits.add(misfits);
        }
        self.report(&all.misfits)?;
        Ok(all)
    }

    /// Decodes a part of the body, with misfits that have their paths in the whole body.
    #[inline]
    fn read<T>(&self, span: Range<usize>, path: &str, decode: Decode<T>) -> Result<Decoded<T>> {
        let text = self.body.get(span).unwrap_or_default();
        let join = |inner: Option<String>| json_path::join(path, inner);
        let mut decoded = decode(text).map_err(|Undecodable { cause, json_path }| {
            let json_path = json_path.or_else(|| json_path::of(text, &cause));
            self.undecodable(&cause, join(json_path))
        })?;
        for misfit in &mut decoded.misfits.listed {
            let inner = Some(misfit.json_path().to_owned()).filter(|path| !path.is_empty());
            misfit.set_path(join(inner).unwrap_or_default());
        }
        Ok(decoded)
    }

    /// Emits an event about misfits, if there are any.
    ///
    /// # Errors
    ///
    /// Misfits are errors for this client.
    fn report(&self, misfits: &Misfits) -> Result<()> {
        match misfits.listed.first() {
            None => Ok(()),
            Some(first) if self.strict => {
                let Undecodable { cause, json_path } = first.clone().into();
                Err(self.undecodable(&cause, json_path))
            }
            Some(_) => {
                trace_misfits(&self.context.operation, misfits);
                Ok(())
            }
        }
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
        let secrets = &self.context.secrets;
        Error::undecodable(self.status, &self.headers, self.body.clone(), cause, json_path, secrets)
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
            strict: false,
        }
    }
}
