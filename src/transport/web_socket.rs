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

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt, StreamExt};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_async;
    use tokio_tungstenite::tungstenite::Message;

    use super::*;
    use crate::client::Client;

    const OPTIONS: ConnectOptions = ConnectOptions {
        operation: "listen",
        name: "listenUrl",
        with_key: false,
        timeout: None,
        longest_message: 1000,
    };

    async fn server() -> (TcpListener, Client, Url) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let client = Client::builder()
            .api_key("sk-a-secret-key")
            .base_url(&base)
            .max_retries(0)
            .build();
        (
            listener,
            client.unwrap(),
            format!("{base}/a-secret-call/listen").parse().unwrap(),
        )
    }

    /// Connects to a server that gives this response, and returns what it received and the error.
    async fn refused(response: &str) -> (String, Error) {
        let (listener, client, url) = server().await;
        let serve = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut received = vec![0; 4096];
            let length = connection.read(&mut received).await.unwrap();
            connection.write_all(response.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&received[..length]).into_owned()
        };
        let connected = connect(client.settings(), &url, HeaderMap::new(), OPTIONS);
        let (received, connected) = tokio::join!(serve, connected);
        (received, connected.map(|_| ()).unwrap_err())
    }

    #[tokio::test]
    async fn messages_go_both_ways_after_the_handshake() {
        let (listener, client, url) = server().await;
        let serve = async {
            let (connection, _) = listener.accept().await.unwrap();
            let mut socket = accept_async(connection).await.unwrap();
            let message = socket.next().await.unwrap().unwrap();
            socket.send(message).await.unwrap();
            socket.send(Message::binary(vec![0; 1001])).await.unwrap();
        };
        let talk = async {
            let connected = connect(client.settings(), &url, HeaderMap::new(), OPTIONS).await;
            let (mut socket, context) = connected.unwrap();
            assert_eq!(context.operation, "listen");
            socket.send(Message::text("hello")).await.unwrap();
            assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("hello"));
            socket_error(socket.next().await.unwrap().unwrap_err())
        };
        let ((), error) = tokio::join!(serve, talk);
        assert!(error.is_decode());
        assert_eq!(error.to_string(), "the server sent a message of more than 1000 bytes");
    }

    #[tokio::test]
    async fn a_refusal_is_an_error_without_the_url() {
        let body = r#"{"message":"Cannot GET /a-secret-call/listen"}"#;
        let response = format!("HTTP/1.1 404 X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let (received, error) = refused(&response).await;
        assert!(received.starts_with("GET /a-secret-call/listen HTTP/1.1\r\n"));
        assert!(!received.contains("sk-a-secret-key"), "{received}");
        assert!(error.is_not_found());
        assert_eq!(error.to_string(), "listen: 404 Not Found: Cannot GET [redacted]");
    }

    #[tokio::test]
    async fn a_response_that_opens_no_socket_is_an_error() {
        let plain = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        let unasked = "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: a\r\n\r\n";
        for (response, sentence) in [
            (plain, "listen: the response (200 OK) does not open a WebSocket"),
            (
                unasked,
                "listen: the response (101 Switching Protocols) opens a WebSocket that was not asked for",
            ),
        ] {
            let (_, error) = refused(response).await;
            assert!(error.is_decode());
            assert_eq!(error.to_string(), sentence);
        }
    }

    #[tokio::test]
    async fn a_given_url_must_be_as_safe_as_the_api() {
        let client = |base: &str| Client::builder().api_key("k").base_url(base).build().unwrap();
        let (far, near) = (client("https://api.example"), client("http://127.0.0.1:1"));
        let read = |client: &Client, url| given_url(client.settings(), "listenUrl", url);
        for (url, expected) in [
            ("wss://a.example/1/listen?b=c", "https://a.example/1/listen?b=c"),
            ("https://a.example/1/control", "https://a.example/1/control"),
        ] {
            assert_eq!(read(&far, url).unwrap().as_str(), expected);
        }
        assert_eq!(
            read(&near, "ws://127.0.0.1:2/a").unwrap().as_str(),
            "http://127.0.0.1:2/a"
        );
        for (url, sentence) in [
            (
                "ws://a.example/secret",
                "the `listenUrl` of the call is without TLS, but the address of the API is not",
            ),
            (
                "file:///secret",
                "the `listenUrl` of the call is neither of http nor of a WebSocket",
            ),
            ("/secret", "the `listenUrl` of the call cannot be read"),
        ] {
            assert_eq!(read(&far, url).unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn each_close_code_has_its_meaning() {
        let close = |code: u16, reason: &str| {
            let frame = CloseFrame {
                code: code.into(),
                reason: reason.into(),
            };
            closed(Some(&frame))
        };
        let refused = close(1008, "no such call");
        assert!(!refused.is_transient());
        assert_eq!(
            refused.to_string(),
            "the server closed the connection (1008): the id or the key is not accepted: no such call"
        );
        for code in [1001, 1011, 1012, 1013, 4000] {
            assert!(close(code, "").is_transient(), "{code}");
        }
        assert!(closed(None).is_interrupted());
    }
}
