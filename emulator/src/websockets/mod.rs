//! The websockets of a call: `listen`, which sends its audio, and `transport`, over which a call is held. This file has
//! access checks and the handshake; the two modules have the traffic.

mod audio;
mod listen;
mod transcriber;
mod transport;
mod vad;

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::header::{ALLOW, AUTHORIZATION, CONNECTION, HeaderName, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::calls::websocket;
use crate::calls::websocket::SocketTarget;
use crate::http::api_key::Caller;
use crate::http::response::Response;
use crate::http::same_origin;
use crate::state::State;

const KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
const VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");
const ACCEPT: HeaderName = HeaderName::from_static("sec-websocket-accept");

/// The interval of audio frames.
const FRAME: Duration = Duration::from_millis(20);

/// The largest message. One second of the finest sound fits.
const LARGEST_MESSAGE: usize = 1024 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum SocketKind {
    Listen,
    Transport,
}

/// A socket after its response 101, before the upgrade is complete.
pub(crate) struct Session {
    call: String,
    kind: SocketKind,
    upgrade: OnUpgrade,
}

/// Returns whether a path is that of a socket.
pub(crate) fn is_socket_path(path: &str) -> bool {
    read_path(path).is_some()
}

/// Returns the id of the call and the kind of its socket.
fn read_path(path: &str) -> Option<(&str, SocketKind)> {
    match path.strip_prefix('/')?.split_once('/')? {
        (id, "listen") => Some((id, SocketKind::Listen)),
        (id, "transport") => Some((id, SocketKind::Transport)),
        _ => None,
    }
}

/// Returns the response to a request for a socket, and the session if the response is 101.
pub(crate) fn open(state: &State, request: &Parts, upgrade: Option<OnUpgrade>) -> (Response, Option<Session>) {
    let Some((id, kind)) = read_path(request.uri.path()) else {
        return (Response::not_found(request.uri.path()), None);
    };
    if let Some(refusal) = refusal(state, request, id, kind) {
        return (refusal, None);
    }
    let key = match (handshake_key(&request.headers), upgrade) {
        (Ok(key), Some(upgrade)) => (key, upgrade),
        (Err(response), _) => return (*response, None),
        (Ok(_), None) => return (needs_upgrade("this connection cannot be upgraded"), None),
    };
    let (key, upgrade) = key;
    let mut response = Response::bytes(StatusCode::SWITCHING_PROTOCOLS, "", Bytes::new());
    response.headers.clear();
    let response = response
        .with_header(CONNECTION, "Upgrade")
        .with_header(UPGRADE, "websocket")
        .with_header(ACCEPT, &key);
    let session = Session {
        call: id.to_owned(),
        kind,
        upgrade,
    };
    (response, Some(session))
}

/// Returns the refusal of a request for a socket; `None` if it can be opened.
fn refusal(state: &State, request: &Parts, id: &str, kind: SocketKind) -> Option<Response> {
    if request.method != Method::GET {
        let message = format!("Cannot {} {}", request.method, request.uri.path());
        return Some(Response::error(StatusCode::METHOD_NOT_ALLOWED, message).with_header(ALLOW, "GET"));
    }
    if !same_origin::is_from_this_machine(&state.server_address, request) {
        let message = "pages of other sites cannot open sockets of this machine";
        return Some(Response::error(StatusCode::FORBIDDEN, message));
    }
    let Some(socket_target) = websocket::socket_target(state, id) else {
        return Some(Response::not_found(&format!("Call {id}")));
    };
    // The URL is a secret, so no token is needed. A token of another organization is a mistake.
    if request.headers.contains_key(AUTHORIZATION) && !is_owner(state, &request.headers, &socket_target) {
        return Some(Response::error(
            StatusCode::UNAUTHORIZED,
            "the call belongs to another organization",
        ));
    }
    let conflict = match (kind, socket_target.status) {
        (_, "ended") => "the call is over",
        (SocketKind::Listen, _) => return None,
        (SocketKind::Transport, _) if !socket_target.over_websocket => "the call is not over a websocket",
        (SocketKind::Transport, "queued") if !socket_target.connected => return None,
        (SocketKind::Transport, "scheduled") => "the call is not due yet",
        (SocketKind::Transport, _) => "the call is already connected",
    };
    Some(Response::error(StatusCode::CONFLICT, conflict))
}

fn is_owner(state: &State, headers: &HeaderMap, socket_target: &SocketTarget) -> bool {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token
        .and_then(|value| value.split_once(' '))
        .map_or("", |(_, token)| token.trim());
    let caller = Caller::read(token, &mut state.keys.lock());
    caller.is_ok_and(|caller| caller.organization == socket_target.organization)
}

/// Returns the value of `Sec-WebSocket-Accept`, or the problem of the handshake.
fn handshake_key(headers: &HeaderMap) -> Result<String, Box<Response>> {
    let names = |header: HeaderName, token: &str| {
        let values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|value| value.trim().eq_ignore_ascii_case(token))
    };
    if !names(CONNECTION, "upgrade") || !names(UPGRADE, "websocket") {
        return Err(needs_upgrade("connect with a websocket").into());
    }
    if !names(VERSION, "13") {
        return Err(needs_upgrade("the websocket must be of version 13").into());
    }
    match headers.get(KEY) {
        Some(key) if key.len() == 24 => Ok(derive_accept_key(key.as_bytes())),
        _ => Err(Response::bad_request("Sec-WebSocket-Key must be 16 bytes in base64").into()),
    }
}

