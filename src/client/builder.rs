//! How a client is configured: by hand, from the environment, or both. One sentence for each mistake that can be made.

use std::env::VarError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::http_client::http_client;
use super::region::Region;
use super::{Client, checks};
use crate::error::{Error, Result};
use crate::transport::{Backoff, Shared};

/// Builds a [`Client`]. Only the key is required.
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
    api_key: Option<String>,
    region: Region,
    base_url: Option<String>,
    timeout: Duration,
    attempt_timeout: Option<Duration>,
    connect_timeout: Duration,
    idle_timeout: Duration,
    max_retries: u32,
    backoff: Backoff,
    user_agent_suffix: Option<String>,
    http: Option<reqwest::Client>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        ClientBuilder {
            api_key: None,
            region: Region::Us,
            base_url: None,
            timeout: Duration::from_secs(60),
            attempt_timeout: None,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            max_retries: 2,
            backoff: Backoff::default(),
            user_agent_suffix: None,
            http: None,
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
    /// A builder with what the environment says: `VAPI_API_KEY`, else `VAPI_TOKEN`; `VAPI_BASE_URL`; `VAPI_REGION`. What is set
    /// on it afterwards wins.
    ///
    /// # Errors
    /// A variable that is empty, not Unicode, or (the region) not a known name. A missing key is an error only in
    /// [`build`](Self::build).
    pub fn from_env() -> Result<Self> {
        Self::from_variables(|name| std::env::var(name))
    }

    fn from_variables(read: impl Fn(&str) -> Result<String, VarError>) -> Result<Self> {
        let read = |name: &str| match read(name) {
            Ok(value) if value.trim().is_empty() => Err(Error::config(format!("{name} is set but empty"))),
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(Error::config(format!("{name} is set but is not Unicode"))),
        };
        let mut builder = ClientBuilder {
            api_key: match read("VAPI_API_KEY")? {
                Some(key) => Some(key),
                None => read("VAPI_TOKEN")?,
            },
            base_url: read("VAPI_BASE_URL")?,
            ..ClientBuilder::default()
        };
        if let Some(name) = read("VAPI_REGION")? {
            builder.region = name
                .parse()
                .map_err(|refusal| Error::config(format!("VAPI_REGION: {refusal}")))?;
        }
        Ok(builder)
    }

    /// The key that goes into `Authorization: Bearer`: a private key, a public key, or a JWT made from one.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// The region the account lives in. Without effect if a base URL is set.
    pub fn region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// Another address for the API, such as that of a local emulator. It wins over the region.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The time one operation may take in all: every try, the pauses between them, and reading the answer. 60 s by default;
    /// `Duration::MAX` for no limit. Streams must begin to answer within it and may then go on.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The time a single try may take, so that a lost one leaves time for another. No limit by default.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// The time that making a connection may take; 10 s by default. Without effect on a client of your own.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a stream may stay silent; 60 s by default.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// How often a request that failed is sent again, where that is safe; 2 by default, 0 for never.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// A product name to add to the `User-Agent`: `my-app/1.2`.
    pub fn user_agent_suffix(mut self, product: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(product.into());
        self
    }

    /// A `reqwest` client of your own, for proxies, certificates or pools.
    ///
    /// Start from [`http_client_builder`]: with the feature `rustls-tls`, `reqwest::Client::new()` panics unless the program has
    /// installed a TLS provider of its own. A client made otherwise may follow redirects by itself (`reqwest` takes the key off
    /// when they lead to another host). A total timeout set on it also cuts streams; the limits set here hold in any case.
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// The longest pause before the first retry, 500 ms: tests have no time for it.
    #[doc(hidden)]
    pub fn retry_base_delay(mut self, base: Duration) -> Self {
        self.backoff.base = base;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// One sentence that names the setting that is missing or wrong.
    pub fn build(self) -> Result<Client> {
        let Some(api_key) = self.api_key else {
            return Err(Error::config(
                "no API key: set VAPI_API_KEY (or VAPI_TOKEN), or call `.api_key(..)` on the builder",
            ));
        };
        let authorization = checks::bearer(&api_key)?;
        let base_url = match &self.base_url {
            Some(url) => checks::base_url(url)?,
            None => self.region.base_url().to_owned(),
        };
        let http = match self.http {
            Some(http) => http,
            None => http_client(&base_url, self.connect_timeout)?,
        };
        Ok(Client::new(Arc::new(Shared {
            http,
            base_url,
            authorization,
            api_key,
            user_agent: checks::user_agent(self.user_agent_suffix.as_deref())?,
            timeout: self.timeout,
            attempt_timeout: self.attempt_timeout,
            idle_timeout: self.idle_timeout,
            max_retries: self.max_retries,
            backoff: self.backoff,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Client> {
        ClientBuilder::from_variables(|name| {
            let found = variables.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        })?
        .build()
    }

    #[track_caller]
    fn refused(variables: &[(&str, &str)], sentence: &str) {
        let error = from(variables).unwrap_err();
        assert!(error.is_config());
        assert_eq!(error.to_string(), sentence);
    }

    #[test]
    fn the_key_comes_from_vapi_api_key_before_vapi_token() {
        let client = from(&[("VAPI_TOKEN", "second"), ("VAPI_API_KEY", "first")]).unwrap();
        assert_eq!(client.shared().api_key, "first");
        let client = from(&[("VAPI_TOKEN", "second")]).unwrap();
        assert_eq!(client.shared().api_key, "second");
    }

    #[test]
    fn the_region_chooses_the_address() {
        let client = from(&[("VAPI_API_KEY", "k"), ("VAPI_REGION", "EU")]).unwrap();
        assert_eq!(client.base_url(), "https://api.eu.vapi.ai");
        let client = from(&[("VAPI_API_KEY", "k")]).unwrap();
        assert_eq!(client.base_url(), "https://api.vapi.ai");
    }

    #[test]
    fn a_base_url_wins_over_the_region_and_loses_its_slash() {
        let client = from(&[
            ("VAPI_API_KEY", "k"),
            ("VAPI_REGION", "eu"),
            ("VAPI_BASE_URL", "http://127.0.0.1:8080/api/"),
        ]);
        assert_eq!(client.unwrap().base_url(), "http://127.0.0.1:8080/api");
    }

    #[test]
    fn each_mistake_in_the_environment_has_its_sentence() {
        refused(
            &[],
            "no API key: set VAPI_API_KEY (or VAPI_TOKEN), or call `.api_key(..)` on the builder",
        );
        refused(&[("VAPI_API_KEY", "")], "VAPI_API_KEY is set but empty");
        refused(&[("VAPI_TOKEN", " ")], "VAPI_TOKEN is set but empty");
        refused(
            &[("VAPI_API_KEY", "k"), ("VAPI_REGION", "mars")],
            "VAPI_REGION: `mars` is not a region: give `us` or `eu`",
        );
        refused(
            &[("VAPI_API_KEY", "k"), ("VAPI_BASE_URL", "")],
            "VAPI_BASE_URL is set but empty",
        );
    }

    #[test]
    fn a_variable_that_is_not_unicode_is_named() {
        let error = ClientBuilder::from_variables(|_| Err(VarError::NotUnicode("x".into())));
        assert_eq!(error.unwrap_err().to_string(), "VAPI_API_KEY is set but is not Unicode");
    }

    #[test]
    fn each_mistake_in_a_key_has_its_sentence() {
        for (key, part) in [
            ("", "is empty"),
            ("key\n", "at its start or end"),
            ("Bearer key", "give the key alone"),
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
                "the base URL `api.vapi.ai` can't be read: relative URL without a base",
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
