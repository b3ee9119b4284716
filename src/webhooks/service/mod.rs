//! The way of a request to the handler of its message, and of the response back.

mod activity;
mod handler;
mod http_service;
mod isolation;
mod on;
mod refusal;
mod tool_results;
mod tools;

pub use handler::{HandlerOutput, Received};
pub use http_service::WebhookFuture;
pub use refusal::Refusal;
pub use tool_results::{ToolCallClaim, ToolResultStore, ToolResultStoreError};
pub use tools::{ToolContext, ToolError};

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use self::activity::{Activity, ActivityGuard};
use self::handler::{Failure, Handler, Run};
use self::isolation::isolated;
use self::refusal::error_response;
use self::tool_results::{ErasedToolResults, MemoryToolResults};
use self::tools::{Tool, ToolRun};
use super::responses::WebhookResponse;
use super::{MessageKind, Verifier, WebhookMessage};
use crate::http_service::UnreadBody;

/// The time within which an assistant request must be answered, from end to end.
const ASSISTANT_REQUEST_TIMEOUT: Duration = Duration::from_millis(7500);
/// The default of `server.timeoutSeconds`.
const SERVER_TIMEOUT: Duration = Duration::from_secs(20);
/// The time that is left to the network.
const NETWORK_TIME: Duration = Duration::from_millis(500);
/// The limit of bodies. The largest are reports on long calls.
pub(crate) const MAX_BODY_BYTES: usize = 4 << 20;

/// A server of webhooks: it verifies requests, reads messages, runs your handlers, and responds in time.
///
/// It is a tower `Service` over the types of the crate [`http`], with bodies of any kind. Thus it mounts into axum (`route_service`),
/// hyper, lambda_http and what else is made of services. [`respond`](Self::respond) is for all other servers. Clones are the same server.
///
/// - A request that is not verified has status 401, a body of more than 4 MiB 413, one that is no message 400, another method 405.
/// - Handlers have 7 seconds for an assistant request, else 0.5 seconds less than the [`timeout`](Self::timeout). There is a warning
///   in the log when three quarters have passed. After it Vapi gets an error that is spoken or that the model reads. The handler is
///   not stopped, since half of its work may be done.
/// - The tools of one message run at the same time. A call that Vapi delivers again has the result of the first time, and does not
///   run again.
/// - A panic or an error of a handler is an error of that message or tool call, and is logged.
///
/// # Examples
///
/// ```
/// # #[cfg(all(vapi_type = "ServerMessageAssistantRequest", vapi_type = "ServerMessageEndOfCallReport"))]
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use vapi::http::Request;
/// use vapi::webhooks::{AssistantResponse, Verifier, Webhooks};
///
/// let verifier = Verifier::secret("a-long-random-secret")?;
/// let webhooks = Webhooks::new(verifier.clone())
///     .on_assistant_request(|request| async move {
///         match request.message().customer_number() {
///             Some("+15555550123") => AssistantResponse::assistant_id("regulars"),
///             _ => AssistantResponse::assistant_id("front-desk"),
///         }
///     })
///     .on_end_of_call_report(|report| async move { println!("{:?}", report.ended_reason) })
///     .on_other(|message| async move { println!("{}", message.type_name()) });
///
/// // With axum: `Router::new().route_service("/vapi", webhooks.clone())`. By hand, and in tests:
/// let body = r#"{"message": {"type": "assistant-request"}}"#;
/// let (mut request, body) = Request::post("/vapi").body(body)?.into_parts();
/// request.headers = verifier.sign(body.as_bytes());
/// let response = webhooks.respond(&request, body).await;
/// assert_eq!(response.body(), r#"{"assistantId":"front-desk"}"#);
///
/// // When the program ends, handlers that run are waited for.
/// webhooks.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Webhooks(Arc<Router>);

#[derive(Clone)]
struct Router {
    verifier: Verifier,
    handlers: Vec<Handler>,
    other: Option<Run>,
    tools: HashMap<String, Tool>,
    other_tool: Option<Tool>,
    tool_results: Arc<dyn ErasedToolResults>,
    timeout: Duration,
    max_body_bytes: usize,
    spoken_error: String,
    activity: Activity,
}

