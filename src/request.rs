//! Untyped requests, for paths that the document does not describe.

use std::borrow::Cow;

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::Result;
use crate::transport::{self, ByteStream, RequestParts, Response, request_setters};

impl Client {
    /// Creates a request to any path of the API, for operations that this crate does not know.
    ///
    /// The request has the key, the retries, the time limits and the errors of every other request.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client) -> vapi::Result<()> {
    /// use vapi::http::Method;
    /// let created: serde_json::Value = vapi
    ///     .request(Method::POST, "/new-endpoint")
    ///     .json(&serde_json::json!({ "name": "x" }))
    ///     .send()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: impl Into<String>) -> RequestBuilder {
        RequestBuilder::new(self, method, path.into())
    }
}

/// A request to any path, made by [`Client::request`].
#[derive(Debug)]
#[must_use = "nothing is sent until this is sent and awaited"]
pub struct RequestBuilder {
    client: Client,
    parts: RequestParts,
}

impl RequestBuilder {
    fn new(client: &Client, method: Method, path: String) -> Self {
        let operation = format!("{method} {path}");
        let mut parts = RequestParts::new(Cow::Owned(operation), method, Cow::Owned(path));
        parts.check_path();
        RequestBuilder {
            client: client.clone(),
            parts,
        }
    }

    /// Sets the value of `{name}` in the path, and refuses ids that would lead to another path.
    ///
    /// It is safer than a formatted path.
    pub fn path(mut self, name: &'static str, value: &str) -> Self {
        self.parts.path(name, value);
        self
    }

    /// Sets the JSON body.
    pub fn json<B: Serialize + ?Sized>(mut self, body: &B) -> Self {
        self.parts.json(body);
        self
    }

    request_setters! {
        /// Adds to the query: a scalar, or a list as one pair for each item. `None` adds nothing.
        query
        /// Sets a header, `authorization` included.
        header
        /// Sets the time limit of this request, instead of the client's.
        timeout
        /// Sets how often this request may be sent again, instead of the client's setting.
        max_retries
    }

    /// Sends the request and decodes the response. An empty response decodes like `null`: as `()`, `Option<_>` or `Value`.
    ///
    /// # Errors
    ///
    /// The errors of every operation: see [`Error`](crate::Error).
    pub async fn send<T: DeserializeOwned>(self) -> Result<T> {
        let response = transport::send(self.client.settings(), self.parts).await?;
        Ok(response.decode_as::<T>()?.into_value())
    }

    /// Sends the request and returns the bytes of the response.
    ///
    /// # Errors
    ///
    /// The errors of every operation, except those of decoding.
    pub async fn send_raw(self) -> Result<Response<Bytes>> {
        let mut response = transport::send(self.client.settings(), self.parts).await?;
        let body = std::mem::take(&mut response.body);
        Ok(response.with_value(body))
    }

    /// Sends the request and returns the response as a stream of bytes.
    ///
    /// # Errors
    ///
    /// The errors of every operation. Once the response has begun, the stream returns the errors.
    pub async fn send_stream(self) -> Result<ByteStream> {
        transport::open(self.client.settings(), self.parts).await
    }
}
