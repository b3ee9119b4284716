//! Validation of requests and responses by the document that this crate was built from.
//!
//! The document is embedded as the build corrected it, so that a build from another document judges by that one.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use vapi_validator::{Document, Problem, UnknownName, Validator};

use crate::error::{Error, RequestContext, Result};

/// The most problems in an event.
const NAMED: usize = 5;

/// The treatment of requests and responses that are not what the document says. See
/// [`ClientBuilder::validation`](crate::ClientBuilder::validation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Validation {
    /// Nothing is checked: the API decides.
    #[default]
    Off,
    /// One event at level `warn` for each request or response with problems.
    Warn,
    /// An invalid request is an error, and nothing is sent. An invalid response is an error.
    Deny,
}

/// Returns the validator of the document that this crate was built from.
///
/// # Errors
///
/// The document cannot be judged by: one of its schemas is composed of itself.
pub(crate) fn validator() -> Result<&'static Validator> {
    static VALIDATOR: LazyLock<std::result::Result<Validator, String>> = LazyLock::new(|| {
        let document = Document::parse(include_bytes!(concat!(env!("OUT_DIR"), "/validation.json")));
        document.map(Validator::new).map_err(|error| error.to_string())
    });
    VALIDATOR
        .as_ref()
        .map_err(|why| Error::config(format!("the document cannot be validated by: {why}")))
}

impl Validation {
    /// Judges a request before it is sent: its query and its body.
    ///
    /// # Errors
    ///
    /// The request has problems, and those are denied.
    pub(super) fn check_request(
        self,
        context: &RequestContext,
        query: &[(String, String)],
        body: Option<&Bytes>,
    ) -> Result<()> {
        if self == Validation::Off {
            return Ok(());
        }
        let validator = validator()?;
        let mut problems = known(validator.query(&context.operation, query));
        if let Some(value) = body.and_then(|body| serde_json::from_slice(body).ok()) {
            problems.extend(known(validator.request(&context.operation, &value)));
        }
        match self {
            _ if problems.is_empty() => Ok(()),
            Validation::Deny => Err(Error::invalid_request(problems)),
            _ => {
                warn(context, "the request is not what the document says", &problems);
                Ok(())
            }
        }
    }

    /// Judges a successful response. One without JSON in it is left to the decoder.
    ///
    /// # Errors
    ///
    /// The response has problems, and those are denied.
    pub(super) fn check_response(
        self,
        context: &RequestContext,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<()> {
        if self == Validation::Off {
            return Ok(());
        }
        let Ok(value) = serde_json::from_slice(body) else {
            return Ok(());
        };
        let problems = known(validator()?.response(&context.operation, status.as_u16(), &value));
        match self {
            _ if problems.is_empty() => Ok(()),
            Validation::Deny => Err(Error::invalid_response(status, headers, body.clone(), problems)),
            _ => {
                warn(context, "the response is not what the document says", &problems);
                Ok(())
            }
        }
    }
}

/// Returns the problems; none for what the document does not have, such as an untyped request for a new operation.
fn known(judged: std::result::Result<Vec<Problem>, UnknownName>) -> Vec<Problem> {
    judged.unwrap_or_default()
}

/// Emits one event that names the first problems. Values that were found are left out, since they may be secrets.
#[cold]
fn warn(context: &RequestContext, what: &str, problems: &[Problem]) {
    let named: Vec<String> = problems.iter().take(NAMED).map(Problem::to_string).collect();
    tracing::warn!(
        name: "vapi.invalid",
        operation = &*context.operation,
        count = problems.len(),
        problems = context.secrets.conceal(named.join("; ")),
        "{what}"
    );
}