impl Webhooks {
    /// Creates a server without handlers.
    pub fn new(verifier: Verifier) -> Self {
        Webhooks(Arc::new(Router {
            verifier,
            handlers: Vec::new(),
            other: None,
            tools: HashMap::new(),
            other_tool: None,
            tool_results: Arc::new(MemoryToolResults::default()),
            timeout: SERVER_TIMEOUT,
            max_body_bytes: MAX_BODY_BYTES,
            spoken_error: "Sorry, something went wrong. Please try again later.".to_owned(),
            activity: Activity::new(),
        }))
    }

    /// Sets the time after which Vapi gives up: the `timeoutSeconds` of the server, which are 20 by default.
    ///
    /// For assistant requests, Vapi does not wait more than 7.5 seconds, whatever this is.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.edit(|router| router.timeout = timeout)
    }

    /// Sets the limit of bodies. The default is 4 MiB.
    #[must_use]
    pub fn max_body_bytes(self, limit: usize) -> Self {
        self.edit(|router| router.max_body_bytes = limit)
    }

    /// Sets the words that a caller hears if a handler fails or is late.
    #[must_use]
    pub fn spoken_error(self, text: impl Into<String>) -> Self {
        self.edit(|router| router.spoken_error = text.into())
    }

    /// Sets the store of tool results, so that several replicas of this server run a tool call once.
    #[must_use]
    pub fn tool_results(self, store: impl ToolResultStore) -> Self {
        self.edit(|router| router.tool_results = Arc::new(store))
    }

    /// Returns the server as it is, where a service is expected.
    pub fn into_service(self) -> Self {
        self
    }

    fn edit(mut self, edit: impl FnOnce(&mut Router)) -> Self {
        edit(Arc::make_mut(&mut self.0));
        self
    }

    /// Responds to a request, of which the body has been read. Of the head, the method and the headers count.
    ///
    /// It must run within a runtime of tokio.
    ///
    /// # Examples
    ///
    /// A handler of actix, whose headers are those of an older `http`:
    ///
    /// ```rust,ignore
    /// async fn vapi(webhooks: web::Data<Webhooks>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    ///     let (mut parts, ()) = http::Request::post("/").body(()).unwrap().into_parts();
    ///     for (name, value) in request.headers() {
    ///         if let (Ok(name), Ok(value)) = (name.as_str().parse::<HeaderName>(), HeaderValue::from_bytes(value.as_bytes())) {
    ///             parts.headers.append(name, value);
    ///         }
    ///     }
    ///     let (head, body) = webhooks.respond(&parts, body).await.into_parts();
    ///     let mut response = HttpResponse::build(StatusCode::from_u16(head.status.as_u16()).unwrap());
    ///     response.content_type(head.headers.get("content-type").map_or("text/plain", |value| value.to_str().unwrap_or_default()));
    ///     response.body(body)
    /// }
    /// ```
    pub async fn respond(&self, request: &Parts, body: impl Into<Bytes>) -> Response<Bytes> {
        let received = Instant::now();
        match self.admit(&request.method) {
            Ok(guard) => self.respond_from(received, guard, request, body.into()).await,
            Err(refusal) => refusal.into_http(),
        }
    }

    /// Refuses requests from now on, with status 503, and waits until all handlers have finished, late ones included.
    pub async fn shutdown(&self) {
        self.0.activity.close().await;
    }

    /// Begins a request, before its body is read.
    fn admit(&self, method: &Method) -> Result<ActivityGuard, Refusal> {
        if method != Method::POST {
            let text = "webhooks are sent with the method POST";
            return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, text));
        }
        let guard = self.0.activity.begin();
        guard.ok_or_else(|| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down"))
    }

    async fn respond_from(
        &self,
        received: Instant,
        guard: ActivityGuard,
        request: &Parts,
        body: Bytes,
    ) -> Response<Bytes> {
        if body.len() > self.0.max_body_bytes {
            return Refusal::from(UnreadBody::TooLong).into_http();
        }
        let message = match verified(&self.0.verifier, request, body) {
            Ok(message) => message,
            Err(refusal) => return refusal.into_http(),
        };
        let span = tracing::info_span!(
            "vapi.webhook",
            message_type = message.type_name(),
            call_id = message.call_id(),
            status = tracing::field::Empty,
        );
        let router = Arc::clone(&self.0);
        async move {
            let response = router.dispatch(received, guard, message).await;
            tracing::Span::current().record("status", response.status().as_u16());
            response
        }
        .instrument(span)
        .await
    }
}

