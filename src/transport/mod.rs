//! The one place that sends: operations, downloads, the escape hatch and the raw client all come through here, and with them the
//! key, the time limits, the retries and the tracing span.

mod attempts;
mod byte_stream;
mod path;
mod prepared_request;
mod query;
mod request_parts;
mod response;
mod retry_policy;
mod settings;
mod sse;
mod upload;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::time::{sleep, timeout};
use tracing::Instrument;

use crate::error::{Error, Result};
use attempts::Attempts;
use prepared_request::complete;
use retry_policy::Outcome;

pub use byte_stream::ByteStream;
pub(crate) use path::{fill as fill_path, refuse_value as refuse_path_value};
pub(crate) use prepared_request::{Job, Options};
pub(crate) use request_parts::Draft;
pub(crate) use response::Answer;
pub use response::Response;
pub(crate) use retry_policy::Backoff;
pub use settings::Shared;
pub(crate) use sse::{Event, LONGEST_EVENT, Parser, TooLong, is_event_stream};
pub use upload::Upload;

/// Longest success that is read into memory: far beyond any answer of the API.
const LONGEST_ANSWER: usize = 64 << 20;
/// Longest error body that is kept.
const LONGEST_ERROR: usize = 1 << 20;

/// Sends a request and reads its answer, which is a success.
pub(crate) async fn send(shared: &Shared, draft: Draft) -> Result<Answer> {
    let mut job = draft.finish(shared)?;
    job.request
        .headers_mut()
        .entry(header::ACCEPT)
        .or_insert(HeaderValue::from_static("application/json"));
    let origin = job.origin.clone();
    let (tried, attempts) = deliver(shared, job, Delivery::Whole).await;
    let error = match tried {
        Tried::Answered { status, headers, body } if status.is_success() => {
            return Ok(Answer {
                status,
                headers,
                body,
                attempts,
            });
        }
        other => other.into_error(shared),
    };
    Err(error.at(&origin).after(attempts))
}

/// Sends a request and hands over its answer, a success, as it arrives. Only its beginning is under the time limit.
pub(crate) async fn open(shared: &Shared, draft: Draft) -> Result<ByteStream> {
    let job = draft.finish(shared)?;
    let origin = job.origin.clone();
    let response = open_job(shared, job).await?;
    if response.status().is_success() {
        return Ok(ByteStream::new(response, shared, origin));
    }
    let status = response.status();
    let error = Error::status_answer(status, response.headers(), Bytes::new(), &shared.api_key);
    Err(error.at(&origin))
}

/// As [`open`], but redirects are answers too: whoever asked decides where to go on.
pub(crate) async fn open_job(shared: &Shared, job: Job) -> Result<reqwest::Response> {
    let origin = job.origin.clone();
    let (tried, attempts) = deliver(shared, job, Delivery::Open).await;
    match tried {
        Tried::Opened(response) => Ok(response),
        other => Err(other.into_error(shared).at(&origin).after(attempts)),
    }
}

/// Sends a request of the raw client, which makes its own requests and reads the answers itself, whatever their status.
///
/// # Errors
/// The last try's, since the raw client's hook can return no other type.
pub(crate) async fn execute_raw(
    shared: &Shared,
    mut request: reqwest::Request,
    operation: &'static str,
) -> reqwest::Result<reqwest::Response> {
    // progenitor adds it to every request; the API knows no such header.
    request.headers_mut().remove("api-version");
    identify(shared, request.headers_mut(), false);
    let replayable = request.try_clone().is_some();
    let mut attempts = Attempts::new(shared, &request, Options::default(), replayable);
    let span = attempts.span(operation, "");
    async {
        loop {
            let limit = attempts.begin();
            let copy = request.try_clone();
            // A body that can't be cloned is sent as it is: what stays behind is never sent, since such a request is not retried.
            let mut this = copy.unwrap_or_else(|| {
                let hollow = reqwest::Request::new(Method::GET, request.url().clone());
                std::mem::replace(&mut request, hollow)
            });
            *this.timeout_mut() = limit;
            let result = shared.http.execute(this).await;
            let (outcome, headers) = match &result {
                Ok(response) => {
                    let status = response.status().as_u16();
                    (Some(Outcome::Status(status)), Some(response.headers()))
                }
                Err(error) => (outcome_of(error), None),
            };
            if let Some(pause) = attempts.pause(outcome, headers) {
                sleep(pause).await;
                continue;
            }
            attempts.record(outcome, headers);
            return result;
        }
    }
    .instrument(span)
    .await
}

/// How an answer is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Delivery {
    /// Read to its end, within the time limit.
    Whole,
    /// Begun, within the time limit, if it is a success or a redirect; else read to its end.
    Open,
}

