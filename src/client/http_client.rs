//! The HTTP client underneath: its TLS, which the cargo features choose, and its redirects, which are left to this crate.

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
        .map_err(|cause| Error::config("the HTTP client can't be built").caused_by(cause))
}

/// What [`ClientBuilder::http_client`](super::ClientBuilder::http_client) is best given a client of: our TLS, and redirects left to this crate.
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
///
/// # Errors
/// TLS can't be set up, such as on a machine without root certificates.
pub fn http_client_builder() -> Result<reqwest::ClientBuilder> {
    with_tls(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()))
}

/// `ring` builds in a fraction of the time that the provider which `reqwest` would bring takes, and is handed over here so that
/// nothing is installed process-wide.
#[cfg(all(feature = "rustls-tls", not(any(feature = "rustls-aws-lc", feature = "native-tls"))))]
fn with_tls(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
    use std::sync::Arc;

    use rustls_platform_verifier::BuilderVerifierExt;

    let refuse = |cause| Error::config("TLS can't be set up").caused_by(cause);
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
