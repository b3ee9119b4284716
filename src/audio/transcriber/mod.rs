//! A custom transcriber: a server that Vapi asks for the text of a sound.
//!
//! An assistant with a transcriber of the provider `custom-transcriber` names a URL. Vapi opens a WebSocket there for each call. It
//! sends a start message, and then the sound of both sides; the server sends transcripts back.
//!
//! The handshake is the business of your HTTP server, and so is the check of its headers. What is left after it is any
//! `AsyncRead + AsyncWrite`.

mod deinterleaver;
mod transcript;

use std::fmt;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use crate::error::{Error, ErrorKind, Result};
use crate::transport::{closed, socket_error};
use deinterleaver::Deinterleaver;

pub use deinterleaver::CallAudio;
pub use transcript::{Speaker, Transcript};

/// The longest message that is received. One has a fraction of a second of sound.
const LONGEST_MESSAGE: usize = 1 << 20;

/// The time that Vapi has for its start message.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The format of the sound of a call, as Vapi announces it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TranscriberStart {
    /// The encoding: `linear16`.
    pub encoding: String,
    /// The container: `raw`.
    #[serde(default)]
    pub container: Option<String>,
    /// The samples per second of a channel.
    pub sample_rate: u32,
    /// The number of channels. The first is the customer's, the second the assistant's.
    #[serde(default = "two")]
    pub channels: usize,
    /// The other properties.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

fn two() -> usize {
    2
}

/// A message of Vapi to a transcriber.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TranscriberMessage {
    /// Sound.
    Audio(CallAudio),
    /// A text message.
    Other(Value),
}

/// A call that is to be transcribed.
///
/// # Examples
///
/// With axum, which shows the request as `hyper` has it:
///
/// ```no_run
/// use vapi::audio::transcriber::{Speaker, TranscriberMessage, TranscriberSession, Transcript, accept_upgrade};
///
/// async fn transcribe(mut request: axum::extract::Request) -> axum::response::Response {
///     // Here is the place to check the headers.
///     let Ok(response) = accept_upgrade(&request) else {
///         return axum::http::StatusCode::BAD_REQUEST.into_response();
///     };
///     let upgrade = hyper::upgrade::on(&mut request);
///     tokio::spawn(async move {
///         let connection = hyper_util::rt::TokioIo::new(upgrade.await?);
///         let mut call = TranscriberSession::from_upgraded(connection).await?;
///         println!("{} Hz", call.start().sample_rate);
///         while let Some(message) = call.next().await {
///             if let TranscriberMessage::Audio(audio) = message? {
///                 println!("{} samples", audio.customer.len()); // to the recognizer
///                 call.send(&Transcript::complete(Speaker::Customer, "Hello.")).await?;
///             }
///         }
///         Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
///     });
///     response.map(|()| axum::body::Body::empty())
/// }
///
/// # use axum::response::IntoResponse;
/// # fn app() -> axum::Router {
/// axum::Router::new().route("/transcriber", axum::routing::get(transcribe))
/// # }
/// ```
pub struct TranscriberSession<S> {
    receiver: TranscriberReceiver<S>,
    sender: TranscriberSender<S>,
}

/// The half of a [`TranscriberSession`] that receives sound.
pub struct TranscriberReceiver<S> {
    stream: SplitStream<WebSocketStream<S>>,
    start: TranscriberStart,
    deinterleaver: Deinterleaver,
    is_over: bool,
}

/// The half of a [`TranscriberSession`] that sends transcripts.
pub struct TranscriberSender<S> {
    sink: SplitSink<WebSocketStream<S>, Message>,
}

/// Checks the request for a WebSocket, and returns the response with which it begins. Its status is 101.
///
/// # Errors
///
/// The request does not ask for a WebSocket.
pub fn accept_upgrade<B>(request: &Request<B>) -> Result<Response<()>> {
    create_response_with_body(request, || ())
        .map_err(|cause| Error::input(format!("the request does not open a WebSocket: {cause}")).caused_by(cause))
}

impl<S: AsyncRead + AsyncWrite + Unpin> TranscriberSession<S> {
    /// Begins a session over an upgraded connection: what is left of a request after the response of [`accept_upgrade`].
    ///
    /// # Errors
    ///
    /// The errors of [`accept`](Self::accept).
    pub async fn from_upgraded(connection: S) -> Result<Self> {
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        Self::accept(WebSocketStream::from_raw_socket(connection, Role::Server, Some(config)).await).await
    }

