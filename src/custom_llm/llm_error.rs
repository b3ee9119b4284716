//! Errors in the form of OpenAI's API.

use std::error::Error;
use std::fmt;

use http::StatusCode;
use serde_json::{Value, json};

/// An error that Vapi gets, in the form of OpenAI's API.
///
/// Any error becomes one by `?`: with the status 500 and a text that says nothing of its cause, which is an event of `tracing`. What
/// Vapi shall know is said with [`new`](Self::new). For the conversion to exist, this type itself is not a `std::error::Error`.
#[derive(Clone, PartialEq, Eq)]
pub struct LlmError {
    status: StatusCode,
    message: String,
    kind: Option<String>,
    code: Option<String>,
    param: Option<String>,
}

impl LlmError {
    /// Creates an error with a status and a message.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        LlmError {
            status,
            message: message.into(),
            kind: None,
            code: None,
            param: None,
        }
    }

    /// Sets the `type`, which otherwise follows from the status.
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// Sets the `code`.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Sets the property of the request that is wrong.
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the message.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn body(&self) -> Value {
        let kind = self.kind.as_deref().unwrap_or(match self.status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            status if status.is_client_error() => "invalid_request_error",
            _ => "server_error",
        });
        json!({ "error": { "message": self.message, "type": kind, "param": self.param, "code": self.code } })
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for LlmError {
    fn from(error: E) -> Self {
        tracing::error!(error = %error, "the custom LLM failed");
        LlmError::new(StatusCode::INTERNAL_SERVER_ERROR, "the model failed")
    }
}

impl fmt::Display for LlmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message)
    }
}

impl fmt::Debug for LlmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LlmError")
            .field("status", &self.status)
            .field("message", &self.message)
            .field("kind", &self.kind)
            .field("code", &self.code)
            .field("param", &self.param)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_form_of_openai() {
        let error = LlmError::new(StatusCode::BAD_REQUEST, "no messages")
            .param("messages")
            .code("empty");
        assert_eq!(
            error.body(),
            json!({ "error": {
                "message": "no messages", "type": "invalid_request_error", "param": "messages", "code": "empty",
            } })
        );
        assert_eq!(
            LlmError::new(StatusCode::BAD_GATEWAY, "x").kind("mine").body()["error"]["type"],
            "mine"
        );
    }

    #[test]
    fn the_cause_of_an_error_stays_here() {
        let error = LlmError::from(std::io::Error::other("password in a URL"));
        assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!error.body().to_string().contains("password"));
    }
}
