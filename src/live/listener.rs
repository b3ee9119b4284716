//! The sound and the events of a running call, over the WebSocket at its listen URL.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::Sink;
use http::{HeaderMap, HeaderValue, header};
use reqwest::Url;
use serde_json::Value;
use tokio::time::{Instant, Sleep, sleep};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::live_event::LiveEvent;
use super::wav::{PcmFormat, WavFile};
use super::{LISTEN, LiveCall, Obstacle, explain};
use crate::client::Client;
use crate::error::{Error, RequestContext, Result};
use crate::transport::{self, ConnectOptions, WebSocket};

const OPERATION: &str = "live.listen";
/// The longest message that is received. A second of the finest sound has less.
const LONGEST_MESSAGE: usize = 1 << 20;
/// The number of connections in a row that may fail while the call lives.
const MOST_FAILURES: u32 = 8;

/// Something that comes from a running call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AudioEvent {
    /// Sound: samples of 16 bits. A frame usually lasts 20 ms, and may end within a sample.
    Pcm(Bytes),
    /// An event, such as a transcript or a change of the status.
    Event(LiveEvent),
    /// The connection was lost and made again.
    Reconnected {
        /// The time that was not heard.
        lost: Duration,
    },
}

impl LiveCall {
    /// Listens to the call. Await it to connect.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(live: vapi::live::LiveCall) -> vapi::Result<()> {
    /// use vapi::live::AudioEvent;
    ///
    /// let mut listener = live.listen().await?;
    /// while let Some(heard) = listener.next().await {
    ///     match heard? {
    ///         AudioEvent::Pcm(samples) => println!("{} bytes", samples.len()),
    ///         AudioEvent::Event(event) => println!("{}", event.type_name()),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn listen(&self) -> Listen {
        Listen {
            live: self.clone(),
            format: PcmFormat::default(),
            timeout: None,
        }
    }
}

/// A listener that is not connected yet. Await it to connect.
///
/// # Errors
///
/// The errors of every operation. The call may have no listen URL, or may have ended
/// ([`Error::is_call_ended`]).
#[derive(Debug)]
#[must_use = "a listener connects when it is awaited"]
pub struct Listen {
    live: LiveCall,
    format: PcmFormat,
    timeout: Option<Duration>,
}

impl Listen {
    /// Sets the format in which the call sends its sound. The API does not document it, and does not say it when it sends.
    ///
    /// The default is one channel of 16,000 samples a second. A recording that is too slow, too fast or too deep has another.
    pub fn format(mut self, format: PcmFormat) -> Self {
        self.format = format;
        self
    }

    /// Sets the time limit of connecting, instead of the client's.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    async fn connect(self) -> Result<Listener> {
        let live = &self.live;
        let Some(url) = &live.listen_url else {
            return Err(Error::input(format!(
                "the call {} has no `{LISTEN}`: its assistant's `monitorPlan` forbids listening",
                live.id
            )));
        };
        let mut headers = HeaderMap::new();
        if let Some(key) = &live.public_key {
            let value = HeaderValue::from_str(&format!("Bearer {key}"));
            let mut value = value.map_err(|_| Error::input("the public key cannot be sent in a header"))?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let source = Source {
            client: live.client.clone(),
            id: live.id.clone(),
            url: url.clone(),
            headers,
            timeout: self.timeout,
        };
        let (socket, context) = match source.connect().await {
            Ok(connected) => connected,
            Err(error) => return Err(explain(&live.client, &live.id, error).await),
        };
        let idle_limit = live.client.settings().idle_timeout;
        Ok(Listener {
            source,
            context,
            format: self.format,
            state: State::Connected(Box::new(socket)),
            failures: 0,
            idle_limit,
            idle: Box::pin(sleep(idle_limit)),
            waiting: false,
        })
    }
}

impl IntoFuture for Listen {
    type Output = Result<Listener>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Listener>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.connect())
    }
}

/// The place where a call can be heard.
#[derive(Clone)]
struct Source {
    client: Client,
    id: String,
    url: Url,
    headers: HeaderMap,
    timeout: Option<Duration>,
}

