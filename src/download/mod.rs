//! Downloads of recordings, logs and captures.
//!
//! The API redirects to a presigned address on another host. That host must not see the key, so the redirects are followed here.

mod destination;

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, header};
use reqwest::Url;
use serde::Serialize;
use tokio::io::AsyncWriteExt;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::transport::{self, ByteStream, ClosingEvent, PreparedRequest, QueryStyle, RequestParts, request_setters};

/// The most redirects that are followed; one is usual.
const MOST_REDIRECTS: usize = 5;

/// A prepared download. It is sent by [`stream`](Self::stream), [`bytes`](Self::bytes) or [`save_to`](Self::save_to).
///
/// An artifact appears about a minute after the end of its call. Until then the status is 404
/// ([`Error::is_not_found`](crate::Error::is_not_found)).
#[must_use = "a download starts when it is streamed, read or saved"]
pub struct Download {
    client: Client,
    parts: RequestParts,
    on_progress: Option<OnProgress>,
}

type OnProgress = Box<dyn FnMut(u64, Option<u64>) + Send>;

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Download").field(&self.parts).finish()
    }
}

impl Download {
    #[doc(hidden)]
    pub fn new(client: &Client, operation: &'static str, path: &'static str) -> Self {
        Download {
            client: client.clone(),
            parts: RequestParts::new(Cow::Borrowed(operation), Method::GET, Cow::Borrowed(path)),
            on_progress: None,
        }
    }

    #[doc(hidden)]
    pub fn path(mut self, name: &'static str, value: &str) -> Self {
        self.parts.path(name, value);
        self
    }

    #[doc(hidden)]
    pub fn query_value<V: Serialize>(mut self, name: &'static str, value: V) -> Self {
        self.parts.query(name, &value);
        self
    }

    #[doc(hidden)]
    pub fn query_styled<V: Serialize>(mut self, name: &'static str, value: V, style: QueryStyle) -> Self {
        self.parts.query_styled(name, &value, style);
        self
    }

    request_setters! {
        /// Sets a header of the request to the API. The host that it redirects to does not get the header.
        header
        /// Adds to the query.
        query
        /// Sets the time until the response must have begun, instead of the client's limit. The transfer has no limit, except that
        /// it may not fall silent.
        timeout
        /// Sets how often a failed request is sent again, instead of the client's setting. A transfer that has begun is not repeated.
        max_retries
    }

    /// Sets a callback that receives the number of bytes so far, and the total if the server says so.
    ///
    /// [`bytes`](Self::bytes) and [`save_to`](Self::save_to) call it.
    pub fn on_progress(mut self, report: impl FnMut(u64, Option<u64>) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(report));
        self
    }

    /// Sends the request and returns the artifact as a stream of bytes.
    ///
    /// # Errors
    ///
    /// The errors of every operation. Once the response has begun, the stream returns the errors.
    pub async fn stream(self) -> Result<ByteStream> {
        let settings = self.client.settings();
        let mut closing = ClosingEvent::new(self.parts.context().operation.clone());
        let mut prepared = self.parts.prepare(settings)?;
        let context = prepared.context.clone();
        let options = prepared.options;
        let start = prepared.request.url().clone();
        for _ in 0..=MOST_REDIRECTS {
            let here = prepared.request.url().clone();
            let response = transport::open_prepared(settings, prepared, &mut closing).await?;
            if !response.status().is_redirection() {
                return Ok(ByteStream::new(response, settings, context, closing));
            }
            let next = redirect(&here, response.headers()).map_err(|error| error.for_request(&context))?;
            prepared = PreparedRequest {
                context: context.clone(),
                json: None,
                upload: None,
                options,
                request: reqwest::Request::new(Method::GET, next),
            };
            prepared.options.anonymous = prepared.request.url().origin() != start.origin();
        }
        Err(Error::redirect(format!("more than {MOST_REDIRECTS} redirects")).for_request(&context))
    }

    /// Downloads the whole artifact into memory.
    ///
    /// # Errors
    ///
    /// The errors of every operation, if the transfer breaks off, and if the artifact is longer than
    /// [`max_response_bytes`](crate::ClientBuilder::max_response_bytes).
    pub async fn bytes(mut self) -> Result<Bytes> {
        let mut on_progress = self.on_progress.take();
        let limit = self.client.settings().max_response_bytes;
        let mut stream = self.stream().await?;
        let total = stream.content_length();
        let mut bytes = BytesMut::new();
        while let Some(chunk) = stream.chunk().await? {
            if bytes.len() + chunk.len() > limit {
                let error = Error::response_too_long(stream.status, stream.headers(), limit);
                return Err(error.for_request(&stream.context));
            }
            bytes.extend_from_slice(&chunk);
            if let Some(report) = &mut on_progress {
                report(bytes.len() as u64, total);
            }
        }
        Ok(bytes.freeze())
    }

    /// Downloads the artifact into a file and returns its length.
    ///
    /// It is written under another name in the same folder and renamed at the end, so a file with the given name is complete. A
    /// symbolic link is followed: the file that it leads to is replaced. What is not a regular file, such as `/dev/null` or a
    /// named pipe, is written to directly.
    ///
    /// # Errors
    ///
    /// The errors of every operation, if the transfer breaks off, and if the file cannot be written.
    pub async fn save_to(mut self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let mut on_progress = self.on_progress.take();
        let mut stream = self.stream().await?;
        let total = stream.content_length();
        let refuse = |cause| Error::file(format!("cannot write {}", path.display()), cause);
        let (mut file, partial) = destination::open(path).await.map_err(refuse)?;
        let mut length = 0;
        while let Some(chunk) = stream.chunk().await? {
            file.write_all(&chunk).await.map_err(refuse)?;
            length += chunk.len() as u64;
            if let Some(report) = &mut on_progress {
                report(length, total);
            }
        }
        file.flush().await.map_err(refuse)?;
        if let Some(partial) = partial {
            file.sync_data().await.map_err(refuse)?;
            drop(file);
            partial.rename().await.map_err(refuse)?;
        }
        Ok(length)
    }
}

fn redirect(here: &Url, headers: &HeaderMap) -> Result<Url> {
    let target = headers
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| Error::redirect("a redirect without a target"))?;
    // The target is in no error: a presigned URL is a secret.
    let next = here
        .join(target)
        .map_err(|_| Error::redirect("a redirect to an address that cannot be read"))?;
    match (here.scheme(), next.scheme()) {
        (_, "https") | ("http", "http") => Ok(next),
        ("https", "http") => Err(Error::redirect("a redirect from https to http")),
        _ => Err(Error::redirect("a redirect to an address that is not http")),
    }
}
