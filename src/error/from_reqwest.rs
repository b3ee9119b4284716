//! Errors of the road: what `reqwest` reports, said in one sentence. URLs never get in: a presigned one is a secret.

use std::error::Error as StdError;
use std::time::Duration;

use super::{Error, Kind};

impl Error {
    /// The sentence and kind for a failed try. `limit` is the time that the whole operation had.
    pub(crate) fn transport(error: reqwest::Error, limit: Option<Duration>) -> Self {
        let host = error.url().map(|url| url.origin().ascii_serialization());
        let host = host.as_deref().unwrap_or("the server");
        let (kind, detail) = if error.is_timeout() && error.is_connect() {
            let kind = Kind::Timeout { connecting: true };
            (kind, format!("connecting to {host} took too long"))
        } else if error.is_timeout() {
            let kind = Kind::Timeout { connecting: false };
            (kind, too_slow(host, limit))
        } else if error.is_connect() {
            let cause = root_cause(&error);
            (Kind::Connect, format!("can't connect to {host}: {cause}"))
        } else if error.is_builder() {
            let cause = root_cause(&error);
            (Kind::Input, format!("the request can't be built: {cause}"))
        } else {
            let cause = root_cause(&error);
            let detail = format!("the connection to {host} broke: {cause}");
            (Kind::Interrupted, detail)
        };
        Error::new(kind, detail).caused_by(error.without_url())
    }

    /// The server did not begin to answer in time.
    pub(crate) fn no_answer(limit: Duration) -> Self {
        let kind = Kind::Timeout { connecting: false };
        Error::new(kind, too_slow("the server", Some(limit)))
    }

    /// A download that is not led to its file.
    pub(crate) fn redirects(why: impl std::fmt::Display) -> Self {
        Error::new(Kind::Decode, format!("the server answered with {why}"))
    }

    /// A stream ended before it was complete, with nothing else to show for it.
    pub(crate) fn cut_short() -> Self {
        Error::new(Kind::Interrupted, "the answer broke off before its end")
    }

    /// A stream fell silent.
    pub(crate) fn idle(limit: Duration) -> Self {
        let kind = Kind::Timeout { connecting: false };
        Error::new(kind, format!("the server sent nothing for {limit:?}"))
    }
}

fn too_slow(host: &str, limit: Option<Duration>) -> String {
    match limit {
        Some(limit) => format!("{host} did not answer within {limit:?}"),
        None => format!("{host} took too long to answer"),
    }
}

/// The innermost error, which says what happened; those around it only say where.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if cause.is::<reqwest::Error>() {
        return "no cause was given".to_owned();
    }
    cause.to_string()
}
