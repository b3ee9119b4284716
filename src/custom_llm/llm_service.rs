//! The service that Vapi posts to.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use http::header::{CACHE_CONTROL, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;

use super::completion::{ChunkWriter, Completion};
use super::delta::{Delta, IntoDelta};
use super::llm_error::LlmError;
use super::llm_request::LlmRequest;
use crate::http_service::{Authorize, BoxError, ServiceBody, read_body, response};

/// The longest request that is read, unless the user says otherwise. It has the whole conversation in it.
const LONGEST_REQUEST: usize = 8 << 20;

/// A language model as a tower service over `http` types. Clones share the handler.
///
/// The handler gets the request and returns a stream of [`Delta`]s, texts, or `Result`s of those. The response is streamed as they
/// come, or collected if the request does not want a stream. An error before the stream is a response with its status. One in the
/// stream is an event with the error, and the last one. Dropping the response drops the stream: Vapi does that when the customer
/// interrupts.
///
/// The service looks at no path: mount it at `/chat/completions` below the URL that the assistant has. Vapi sends the key of the
/// custom-LLM credential in `Authorization`: [`authorize`](Self::authorize) can check it, or a layer of your server.
///
/// # Examples
///
/// A tool is called, unless its result is there already:
///
/// ```
/// use futures_util::stream;
/// use serde_json::json;
/// use vapi::custom_llm::{Delta, LlmError, LlmRequest, LlmService, LlmToolCall};
///
/// let llm = LlmService::new(|request: LlmRequest| async move {
///     let delta = match request.messages.last() {
///         Some(last) if last.tool_call_id.is_some() => Delta::Text(format!("The table is {}.", last.text())),
///         _ => Delta::ToolCall(LlmToolCall::new("book_table", &json!({ "guests": 2 }))),
///     };
///     Ok::<_, LlmError>(stream::iter([delta]))
/// })
/// .authorize(|parts| parts.headers.get("authorization").is_some_and(|value| value == "Bearer my-own-key"));
/// # let _ = llm;
/// ```
#[derive(Clone)]
pub struct LlmService {
    handler: Arc<Handler>,
    authorize: Option<Authorize>,
    longest_request: usize,
}

type Handler = dyn Fn(LlmRequest) -> Pin<Box<dyn Future<Output = Result<Deltas, LlmError>> + Send>> + Send + Sync;

type Deltas = Pin<Box<dyn Stream<Item = Result<Delta, LlmError>> + Send>>;

impl LlmService {
    /// Creates a model of a handler.
    pub fn new<F, R, S, E>(handler: F) -> Self
    where
        F: Fn(LlmRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<S, E>> + Send + 'static,
        S: Stream + Send + 'static,
        S::Item: IntoDelta,
        E: Into<LlmError>,
    {
        LlmService {
            handler: Arc::new(move |request| {
                let deltas = handler(request);
                Box::pin(async move {
                    let deltas = deltas.await.map_err(Into::into)?;
                    Ok(Box::pin(deltas.map(IntoDelta::into_delta)) as Deltas)
                })
            }),
            authorize: None,
            longest_request: LONGEST_REQUEST,
        }
    }

    /// Sets a check of each request, by its headers. A request that does not pass gets the status 401. Without a check, whoever
    /// knows the URL is served.
    pub fn authorize(mut self, check: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.authorize = Some(Arc::new(check));
        self
    }

    /// Sets the longest request that is read, in bytes, instead of 8 MiB.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.longest_request = bytes;
        self
    }

    async fn respond<B>(self, request: Request<B>) -> Result<Response<ServiceBody>, LlmError>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST {
            return Err(LlmError::new(StatusCode::METHOD_NOT_ALLOWED, "send a POST"));
        }
        if self.authorize.is_some_and(|check| !check(&parts)) {
            return Err(LlmError::new(StatusCode::UNAUTHORIZED, "the key is missing or wrong"));
        }
        let body = read_body(body, self.longest_request).await;
        let body = body.map_err(|unread| LlmError::new(unread.status(), unread.message()))?;
        let request = LlmRequest::read(&body)?;
        let (model, is_stream, with_usage) = (request.model.clone(), request.stream, request.wants_usage());
        let mut deltas = (self.handler)(request).await?;
        if is_stream {
            let events = Events {
                deltas,
                writer: ChunkWriter::new(model, with_usage),
                step: EventStep::Begin,
            };
            let body = ServiceBody::stream(events.map(Ok));
            let mut response = response(StatusCode::OK, "text/event-stream", body);
            response
                .headers_mut()
                .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            return Ok(response);
        }
        let mut completion = Completion::new(model);
        while let Some(delta) = deltas.next().await {
            completion.add(delta?);
        }
        let body = ServiceBody::full(completion.to_json().to_string());
        Ok(response(StatusCode::OK, "application/json", body))
    }
}

impl<B> Service<Request<B>> for LlmService
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<ServiceBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            Ok(this.respond(request).await.unwrap_or_else(|error| {
                let body = ServiceBody::full(error.body().to_string());
                response(error.status(), "application/json", body)
            }))
        })
    }
}

impl fmt::Debug for LlmService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LlmService")
            .field("is_checked", &self.authorize.is_some())
            .field("longest_request", &self.longest_request)
            .finish_non_exhaustive()
    }
}

/// The events of a streamed response.
struct Events {
    deltas: Deltas,
    writer: ChunkWriter,
    step: EventStep,
}

#[derive(PartialEq)]
enum EventStep {
    Begin,
    Middle,
    Done,
}

impl Stream for Events {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self.step {
            EventStep::Begin => {
                self.step = EventStep::Middle;
                return Poll::Ready(Some(self.writer.begin()));
            }
            EventStep::Middle => {}
            EventStep::Done => return Poll::Ready(None),
        }
        loop {
            match ready!(self.deltas.as_mut().poll_next(cx)) {
                Some(Ok(delta)) => {
                    if let Some(event) = self.writer.event(delta) {
                        return Poll::Ready(Some(event));
                    }
                }
                Some(Err(error)) => {
                    self.step = EventStep::Done;
                    return Poll::Ready(Some(ChunkWriter::error(&error)));
                }
                None => {
                    self.step = EventStep::Done;
                    return Poll::Ready(Some(self.writer.end()));
                }
            }
        }
    }
}
