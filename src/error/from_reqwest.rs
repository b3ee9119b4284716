//! Errors of the connection: what `reqwest` reports, in one sentence. A URL never gets in, since a presigned URL is a secret.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use super::{Error, ErrorKind};

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
        let (kind, detail) = if error.is_timeout() && error.is_connect() {
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
