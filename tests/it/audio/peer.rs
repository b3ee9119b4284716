//! The other end of a session: a WebSocket server that a test steers.

use std::future::IntoFuture;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use vapi::audio::{AudioSession, ConnectAudio};
use vapi::types::Call;
use vapi::{Client, ClientBuilder};

use crate::support::builder;

pub const LIMIT: Duration = Duration::from_secs(10);

pub struct Peer {
    pub socket: WebSocketStream<TcpStream>,
}

/// Connects a session and its other end.
pub async fn connected(configure: impl FnOnce(ConnectAudio) -> ConnectAudio) -> (AudioSession, Peer) {
    connected_by(|builder| builder, configure).await
}

/// Connects a session of a client with settings of its own.
pub async fn connected_by(
    settings: impl FnOnce(ClientBuilder) -> ClientBuilder,
    configure: impl FnOnce(ConnectAudio) -> ConnectAudio,
) -> (AudioSession, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let vapi: Client = settings(builder(&format!("http://{host}"))).build().unwrap();
    let call = call(&format!("ws://{host}/c/transport"));
    let session = configure(vapi.calls().connect_websocket(&call));
    let accept = async {
        let (connection, _) = listener.accept().await.unwrap();
        let socket = tokio_tungstenite::accept_async(connection).await.unwrap();
        Peer { socket }
    };
    let (session, peer) = tokio::join!(session.into_future(), accept);
    (session.unwrap(), peer)
}

/// Returns a call with this socket.
pub fn call(url: &str) -> Call {
    let transport = json!({ "provider": "vapi.websocket", "websocketCallUrl": url });
    serde_json::from_value(json!({ "id": "c", "orgId": "o", "transport": transport })).unwrap()
}

impl Peer {
    /// Returns the next message.
    pub async fn next(&mut self) -> Message {
        timeout(LIMIT, self.socket.next()).await.unwrap().unwrap().unwrap()
    }

    /// Returns the next frame of sound.
    pub async fn frame(&mut self) -> Vec<u8> {
        loop {
            if let Message::Binary(sound) = self.next().await {
                return sound.to_vec();
            }
        }
    }

    /// Returns the frames of some time, with their times of arrival.
    pub async fn frames_for(&mut self, time: Duration) -> Vec<(Instant, Vec<u8>)> {
        let end = Instant::now() + time;
        let mut frames = Vec::new();
        while Instant::now() < end {
            let frame = self.frame().await;
            frames.push((Instant::now(), frame));
        }
        frames
    }

    pub async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    pub async fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        self.send(Message::Close(Some(frame))).await;
    }

    /// Reads until the session is closed. Returns the texts that came.
    pub async fn drain(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Ok(Some(Ok(message))) = timeout(LIMIT, self.socket.next()).await {
            match message {
                Message::Text(text) => texts.push(text.as_str().to_owned()),
                Message::Close(_) => break,
                _ => {}
            }
        }
        texts
    }
}