fn needs_upgrade(message: &str) -> Response {
    Response::error(StatusCode::UPGRADE_REQUIRED, message)
        .with_header(UPGRADE, "websocket")
        .with_header(CONNECTION, "Upgrade")
        .with_header(VERSION, "13")
}

impl Session {
    /// Runs the socket until either side closes it.
    pub async fn run(self, state: &State) {
        let Ok(upgraded) = self.upgrade.await else { return };
        let config = WebSocketConfig::default()
            .read_buffer_size(8 * 1024)
            .write_buffer_size(0)
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        let stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        let socket = Socket {
            stream,
            send_timeout: state.settings.client_timeout,
        };
        match self.kind {
            SocketKind::Listen => listen::run(state, &self.call, socket).await,
            SocketKind::Transport => transport::run(state, &self.call, socket).await,
        }
    }
}

/// An open socket. Its client may be slow.
struct Socket {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    /// The timeout of sending a message.
    send_timeout: Duration,
}

/// The error of sending to a client that has disconnected.
struct Disconnected;

impl Socket {
    async fn send(&mut self, message: Message) -> Result<(), Disconnected> {
        match tokio::time::timeout(self.send_timeout, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Disconnected),
        }
    }

    async fn sound(&mut self, bytes: Vec<u8>) -> Result<(), Disconnected> {
        self.send(Message::binary(bytes)).await
    }

    async fn event(&mut self, event: &Value) -> Result<(), Disconnected> {
        self.send(Message::text(event.to_string())).await
    }

    /// Returns the next message. The error says whether the client sent a close frame.
    async fn receive(&mut self) -> Result<Message, bool> {
        match self.stream.next().await {
            Some(Ok(Message::Close(_))) | Some(Err(Error::ConnectionClosed)) => Err(true),
            Some(Ok(message)) => Ok(message),
            Some(Err(Error::Capacity(_))) => {
                self.close(CloseCode::Size, "the message is too large").await;
                Err(false)
            }
            Some(Err(Error::Protocol(_) | Error::Utf8(_))) => {
                self.close(CloseCode::Protocol, "this is not a websocket message").await;
                Err(false)
            }
            Some(Err(_)) | None => Err(false),
        }
    }

    /// Sends a close frame, or responds to one, and waits for the peer to close.
    async fn close(&mut self, code: CloseCode, reason: &'static str) {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let goodbye = async {
            if self.stream.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
        };
        let _ = tokio::time::timeout(self.send_timeout.min(Duration::from_secs(2)), goodbye).await;
    }
}

/// Returns the interval of audio frames. It runs in real time and skips late frames.
fn ticks() -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(FRAME);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    ticks
}
