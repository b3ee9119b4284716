//! Errors made of the bodies of webhooks.

use bytes::Bytes;

use super::from_response::without_values;
use super::{Error, ErrorKind};

impl Error {
    /// Creates the error for a body that is not JSON, or whose whole is not as expected.
    pub(crate) fn undecodable_webhook(body: Bytes, cause: serde_json::Error, json_path: Option<String>) -> Self {
        let detail = match (body.is_empty(), cause.is_data()) {
            (true, _) => "the webhook is empty where a message was expected".to_owned(),
            (false, false) => format!("the webhook is not JSON: {cause}"),
            (false, true) => format!("the webhook is not as expected: {}", without_values(&cause.to_string())),
        };
        let mut error = Error::malformed_webhook(body, detail, json_path);
        error.0.source = Some(cause.into());
        error
    }

    /// Creates the error for a body that is JSON and not a message.
    pub(crate) fn malformed_webhook(body: Bytes, detail: impl Into<String>, json_path: Option<String>) -> Self {
        let mut error = Error::new(ErrorKind::Decode, detail);
        error.0.json_path = json_path;
        error.0.body = Some(body);
        error
    }
}