    /// Begins a session over an open WebSocket, and waits for the start message.
    ///
    /// # Errors
    ///
    /// The connection broke or fell silent, the first message is not a start message, or the sound is of an unknown encoding.
    pub async fn accept(mut socket: WebSocketStream<S>) -> Result<Self> {
        let start = match timeout(START_LIMIT, read_start(&mut socket)).await {
            Ok(start) => start?,
            Err(_) => return Err(Error::idle(START_LIMIT)),
        };
        let deinterleaver = Deinterleaver::new(&start)?;
        let (sink, stream) = socket.split();
        Ok(TranscriberSession {
            receiver: TranscriberReceiver {
                stream,
                start,
                deinterleaver,
                is_over: false,
            },
            sender: TranscriberSender { sink },
        })
    }

    /// Returns the format of the sound.
    pub fn start(&self) -> &TranscriberStart {
        &self.receiver.start
    }

    /// Returns the next message, or `None` after the end of the call.
    pub async fn next(&mut self) -> Option<Result<TranscriberMessage>> {
        self.receiver.next().await
    }

    /// Sends a transcript.
    ///
    /// # Errors
    ///
    /// The connection broke, or the call is over.
    pub async fn send(&mut self, transcript: &Transcript) -> Result<()> {
        self.sender.send(transcript).await
    }

    /// Splits the session, for a recognizer that takes sound and gives text at its own pace.
    pub fn split(self) -> (TranscriberReceiver<S>, TranscriberSender<S>) {
        (self.receiver, self.sender)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TranscriberReceiver<S> {
    /// Returns the format of the sound.
    pub fn start(&self) -> &TranscriberStart {
        &self.start
    }

    /// Returns the next message, or `None` after the end of the call.
    pub async fn next(&mut self) -> Option<Result<TranscriberMessage>> {
        while !self.is_over {
            let message = match self.stream.next().await {
                Some(Ok(Message::Binary(bytes))) => TranscriberMessage::Audio(self.deinterleaver.split(&bytes)),
                Some(Ok(Message::Text(text))) => {
                    let value = serde_json::from_str(&text);
                    TranscriberMessage::Other(value.unwrap_or_else(|_| Value::String(text.as_str().to_owned())))
                }
                Some(Ok(Message::Close(frame))) => {
                    self.is_over = true;
                    // The response to the close frame is sent by reading on.
                    let _ = timeout(Duration::from_secs(1), self.stream.next()).await;
                    return end_of(frame.as_ref()).err().map(Err);
                }
                Some(Ok(_)) => continue,
                Some(Err(SocketError::ConnectionClosed)) | None => {
                    self.is_over = true;
                    return None;
                }
                Some(Err(cause)) => {
                    self.is_over = true;
                    return Some(Err(socket_error(cause)));
                }
            };
            return Some(Ok(message));
        }
        None
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TranscriberSender<S> {
    /// Sends a transcript.
    ///
    /// # Errors
    ///
    /// The connection broke, or the call is over.
    pub async fn send(&mut self, transcript: &Transcript) -> Result<()> {
        self.sink.send(transcript.to_message()?).await.map_err(socket_error)
    }

    /// Closes the connection.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub async fn close(&mut self) -> Result<()> {
        let frame = CloseFrame {
            code: CloseCode::Normal,
            reason: Default::default(),
        };
        match self.sink.send(Message::Close(Some(frame))).await {
            Ok(()) | Err(SocketError::ConnectionClosed | SocketError::AlreadyClosed) => Ok(()),
            Err(cause) => Err(socket_error(cause)),
        }
    }
}

impl<S> fmt::Debug for TranscriberSession<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranscriberSession")
            .field("start", &self.receiver.start)
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for TranscriberReceiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranscriberReceiver")
            .field("start", &self.start)
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for TranscriberSender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranscriberSender").finish_non_exhaustive()
    }
}

async fn read_start<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>) -> Result<TranscriberStart> {
    #[derive(Deserialize)]
    struct Tagged {
        #[serde(rename = "type")]
        kind: String,
        #[serde(flatten)]
        start: TranscriberStart,
    }
    let refuse = |why: String| Err(Error::new(ErrorKind::Decode, why));
    loop {
        return match socket.next().await {
            Some(Ok(Message::Text(text))) => match serde_json::from_str::<Tagged>(&text) {
                Ok(tagged) if tagged.kind == "start" => Ok(tagged.start),
                Ok(tagged) => refuse(format!("the first message is a `{}`, not a `start`", tagged.kind)),
                Err(cause) => refuse(format!("the first message is not a `start`: {cause}")),
            },
            Some(Ok(Message::Binary(_))) => refuse("sound came before the start message".to_owned()),
            Some(Ok(Message::Close(frame))) => Err(closed(frame.as_ref())),
            Some(Ok(_)) => continue,
            Some(Err(cause)) => Err(socket_error(cause)),
            None => Err(closed(None)),
        };
    }
}

fn end_of(frame: Option<&CloseFrame>) -> Result<()> {
    match frame {
        // A client that leaves after its work often gives no code.
        None => Ok(()),
        Some(frame) if frame.code == CloseCode::Normal => Ok(()),
        frame => Err(closed(frame)),
    }
}
