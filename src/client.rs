//! The client: a handle on shared configuration that everything else borrows.

use std::fmt;
use std::sync::Arc;

use crate::config::{ClientBuilder, Shared};
use crate::error::Result;
use crate::request::RequestBuilder;

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

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}
