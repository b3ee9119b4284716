//! The HTTP client. This crate itself follows redirects and sends requests again.

use std::time::Duration;

use super::tls::with_tls;
use crate::error::{Error, Result};

/// Builds the client. One for a loopback address uses no proxy, which could not reach that address.
pub(super) fn http_client(base_url: &str, is_loopback: bool, connect_timeout: Duration) -> Result<reqwest::Client> {
    build(http_client_builder()?, base_url, is_loopback, connect_timeout)
}

/// Builds a client that speaks HTTP/1.1 only, to open WebSockets.
#[cfg(any(feature = "live", feature = "audio"))]
pub(super) fn http1_client(base_url: &str, is_loopback: bool, connect_timeout: Duration) -> Result<reqwest::Client> {
    let builder = with_tls(neither_redirects_nor_retries().http1_only(), false)?;
    build(builder, base_url, is_loopback, connect_timeout)
}

fn build(
    builder: reqwest::ClientBuilder,
    base_url: &str,
    is_loopback: bool,
    connect_timeout: Duration,
) -> Result<reqwest::Client> {
    let tls = cfg!(any(
        feature = "rustls-tls",
        feature = "rustls-aws-lc",
        feature = "native-tls"
    ));
    if base_url.starts_with("https:") && !tls {
        return Err(Error::config(
            "https needs one of the cargo features `rustls-tls`, `rustls-aws-lc` and `native-tls`",
        ));
    }
    let builder = builder.connect_timeout(connect_timeout);
    let builder = if is_loopback { builder.no_proxy() } else { builder };
    builder
        .build()
        .map_err(|cause| Error::config("the HTTP client cannot be built").caused_by(cause))
}

/// Returns a builder for the HTTP client that [`ClientBuilder::http_client`](crate::ClientBuilder::http_client) takes.
///
/// It has the TLS of the enabled cargo feature. It leaves redirects and retries to this crate: with HTTP/2, `reqwest` would
/// repeat a POST by itself, and not count it.
///
/// # Errors
///
/// TLS cannot be set up.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let http = vapi::http_client_builder()?
///     .proxy(vapi::reqwest::Proxy::all("http://proxy.example:3128")?)
///     .build()?;
/// let vapi = vapi::Client::builder().api_key("your-key").http_client(http).build()?;
/// # Ok(())
/// # }
/// ```
pub fn http_client_builder() -> Result<reqwest::ClientBuilder> {
    with_tls(neither_redirects_nor_retries(), cfg!(feature = "http2"))
}

fn neither_redirects_nor_retries() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
}
