//! Settings of a client, as the transport needs them.

use std::time::Duration;

use http::HeaderValue;

use super::credentials::Credentials;
use super::retry_policy::Backoff;
use super::system_proxy::SystemProxy;
#[cfg(feature = "validate")]
use super::validation::Validation;
use crate::error::Secrets;

/// The settings that all clones of a client, and its raw client, share.
pub(crate) struct Settings {
    pub(crate) http: reqwest::Client,
    /// The client that opens WebSockets, which HTTP/2 cannot.
    #[cfg(any(feature = "live", feature = "audio"))]
    pub(crate) http1: reqwest::Client,
    /// Absent for an HTTP client of the user's own, whose proxies are not known here.
    pub(crate) system_proxy: Option<SystemProxy>,
    /// Without a slash at its end.
    pub(crate) base_url: String,
    pub(crate) credentials: Credentials,
    pub(crate) secrets: Secrets,
    pub(crate) user_agent: HeaderValue,
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_retries: u32,
    /// The longest successful body that is read into memory.
    pub(crate) max_response_bytes: usize,
    pub(crate) backoff: Backoff,
    pub(crate) strict_decoding: bool,
    #[cfg(feature = "validate")]
    pub(crate) validation: Validation,
}

impl Settings {
    /// Returns the address of the proxy between the client and the server that an error is about.
    pub(super) fn proxy_of(&self, error: &reqwest::Error) -> Option<String> {
        self.system_proxy.as_ref()?.for_url(error.url()?)
    }
}
