//! Errors of the connection: what `reqwest` reports, in one sentence. A URL never gets in, since a presigned URL is a secret.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::{Error, ErrorKind};

/// The cause of a failed handshake on a machine that has no root certificates. It lies deep in the error of an attempt.
#[derive(Debug)]
pub(crate) struct NoRootCertificates;

impl fmt::Display for NoRootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "https needs root certificates, and this machine has none: install them (the package `ca-certificates` on Linux), \
             name them in SSL_CERT_FILE, or enable the cargo feature `webpki-roots` of the crate `vapi`",
        )
    }
}

impl StdError for NoRootCertificates {}

impl Error {
    /// Creates the error for a failed attempt.
    ///
    /// `limit` is the time limit of the operation. `proxy` is the proxy between the client and the server.
    pub(crate) fn from_reqwest(error: reqwest::Error, limit: Option<Duration>, proxy: Option<&str>) -> Self {
        let host = error.url().map(|url| url.origin().ascii_serialization());
        let host = host.as_deref().unwrap_or("the server");
        let peer = match proxy {
            Some(proxy) => format!("the proxy {proxy}"),
            None => host.to_owned(),
        };
        let (kind, detail) = if lacks_root_certificates(&error) {
            (ErrorKind::Config, NoRootCertificates.to_string())
        } else if error.is_timeout() && error.is_connect() {
            let kind = ErrorKind::Timeout { connecting: true };
            (kind, format!("connecting to {peer} took too long"))
        } else if error.is_timeout() {
            let kind = ErrorKind::Timeout { connecting: false };
            (kind, too_slow(host, limit))
        } else if error.is_connect() {
            let cause = root_cause(&error);
            // Anything else than an I/O error comes from the proxy itself, such as a refused tunnel, or from TLS behind it.
            let detail = match proxy {
                Some(_) if !is_io(&error) => format!("cannot connect to {host} through {peer}: {cause}"),
                _ => format!("cannot connect to {peer}: {cause}"),
            };
            (ErrorKind::Connect, detail)
        } else if error.is_builder() {
            let cause = root_cause(&error);
            (ErrorKind::Input, format!("the request cannot be built: {cause}"))
        } else {
            let cause = root_cause(&error);
            let detail = format!("the connection to {host} broke: {cause}");
            (ErrorKind::Interrupted, detail)
        };
        Error::new(kind, detail).caused_by(error.without_url())
    }

    /// Creates the error for a response that did not begin in time.
    pub(crate) fn no_response(limit: Duration) -> Self {
        let kind = ErrorKind::Timeout { connecting: false };
        Error::new(kind, too_slow("the server", Some(limit)))
    }

    /// Creates the error for a download whose redirects do not lead to its file.
    pub(crate) fn redirect(why: impl fmt::Display) -> Self {
        Error::new(ErrorKind::Decode, format!("the server responded with {why}"))
    }

    /// Creates the error for a stream that ended too early without any other error.
    pub(crate) fn truncated() -> Self {
        Error::new(ErrorKind::Interrupted, "the response broke off before its end")
    }

    /// Creates the error for a stream that fell silent.
    pub(crate) fn idle(limit: Duration) -> Self {
        let kind = ErrorKind::Timeout { connecting: false };
        Error::new(kind, format!("the server sent nothing for {limit:?}"))
    }
}

fn too_slow(host: &str, limit: Option<Duration>) -> String {
    match limit {
        Some(limit) => format!("{host} did not respond within {limit:?}"),
        None => format!("{host} took too long to respond"),
    }
}

/// Returns the text of the innermost error, which has the cause. The errors around it only say where it happened.
fn root_cause(error: &reqwest::Error) -> String {
    let cause = innermost(error);
    if cause.is::<reqwest::Error>() {
        return "no cause was given".to_owned();
    }
    cause.to_string()
}

/// Returns whether an attempt failed because the machine has no root certificates. Another attempt cannot succeed.
pub(crate) fn lacks_root_certificates(error: &reqwest::Error) -> bool {
    let mut cause = innermost(error);
    // An I/O error shows the source of what it wraps, not that itself. The layers of TLS wrap twice.
    while let Some(inner) = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        cause = inner;
    }
    is_no_roots(cause)
}

#[cfg(any(feature = "rustls-tls", feature = "rustls-aws-lc"))]
fn is_no_roots(cause: &(dyn StdError + 'static)) -> bool {
    match cause.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::Other(other)) => other.0.is::<NoRootCertificates>(),
        _ => false,
    }
}

#[cfg(not(any(feature = "rustls-tls", feature = "rustls-aws-lc")))]
fn is_no_roots(_: &(dyn StdError + 'static)) -> bool {
    false
}

/// Returns whether the server says, by the rules of HTTP/2, that it has not begun to process the request: it refused the
/// stream, or it closed the connection in good order and named an earlier stream as the last.
#[cfg(feature = "http2")]
pub(crate) fn was_not_processed(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(this) = cause {
        if let Some(error) = this.downcast_ref::<h2::Error>() {
            let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            let closed = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
            return error.is_remote() && (refused || closed);
        }
        cause = this.source();
    }
    false
}

#[cfg(not(feature = "http2"))]
pub(crate) fn was_not_processed(_: &reqwest::Error) -> bool {
    false
}

fn is_io(error: &reqwest::Error) -> bool {
    innermost(error).is::<std::io::Error>()
}

fn innermost(error: &reqwest::Error) -> &(dyn StdError + 'static) {
    let mut cause: &(dyn StdError + 'static) = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
}
