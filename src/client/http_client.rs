//! The HTTP client: its TLS, which the cargo features choose, and its redirects, which this crate follows itself.

use std::time::Duration;

use crate::error::{Error, Result};

pub(super) fn http_client(base_url: &str, connect_timeout: Duration) -> Result<reqwest::Client> {
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
    http_client_builder()?
        .connect_timeout(connect_timeout)
        .build()
        .map_err(|cause| Error::config("the HTTP client cannot be built").caused_by(cause))
}

/// Returns a builder for the HTTP client that [`ClientBuilder::http_client`](crate::ClientBuilder::http_client) takes.
///
/// It has the TLS of the enabled cargo feature, and leaves redirects to this crate.
///
/// # Errors
///
/// TLS cannot be set up, such as on a machine without root certificates.
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
    with_tls(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()))
}

/// Sets up TLS with `ring`, which builds in a fraction of the time of the provider that `reqwest` would bring. The provider is
/// given to this client alone: nothing is installed for the process.
#[cfg(all(feature = "rustls-tls", not(any(feature = "rustls-aws-lc", feature = "native-tls"))))]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
    use std::sync::Arc;

    use rustls_platform_verifier::BuilderVerifierExt;

    let refuse = |cause| Error::config("TLS cannot be set up").caused_by(cause);
    let provider = match rustls::crypto::CryptoProvider::get_default() {
        Some(installed) => Arc::clone(installed),
        None => Arc::new(rustls::crypto::ring::default_provider()),
    };
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(refuse)?
        .with_platform_verifier()
        .map_err(refuse)?
        .with_no_client_auth();
    if cfg!(feature = "http2") {
        tls.alpn_protocols.push(b"h2".to_vec());
    }
    tls.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(builder.tls_backend_preconfigured(tls))
}

#[cfg(not(all(feature = "rustls-tls", not(any(feature = "rustls-aws-lc", feature = "native-tls")))))]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
    Ok(builder)
}
