//! The client and its configuration: the builder, the environment, regions, TLS.

mod builder;
mod checks;
mod environment;
mod http_client;
mod region;
mod tls;

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::transport::Settings;

pub use builder::ClientBuilder;
pub use http_client::http_client_builder;
pub use region::Region;

/// A client of the Vapi API. Cloning is cheap, and clones share their connections.
///
/// Each group of operations has a method here: `vapi.calls()`, `vapi.assistants()`. They are listed below.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> vapi::Result<()> {
/// let vapi = vapi::Client::from_env()?; // VAPI_API_KEY
/// let assistants = vapi.assistants().list().limit(10).await?;
/// println!("{} assistants", assistants.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    settings: Arc<Settings>,
}

/// Shows the address and the limits of requests, not the key.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.settings.base_url)
            .field("timeout", &self.settings.timeout)
            .field("max_retries", &self.settings.max_retries)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Self {
        Client {
            settings: Arc::new(settings),
        }
    }

    /// Creates a client from the environment.
    ///
    /// | variable | meaning |
    /// | --- | --- |
    /// | `VAPI_API_KEY`, else `VAPI_TOKEN` | the key |
    /// | `VAPI_BASE_URL` | the address of the API |
    /// | `VAPI_REGION` | `us` (the default) or `eu`, if there is no address |
    ///
    /// [`ClientBuilder::from_env`] reads the same variables and takes further settings.
    ///
    /// # Errors
    ///
    /// A variable is missing or wrong. The error is one sentence that names it.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    /// Creates a builder with the default settings and no key.
    ///
    /// [`ClientBuilder::from_env`] creates one that has read the environment.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Returns the address that requests are sent to.
    pub fn base_url(&self) -> &str {
        &self.settings.base_url
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }
}
