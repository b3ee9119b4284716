//! The log of webhooks: each request to a user's server and its response.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

/// One attempt to deliver a message of a call to a user's server.
#[derive(Clone)]
#[non_exhaustive]
pub struct SentWebhook {
    /// The time of the attempt by the emulator's clock, in milliseconds since 1970.
    pub at: i64,
    /// The id of the call.
    pub call_id: String,
    /// The type of the message: `status-update`, `tool-calls`, ...
    pub message_type: String,
    /// The URL of the request.
    pub url: String,
    /// Every header of the request, secrets included.
    pub headers: HeaderMap,
    /// The body of the request.
    pub body: Bytes,
    /// The status of the response; `None` without a response.
    pub status: Option<u16>,
    /// The reason why there is no response.
    pub error: Option<String>,
    /// The body of the response.
    pub response: Bytes,
    /// The real time from request to response.
    pub duration: Duration,
    /// The number of the attempt. The first is 1; the server's `backoffPlan` adds more.
    pub attempt: u32,
}

impl SentWebhook {
    /// Returns the property `message` of the body.
    pub fn message(&self) -> Value {
        let mut body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["message"].take()
    }

    /// Returns a header of the request as text; `None` if it was not sent or is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body of the response as JSON; `None` if it is not JSON.
    pub fn response_json(&self) -> Option<Value> {
        serde_json::from_slice(&self.response).ok()
    }

    /// Returns whether the status of the response is 2xx.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

// Short and without possible secrets: headers, the query of the URL, its user.
impl fmt::Debug for SentWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.url.split(['?', '#']).next().unwrap_or_default();
        let place = match place.split_once("://") {
            Some((scheme, rest)) => {
                let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
                let host = authority.rsplit('@').next().unwrap_or_default();
                format!("{scheme}://{host}/{path}")
            }
            None => place.to_owned(),
        };
        write!(f, "{} to {place} (attempt {}): ", self.message_type, self.attempt)?;
        match (&self.status, &self.error) {
            (Some(status), _) => write!(f, "{status}"),
            (None, error) => f.write_str(error.as_deref().unwrap_or("no response")),
        }
    }
}

/// The most recent attempts.
#[derive(Default)]
pub(crate) struct WebhookLog {
    limit: usize,
    sent: VecDeque<SentWebhook>,
}

impl WebhookLog {
    pub fn keeping(limit: usize) -> WebhookLog {
        WebhookLog {
            limit,
            sent: VecDeque::new(),
        }
    }

    pub fn push(&mut self, webhook: SentWebhook) {
        self.sent.push_back(webhook);
        while self.sent.len() > self.limit {
            self.sent.pop_front();
        }
    }

    pub fn all(&self) -> Vec<SentWebhook> {
        self.sent.iter().cloned().collect()
    }

    pub fn clear(&mut self) {
        self.sent.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::SentWebhook;

    #[test]
    fn debug_output_hides_secrets() {
        let webhook = SentWebhook {
            at: 0,
            call_id: "c".into(),
            message_type: "hang".into(),
            url: "http://me:pass@127.0.0.1:1/hook?key=s3cret".into(),
            headers: [(http::header::AUTHORIZATION, "Bearer s3cret".parse().unwrap())]
                .into_iter()
                .collect(),
            body: "s3cret".into(),
            status: Some(204),
            error: None,
            response: "s3cret".into(),
            duration: Duration::ZERO,
            attempt: 1,
        };
        assert_eq!(
            format!("{webhook:?}"),
            "hang to http://127.0.0.1:1/hook (attempt 1): 204"
        );
    }
}
