//! WebSockets. The handshake is a request like any other: `reqwest` brings TLS, proxies and the user's own HTTP client, our transport
//! brings time limits, retries and tracing. `tokio-tungstenite` speaks the protocol over the connection that is left.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::Url;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as SocketError};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use super::closing_event::ClosingEvent;
use super::request_parts::RequestParts;
use super::settings::Settings;
use crate::error::{Error, ErrorKind, RequestContext, Result};

/// A connected WebSocket.
pub(crate) type WebSocket = WebSocketStream<reqwest::Upgraded>;

/// The circumstances of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectOptions {
    /// The operation, for errors and traces.
    pub(crate) operation: &'static str,
    /// The name that stands for the URL, which is a secret: `{listenUrl}`.
    pub(crate) name: &'static str,
    /// True if the handshake has the key of the client.
    pub(crate) with_key: bool,
    /// The time limit of the handshake with its retries, instead of the client's.
    pub(crate) timeout: Option<Duration>,
    /// The longest message that is received, in bytes.
    pub(crate) longest_message: usize,
}

/// Connects to a URL that [`given_url`] has checked. Returns the context of errors about the connection too.
///
/// # Errors
///
/// The errors of every operation; a status of the server that is not 101 is one of them. The server may also respond with
/// something that is not a WebSocket.
pub(crate) async fn connect(
    settings: &Settings,
    url: &Url,
    headers: HeaderMap,
    options: ConnectOptions,
) -> Result<(WebSocket, RequestContext)> {
    let mut closing = ClosingEvent::new(options.operation.into());
    let mut parts = RequestParts::to_url(options.operation, Method::GET, options.name, url.clone());
    if let Some(limit) = options.timeout {
        parts.timeout(limit);
    }
    let mut prepared = parts.prepare(settings)?;
    prepared.options.anonymous = !options.with_key;
    prepared.options.web_socket = true;
    let key = generate_key();
    let all = prepared.request.headers_mut();
    all.extend(headers);
    all.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    all.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    all.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    let key_value = HeaderValue::from_str(&key).map_err(|cause| Error::input("no key").caused_by(cause))?;
    all.insert(header::SEC_WEBSOCKET_KEY, key_value);

    let context = prepared.context.clone();
    let response = super::open_prepared(settings, prepared, &mut closing).await?;
    let refuse = |why: &str| {
        let detail = format!("the response ({}) {why}", response.status());
        Err(Error::new(ErrorKind::Decode, detail).for_request(&context))
    };
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return refuse("does not open a WebSocket");
    }
    let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
    if accepted.is_none_or(|accepted| accepted.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
        return refuse("opens a WebSocket that was not asked for");
    }
    let connection = match response.upgrade().await {
        Ok(connection) => connection,
        Err(cause) => return Err(Error::from_reqwest(cause, options.timeout, None).for_request(&context)),
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(16 << 10)
        .write_buffer_size(0)
        .max_message_size(Some(options.longest_message))
        .max_frame_size(Some(options.longest_message));
    let socket = WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await;
    Ok((socket, context))
}

/// Reads a URL that the API gave for a call: of a WebSocket, or of http. The result begins with `http:` or `https:` in any case.
///
/// # Errors
///
/// The URL cannot be read, is of another scheme, or is without TLS although the API is not. `name` stands for it in the error,
/// because a URL that gives access is a secret.
pub(crate) fn given_url(settings: &Settings, name: &str, text: &str) -> Result<Url> {
    let refuse = |why: &str| Err(Error::input(format!("the `{name}` of the call {why}")));
    let Ok(mut url) = Url::parse(text) else {
        return refuse("cannot be read");
    };
    let is_plain = match url.scheme() {
        "https" | "wss" => false,
        "http" | "ws" => true,
        _ => return refuse("is neither of http nor of a WebSocket"),
    };
    if is_plain && settings.base_url.starts_with("https:") {
        return refuse("is without TLS, but the address of the API is not");
    }
    // Schemes of one family are interchangeable.
    match url.set_scheme(if is_plain { "http" } else { "https" }) {
        Ok(()) => Ok(url),
        Err(()) => refuse("cannot be read"),
    }
}

/// Creates the error for a socket that broke.
pub(crate) fn socket_error(cause: SocketError) -> Error {
    let (kind, detail) = match &cause {
        SocketError::Capacity(CapacityError::MessageTooLong { max_size, .. }) => {
            let detail = format!("the server sent a message of more than {max_size} bytes");
            (ErrorKind::Decode, detail)
        }
        SocketError::Utf8(_) | SocketError::Capacity(_) => {
            let detail = format!("the server sent what a WebSocket cannot have: {cause}");
            (ErrorKind::Decode, detail)
        }
        _ => (ErrorKind::Interrupted, format!("the connection broke: {cause}")),
    };
    Error::new(kind, detail).caused_by(cause)
}

/// Creates the error for a socket that the server closed, with the meaning of its code. `None` is a close without a code.
pub(crate) fn closed(frame: Option<&CloseFrame>) -> Error {
    let Some(frame) = frame else {
        return Error::new(
            ErrorKind::Interrupted,
            "the server closed the connection without a reason",
        );
    };
    let (kind, meaning) = match frame.code {
        CloseCode::Normal => (ErrorKind::Interrupted, "it has ended"),
        CloseCode::Away => (ErrorKind::Interrupted, "it is going away"),
        CloseCode::Protocol | CloseCode::Unsupported | CloseCode::Invalid | CloseCode::Size => {
            (ErrorKind::Status, "it does not accept what was sent")
        }
        CloseCode::Policy => (ErrorKind::Status, "the id or the key is not accepted"),
        CloseCode::Restart => (ErrorKind::Interrupted, "it restarts"),
        CloseCode::Error => (ErrorKind::Interrupted, "it failed"),
        CloseCode::Again => (ErrorKind::Interrupted, "it is busy"),
        _ => (ErrorKind::Interrupted, "for a reason of its own"),
    };
    let code = u16::from(frame.code);
    let detail = match frame.reason.as_str() {
        "" => format!("the server closed the connection ({code}): {meaning}"),
        reason => format!("the server closed the connection ({code}): {meaning}: {reason}"),
    };
    Error::new(kind, detail)
}
