//! The builder of a client. Each mistake in a setting has one sentence.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::http_client::http_client;
#[cfg(any(feature = "live", feature = "audio"))]
use super::http_client::http1_client;
use super::region::Region;
use super::{Client, checks};
use crate::error::{Error, Result};
use crate::transport::{Backoff, Credentials, ErasedTokenSource, Settings, SystemProxy, TokenSource};
#[cfg(feature = "validate")]
use crate::transport::{Validation, validator};

/// A builder of a [`Client`]. Only the key, or a source of tokens, is required.
///
/// # Examples
///
/// ```
/// # fn main() -> vapi::Result<()> {
/// use std::time::Duration;
/// let vapi = vapi::Client::builder()
///     .api_key("your-key")
///     .region(vapi::Region::Eu)
///     .timeout(Duration::from_secs(30))
///     .max_retries(3)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ClientBuilder {
    identity: Option<Identity>,
    region: Region,
    base_url: Option<String>,
    timeout: Duration,
    attempt_timeout: Option<Duration>,
    connect_timeout: Duration,
    idle_timeout: Duration,
    max_retries: u32,
    max_response_bytes: usize,
    backoff: Backoff,
    strict_decoding: bool,
    #[cfg(feature = "validate")]
    validation: Validation,
    user_agent_suffix: Option<String>,
    http: Option<reqwest::Client>,
    #[cfg(any(feature = "live", feature = "audio"))]
    http1: Option<reqwest::Client>,
}

/// The key or the tokens that a client identifies itself with.
#[derive(Clone)]
enum Identity {
    Key(String),
    Source(Arc<dyn ErasedTokenSource>),
}

impl Default for ClientBuilder {
    fn default() -> Self {
        ClientBuilder {
            identity: None,
            region: Region::Us,
            base_url: None,
            timeout: Duration::from_secs(60),
            attempt_timeout: None,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            max_retries: 2,
            max_response_bytes: 64 << 20,
            backoff: Backoff::default(),
            strict_decoding: false,
            #[cfg(feature = "validate")]
            validation: Validation::Off,
            user_agent_suffix: None,
            http: None,
            #[cfg(any(feature = "live", feature = "audio"))]
            http1: None,
        }
    }
}