impl Source {
    async fn connect(&self) -> Result<(WebSocket, RequestContext)> {
        let options = ConnectOptions {
            operation: OPERATION,
            name: LISTEN,
            with_key: false,
            timeout: self.timeout,
            longest_message: LONGEST_MESSAGE,
        };
        transport::connect(self.client.settings(), &self.url, self.headers.clone(), options).await
    }

    /// Returns whether the call has ended. If that cannot be found out, it has not.
    async fn has_ended(&self) -> bool {
        match self.client.calls().get(&self.id).json::<Value>().await {
            Ok(call) => matches!(Obstacle::of(call["status"].as_str(), None), Some(Obstacle::Ended(_))),
            Err(error) => error.is_not_found(),
        }
    }

    /// Connects again, after more time with each failure. Returns `None` if the call has ended.
    ///
    /// # Errors
    ///
    /// The server refuses the connection, or too many connections in a row have failed.
    async fn reconnect(self, mut failures: u32, lost_by: Error) -> Result<Option<WebSocket>> {
        let backoff = self.client.settings().backoff;
        let mut last_error = lost_by;
        loop {
            if self.has_ended().await {
                return Ok(None);
            }
            failures += 1;
            if failures > MOST_FAILURES {
                return Err(last_error);
            }
            sleep(backoff.delay(failures, fastrand::f64())).await;
            tracing::debug!(failures, cause = %last_error, "connecting to the sound of a call again");
            last_error = match self.connect().await {
                Ok((socket, _)) => return Ok(Some(socket)),
                Err(error) if error.is_transient() => error,
                Err(error) => match explain(&self.client, &self.id, error).await {
                    explained if explained.is_call_ended() => return Ok(None),
                    explained => return Err(explained),
                },
            };
        }
    }
}

/// The sound and the events of a running call, as a stream that ends with the call.
///
/// If the connection is lost while the call goes on, it is made again, and the stream has an
/// [`AudioEvent::Reconnected`]. It ends in an error if the server refuses that, or if too many connections in a row fail. The sound
/// comes in real time: a reader that is too slow for it is eventually disconnected by the server.
#[must_use = "nothing is heard until this is polled"]
pub struct Listener {
    source: Source,
    context: RequestContext,
    format: PcmFormat,
    state: State,
    /// Connections in a row on which nothing came.
    failures: u32,
    idle_limit: Duration,
    idle: Pin<Box<Sleep>>,
    /// True while the idle clock runs. It runs only while somebody waits.
    waiting: bool,
}

enum State {
    Connected(Box<WebSocket>),
    Lost { since: Instant, reconnecting: Reconnecting },
    Ended,
}

type Reconnecting = Pin<Box<dyn Future<Output = Result<Option<WebSocket>>> + Send>>;

