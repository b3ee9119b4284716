//! A custom voice: a server that Vapi asks for the sound of a text.
//!
//! An assistant with a voice of the provider `custom-voice` names a URL. For each text, Vapi posts a `voice-request` there, and plays
//! the PCM of the response.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use serde::Deserialize;
use serde_json::json;
use tower_service::Service;

use crate::http_service::{Authorize, BoxError, ServiceBody, read_body, response};
use crate::types::ServerMessageVoiceRequest;

/// The longest request that is read. It has the whole conversation in it.
const LONGEST_REQUEST: usize = 8 << 20;

/// A text that Vapi wants to hear.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct VoiceRequest {
    /// The text to speak.
    pub text: String,
    /// The samples per second that the PCM must have.
    pub sample_rate: u32,
    /// The whole message, with the call, the assistant and the customer.
    pub message: Box<ServerMessageVoiceRequest>,
}

impl VoiceRequest {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// The body is not a `voice-request`, or lacks the text or the sample rate.
    ///
    /// # Examples
    ///
    /// ```
    /// use vapi::audio::voice::VoiceRequest;
    ///
    /// let body = br#"{"message":{"type":"voice-request","text":"Good morning.","sampleRate":24000}}"#;
    /// let request = VoiceRequest::read(body).unwrap();
    /// assert_eq!((request.text.as_str(), request.sample_rate), ("Good morning.", 24_000));
    /// ```
    pub fn read(body: &[u8]) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Envelope {
            message: Box<ServerMessageVoiceRequest>,
        }
        // The tag is read apart: a message of another type would otherwise lack everything.
        #[derive(Deserialize)]
        struct TaggedEnvelope {
            message: Tag,
        }
        #[derive(Deserialize)]
        struct Tag {
            #[serde(rename = "type")]
            kind: String,
        }

        let refuse = |why: String| Err(<serde_json::Error as serde::de::Error>::custom(why));
        let kind = serde_json::from_slice::<TaggedEnvelope>(body)?.message.kind;
        if kind != "voice-request" {
            return refuse(format!("the message is a `{kind}`, not a `voice-request`"));
        }
        let mut message = serde_json::from_slice::<Envelope>(body)?.message;
        let rate = message.sample_rate.as_ref().map(|rate| rate.as_f64() as u32);
        match (message.text.take(), rate) {
            (Some(text), Some(sample_rate)) if sample_rate > 0 => {
                message.text = Some(text.clone());
                Ok(VoiceRequest {
                    text,
                    sample_rate,
                    message,
                })
            }
            (None, _) => refuse("the message has no `text`".to_owned()),
            _ => refuse("the message has no `sampleRate`".to_owned()),
        }
    }
}

/// A custom voice as a tower service over `http` types. Clones share the handler.
///
/// The handler returns a stream of PCM: one channel, 16 bits, little-endian, at the sample rate of the request. It is sent as it
/// comes. [`Codec`](super::Codec) makes bytes of samples, [`Resampler`](super::Resampler) changes their rate.
///
/// An error before the stream is the response 500; one in it breaks the response off. Both are events of `tracing`, and Vapi does not
/// get their text. Dropping the response drops the stream: Vapi does that when the customer interrupts.
///
/// # Examples
///
/// ```no_run
/// use vapi::audio::voice::{VoiceRequest, VoiceService};
/// use vapi::audio::{Codec, Resampler};
///
/// # fn synthesize(text: &str) -> Vec<i16> { text.bytes().map(i16::from).collect() }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let voice = VoiceService::new(|request: VoiceRequest| async move {
///     let mut resampler = Resampler::new(22_050, request.sample_rate)?;
///     let mut samples = resampler.process(&synthesize(&request.text));
///     samples.extend(resampler.finish());
///     let pieces = [Ok::<_, vapi::Error>(Codec::Pcm.encode(samples))];
///     Ok::<_, vapi::Error>(futures_util::stream::iter(pieces))
/// });
/// let app: axum::Router = axum::Router::new().route_service("/voice", voice);
/// axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct VoiceService {
    handler: Arc<Handler>,
    authorize: Option<Authorize>,
}

type Handler = dyn Fn(VoiceRequest) -> Pin<Box<dyn Future<Output = Result<Sound, BoxError>> + Send>> + Send + Sync;

type Sound = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;

impl VoiceService {
    /// Creates a voice of a handler, which makes the sound of a request.
    pub fn new<F, R, S, B, E, D>(handler: F) -> Self
    where
        F: Fn(VoiceRequest) -> R + Send + Sync + 'static,
        R: Future<Output = Result<S, E>> + Send + 'static,
        S: Stream<Item = Result<B, D>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
        D: Into<BoxError>,
    {
        VoiceService {
            handler: Arc::new(move |request| {
                let sound = handler(request);
                Box::pin(async move {
                    let sound = sound.await.map_err(Into::into)?;
                    let sound = sound.map(|piece| piece.map(Into::into).map_err(Into::into));
                    Ok(Box::pin(sound) as Sound)
                })
            }),
            authorize: None,
        }
    }

    /// Sets a check of each request, by its headers. A request that does not pass gets the status 401. Without a check, whoever
    /// knows the URL is served.
    pub fn authorize(mut self, check: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.authorize = Some(Arc::new(check));
        self
    }

    async fn respond<B>(self, request: Request<B>) -> Response<ServiceBody>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST {
            return refusal(StatusCode::METHOD_NOT_ALLOWED, "send a POST");
        }
        if self.authorize.is_some_and(|check| !check(&parts)) {
            return refusal(StatusCode::UNAUTHORIZED, "the request is not authorized");
        }
        let body = match read_body(body, LONGEST_REQUEST).await {
            Ok(body) => body,
            Err(unread) => return refusal(unread.status(), unread.message()),
        };
        let request = match VoiceRequest::read(&body) {
            Ok(request) => request,
            Err(error) => return refusal(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        match (self.handler)(request).await {
            Ok(sound) => {
                let sound = sound.inspect(|piece| {
                    if let Err(error) = piece {
                        tracing::error!(%error, "the custom voice broke off");
                    }
                });
                response(StatusCode::OK, "application/octet-stream", ServiceBody::stream(sound))
            }
            Err(error) => {
                tracing::error!(%error, "the custom voice failed");
                refusal(StatusCode::INTERNAL_SERVER_ERROR, "the voice failed")
            }
        }
    }
}

fn refusal(status: StatusCode, message: &str) -> Response<ServiceBody> {
    let body = json!({ "error": message }).to_string();
    response(status, "application/json", ServiceBody::full(body))
}

impl<B> Service<Request<B>> for VoiceService
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
        Box::pin(async move { Ok(this.respond(request).await) })
    }
}

impl fmt::Debug for VoiceService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VoiceService")
            .field("is_checked", &self.authorize.is_some())
            .finish_non_exhaustive()
    }
}
