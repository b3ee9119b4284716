//! A request that the transport can send, and its options.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use super::settings::Settings;
use super::upload::Upload;
use crate::error::{Error, RequestContext, Result};

/// A request that is complete except for the key.
pub(crate) struct PreparedRequest {
    pub(crate) context: RequestContext,
    /// Without its body: each attempt gets its own.
    pub(crate) request: reqwest::Request,
    pub(crate) json: Option<Bytes>,
    pub(crate) upload: Option<Upload>,
    pub(crate) options: RequestOptions,
}

/// Options of a single request, in place of the client's settings.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_retries: Option<u32>,
    /// True if the request goes to a host that must not see the key.
    pub(crate) anonymous: bool,
    /// True if the request asks to switch to WebSocket.
    #[cfg(any(feature = "live", feature = "audio"))]
    pub(crate) web_socket: bool,
}

impl RequestOptions {
    /// Returns the HTTP client that sends the request.
    #[cfg(any(feature = "live", feature = "audio"))]
    pub(super) fn http<'s>(&self, settings: &'s Settings) -> &'s reqwest::Client {
        if self.web_socket {
            &settings.http1
        } else {
            &settings.http
        }
    }

    #[cfg(not(any(feature = "live", feature = "audio")))]
    pub(super) fn http<'s>(&self, settings: &'s Settings) -> &'s reqwest::Client {
        &settings.http
    }

    /// Returns whether a response with this status is left open for the caller.
    pub(super) fn leaves_open(&self, status: StatusCode) -> bool {
        #[cfg(any(feature = "live", feature = "audio"))]
        if self.web_socket && status == StatusCode::SWITCHING_PROTOCOLS {
            return true;
        }
        status.is_success() || status.is_redirection()
    }
}

impl PreparedRequest {
    /// Returns a copy of the request with its body, for one attempt.
    pub(super) async fn copy_with_body(&mut self, settings: &Settings) -> Result<reqwest::Request> {
        let mut copy = reqwest::Request::new(self.request.method().clone(), self.request.url().clone());
        *copy.headers_mut() = self.request.headers().clone();
        let Some(upload) = &mut self.upload else {
            *copy.body_mut() = self.json.clone().map(Into::into);
            return Ok(copy);
        };
        let form = upload.form().await?;
        reqwest::RequestBuilder::from_parts(settings.http.clone(), copy)
            .multipart(form)
            .build()
            .map_err(|error| Error::from_reqwest(error, None, None))
    }
}