/// Shows the id of the call, not its URL.
impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("id", &self.source.id)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl Listener {
    /// Returns the next sound or event, or `None` after the end of the call.
    pub async fn next(&mut self) -> Option<Result<AudioEvent>> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// Returns the format of the sound: the one that was set by [`Listen::format`], or the default.
    pub fn format(&self) -> PcmFormat {
        self.format
    }

    /// Writes the sound to a WAV file until the call ends, and returns its duration.
    ///
    /// The file is written as the sound comes. It is a valid file also if this future is dropped, or fails: with all that was heard
    /// until then. Time that was lost with a connection is silence in it.
    ///
    /// # Errors
    ///
    /// The errors of the stream, and if the file cannot be written. A WAV file cannot have more than 4 GiB, which are 37 hours.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(live: vapi::live::LiveCall) -> vapi::Result<()> {
    /// use std::time::Duration;
    ///
    /// // Ten seconds of a call.
    /// let recording = live.listen().await?.save_wav("start.wav");
    /// let _ = tokio::time::timeout(Duration::from_secs(10), recording).await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn save_wav(mut self, path: impl AsRef<Path>) -> Result<Duration> {
        let path = path.as_ref();
        let refuse = |cause| Error::file(format!("cannot write {}", path.display()), cause);
        let mut file = WavFile::create(path, self.format).await.map_err(refuse)?;
        while let Some(heard) = self.next().await {
            match heard? {
                AudioEvent::Pcm(sound) => file.add(&sound).await.map_err(refuse)?,
                AudioEvent::Reconnected { lost } => file.add_silence(lost).await.map_err(refuse)?,
                AudioEvent::Event(_) => {}
            }
        }
        file.finish().await.map_err(refuse)
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<AudioEvent>>> {
        loop {
            match &mut self.state {
                State::Ended => return Poll::Ready(None),
                State::Lost { since, reconnecting } => {
                    let Poll::Ready(connected) = reconnecting.as_mut().poll(cx) else {
                        return Poll::Pending;
                    };
                    let lost = since.elapsed();
                    match connected {
                        Ok(Some(socket)) => {
                            self.state = State::Connected(Box::new(socket));
                            return Poll::Ready(Some(Ok(AudioEvent::Reconnected { lost })));
                        }
                        Ok(None) => self.state = State::Ended,
                        Err(error) => return self.fail(error),
                    }
                }
                State::Connected(socket) => match Pin::new(&mut **socket).poll_next(cx) {
                    Poll::Ready(Some(Ok(message))) => {
                        self.waiting = false;
                        if let Some(heard) = self.receive(message, cx) {
                            return Poll::Ready(Some(heard));
                        }
                    }
                    Poll::Ready(Some(Err(cause))) => {
                        if let Poll::Ready(failed) = self.lose(transport::socket_error(cause)) {
                            return Poll::Ready(failed);
                        }
                    }
                    Poll::Ready(None) => {
                        if let Poll::Ready(failed) = self.lose(transport::closed(None)) {
                            return Poll::Ready(failed);
                        }
                    }
                    Poll::Pending => {
                        if !self.waiting {
                            self.waiting = true;
                            self.idle.as_mut().reset(transport::after(self.idle_limit));
                        }
                        if self.idle.as_mut().poll(cx).is_pending() {
                            return Poll::Pending;
                        }
                        if let Poll::Ready(failed) = self.lose(Error::idle(self.idle_limit)) {
                            return Poll::Ready(failed);
                        }
                    }
                },
            }
        }
    }

    /// Returns what a message brings to the listener.
    fn receive(&mut self, message: Message, cx: &mut Context<'_>) -> Option<Result<AudioEvent>> {
        match message {
            Message::Binary(sound) if sound.is_empty() => None,
            Message::Binary(sound) => {
                self.failures = 0;
                Some(Ok(AudioEvent::Pcm(sound)))
            }
            Message::Text(text) => {
                self.failures = 0;
                Some(Ok(AudioEvent::Event(LiveEvent::new(text.as_str().to_owned()))))
            }
            Message::Close(frame) => {
                if let State::Connected(socket) = &mut self.state {
                    // The response to the close, as far as it goes at once.
                    let _ = Pin::new(&mut **socket).poll_flush(cx);
                }
                if frame.as_ref().is_some_and(|frame| frame.code == CloseCode::Normal) {
                    self.state = State::Ended;
                    return None;
                }
                match self.lose(transport::closed(frame.as_ref())) {
                    Poll::Ready(failed) => failed,
                    Poll::Pending => None,
                }
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => None,
        }
    }

    /// Begins to connect again, if the loss is not final. It is if the server has refused the listener.
    fn lose(&mut self, lost_by: Error) -> Poll<Option<Result<AudioEvent>>> {
        self.waiting = false;
        let lost_by = lost_by.for_request(&self.context);
        if !lost_by.is_transient() {
            return self.fail(lost_by);
        }
        let failures = self.failures;
        self.failures += 1;
        self.state = State::Lost {
            since: Instant::now(),
            reconnecting: Box::pin(self.source.clone().reconnect(failures, lost_by)),
        };
        Poll::Pending
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<AudioEvent>>> {
        self.state = State::Ended;
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for Listener {
    type Item = Result<AudioEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(cx)
    }
}
