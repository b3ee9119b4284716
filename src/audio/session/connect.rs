//! The way to a session: a call is created, and its socket is opened.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use reqwest::Url;
use serde_json::Value;
use tokio::sync::mpsc;

use super::AudioSession;
use super::control::{AudioControl, end_text};
use super::driver::drive;
use super::inbox::Inbox;
use super::playout::Playout;
use super::receiver::AudioReceiver;
use super::sender::AudioSender;
use super::shared::Shared;
use crate::audio::frame_format::{Codec, FrameFormat, check_rate};
use crate::audio::resampler::Resampler;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Number;
use crate::transport::{ConnectOptions, WebSocket, connect, given_url};
use crate::types::{AudioEncoding, AudioFormat, Call, CreateCallDto, Transport, VapiWebsocketTransport};

/// The longest message that is received. The largest are conversations as JSON.
const LONGEST_MESSAGE: usize = 16 << 20;

/// Commands that wait for the task of the session.
const COMMANDS: usize = 16;

/// A session that is about to begin. Await it to create the call and to connect to it.
///
/// The settings are about the sound. Their defaults fit a conversation.
#[must_use = "nothing is sent until this is awaited"]
pub struct ConnectAudio {
    client: Client,
    source: CallSource,
    format: Option<FrameFormat>,
    sample_rate: Option<u32>,
    capacity: Duration,
    cushion: Duration,
    backlog: Duration,
}

enum CallSource {
    New(Box<CreateCallDto>),
    Existing(Box<Call>),
}

impl ConnectAudio {
    fn new(client: Client, source: CallSource) -> Self {
        ConnectAudio {
            client,
            source,
            format: None,
            sample_rate: None,
            capacity: Duration::from_millis(400),
            cushion: Duration::from_millis(40),
            backlog: Duration::from_secs(10),
        }
    }

    /// Sets the format of the sound on the socket. Default: that of the call's `transport`, else PCM at 16 kHz.
    pub fn format(mut self, format: FrameFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the sample rate of the sound that you send and receive, if it is another one than on the socket. It is resampled.
    pub fn sample_rate(mut self, rate: u32) -> Self {
        self.sample_rate = Some(rate);
        self
    }

    /// Sets the length of the queue of sound to be sent, instead of 400 ms. It is the longest delay of live sound.
    pub fn capacity(mut self, capacity: Duration) -> Self {
        self.capacity = capacity;
        self
    }

    /// Sets how much sound is collected after silence before it is sent, instead of 40 ms. It bridges gaps between pieces that come
    /// late.
    pub fn cushion(mut self, cushion: Duration) -> Self {
        self.cushion = cushion;
        self
    }

    /// Sets how much received sound is kept while nobody reads it, instead of 10 s.
    pub fn backlog(mut self, backlog: Duration) -> Self {
        self.backlog = backlog;
        self
    }

    async fn connect(self) -> Result<AudioSession> {
        let ConnectAudio {
            client,
            source,
            format,
            sample_rate,
            capacity,
            cushion,
            backlog,
        } = self;
        let (call, format) = match source {
            CallSource::New(body) => create(&client, *body, format).await?,
            CallSource::Existing(call) => {
                let format = format.or_else(|| format_of(call.transport.as_ref()));
                (*call, format.unwrap_or_default())
            }
        };
        check_rate(format.sample_rate())?;
        let rate = sample_rate.unwrap_or(format.sample_rate());
        let inward = Resampler::new(format.sample_rate(), rate)?;
        let outward = Resampler::new(rate, format.sample_rate())?;
        let farewell = end_text()?;

        let url = socket_url(&client, &call)?;
        let options = ConnectOptions {
            operation: "websocketCallUrl",
            name: "{websocketCallUrl}",
            with_key: is_of_api(client.base_url(), &url),
            timeout: None,
            longest_message: LONGEST_MESSAGE,
        };
        let (socket, context): (WebSocket, _) = connect(client.settings(), &url, HeaderMap::new(), options).await?;
        let playout = Playout::new(format, capacity, cushion);
        let shared = Arc::new(Shared::new(format, playout, Inbox::new(format, backlog), context));
        let (commands, received) = mpsc::channel(COMMANDS);
        let idle_limit = client.settings().idle_timeout;
        let of_task = Arc::clone(&shared);
        tokio::spawn(async move { drive(socket, &of_task, received, farewell, idle_limit).await });
        let control = AudioControl { commands, shared };
        Ok(AudioSession {
            receiver: AudioReceiver::new(control.clone(), inward),
            sender: AudioSender::new(control, outward),
            call,
        })
    }
}

impl IntoFuture for ConnectAudio {
    type Output = Result<AudioSession>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<AudioSession>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.connect())
    }
}

impl fmt::Debug for ConnectAudio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectAudio")
            .field("format", &self.format)
            .field("sample_rate", &self.sample_rate)
            .field("capacity", &self.capacity)
            .field("cushion", &self.cushion)
            .field("backlog", &self.backlog)
            .finish_non_exhaustive()
    }
}

/// Creates the call. Returns it with the format of its sound.
async fn create(client: &Client, mut body: CreateCallDto, format: Option<FrameFormat>) -> Result<(Call, FrameFormat)> {
    let mut transport = match body.transport.take() {
        None => VapiWebsocketTransport::new(),
        Some(Transport::VapiWebsocket(transport)) => *transport,
        Some(_) => return Err(Error::input("the transport of the call is not `vapi.websocket`")),
    };
    let format = format.or_else(|| read_format(transport.audio_format.as_ref()));
    let format = format.unwrap_or_default();
    check_rate(format.sample_rate())?;
    let encoding = match format.codec() {
        Codec::Pcm => AudioEncoding::PcmS16le,
        Codec::Mulaw => AudioEncoding::Mulaw,
    };
    transport.audio_format = Some(AudioFormat::new(encoding, format.sample_rate()).container("raw"));
    body.transport = Some(transport.into());
    let call = client.calls().create(body).await?.into_call()?;
    // The server may have chosen another one.
    let format = format_of(call.transport.as_ref()).unwrap_or(format);
    Ok((call, format))
}

