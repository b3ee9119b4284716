//! What was sent to the user's servers and what they answered, kept for tests and for people to look at.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

/// One attempt to deliver a message of a call to a server of the user's.
#[derive(Clone)]
#[non_exhaustive]
pub struct SentWebhook {
    /// When it was sent: milliseconds since 1970 by the emulator's clock.
    pub at: i64,
    /// The call it is about.
    pub call_id: String,
    /// `status-update`, `tool-calls`, ...
    pub message_type: String,
    /// Where it was sent.
    pub url: String,
    /// Every header that was sent, with the secrets in them.
    pub headers: HeaderMap,
    /// The body as it was sent.
    pub body: Bytes,
    /// What the server answered; `None` if it did not.
    pub status: Option<u16>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// The body of the answer.
    pub response: Bytes,
    /// How long it took, in real time.
    pub duration: Duration,
    /// 1 for the first attempt, more for those that the server's `backoffPlan` added.
    pub attempt: u32,
}

impl SentWebhook {
    /// The message: what is in `message` of the body.
    pub fn message(&self) -> Value {
        let mut body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["message"].take()
    }

    /// A header that was sent, as text; `None` if it was not sent or is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The answer as JSON; `None` if it is something else.
    pub fn response_json(&self) -> Option<Value> {
        serde_json::from_slice(&self.response).ok()
    }

    /// Whether the server answered with a success.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

// Short, and without what may be secret: headers, the query of the URL, a user in it.
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
            (None, error) => f.write_str(error.as_deref().unwrap_or("no answer")),
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
    fn what_may_be_secret_is_not_shown() {
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
