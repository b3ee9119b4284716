//! TLS of the HTTP client, which the cargo features choose.

#[cfg(any(feature = "rustls-tls", feature = "rustls-aws-lc"))]
mod rustls_backend;

use crate::error::Result;

/// The implementations of TLS, in the order in which they are chosen.
enum Backend {
    Native,
    Rustls,
    None,
}

/// `native-tls` is in no default, so who enables it wants it.
const BACKEND: Backend = if cfg!(feature = "native-tls") {
    Backend::Native
} else if cfg!(any(feature = "rustls-tls", feature = "rustls-aws-lc")) {
    Backend::Rustls
} else {
    Backend::None
};

/// Adds the chosen implementation to the builder of an HTTP client, which may offer HTTP/2.
///
/// # Errors
///
/// TLS cannot be set up.
#[allow(unused_variables, reason = "without rustls, `reqwest` decides")]
pub(super) fn with_tls(builder: reqwest::ClientBuilder, offers_http2: bool) -> Result<reqwest::ClientBuilder> {
    match BACKEND {
        #[cfg(feature = "native-tls")]
        Backend::Native => Ok(builder.tls_backend_native()),
        #[cfg(any(feature = "rustls-tls", feature = "rustls-aws-lc"))]
        Backend::Rustls => rustls_backend::configure(builder, offers_http2),
        _ => Ok(builder),
    }
}
