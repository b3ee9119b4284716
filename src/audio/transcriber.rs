//! A custom transcriber: a server that Vapi asks for the text of a sound.
//!
//! An assistant with a transcriber of the provider `custom-transcriber` names a URL. Vapi opens a WebSocket there for each call. It
//! sends a start message, and then the sound of both sides; the server sends transcripts back.
//!
//! The handshake is the business of your HTTP server, and so is the check of its headers. What is left after it is any
//! `AsyncRead + AsyncWrite`.

use std::fmt;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};

use super::frame_format::Codec;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{closed, socket_error};

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

/// A side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The person.
    Customer,
    /// The assistant.
    Assistant,
}

/// A transcript of what one side said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Transcript {
    /// The text.
    #[serde(rename = "transcription")]
    pub text: String,
    /// Who said it.
    #[serde(rename = "channel")]
    pub speaker: Speaker,
    /// True if the text will not change any more.
    #[serde(rename = "transcriptType", serialize_with = "write_type")]
    pub is_final: bool,
}

impl Transcript {
    /// Creates a transcript that will not change any more. The assistant responds to it.
    pub fn complete(speaker: Speaker, text: impl Into<String>) -> Self {
        Transcript {
            text: text.into(),
            speaker,
            is_final: true,
        }
    }

    /// Creates a transcript that a later one replaces.
    pub fn partial(speaker: Speaker, text: impl Into<String>) -> Self {
        Transcript {
            is_final: false,
            ..Transcript::complete(speaker, text)
        }
    }

    fn to_message(&self) -> Result<Message> {
        #[derive(Serialize)]
        struct Tagged<'a> {
            #[serde(rename = "type")]
            kind: &'static str,
            #[serde(flatten)]
            transcript: &'a Transcript,
        }
        let tagged = Tagged {
            kind: "transcriber-response",
            transcript: self,
        };
        let text = serde_json::to_string(&tagged)
            .map_err(|cause| Error::input("the transcript cannot be written as JSON").caused_by(cause))?;
        Ok(Message::text(text))
    }
}

fn write_type<S: serde::Serializer>(is_final: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *is_final { "final" } else { "partial" })
}

/// A piece of the sound of a call, by sides. Both have the same length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallAudio {
    /// What the customer said.
    pub customer: Vec<i16>,
    /// What the assistant said. Empty if Vapi sends one channel.
    pub assistant: Vec<i16>,
}

/// What Vapi sends to a transcriber.
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

/// Takes channels apart. Messages may end anywhere, even within a sample.
struct Deinterleaver {
    codec: Codec,
    channels: usize,
    rest: Vec<u8>,
}

impl Deinterleaver {
    fn new(start: &TranscriberStart) -> Result<Self> {
        let codec = match start.encoding.as_str() {
            "linear16" | "pcm_s16le" => Codec::Pcm,
            "mulaw" => Codec::Mulaw,
            other => {
                let detail = format!("sound in the encoding `{other}` cannot be read");
                return Err(Error::new(ErrorKind::Decode, detail));
            }
        };
        if !(1..=8).contains(&start.channels) {
            let detail = format!("sound of {} channels cannot be read", start.channels);
            return Err(Error::new(ErrorKind::Decode, detail));
        }
        Ok(Deinterleaver {
            codec,
            channels: start.channels,
            rest: Vec::new(),
        })
    }

    fn split(&mut self, bytes: &[u8]) -> CallAudio {
        self.rest.extend_from_slice(bytes);
        let width = self.codec.bytes_per_sample() * self.channels;
        let whole = self.rest.len() / width * width;
        let samples = self.codec.decode(&self.rest[..whole]);
        self.rest.drain(..whole);
        let channel = |number: usize| samples.iter().skip(number).step_by(self.channels).copied().collect();
        CallAudio {
            customer: channel(0),
            assistant: if self.channels > 1 { channel(1) } else { Vec::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn start(encoding: &str, channels: usize) -> TranscriberStart {
        let message = json!({ "encoding": encoding, "container": "raw", "sampleRate": 16_000, "channels": channels });
        serde_json::from_value(message).unwrap()
    }

    #[test]
    fn channels_are_taken_apart_across_messages() {
        let mut deinterleaver = Deinterleaver::new(&start("linear16", 2)).unwrap();
        let bytes = Codec::Pcm.encode([1, -1, 2, -2, 3, -3]);
        let mut both = CallAudio::default();
        for piece in [&bytes[..5], &bytes[5..6], &bytes[6..]] {
            let audio = deinterleaver.split(piece);
            assert_eq!(audio.customer.len(), audio.assistant.len());
            both.customer.extend(audio.customer);
            both.assistant.extend(audio.assistant);
        }
        assert_eq!((both.customer, both.assistant), (vec![1, 2, 3], vec![-1, -2, -3]));
    }

    #[test]
    fn one_channel_is_the_customer() {
        let mut deinterleaver = Deinterleaver::new(&start("mulaw", 1)).unwrap();
        let audio = deinterleaver.split(&[0xff, 0x80]);
        assert_eq!((audio.customer, audio.assistant), (vec![0, 32_124], vec![]));
    }

    #[test]
    fn sound_that_cannot_be_read_is_refused() {
        for (start, sentence) in [
            (start("opus", 2), "sound in the encoding `opus` cannot be read"),
            (start("linear16", 0), "sound of 0 channels cannot be read"),
            (start("linear16", 9), "sound of 9 channels cannot be read"),
        ] {
            let Err(error) = Deinterleaver::new(&start) else {
                panic!("it is refused");
            };
            assert!(error.is_decode());
            assert_eq!(error.to_string(), sentence);
        }
    }

    #[test]
    fn transcripts_have_the_form_that_vapi_reads() {
        let text = |transcript: Transcript| transcript.to_message().unwrap().into_text().unwrap();
        assert_eq!(
            text(Transcript::complete(Speaker::Customer, "Hello.")).as_str(),
            r#"{"type":"transcriber-response","transcription":"Hello.","channel":"customer","transcriptType":"final"}"#
        );
        assert!(
            text(Transcript::partial(Speaker::Assistant, ""))
                .contains(r#""channel":"assistant","transcriptType":"partial""#)
        );
    }

    proptest! {
        #[test]
        fn no_sample_is_lost(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..40), channels in 1..9_usize) {
            let mut deinterleaver = Deinterleaver::new(&start("linear16", channels)).unwrap();
            let taken: usize = pieces.iter().map(|piece| deinterleaver.split(piece).customer.len()).sum();
            let bytes: usize = pieces.iter().map(Vec::len).sum();
            prop_assert_eq!(taken, bytes / (2 * channels));
        }
    }
}
