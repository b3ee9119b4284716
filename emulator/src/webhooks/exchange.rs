//! Requests that are not messages: to a language model, or to the API that a tool names. They are logged beside the messages.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::state::State;
use crate::state::events::CallEvent;
use crate::state::webhook_log::SentWebhook;
use crate::webhooks::client::{self, OnPiece, OutgoingRequest, WebhookResponse};
use crate::webhooks::signature::Subject;

/// A request that is not a message.
pub(crate) struct PlainRequest<'a> {
    /// The type in the log: `custom-llm`, `api-request`.
    pub kind: &'static str,
    pub method: Method,
    pub url: &'a str,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The timeout of the response in real time; with a receiver of pieces, that of each piece.
    pub timeout: Duration,
    /// The number of the attempt, from one.
    pub attempt: u32,
}

/// Sends a request and adds it to the log. The error is a sentence.
pub(crate) async fn send(
    state: &State,
    subject: &Subject,
    request: PlainRequest<'_>,
    on_piece: Option<OnPiece<'_>>,
) -> Result<WebhookResponse, String> {
    let (at, began) = (state.clock.now(), Instant::now());
    let hosts = &state.settings.allowed_hosts;
    let timeout = request.timeout.min(state.settings.webhook_timeout);
    let outgoing = OutgoingRequest {
        method: request.method,
        url: request.url,
        headers: request.headers.clone(),
        body: request.body.clone(),
    };
    let result = match on_piece {
        Some(on_piece) => client::request_streamed(hosts, outgoing, timeout, on_piece).await,
        None => client::request_whole(hosts, outgoing, timeout).await,
    };
    let result = result.map_err(|error| error.to_string());
    log_attempt(
        state,
        subject,
        SentWebhook {
            at,
            call_id: subject.id().to_string(),
            message_type: request.kind.to_owned(),
            url: request.url.to_owned(),
            headers: request.headers,
            body: request.body,
            status: result.as_ref().ok().map(|response| response.status),
            error: result.as_ref().err().cloned(),
            response: result
                .as_ref()
                .map(|response| response.body.clone())
                .unwrap_or_default(),
            duration: began.elapsed(),
            attempt: request.attempt,
        },
    );
    result
}

/// Adds an attempt to the log and tells subscribers.
pub(crate) fn log_attempt(state: &State, subject: &Subject, attempt: SentWebhook) {
    state.webhooks.lock().push(attempt);
    if let Subject::Call(id) = subject {
        let _ = state.events.send(CallEvent::Webhook { call_id: id.clone() });
    }
}
