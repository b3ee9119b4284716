//! The escape hatch: requests that the document does not describe, with the key, retries and errors of those it does.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::Result;
use crate::operation;
use crate::transport::{self, ByteStream, Draft, Response};

impl Client {
    /// A request to any path of the API, for what this crate does not know yet. The key, the retries, the time limits and the
    /// errors are those of every other request.
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client) -> vapi::Result<()> {
    /// use vapi::http::Method;
    /// let answer: serde_json::Value = vapi
    ///     .request(Method::POST, "/new-endpoint")
    ///     .json(&serde_json::json!({ "name": "x" }))
    ///     .send()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: http::Method, path: impl Into<String>) -> RequestBuilder<'_> {
        RequestBuilder::new(self, method, path.into())
    }
}

/// A request to any path, made by [`Client::request`].
#[derive(Debug)]
#[must_use = "nothing is sent until this is sent and awaited"]
pub struct RequestBuilder<'c> {
    client: &'c Client,
    draft: Draft,
}

impl<'c> RequestBuilder<'c> {
    pub(crate) fn new(client: &'c Client, method: Method, path: String) -> Self {
        let operation = format!("{method} {path}");
        let mut draft = Draft::new(Cow::Owned(operation), method, Cow::Owned(path));
        draft.check_path();
        RequestBuilder { client, draft }
    }

    /// Puts an id into the path's `{name}`, refusing ids that would lead elsewhere. Prefer it over formatting the path.
    pub fn path(mut self, name: &'static str, value: &str) -> Self {
        self.draft.path(name, value);
        self
    }

    /// Adds to the query: a scalar, or a list as a pair per item. `None` adds nothing.
    pub fn query<V: Serialize>(mut self, name: &str, value: V) -> Self {
        self.draft.query(name, &value);
        self
    }

    /// Sets a header, `authorization` included.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.draft.header(name, value);
        self
    }

    /// Sets the body.
    pub fn json<B: Serialize + ?Sized>(mut self, body: &B) -> Self {
        self.draft.json(body);
        self
    }

    /// The time this may take in all, instead of the client's.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.draft.timeout(limit);
        self
    }

    /// How often this may be sent again, instead of the client's setting.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.draft.max_retries(retries);
        self
    }

    /// Sends the request and decodes the answer. An empty answer decodes as `null` does: `()`, `Option<_>` and `Value` take it.
    ///
    /// # Errors
    /// As for every operation: see [`Error`](crate::Error).
    pub async fn send<T: DeserializeOwned>(self) -> Result<T> {
        let origin = self.draft.origin().clone();
        let answer = transport::send(self.client.shared(), self.draft).await?;
        Ok(operation::decode_as::<T>(&origin, answer)?.into_value())
    }

    /// Sends the request and gives the answer's bytes as they came.
    ///
    /// # Errors
    /// As for every operation, but nothing is decoded.
    pub async fn send_raw(self) -> Result<Response<Bytes>> {
        let mut answer = transport::send(self.client.shared(), self.draft).await?;
        let body = std::mem::take(&mut answer.body);
        Ok(answer.with(body))
    }

    /// Sends the request and gives the answer's bytes as they come.
    ///
    /// # Errors
    /// As for every operation; once the answer has begun, the stream itself gives them.
    pub async fn send_stream(self) -> Result<ByteStream> {
        transport::open(self.client.shared(), self.draft).await
    }
}
