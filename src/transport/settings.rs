//! Settings of a client, as the transport needs them.

use std::fmt;
use std::time::Duration;

use http::HeaderValue;

use super::retry_policy::Backoff;

/// What all clones of a client, and the raw client, share.
pub struct Shared {
    pub(crate) http: reqwest::Client,
    /// Without a slash at its end.
    pub(crate) base_url: String,
    pub(crate) authorization: HeaderValue,
    pub(crate) api_key: String,
    pub(crate) user_agent: HeaderValue,
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) backoff: Backoff,
}

/// Shows where requests go and how, not the key.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("base_url", &self.base_url)
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .finish_non_exhaustive()
    }
}
