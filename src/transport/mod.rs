//! The request path: the only code that sends.
//!
//! Operations, downloads, untyped requests and the raw client all end here. From the caller down:
//! [`RequestParts`] collect the settings of the caller, a [`PreparedRequest`] can be sent, `attempts` and `retry_policy` decide
//! about sending it again, and the result is a [`RawResponse`] or a [`ByteStream`].

mod attempts;
mod byte_stream;
mod closing_event;
mod credentials;
mod deadline;
mod path;
mod prepared_request;
mod query;
mod repeatable_request;
mod request_parts;
mod response;
mod retry_policy;
mod settings;
mod sse;
mod system_proxy;
mod token_source;
mod upload;
#[cfg(feature = "validate")]
mod validation;
#[cfg(any(feature = "live", feature = "audio"))]
mod web_socket;

use std::time::Duration;

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::time::{sleep, timeout};
use tracing::Instrument;

use crate::error::{self, Error, RequestContext, Result, Secrets};
use attempts::Attempts;
use credentials::Authorization;
use retry_policy::AttemptOutcome;

pub use byte_stream::ByteStream;
pub(crate) use closing_event::ClosingEvent;
pub(crate) use credentials::{Credentials, ErasedTokenSource};
pub(crate) use deadline::after;
pub(crate) use path::{fill as fill_path, refuse_value as refuse_path_value};
pub(crate) use prepared_request::{PreparedRequest, RequestOptions};
pub use query::QueryStyle;
pub(crate) use query::styled_pairs;
pub(crate) use repeatable_request::{PendingResponse, RepeatableRequest};
pub(crate) use request_parts::{RequestParts, request_setters};
pub(crate) use response::RawResponse;
pub use response::Response;
pub(crate) use retry_policy::Backoff;
pub(crate) use settings::Settings;
pub(crate) use sse::{EventParser, EventTooLong, LONGEST_EVENT, ServerSentEvent, is_event_stream};
pub(crate) use system_proxy::SystemProxy;
pub use token_source::{BearerToken, TokenError, TokenSource};
pub use upload::Upload;
#[cfg(feature = "validate")]
pub use validation::Validation;
#[cfg(feature = "validate")]
pub(crate) use validation::validator;
#[cfg(any(feature = "live", feature = "audio"))]
pub(crate) use web_socket::{ConnectOptions, WebSocket, closed, connect, given_url, socket_error};

/// Longest error body that is kept.
const LONGEST_ERROR: usize = 1 << 20;

/// Sends a request and reads its successful response to the end. A byte order mark at its start is skipped.
///
/// # Errors
///
/// The request cannot be prepared or sent, or the response is not a success.
pub(crate) async fn send(settings: &Settings, parts: RequestParts) -> Result<RawResponse> {
    let mut response = send_for_bytes(settings, parts).await?;
    let mark = response.body.len() - error::without_bom(&response.body).len();
    response.body.advance(mark);
    Ok(response)
}

/// Sends a request and reads its successful response to the end, every byte of it.
///
/// # Errors
///
/// The errors of [`send`].
pub(crate) async fn send_for_bytes(settings: &Settings, parts: RequestParts) -> Result<RawResponse> {
    let mut closing = ClosingEvent::new(parts.context().operation.clone());
    let mut prepared = parts.prepare(settings)?;
    prepared
        .request
        .headers_mut()
        .entry(header::ACCEPT)
        .or_insert(HeaderValue::from_static("application/json"));
    let context = prepared.context.clone();
    let received = execute(settings, prepared, BodyMode::Buffered, &mut closing).await;
    let attempts = closing.attempts;
    match received {
        Received::Complete { status, headers, body } if status.is_success() => {
            #[cfg(feature = "validate")]
            settings
                .validation
                .check_response(&context, status, &headers, &body)
                .map_err(|error| error.for_request(&context).after_attempts(attempts))?;
            Ok(RawResponse {
                context,
                status,
                headers,
                body,
                attempts,
                strict: settings.strict_decoding,
            })
        }
        other => Err(other
            .into_error(settings, &context)
            .for_request(&context)
            .after_attempts(attempts)),
    }
}

/// Sends a request and returns its successful response as a stream. The time limit ends with the response's headers.
///
/// # Errors
///
/// The errors of [`send`], until the response has begun. From then on the stream returns the errors.
pub(crate) async fn open(settings: &Settings, parts: RequestParts) -> Result<ByteStream> {
    let mut closing = ClosingEvent::new(parts.context().operation.clone());
    let prepared = parts.prepare(settings)?;
    let context = prepared.context.clone();
    let response = open_prepared(settings, prepared, &mut closing).await?;
    if response.status().is_success() {
        return Ok(ByteStream::new(response, settings, context, closing));
    }
    let status = response.status();
    let error = Error::from_status(status, response.headers(), Bytes::new(), &context.secrets);
    Err(error.for_request(&context))
}

