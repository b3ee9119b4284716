//! Handlers of messages, and what they take and return.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};

use super::isolation::BoxFuture;
use super::refusal::error_response;
use crate::types::ServerMessagePayload;
use crate::webhooks::{WebhookMessage, WebhookResponse};

/// A message of a type, as it came. It derefs to the generated type.
///
/// ```
/// # #[cfg(all(vapi_type = "ServerMessageEndOfCallReport", vapi_type = "Artifact"))]
/// # fn handler(report: vapi::webhooks::Received<vapi::types::ServerMessageEndOfCallReport>) {
/// let messages = report.artifact.as_ref().and_then(|artifact| artifact.messages.as_ref());
/// let call = report.message().call_id();
/// # }
/// ```
pub struct Received<T> {
    message: WebhookMessage,
    project: Projection<T>,
}

/// Returns the message of a type, if it is of that type.
pub(super) type Projection<T> = fn(&ServerMessagePayload) -> Option<&T>;

impl<T> Received<T> {
    /// Wraps a message, if it is of this type.
    pub(super) fn new(message: WebhookMessage, project: Projection<T>) -> Option<Self> {
        project(message.payload())?;
        Some(Received { message, project })
    }

    /// Returns the message with its envelope. Its methods return the call, the customer's number and more.
    pub fn message(&self) -> &WebhookMessage {
        &self.message
    }

    /// Returns the message with its envelope.
    pub fn into_message(self) -> WebhookMessage {
        self.message
    }
}

impl<T> Deref for Received<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match (self.project)(self.message.payload()) {
            Some(payload) => payload,
            None => unreachable!("the type was checked, and the message does not change"),
        }
    }
}

impl<T> fmt::Debug for Received<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Received").field(&self.message).finish()
    }
}

/// The output of a handler: the response `R` or nothing, or a `Result` of it with any error that can be shown.
pub trait HandlerOutput<R>: Send {
    /// Returns the response, or the text of the error.
    fn into_result(self) -> Result<R, String>;
}

impl<R: Send> HandlerOutput<R> for R {
    fn into_result(self) -> Result<R, String> {
        Ok(self)
    }
}

impl<R: Send, E: fmt::Display + Send> HandlerOutput<R> for Result<R, E> {
    fn into_result(self) -> Result<R, String> {
        self.map_err(|error| format!("{error:#}"))
    }
}

/// The response to a message that needs none.
impl WebhookResponse for () {
    fn into_http(self) -> Response<Bytes> {
        Response::new(Bytes::from_static(b"{}"))
    }
}

/// The reason why there is no response of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It returned an error or panicked.
    Failed,
    /// It has not finished in time.
    Late,
}

impl Failure {
    /// Returns a response that says no more than this. If the server has a backoff plan, Vapi repeats the message then.
    pub(super) fn into_http(self) -> Response<Bytes> {
        match self {
            Failure::Failed => error_response(StatusCode::INTERNAL_SERVER_ERROR, "the handler failed"),
            Failure::Late => error_response(StatusCode::GATEWAY_TIMEOUT, "the handler did not finish in time"),
        }
    }

    /// Returns the response to a message that needs none. A handler that is late goes on, so the message is not to be repeated.
    pub(super) fn into_http_of_event(self) -> Response<Bytes> {
        match self {
            Failure::Failed => self.into_http(),
            Failure::Late => {
                let mut response = ().into_http();
                *response.status_mut() = StatusCode::ACCEPTED;
                response
            }
        }
    }
}

/// Writes the response of a handler that has none, with the text that is spoken if the message allows that.
pub(super) type Fallback = fn(Failure, &str) -> Response<Bytes>;

/// A handler of messages.
pub(super) type Run = Arc<dyn Fn(WebhookMessage) -> BoxFuture<Result<Response<Bytes>, String>> + Send + Sync>;

/// A handler of messages of a type.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) accepts: Arc<dyn Fn(&ServerMessagePayload) -> bool + Send + Sync>,
    pub(super) run: Run,
    pub(super) fallback: Fallback,
}

impl Handler {
    pub(super) fn new<T: 'static>(project: Projection<T>, fallback: Fallback, run: Run) -> Self {
        Handler {
            accepts: Arc::new(move |payload| project(payload).is_some()),
            run,
            fallback,
        }
    }
}

/// Returns a handler that takes the type of a projection.
pub(super) fn typed<T, R, F, Fut>(project: Projection<T>, handler: F) -> Run
where
    T: 'static,
    R: WebhookResponse,
    F: Fn(Received<T>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: HandlerOutput<R>> + Send + 'static,
{
    Arc::new(move |message| {
        let Some(received) = Received::new(message, project) else {
            return Box::pin(async { Err("the message is of another type".to_owned()) });
        };
        let output = handler(received);
        Box::pin(async move { output.await.into_result().map(R::into_http) })
    })
}
