//! The client: a handle on shared configuration that everything else borrows.

mod builder;
mod checks;
mod http_client;
mod region;

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::transport::Shared;

pub use builder::ClientBuilder;
pub use http_client::http_client_builder;
pub use region::Region;

/// A client of the Vapi API. Cloning is cheap, and clones share their connections.
///
/// ```no_run
/// # fn main() -> vapi::Result<()> {
/// let vapi = vapi::Client::from_env()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

/// Shows where requests go and how, not the key.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.shared.base_url)
            .field("timeout", &self.shared.timeout)
            .field("max_retries", &self.shared.max_retries)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Client { shared }
    }

    /// A client from the environment: the key from `VAPI_API_KEY`, else `VAPI_TOKEN`; the address from `VAPI_BASE_URL`, else
    /// from `VAPI_REGION` (`us`, the default, or `eu`).
    ///
    /// # Errors
    /// One sentence that names the variable that is missing or wrong.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    /// A builder with the default settings and no key.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Where requests go.
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}