/// Shows the settings, not the key.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("region", &self.region)
            .field("base_url", &self.base_url)
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Sets the key that is sent as `Authorization: Bearer`: a private key, a public key, or a JWT made from one.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.identity = Some(Identity::Key(key.into()));
        self
    }

    /// Sets a source of tokens that expire, in place of a key: a [`TokenSource`], or a closure that returns a future.
    ///
    /// A token is kept until a minute before it expires, or a quarter of its life if that is shorter, and then renewed, once for all
    /// requests that wait for it. If that fails, a token that is still valid is used. When the server refuses a token (401), a request that
    /// can be repeated is repeated once with a new one, if [`max_retries`](Self::max_retries) allows a retry.
    ///
    /// # Examples
    ///
    /// ```
    /// # async fn fetch() -> Result<String, std::io::Error> { Ok(String::new()) }
    /// # fn main() -> vapi::Result<()> {
    /// use std::time::Duration;
    /// use vapi::BearerToken;
    ///
    /// let vapi = vapi::Client::builder()
    ///     .token_source(|| async {
    ///         let text: String = fetch().await?; // from a server of your own
    ///         Ok::<_, std::io::Error>(BearerToken::new(text).expires_in(Duration::from_secs(600)))
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn token_source(mut self, source: impl TokenSource + 'static) -> Self {
        self.identity = Some(Identity::Source(Arc::new(source)));
        self
    }

    /// Sets the region of the account. It has no effect if a base URL is set.
    pub fn region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// Sets the address of the API, such as that of a local emulator. It takes precedence over the region.
    ///
    /// A client for a loopback address (`localhost`, `127.0.0.1`, `[::1]`) uses no proxy. One that speaks plain http with any
    /// other host emits a warning when it is built, because the key is then readable on the way.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the time limit of an operation: all attempts, the delays between them, and reading the response.
    ///
    /// The default is 60 s; `Duration::MAX` means no limit. A stream has to begin within the limit, and may then go on.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Sets the time limit of a single attempt, so that a lost attempt leaves time for another. There is none by default.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// Sets the time limit of making a connection; the default is 10 s. It has no effect on an HTTP client of your own.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets the time for which a stream may be silent; the default is 60 s.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// Sets how often a failed request is sent again, where that is safe. The default is 2; 0 means never.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the longest response that is read into memory, unpacked; the default is 64 MiB, far more than the API sends.
    ///
    /// It holds for every decoded response, the raw client included, and for [`Download::bytes`](crate::Download::bytes). A
    /// stream and [`Download::save_to`](crate::Download::save_to) have no limit.
    pub fn max_response_bytes(mut self, limit: usize) -> Self {
        self.max_response_bytes = limit;
        self
    }

    /// Sets whether a response with a value that is not what the document says is an error. The default is `false`.
    ///
    /// By default such a value costs no more than itself: it is kept as it came, an event at level `warn` names its path, and
    /// [`Response::misfits`](crate::Response::misfits) lists it. Strict decoding is for tests that watch the API for changes.
    /// It holds for the types of this crate wherever they are read from a response. A batch is never strict: its calls were placed.
    pub fn strict_decoding(mut self, strict: bool) -> Self {
        self.strict_decoding = strict;
        self
    }

    /// Sets what happens to a request or response that is not what the document says. The default is [`Validation::Off`].
    ///
    /// The queries and JSON bodies of all requests for operations are judged before they are sent, and the JSON of their responses
    /// before it is decoded; uploads, downloads, streams and the raw client are not. A denied request is an error with
    /// [`Error::is_invalid_input`] whose [`messages`](Error::messages) are those of the API, and nothing is sent. A denied response is
    /// one with [`Error::is_decode`]: the API has acted. [`validate`](crate::validate) judges a value by itself.
    #[cfg(feature = "validate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "validate")))]
    pub fn validation(mut self, validation: Validation) -> Self {
        self.validation = validation;
        self
    }

    /// Adds a product name to the `User-Agent`: `my-app/1.2`.
    pub fn user_agent_suffix(mut self, product: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(product.into());
        self
    }

    /// Sets a `reqwest` client of your own, for proxies, certificates or connection pools.
    ///
    /// Start from [`http_client_builder`](crate::http_client_builder): with the feature `rustls-tls`, `reqwest::Client::new()` panics unless the program has
    /// installed a TLS provider. A client from elsewhere may follow redirects by itself; `reqwest` removes the key if they lead to
    /// another host. It may also repeat a POST by itself over HTTP/2, unless `retry(reqwest::retry::never())` is set on it. A
    /// total timeout of that client also ends streams. The limits of this builder hold in any case.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Sets a `reqwest` client of your own that opens WebSockets, in place of the one of [`http_client`](Self::http_client).
    ///
    /// A WebSocket needs HTTP/1.1. If the client of [`http_client`](Self::http_client) may speak HTTP/2, give one here that is built
    /// with `http1_only()` and offers HTTP/2 in no TLS handshake.
    #[cfg(any(feature = "live", feature = "audio"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "live", feature = "audio"))))]
    pub fn websocket_client(mut self, http: reqwest::Client) -> Self {
        self.http1 = Some(http);
        self
    }

    /// Sets the longest delay before the first retry. The default is 500 ms, for which tests have no time.
    #[doc(hidden)]
    pub fn retry_base_delay(mut self, base: Duration) -> Self {
        self.backoff.base = base;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// A setting is missing or wrong. The error is one sentence that names it.
    pub fn build(self) -> Result<Client> {
        let (credentials, secrets) = match self.identity {
            Some(Identity::Key(key)) => Credentials::of_key(&key)?,
            Some(Identity::Source(source)) => Credentials::of_source(source),
            None => {
                return Err(Error::config(
                    "no API key: set VAPI_API_KEY (or VAPI_TOKEN), or call `.api_key(..)` on the builder",
                ));
            }
        };
        #[cfg(feature = "validate")]
        if self.validation != Validation::Off {
            validator()?;
        }
        let base_url = match &self.base_url {
            Some(url) => checks::base_url(url)?,
            None => self.region.base_url().to_owned(),
        };
        let is_loopback = checks::is_loopback(&base_url);
        if base_url.starts_with("http:") && !is_loopback {
            tracing::warn!(
                base_url,
                "the API key is sent over plain http: everyone on the way can read it"
            );
        }
        #[cfg(any(feature = "live", feature = "audio"))]
        let http1 = match self.http1.or_else(|| self.http.clone()) {
            Some(http1) => http1,
            None => http1_client(&base_url, is_loopback, self.connect_timeout)?,
        };
        let (http, system_proxy) = match self.http {
            Some(http) => (http, None),
            None => {
                let http = http_client(&base_url, is_loopback, self.connect_timeout)?;
                (http, (!is_loopback).then(SystemProxy::read))
            }
        };
        Ok(Client::new(Settings {
            http,
            #[cfg(any(feature = "live", feature = "audio"))]
            http1,
            system_proxy,
            base_url,
            credentials,
            secrets,
            user_agent: checks::user_agent(self.user_agent_suffix.as_deref())?,
            timeout: self.timeout,
            attempt_timeout: self.attempt_timeout,
            idle_timeout: self.idle_timeout,
            max_retries: self.max_retries,
            max_response_bytes: self.max_response_bytes,
            backoff: self.backoff,
            strict_decoding: self.strict_decoding,
            #[cfg(feature = "validate")]
            validation: self.validation,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_in_a_key_has_its_sentence() {
        for (key, part) in [
            ("", "is empty"),
            ("key\n", "at its start or end"),
            ("Bearer key", "give the key alone"),
            ("\"key\"", "quotes around it"),
            ("'key'", "quotes around it"),
            ("a key", "that no key has"),
            ("clé", "that no key has"),
        ] {
            let error = Client::builder().api_key(key).build().unwrap_err();
            assert!(error.is_config() && error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn each_mistake_in_a_base_url_has_its_sentence() {
        for (url, sentence) in [
            (
                "api.vapi.ai",
                "the base URL `api.vapi.ai` cannot be read: relative URL without a base",
            ),
            ("ftp://x", "the base URL must start with https:// or http://, not ftp:"),
            ("https://x/?a=1", "the base URL has a query in it, which would be lost"),
            ("https://x/#a", "the base URL has a fragment in it, which would be lost"),
            (
                "https://me:pass@x",
                "the base URL has a user name or password in it: the API takes a key instead",
            ),
        ] {
            let error = Client::builder().api_key("k").base_url(url).build();
            assert_eq!(error.unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn a_user_agent_suffix_must_fit_into_a_header() {
        let error = Client::builder().api_key("k").user_agent_suffix("a\nb").build();
        assert!(error.unwrap_err().is_config());
    }

    #[test]
    fn debug_output_has_no_key() {
        let builder = Client::builder().api_key("sk-secret");
        let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
        assert!(!shown.contains("sk-secret"), "{shown}");
    }
}
