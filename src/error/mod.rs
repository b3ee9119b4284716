//! The one error type. It is opaque: ask it questions. What it shows has no secrets and no bodies.

mod from_reqwest;
mod from_response;
mod headers;
pub(crate) mod json_path;

pub(crate) use headers::{request_id, retry_after};

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

/// What every fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something failed. `Display` is one sentence, fit for a log or a terminal.
///
/// ```
/// # fn retry_later(_: Option<std::time::Duration>) {}
/// # fn see(error: vapi::Error) {
/// if error.is_rate_limited() {
///     retry_later(error.retry_after());
/// } else if error.is_bad_request() {
///     for message in error.messages() {
///         eprintln!("{message}"); // "assistant.property tools should not exist"
///     }
/// }
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    at: Origin,
    /// What went wrong, as the rest of a sentence.
    detail: String,
    status: Option<StatusCode>,
    messages: Vec<String>,
    reason: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    json_path: Option<String>,
    body: Option<Bytes>,
    attempts: u32,
    source: Option<BoxError>,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Which operation an error belongs to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The operation's id, or the method and path of a request that has none.
    pub operation: Cow<'static, str>,
    /// The path with its parameters' names, not their values.
    pub path: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The client can't be built.
    Config,
    /// The request was refused here, before anything was sent.
    Input,
    /// No connection was made.
    Connect,
    /// It took too long; `connecting` if not even a connection was made.
    Timeout { connecting: bool },
    /// The connection broke after it was made.
    Interrupted,
    /// The server answered with a status that is no success, or with an error in mid-stream.
    Status,
    /// The server answered with a success that can't be read.
    Decode,
    /// A local file can't be read or written.
    File,
}

impl Error {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            at: Origin::default(),
            detail: detail.into(),
            status: None,
            messages: Vec::new(),
            reason: None,
            request_id: None,
            retry_after: None,
            json_path: None,
            body: None,
            attempts: 0,
            source: None,
        }))
    }

    pub(crate) fn config(detail: impl Into<String>) -> Self {
        Error::new(Kind::Config, detail)
    }

    pub(crate) fn input(detail: impl Into<String>) -> Self {
        Error::new(Kind::Input, detail)
    }

    pub(crate) fn file(detail: impl Into<String>, source: std::io::Error) -> Self {
        let detail = format!("{}: {source}", detail.into());
        Error::new(Kind::File, detail).caused_by(source)
    }

    pub(crate) fn at(mut self, origin: &Origin) -> Self {
        self.0.at = origin.clone();
        self
    }

    pub(crate) fn after(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// What the API says is wrong. It sends one message or, for an invalid request, one for each problem.
    pub fn messages(&self) -> &[String] {
        &self.0.messages
    }

    /// The short tag that the API adds to some errors: `insufficient_credits`, `assistant_pinned`, `Bad Request`.
    pub fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The id under which the server, or the proxy in front of it, knows the request.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the server asks to wait before another try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Where in the answer decoding failed: `messages[3].role`.
    pub fn json_path(&self) -> Option<&str> {
        self.0.json_path.as_deref()
    }

    /// The answer's body, as it came. It may hold secrets; bodies of errors are cut at 1 MiB.
    pub fn body(&self) -> Option<&[u8]> {
        self.0.body.as_deref()
    }

    /// The id of the operation that failed (`CallController_findOne`), or the method and path of a request without one.
    pub fn operation(&self) -> Option<&str> {
        Some(&*self.0.at.operation).filter(|operation| !operation.is_empty())
    }

    /// The path that was requested, with its parameters' names and not their values: `/call/{id}`.
    pub fn path(&self) -> Option<&str> {
        Some(&*self.0.at.path).filter(|path| !path.is_empty())
    }

    /// How many times the request was sent, or tried to be; 0 if it never got that far.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.0.kind == Kind::Status && self.0.status == Some(status)
    }

    /// 400: the API refuses the request; [`messages`](Self::messages) says why.
    pub fn is_bad_request(&self) -> bool {
        self.has_status(StatusCode::BAD_REQUEST)
    }

    /// 401: the key is missing, wrong, or of another region.
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(StatusCode::UNAUTHORIZED)
    }

    /// 402: the account can't pay for this.
    pub fn is_payment_required(&self) -> bool {
        self.has_status(StatusCode::PAYMENT_REQUIRED)
    }

    /// 403: the key may not do this.
    pub fn is_forbidden(&self) -> bool {
        self.has_status(StatusCode::FORBIDDEN)
    }

    /// 404: there is no such thing, or it belongs to another organisation.
    pub fn is_not_found(&self) -> bool {
        self.has_status(StatusCode::NOT_FOUND)
    }

    /// 409: the thing is in a state, or in a use, that forbids this.
    pub fn is_conflict(&self) -> bool {
        self.has_status(StatusCode::CONFLICT)
    }

    /// 429, after all retries.
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Any 5xx, after all retries.
    pub fn is_server(&self) -> bool {
        self.0.kind == Kind::Status && self.0.status.is_some_and(|status| status.is_server_error())
    }

    /// It took longer than one of the time limits.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout { .. })
    }

    /// No connection was made: nothing can have happened on the server.
    pub fn is_connect(&self) -> bool {
        matches!(self.0.kind, Kind::Connect | Kind::Timeout { connecting: true })
    }

    /// The connection broke after it was made: whether the server acted is unknown.
    pub fn is_interrupted(&self) -> bool {
        self.0.kind == Kind::Interrupted
    }

    /// The server said success, but its answer can't be read as the expected type.
    pub fn is_decode(&self) -> bool {
        self.0.kind == Kind::Decode
    }

    /// An argument was refused before anything was sent.
    pub fn is_invalid_input(&self) -> bool {
        self.0.kind == Kind::Input
    }

    /// The client's configuration is missing something or contradicts itself.
    pub fn is_config(&self) -> bool {
        self.0.kind == Kind::Config
    }

    /// A local file can't be read (an upload) or written (a download).
    pub fn is_file(&self) -> bool {
        self.0.kind == Kind::File
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&inner.detail)?;
        match (&inner.request_id, inner.attempts > 1) {
            (Some(id), true) => write!(f, " (request id {id}, {} attempts)", inner.attempts),
            (Some(id), false) => write!(f, " (request id {id})"),
            (None, true) => write!(f, " ({} attempts)", inner.attempts),
            (None, false) => Ok(()),
        }
    }
}

/// Everything but the body, of which it gives the length.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("detail", &inner.detail)
            .field("operation", &inner.at.operation)
            .field("path", &inner.at.path)
            .field("status", &inner.status)
            .field("reason", &inner.reason)
            .field("request_id", &inner.request_id)
            .field("retry_after", &inner.retry_after)
            .field("json_path", &inner.json_path)
            .field("body_len", &inner.body.as_ref().map(Bytes::len))
            .field("attempts", &inner.attempts)
            .field("source", &inner.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}