fn format_of(transport: Option<&Transport>) -> Option<FrameFormat> {
    match transport {
        Some(Transport::VapiWebsocket(transport)) => read_format(transport.audio_format.as_ref()),
        _ => None,
    }
}

/// Returns the format, if it is known here.
fn read_format(format: Option<&AudioFormat>) -> Option<FrameFormat> {
    let format = format?;
    let known = match format.format {
        AudioEncoding::PcmS16le => FrameFormat::default(),
        AudioEncoding::Mulaw => FrameFormat::mulaw(),
        _ => return None,
    };
    Some(known.with_sample_rate(rate_of(&format.sample_rate)?))
}

fn rate_of(rate: &Number) -> Option<u32> {
    // What is out of range is refused later.
    Some(rate.as_f64() as u32).filter(|rate| *rate > 0)
}

/// Returns the URL of the call's socket.
///
/// # Errors
///
/// The call has none, or it is not as safe as the API.
fn socket_url(client: &Client, call: &Call) -> Result<Url> {
    const NAME: &str = "websocketCallUrl";
    let url = match &call.transport {
        Some(Transport::VapiWebsocket(transport)) => transport.extra.get(NAME),
        Some(Transport::Unknown(transport)) => transport.get(NAME),
        _ => None,
    };
    match url.and_then(Value::as_str) {
        Some(url) => given_url(client.settings(), NAME, url),
        None => Err(Error::new(
            ErrorKind::Decode,
            format!("the call has no `transport.{NAME}`: it is not over a WebSocket"),
        )),
    }
}

/// Returns whether a URL may get the key: it has the host of the API, or both are below one domain of Vapi.
fn is_of_api(base_url: &str, url: &Url) -> bool {
    let Ok(base) = Url::parse(base_url) else { return false };
    let (Some(host), Some(other)) = (base.host_str(), url.host_str()) else {
        return false;
    };
    let is_of_vapi = |host: &str| host == "vapi.ai" || host.ends_with(".vapi.ai");
    host == other || is_of_vapi(host) && is_of_vapi(other)
}

impl crate::resources::Calls {
    /// Creates a call over audio, and connects to it. The call's `transport` is set to `vapi.websocket`.
    ///
    /// Creating is one step and connecting is another: if connecting fails, the call was created and never begins. To keep the
    /// call in hand between the steps, use [`create`](Self::create) and [`connect_websocket`](Self::connect_websocket).
    ///
    /// # Errors
    ///
    /// Awaiting it has the errors of [`create`](Self::create) and of the connection. A sample rate may be impossible, and the call
    /// may have a transport of another kind.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, id: &str, greeting: Vec<i16>) -> vapi::Result<()> {
    /// use vapi::audio::Incoming;
    /// use vapi::types::CreateCallDto;
    ///
    /// let call = CreateCallDto::new().assistant_id(id);
    /// let (mut ear, mut mouth) = vapi.calls().create_websocket(call).await?.split();
    /// mouth.send(&greeting).await?;
    /// while let Some(heard) = ear.next().await {
    ///     match heard? {
    ///         Incoming::Audio(samples) => println!("{} samples", samples.len()),
    ///         Incoming::Event(event) => println!("{event:?}"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_websocket(&self, call: CreateCallDto) -> ConnectAudio {
        ConnectAudio::new(self.client.clone(), CallSource::New(Box::new(call)))
    }

    /// Connects to the socket of a call that was created with the transport `vapi.websocket`. The call begins with it.
    ///
    /// # Errors
    ///
    /// Awaiting it has the errors of the connection. The call may have no socket.
    pub fn connect_websocket(&self, call: &Call) -> ConnectAudio {
        ConnectAudio::new(self.client.clone(), CallSource::Existing(Box::new(call.clone())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn transport(format: Value) -> Transport {
        serde_json::from_value(json!({ "provider": "vapi.websocket", "audioFormat": format })).unwrap()
    }

    #[test]
    fn the_format_is_that_of_the_transport() {
        for (format, expected) in [
            (
                json!({ "format": "pcm_s16le", "sampleRate": 24_000 }),
                Some(FrameFormat::pcm(24_000)),
            ),
            (
                json!({ "format": "mulaw", "sampleRate": 8_000.0 }),
                Some(FrameFormat::mulaw()),
            ),
            (json!({ "format": "opus", "sampleRate": 48_000 }), None),
            (json!({ "format": "mulaw", "sampleRate": -1 }), None),
        ] {
            assert_eq!(format_of(Some(&transport(format))), expected);
        }
        assert_eq!(format_of(None), None);
    }

    #[test]
    fn the_key_goes_to_hosts_of_the_api_alone() {
        let is_of_api = |base, url: &str| is_of_api(base, &Url::parse(url).unwrap());
        assert!(is_of_api("https://api.vapi.ai", "https://api.vapi.ai/1/transport"));
        assert!(is_of_api(
            "https://api.eu.vapi.ai",
            "https://phone-call.eu.vapi.ai/1/transport"
        ));
        assert!(is_of_api("http://127.0.0.1:1", "http://127.0.0.1:2/1/transport"));
        assert!(!is_of_api("https://api.vapi.ai", "https://vapi.ai.example/1"));
        assert!(!is_of_api("https://api.vapi.ai", "https://notvapi.ai/1"));
        assert!(!is_of_api("https://proxy.example", "https://api.vapi.ai/1"));
    }
}