/// Verifies a request and reads its message.
pub(crate) fn verified(verifier: &Verifier, request: &Parts, body: Bytes) -> Result<WebhookMessage, Refusal> {
    if let Err(reason) = verifier.verify(&request.headers, &body) {
        tracing::warn!(%reason, "a webhook is not verified");
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "the request is not verified"));
    }
    WebhookMessage::from_bytes(body).map_err(|error| {
        tracing::warn!(%error, "a webhook cannot be read");
        Refusal::new(StatusCode::BAD_REQUEST, error.to_string())
    })
}

impl Router {
    async fn dispatch(&self, received: Instant, guard: ActivityGuard, message: WebhookMessage) -> Response<Bytes> {
        let kind = message.kind();
        let timeout = match kind {
            MessageKind::AssistantRequest => ASSISTANT_REQUEST_TIMEOUT.min(self.timeout),
            _ => self.timeout,
        };
        // A timeout of less than a second leaves half of itself.
        let limit = timeout.saturating_sub(NETWORK_TIME).max(timeout / 2);
        let deadline = received + limit;
        let work = async {
            if kind == MessageKind::ToolCalls {
                let run = ToolRun {
                    tools: &self.tools,
                    other_tool: self.other_tool.as_ref(),
                    results: &self.tool_results,
                    deadline,
                    guard: &guard,
                };
                return run.respond(message).await.into_http();
            }
            let handler = self
                .handlers
                .iter()
                .rev()
                .find(|handler| (handler.accepts)(message.payload()));
            match (handler, &self.other) {
                (Some(handler), _) => {
                    let run = run(&handler.run, message, guard.clone(), deadline).await;
                    run.unwrap_or_else(|failure| (handler.fallback)(failure, &self.spoken_error))
                }
                (None, Some(other)) => {
                    let run = run(other, message, guard.clone(), deadline).await;
                    let response = run.unwrap_or_else(Failure::into_http_of_event);
                    if response.status().is_success() {
                        unhandled(&kind).unwrap_or(response)
                    } else {
                        response
                    }
                }
                (None, None) => unhandled(&kind).unwrap_or_else(|| ().into_http()),
            }
        };
        let mut work = std::pin::pin!(work);
        let warning = received + limit.mul_f64(0.75);
        if let Ok(response) = timeout_at(warning, work.as_mut()).await {
            return response;
        }
        tracing::warn!(limit = ?limit, "a handler has used three quarters of its time");
        work.await
    }
}

/// Runs a handler as a task of its own, which goes on if it is late or if the connection breaks.
async fn run(
    run: &Run,
    message: WebhookMessage,
    guard: ActivityGuard,
    deadline: Instant,
) -> Result<Response<Bytes>, Failure> {
    let run = Arc::clone(run);
    let task = async move {
        let result = isolated(|| run(message)).await;
        drop(guard);
        match result {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                tracing::error!(error, "a handler has returned an error");
                Err(Failure::Failed)
            }
            Err(panic) => {
                tracing::error!(panic, "a handler has panicked");
                Err(Failure::Failed)
            }
        }
    };
    match timeout_at(deadline, tokio::spawn(task.in_current_span())).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => {
            tracing::error!(%error, "a handler was stopped");
            Err(Failure::Failed)
        }
        Err(_) => {
            tracing::error!("a handler has not finished in time");
            Err(Failure::Late)
        }
    }
}

/// Returns the response to a message that needs one and has no handler.
fn unhandled(kind: &MessageKind) -> Option<Response<Bytes>> {
    let needs_response = matches!(
        kind,
        MessageKind::AssistantRequest
            | MessageKind::CallEndpointingRequest
            | MessageKind::CampaignPredial
            | MessageKind::HandoffDestinationRequest
            | MessageKind::KnowledgeBaseRequest
            | MessageKind::TransferDestinationRequest
            | MessageKind::VoiceRequest
    );
    needs_response.then(|| {
        tracing::warn!("a message that needs a response has no handler");
        let text = format!("there is no handler of the message {}", kind.as_str());
        error_response(StatusCode::NOT_IMPLEMENTED, &text)
    })
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tools: Vec<_> = self.0.tools.keys().collect();
        tools.sort();
        f.debug_struct("Webhooks")
            .field("verifier", &self.0.verifier)
            .field("tools", &tools)
            .finish_non_exhaustive()
    }
}