/// Sends a prepared request and returns its response with the body unread. A redirect is returned too: the caller decides
/// whether to follow it.
///
/// # Errors
///
/// The errors of [`open`].
pub(crate) async fn open_prepared(
    settings: &Settings,
    prepared: PreparedRequest,
    closing: &mut ClosingEvent,
) -> Result<reqwest::Response> {
    let context = prepared.context.clone();
    match execute(settings, prepared, BodyMode::Streamed, closing).await {
        Received::Open(response) => Ok(response),
        other => Err(other
            .into_error(settings, &context)
            .for_request(&context)
            .after_attempts(closing.attempts)),
    }
}

/// Sends a request of the raw client, which builds its requests and reads its responses itself, whatever their status.
///
/// # Errors
///
/// The error of the last attempt: the raw client's hook can return no other type.
pub(crate) async fn execute_raw(
    settings: &Settings,
    mut request: reqwest::Request,
    mut context: RequestContext,
) -> reqwest::Result<reqwest::Response> {
    context.secrets = settings.secrets.with_headers(request.headers());
    // progenitor adds it to every request; the API knows no such header.
    request.headers_mut().remove("api-version");
    name_user_agent(settings, request.headers_mut());
    let mut authorization = Authorization::new(settings, request.headers_mut(), false);
    let replayable = request.try_clone().is_some();
    let mut closing = ClosingEvent::new(context.operation.clone());
    let mut attempts = Attempts::new(settings, &request, RequestOptions::default(), replayable);
    let span = attempts.span(&context.operation, &context.path);
    async {
        loop {
            // The raw client had a token before it sent this. Without one, the server says what is wrong.
            if let Err(error) = authorization.set(request.headers_mut(), attempts.left()).await {
                tracing::warn!(%error, "the request is sent as it is");
            }
            let limit = attempts.begin();
            let copy = request.try_clone();
            // A body that cannot be cloned is sent as it is. What stays behind is never sent: such a request is not retried.
            let mut this = copy.unwrap_or_else(|| {
                let hollow = reqwest::Request::new(Method::GET, request.url().clone());
                std::mem::replace(&mut request, hollow)
            });
            *this.timeout_mut() = limit;
            let result = exchange(&settings.http, this, &context.secrets).await;
            let (outcome, headers) = match &result {
                Ok(response) => {
                    let status = response.status().as_u16();
                    (Some(AttemptOutcome::Status(status)), Some(response.headers()))
                }
                Err(error) => (outcome_of(error), None),
            };
            let renewable = authorization.is_renewable(outcome, request.headers()).await;
            if let Some(delay) = attempts.retry_delay(outcome, headers, renewable) {
                sleep(delay).await;
                continue;
            }
            attempts.record(outcome, headers, &mut closing);
            return result;
        }
    }
    .instrument(span)
    .await
}

/// The way of reading the body of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyMode {
    /// To its end, within the time limit.
    Buffered,
    /// By the caller, if the response is a success or a redirect; otherwise to its end.
    Streamed,
}

/// The result of one attempt.
enum Received {
    Complete {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
    Open(reqwest::Response),
    TooLong {
        status: StatusCode,
        headers: HeaderMap,
    },
    Failed(reqwest::Error, Option<Duration>),
    /// No headers came within the time limit.
    TimedOut(Duration),
    /// The body cannot be built, or there is no token: nothing was sent.
    NotSent(Error),
}

impl Received {
    fn outcome(&self) -> Option<AttemptOutcome> {
        match self {
            Received::Complete { status, .. } | Received::TooLong { status, .. } => {
                Some(AttemptOutcome::Status(status.as_u16()))
            }
            Received::Open(response) => Some(AttemptOutcome::Status(response.status().as_u16())),
            Received::Failed(error, _) => outcome_of(error),
            Received::TimedOut(_) => Some(AttemptOutcome::Lost),
            Received::NotSent(_) => None,
        }
    }

    fn headers(&self) -> Option<&HeaderMap> {
        match self {
            Received::Complete { headers, .. } | Received::TooLong { headers, .. } => Some(headers),
            Received::Open(response) => Some(response.headers()),
            _ => None,
        }
    }

