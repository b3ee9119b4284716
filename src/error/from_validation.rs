//! Errors of validation: a request that was not sent, or a response that is not what the document says.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use vapi_validator::Problem;

use super::headers::request_id;
use super::{Error, ErrorKind};

/// The most problems in a sentence.
const NAMED: usize = 5;

impl Error {
    /// Creates the error for a request that the document does not allow.
    pub(crate) fn invalid_request(problems: Vec<Problem>) -> Self {
        let detail = format!(
            "the request is not what the document says, and was not sent: {}",
            named(&problems)
        );
        Error::with_problems(ErrorKind::Input, detail, problems)
    }

    /// Creates the error for a success that the document does not allow.
    pub(crate) fn invalid_response(
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
        problems: Vec<Problem>,
    ) -> Self {
        let detail = format!(
            "the response ({status}) is not what the document says: {}",
            named(&problems)
        );
        let json_path = problems.first().map(|problem| dotted(&problem.path));
        let mut error = Error::with_problems(ErrorKind::Decode, detail, problems);
        error.0.status = Some(status);
        error.0.request_id = request_id(headers);
        error.0.json_path = json_path.filter(|path| !path.is_empty());
        error.0.body = Some(body);
        error
    }

    fn with_problems(kind: ErrorKind, detail: String, problems: Vec<Problem>) -> Self {
        let mut error = Error::new(kind, detail);
        error.0.messages = problems.iter().map(Problem::to_string).collect();
        error.0.problems = problems;
        error
    }
}

/// Returns the first problems as a part of a sentence, which has no values.
fn named(problems: &[Problem]) -> String {
    let first: Vec<&str> = problems
        .iter()
        .take(NAMED)
        .map(|problem| problem.message.as_str())
        .collect();
    match problems.len().saturating_sub(NAMED) {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}

/// Returns a JSON Pointer as the other errors write a path: `messages[3].role`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        if token.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{token}]"));
        } else if path.is_empty() {
            path = token;
        } else {
            path = format!("{path}.{token}");
        }
    }
    path
}