/// How a try ended.
enum Tried {
    Answered {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
    Opened(reqwest::Response),
    TooLong {
        status: StatusCode,
        headers: HeaderMap,
    },
    Failed(reqwest::Error, Option<Duration>),
    NotBegun(Duration),
    /// The body can't be made: nothing was sent.
    Bodiless(Error),
}

impl Tried {
    fn outcome(&self) -> Option<Outcome> {
        match self {
            Tried::Answered { status, .. } | Tried::TooLong { status, .. } => Some(Outcome::Status(status.as_u16())),
            Tried::Opened(response) => Some(Outcome::Status(response.status().as_u16())),
            Tried::Failed(error, _) => outcome_of(error),
            Tried::NotBegun(_) => Some(Outcome::Lost),
            Tried::Bodiless(_) => None,
        }
    }

    fn headers(&self) -> Option<&HeaderMap> {
        match self {
            Tried::Answered { headers, .. } | Tried::TooLong { headers, .. } => Some(headers),
            Tried::Opened(response) => Some(response.headers()),
            _ => None,
        }
    }

    fn into_error(self, shared: &Shared) -> Error {
        match self {
            Tried::Answered { status, headers, body } => Error::status_answer(status, &headers, body, &shared.api_key),
            Tried::Opened(response) => {
                let status = response.status();
                Error::status_answer(status, response.headers(), Bytes::new(), &shared.api_key)
            }
            Tried::TooLong { status, headers } => Error::too_long(status, &headers, LONGEST_ANSWER),
            Tried::Failed(error, limit) => Error::transport(error, limit),
            Tried::NotBegun(limit) => Error::no_answer(limit),
            Tried::Bodiless(error) => error,
        }
    }
}

/// No connection, or one that was lost; `None` for a request that could not even be built.
fn outcome_of(error: &reqwest::Error) -> Option<Outcome> {
    if error.is_connect() {
        Some(Outcome::NotConnected)
    } else if error.is_builder() {
        None
    } else {
        Some(Outcome::Lost)
    }
}

async fn deliver(shared: &Shared, mut job: Job, delivery: Delivery) -> (Tried, u32) {
    identify(shared, job.request.headers_mut(), job.options.anonymous);
    let replayable = job.upload.as_ref().is_none_or(Upload::is_replayable);
    let mut attempts = Attempts::new(shared, &job.request, job.options, replayable);
    let span = attempts.span(&job.origin.operation, &job.origin.path);
    async {
        loop {
            let limit = attempts.begin();
            let tried = try_once(&mut job, shared, delivery, limit, attempts.limit()).await;
            let outcome = tried.outcome();
            if let Some(pause) = attempts.pause(outcome, tried.headers()) {
                sleep(pause).await;
                continue;
            }
            attempts.record(outcome, tried.headers());
            return (tried, attempts.made);
        }
    }
    .instrument(span)
    .await
}

/// One try. `limit` is what it has left; `stated` is the setting behind that, for people to read.
async fn try_once(
    job: &mut Job,
    shared: &Shared,
    delivery: Delivery,
    limit: Option<Duration>,
    stated: Option<Duration>,
) -> Tried {
    let mut request = match complete(job, shared).await {
        Ok(request) => request,
        Err(error) => return Tried::Bodiless(error),
    };
    let stated = stated.or(limit);
    if delivery == Delivery::Whole {
        *request.timeout_mut() = limit;
        return match shared.http.execute(request).await {
            Ok(response) => read(response, stated).await,
            Err(error) => Tried::Failed(error, stated),
        };
    }
    let begin = async {
        match shared.http.execute(request).await {
            Ok(response) if response.status().is_success() || response.status().is_redirection() => {
                Tried::Opened(response)
            }
            Ok(response) => read(response, stated).await,
            Err(error) => Tried::Failed(error, stated),
        }
    };
    match limit {
        None => begin.await,
        Some(limit) => match timeout(limit, begin).await {
            Ok(tried) => tried,
            Err(_) => Tried::NotBegun(stated.unwrap_or(limit)),
        },
    }
}

async fn read(mut response: reqwest::Response, stated: Option<Duration>) -> Tried {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let cap = match status.is_success() {
        true => LONGEST_ANSWER,
        false => LONGEST_ERROR,
    };
    let mut body = Vec::new();
    if let Some(length) = response.content_length() {
        body.reserve(usize::try_from(length).unwrap_or(cap).min(cap));
    }
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= cap => body.extend_from_slice(&chunk),
            Ok(Some(_)) if status.is_success() => return Tried::TooLong { status, headers },
            Ok(None) => break,
            Err(error) if status.is_success() => return Tried::Failed(error, stated),
            // The status of an error is worth more than the rest of its body.
            Ok(Some(_)) | Err(_) => break,
        }
    }
    Tried::Answered {
        status,
        headers,
        body: body.into(),
    }
}

/// Cloudflare, in front of the API, refuses requests that have no `User-Agent`.
fn identify(shared: &Shared, headers: &mut HeaderMap, anonymous: bool) {
    headers
        .entry(header::USER_AGENT)
        .or_insert_with(|| shared.user_agent.clone());
    if !anonymous {
        headers
            .entry(header::AUTHORIZATION)
            .or_insert_with(|| shared.authorization.clone())
            .set_sensitive(true);
    }
}