    fn into_error(self, settings: &Settings, context: &RequestContext) -> Error {
        match self {
            Received::Complete { status, headers, body } => {
                Error::from_status(status, &headers, body, &context.secrets)
            }
            Received::Open(response) => {
                let status = response.status();
                Error::from_status(status, response.headers(), Bytes::new(), &context.secrets)
            }
            Received::TooLong { status, headers } => {
                Error::response_too_long(status, &headers, settings.max_response_bytes)
            }
            Received::Failed(error, limit) => {
                let proxy = settings.proxy_of(&error);
                Error::from_reqwest(error, limit, proxy.as_deref())
            }
            Received::TimedOut(limit) => Error::no_response(limit),
            Received::NotSent(error) => error,
        }
    }
}

/// Returns the outcome that a failed attempt is for the retry policy; `None` if no attempt can succeed.
fn outcome_of(error: &reqwest::Error) -> Option<AttemptOutcome> {
    if error.is_builder() || error::lacks_root_certificates(error) {
        None
    } else if error.is_connect() {
        Some(AttemptOutcome::NotConnected)
    } else if error::was_not_processed(error) {
        Some(AttemptOutcome::NotProcessed)
    } else {
        Some(AttemptOutcome::Lost)
    }
}

async fn execute(
    settings: &Settings,
    mut prepared: PreparedRequest,
    mode: BodyMode,
    closing: &mut ClosingEvent,
) -> Received {
    let headers = prepared.request.headers_mut();
    name_user_agent(settings, headers);
    let mut authorization = Authorization::new(settings, headers, prepared.options.anonymous);
    let replayable = prepared.upload.as_ref().is_none_or(Upload::is_replayable);
    let mut attempts = Attempts::new(settings, &prepared.request, prepared.options, replayable);
    let span = attempts.span(&prepared.context.operation, &prepared.context.path);
    async {
        loop {
            let received = match authorization.set(prepared.request.headers_mut(), attempts.left()).await {
                Ok(()) => {
                    let limit = attempts.begin();
                    attempt(&mut prepared, settings, mode, limit, attempts.limit()).await
                }
                Err(error) => Received::NotSent(error),
            };
            let outcome = received.outcome();
            let renewable = authorization.is_renewable(outcome, prepared.request.headers()).await;
            if let Some(delay) = attempts.retry_delay(outcome, received.headers(), renewable) {
                sleep(delay).await;
                continue;
            }
            attempts.record(outcome, received.headers(), closing);
            return received;
        }
    }
    .instrument(span)
    .await
}

/// Makes one attempt. `limit` is the time that it has left; `stated` is the setting behind that, for the error.
async fn attempt(
    prepared: &mut PreparedRequest,
    settings: &Settings,
    mode: BodyMode,
    limit: Option<Duration>,
    stated: Option<Duration>,
) -> Received {
    let mut request = match prepared.copy_with_body(settings).await {
        Ok(request) => request,
        Err(error) => return Received::NotSent(error),
    };
    let stated = stated.or(limit);
    let http = prepared.options.http(settings);
    if mode == BodyMode::Buffered {
        *request.timeout_mut() = limit;
        return match exchange(http, request, &prepared.context.secrets).await {
            Ok(response) => read(response, settings, stated).await,
            Err(error) => Received::Failed(error, stated),
        };
    }
    let begin = async {
        match exchange(http, request, &prepared.context.secrets).await {
            Ok(response) if prepared.options.leaves_open(response.status()) => Received::Open(response),
            Ok(response) => read(response, settings, stated).await,
            Err(error) => Received::Failed(error, stated),
        }
    };
    match limit {
        None => begin.await,
        Some(limit) => match timeout(limit, begin).await {
            Ok(received) => received,
            Err(_) => Received::TimedOut(stated.unwrap_or(limit)),
        },
    }
}

/// Sends one request, and marks the headers of its response that must not be shown.
async fn exchange(
    http: &reqwest::Client,
    request: reqwest::Request,
    secrets: &Secrets,
) -> reqwest::Result<reqwest::Response> {
    let mut response = http.execute(request).await?;
    secrets.mark(response.headers_mut());
    Ok(response)
}

/// Reads the body of a response of the raw client to its end; `None` if it is longer than the limit.
///
/// # Errors
///
/// The connection broke.
pub(crate) async fn read_raw(settings: &Settings, mut response: reqwest::Response) -> reqwest::Result<Option<Bytes>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > settings.max_response_bytes {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body.into()))
}

async fn read(mut response: reqwest::Response, settings: &Settings, stated: Option<Duration>) -> Received {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let cap = match status.is_success() {
        true => settings.max_response_bytes,
        false => LONGEST_ERROR,
    };
    let mut body = Vec::new();
    if let Some(length) = response.content_length() {
        body.reserve(usize::try_from(length).unwrap_or(cap).min(cap));
    }
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= cap => body.extend_from_slice(&chunk),
            Ok(Some(_)) if status.is_success() => return Received::TooLong { status, headers },
            Ok(None) => break,
            Err(error) if status.is_success() => return Received::Failed(error, stated),
            // The status of an error is worth more than the rest of its body.
            Ok(Some(_)) | Err(_) => break,
        }
    }
    Received::Complete {
        status,
        headers,
        body: body.into(),
    }
}

/// Adds the `User-Agent`. Cloudflare, in front of the API, refuses requests without one.
fn name_user_agent(settings: &Settings, headers: &mut HeaderMap) {
    headers
        .entry(header::USER_AGENT)
        .or_insert_with(|| settings.user_agent.clone());
}
