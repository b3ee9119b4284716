//! The one error type of this crate. It is opaque, and its methods say what happened. Its texts have no secrets and no bodies.

mod from_reqwest;
mod from_response;
#[cfg(feature = "validate")]
mod from_validation;
#[cfg(feature = "webhooks")]
mod from_webhook;
mod headers;
pub(crate) mod json_path;
mod secrets;

#[cfg(any(feature = "rustls-tls", feature = "rustls-aws-lc"))]
pub(crate) use from_reqwest::NoRootCertificates;
pub(crate) use from_reqwest::{lacks_root_certificates, was_not_processed};
pub(crate) use from_response::without_bom;
pub(crate) use headers::{request_id, retry_after};
pub(crate) use secrets::{IssuedTokens, Secrets};

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
#[cfg(feature = "validate")]
use vapi_validator::Problem;

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of an operation, or of the configuration.
///
/// `Display` is one sentence for a log or a terminal.
///
/// # Examples
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
    kind: ErrorKind,
    context: RequestContext,
    /// The rest of a sentence that begins with the operation.
    detail: String,
    status: Option<StatusCode>,
    messages: Vec<String>,
    reason: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    json_path: Option<String>,
    #[cfg(feature = "validate")]
    problems: Vec<Problem>,
    body: Option<Bytes>,
    attempts: u32,
    call_ended: bool,
    source: Option<BoxError>,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The operation that a response or an error belongs to.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestContext {
    /// The operation's id, or the method and path of a request that has none.
    pub operation: Cow<'static, str>,
    /// The path with the names of its parameters, not their values.
    pub path: Cow<'static, str>,
    /// The texts that an error about this request does not show.
    pub secrets: Secrets,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The client cannot be built.
    Config,
    /// The request was refused here, and nothing was sent.
    Input,
    /// The token source has no token, and nothing was sent.
    NoToken,
    /// No connection was made.
    Connect,
    /// A time limit passed; `connecting` if no connection was made by then.
    Timeout { connecting: bool },
    /// The connection broke after it was made.
    Interrupted,
    /// The response has a status that is not a success, or an error came within a stream.
    Status,
    /// The response is a success that cannot be read.
    Decode,
    /// A local file cannot be read or written.
    File,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            context: RequestContext::default(),
            detail: detail.into(),
            status: None,
            messages: Vec::new(),
            reason: None,
            request_id: None,
            retry_after: None,
            json_path: None,
            #[cfg(feature = "validate")]
            problems: Vec::new(),
            body: None,
            attempts: 0,
            call_ended: false,
            source: None,
        }))
    }

    pub(crate) fn config(detail: impl Into<String>) -> Self {
        Error::new(ErrorKind::Config, detail)
    }

    pub(crate) fn input(detail: impl Into<String>) -> Self {
        Error::new(ErrorKind::Input, detail)
    }

    pub(crate) fn no_token(source: impl Into<BoxError>) -> Self {
        let source = source.into();
        let detail = format!("the token source has no token: {source}");
        Error::new(ErrorKind::NoToken, detail).caused_by(source)
    }

    pub(crate) fn file(detail: impl Into<String>, source: std::io::Error) -> Self {
        let detail = format!("{}: {source}", detail.into());
        Error::new(ErrorKind::File, detail).caused_by(source)
    }

    /// Adds the operation, and removes its secrets from every text.
    pub(crate) fn for_request(mut self, context: &RequestContext) -> Self {
        let inner = &mut *self.0;
        inner.context = context.clone();
        let optional = [&mut inner.reason, &mut inner.request_id, &mut inner.json_path];
        let texts = inner.messages.iter_mut().chain(optional.into_iter().flatten());
        for text in texts.chain([&mut inner.detail]) {
            *text = context.secrets.conceal(std::mem::take(text));
        }
        #[cfg(feature = "validate")]
        for problem in &mut inner.problems {
            for text in [&mut problem.path, &mut problem.found, &mut problem.message] {
                *text = context.secrets.conceal(std::mem::take(text));
            }
        }
        self
    }

    pub(crate) fn after_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Marks the error as that of a call which has ended.
    #[cfg(feature = "live")]
    pub(crate) fn because_call_ended(mut self) -> Self {
        self.0.call_ended = true;
        self
    }

    pub(crate) fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the status of the response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns the messages of the API: one, or for an invalid request one for each problem. A request that was denied before it was
    /// sent has the same.
    pub fn messages(&self) -> &[String] {
        &self.0.messages
    }

    /// Returns the short tag that the API adds to some errors: `insufficient_credits`, `assistant_pinned`, `Bad Request`.
    pub fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Returns the id under which the server, or the proxy in front of it, knows the request.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns the delay that the server asks for before the next attempt. It may be longer than a clock can add: a number
    /// that is no duration, such as a negative one, is `Duration::MAX`.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the place in the response where decoding failed: `messages[3].role`.
    pub fn json_path(&self) -> Option<&str> {
        self.0.json_path.as_deref()
    }

    /// Returns the problems of a request or response that was denied by [`ClientBuilder::validation`](crate::ClientBuilder::validation).
    #[cfg(feature = "validate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "validate")))]
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// Returns the body of the response, as it came. It may hold secrets. The body of an error is cut at 1 MiB.
    pub fn body(&self) -> Option<&[u8]> {
        self.0.body.as_deref()
    }

    /// Returns the id of the operation that failed (`CallController_findOne`), or the method and path of an untyped request.
    pub fn operation(&self) -> Option<&str> {
        Some(&*self.0.context.operation).filter(|operation| !operation.is_empty())
    }

    /// Returns the path of the request, with the names of its parameters and not their values: `/call/{id}`.
    pub fn path(&self) -> Option<&str> {
        Some(&*self.0.context.path).filter(|path| !path.is_empty())
    }

    /// Returns the number of attempts to send the request; 0 if there were none.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    fn has_status(&self, status: StatusCode) -> bool {
        self.0.kind == ErrorKind::Status && self.0.status == Some(status)
    }

    /// Returns whether the status is 400: the API refuses the request. [`messages`](Self::messages) has the reasons.
    pub fn is_bad_request(&self) -> bool {
        self.has_status(StatusCode::BAD_REQUEST)
    }

    /// Returns whether the status is 401: the key is missing, wrong, or of another region.
    pub fn is_unauthorized(&self) -> bool {
        self.has_status(StatusCode::UNAUTHORIZED)
    }

    /// Returns whether the status is 402: the account cannot pay for this.
    pub fn is_payment_required(&self) -> bool {
        self.has_status(StatusCode::PAYMENT_REQUIRED)
    }

    /// Returns whether the status is 403: the key has no right to do this.
    pub fn is_forbidden(&self) -> bool {
        self.has_status(StatusCode::FORBIDDEN)
    }

    /// Returns whether the status is 404: the resource does not exist, or belongs to another organization.
    pub fn is_not_found(&self) -> bool {
        self.has_status(StatusCode::NOT_FOUND)
    }

    /// Returns whether the status is 409: the state or the use of the resource forbids this.
    pub fn is_conflict(&self) -> bool {
        self.has_status(StatusCode::CONFLICT)
    }

    /// Returns whether the status is 429, after all retries.
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Returns whether the status is a 5xx, after all retries.
    pub fn is_server(&self) -> bool {
        self.0.kind == ErrorKind::Status && self.0.status.is_some_and(|status| status.is_server_error())
    }

    /// Returns whether a time limit passed.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Timeout { .. })
    }

    /// Returns whether no connection was made: the server cannot have acted.
    pub fn is_connect(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Connect | ErrorKind::Timeout { connecting: true }
        )
    }

    /// Returns whether the connection broke after it was made: the server may have acted.
    pub fn is_interrupted(&self) -> bool {
        self.0.kind == ErrorKind::Interrupted
    }

    /// Returns whether the response is a success that cannot be read as the expected type.
    pub fn is_decode(&self) -> bool {
        self.0.kind == ErrorKind::Decode
    }

    /// Returns whether an argument was refused before anything was sent.
    pub fn is_invalid_input(&self) -> bool {
        self.0.kind == ErrorKind::Input
    }

    /// Returns whether a running call was needed, and the call has ended.
    pub fn is_call_ended(&self) -> bool {
        self.0.call_ended
    }

    /// Returns whether the token source of the client has no token. Nothing was sent with the last attempt.
    pub fn is_no_token(&self) -> bool {
        self.0.kind == ErrorKind::NoToken
    }

    /// Returns whether a setting of the client is missing or wrong.
    pub fn is_config(&self) -> bool {
        self.0.kind == ErrorKind::Config
    }

    /// Returns whether a local file could not be read (an upload) or written (a download).
    pub fn is_file(&self) -> bool {
        self.0.kind == ErrorKind::File
    }

    /// Returns whether the same request may succeed some seconds later.
    pub(crate) fn is_transient(&self) -> bool {
        self.is_server() || self.is_rate_limited() || self.is_connect() || self.is_interrupted() || self.is_timeout()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = self.operation() {
            write!(f, "{}: ", Escaped(operation))?;
        }
        write!(f, "{}", Escaped(&inner.detail))?;
        match (&inner.request_id, inner.attempts > 1) {
            (Some(id), true) => write!(f, " (request id {}, {} attempts)", Escaped(id), inner.attempts),
            (Some(id), false) => write!(f, " (request id {})", Escaped(id)),
            (None, true) => write!(f, " ({} attempts)", inner.attempts),
            (None, false) => Ok(()),
        }
    }
}

/// A text of a server in a sentence. Characters that a terminal or an editor would obey are escaped: control characters, line
/// separators, and the marks that change the direction of text.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}' => {
                    write!(f, "{}", c.escape_unicode())?;
                }
                c if c.is_control() => write!(f, "{}", c.escape_default())?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}

/// Shows everything but the body, of which it shows the length.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("detail", &inner.detail)
            .field("operation", &inner.context.operation)
            .field("path", &inner.context.path)
            .field("status", &inner.status)
            .field("reason", &inner.reason)
            .field("request_id", &inner.request_id)
            .field("retry_after", &inner.retry_after)
            .field("json_path", &inner.json_path)
            .field("body_len", &inner.body.as_ref().map(Bytes::len))
            .field("attempts", &inner.attempts)
            .field("call_ended", &inner.call_ended)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let detail = "no\nsuch\u{1b}[31m key\u{202e}\u{2066} \u{9b}é日";
        let error = Error::new(ErrorKind::Status, detail);
        assert_eq!(error.to_string(), r"no\nsuch\u{1b}[31m key\u{202e}\u{2066} \u{9b}é日");
    }
}
