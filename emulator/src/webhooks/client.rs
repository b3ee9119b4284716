//! The HTTP client for user's servers: one connection for each request, no redirects, responses of limited size.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderValue};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::http::same_origin::is_own_host;

/// The largest accepted response.
const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

pub(crate) struct WebhookResponse {
    pub status: u16,
    pub body: Bytes,
}

/// A request to a user's server.
pub(crate) struct OutgoingRequest<'a> {
    pub method: Method,
    pub url: &'a str,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The receiver of a body as it arrives: the status, and one piece. Error responses are announced too.
pub(crate) type OnPiece<'a> = &'a mut (dyn FnMut(u16, &[u8]) + Send);

/// Sends a `POST` request with a timeout in real time, to this machine or one of the allowed hosts.
pub(crate) async fn post(
    allowed_hosts: &[String],
    url: &str,
    headers: HeaderMap,
    body: Bytes,
    timeout: Duration,
) -> Result<WebhookResponse, DeliveryError> {
    let request = OutgoingRequest {
        method: Method::POST,
        url,
        headers,
        body,
    };
    request_whole(allowed_hosts, request, timeout).await
}

/// Sends a request with a timeout in real time for the whole response.
pub(crate) async fn request_whole(
    allowed_hosts: &[String],
    request: OutgoingRequest<'_>,
    timeout: Duration,
) -> Result<WebhookResponse, DeliveryError> {
    let mut on_piece = |_: u16, _: &[u8]| {};
    let sent = send(allowed_hosts, request, None, &mut on_piece);
    match tokio::time::timeout(timeout, sent).await {
        Ok(result) => result,
        Err(_) => Err(DeliveryError::TimedOut(timeout)),
    }
}

/// Sends a request and passes on the body as it arrives. The server may be silent for `silence` before each piece.
pub(crate) async fn request_streamed(
    allowed_hosts: &[String],
    request: OutgoingRequest<'_>,
    silence: Duration,
    on_piece: OnPiece<'_>,
) -> Result<WebhookResponse, DeliveryError> {
    send(allowed_hosts, request, Some(silence), on_piece).await
}

async fn send(
    allowed_hosts: &[String],
    outgoing: OutgoingRequest<'_>,
    silence: Option<Duration>,
    on_piece: OnPiece<'_>,
) -> Result<WebhookResponse, DeliveryError> {
    let uri: Uri = outgoing.url.parse().map_err(|_| DeliveryError::NoUrl)?;
    check_host(allowed_hosts, &uri)?;
    let secure = match uri.scheme_str() {
        Some("http") => false,
        Some("https") if cfg!(feature = "https") => true,
        #[cfg(not(feature = "https"))]
        Some("https") => return Err(DeliveryError::NoTls),
        _ => return Err(DeliveryError::NoUrl),
    };
    let stream = connect(allowed_hosts, &uri, if secure { 443 } else { 80 }, silence).await?;
    let request = request(&uri, outgoing)?;
    #[cfg(feature = "https")]
    if secure {
        let stream = within(silence, super::tls::connect(stream, address(&uri)?)).await?;
        return exchange(stream, request, silence, on_piece).await;
    }
    exchange(stream, request, silence, on_piece).await
}

/// Connects to the host of a URL, which is this machine or one of the allowed hosts.
pub(crate) async fn connect(
    allowed_hosts: &[String],
    uri: &Uri,
    default_port: u16,
    silence: Option<Duration>,
) -> Result<TcpStream, DeliveryError> {
    check_host(allowed_hosts, uri)?;
    let port = uri.port_u16().unwrap_or(default_port);
    let stream = within(silence, TcpStream::connect((address(uri)?, port))).await?;
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Checks that the host of a URL is this machine or one of the allowed hosts.
fn check_host(allowed_hosts: &[String], uri: &Uri) -> Result<(), DeliveryError> {
    let host = uri.host().ok_or(DeliveryError::NoUrl)?;
    let is_allowed = |allowed: &String| allowed == "*" || allowed.eq_ignore_ascii_case(host);
    if is_own_host(host, Ipv4Addr::LOCALHOST.into()) || allowed_hosts.iter().any(is_allowed) {
        return Ok(());
    }
    Err(DeliveryError::ForeignHost(host.to_owned()))
}

/// Returns the host of a URL as an address. The brackets of an IPv6 address are part of the URL, not of the address.
fn address(uri: &Uri) -> Result<&str, DeliveryError> {
    let host = uri.host().ok_or(DeliveryError::NoUrl)?;
    Ok(host.trim_start_matches('[').trim_end_matches(']'))
}

/// Waits for a step of an exchange, for this time at most.
async fn within<T, E: fmt::Display>(
    silence: Option<Duration>,
    step: impl Future<Output = Result<T, E>>,
) -> Result<T, DeliveryError> {
    let Some(silence) = silence else {
        return step.await.map_err(failed);
    };
    match tokio::time::timeout(silence, step).await {
        Ok(result) => result.map_err(failed),
        Err(_) => Err(DeliveryError::TimedOut(silence)),
    }
}

fn request(uri: &Uri, outgoing: OutgoingRequest<'_>) -> Result<Request<Full<Bytes>>, DeliveryError> {
    let OutgoingRequest {
        method,
        mut headers,
        body,
        ..
    } = outgoing;
    let authority = uri.authority().ok_or(DeliveryError::NoUrl)?.as_str();
    let host = authority.rsplit('@').next().unwrap_or_default();
    headers.insert(HOST, HeaderValue::from_str(host).map_err(|_| DeliveryError::NoUrl)?);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().map_err(|_| DeliveryError::NoUrl)?;
    *request.headers_mut() = headers;
    Ok(request)
}

async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    silence: Option<Duration>,
    on_piece: OnPiece<'_>,
) -> Result<WebhookResponse, DeliveryError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let response = async {
        let response = within(silence, sender.send_request(request)).await?;
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        let mut body = Limited::new(body, MAX_RESPONSE_BYTES);
        let mut read = BytesMut::new();
        while let Some(frame) = within(silence, async { body.frame().await.transpose() }).await? {
            if let Some(piece) = frame.data_ref() {
                on_piece(status, piece);
                read.extend_from_slice(piece);
            }
        }
        Ok(WebhookResponse {
            status,
            body: read.freeze(),
        })
    };
    // The connection is not a task of its own, so that it closes when this future is dropped.
    let mut connection = std::pin::pin!(connection);
    let mut response = std::pin::pin!(response);
    tokio::select! {
        result = &mut response => result,
        // A connection that ended may have delivered the whole response.
        _ = &mut connection => response.await,
    }
}

fn failed(error: impl fmt::Display) -> DeliveryError {
    DeliveryError::Failed(error.to_string())
}

/// An attempt without a response.
#[derive(Debug)]
pub(crate) enum DeliveryError {
    NoUrl,
    /// The host is another machine, which the user did not allow.
    ForeignHost(String),
    #[cfg(not(feature = "https"))]
    NoTls,
    TimedOut(Duration),
    Failed(String),
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeliveryError::NoUrl => f.write_str("the URL must be http or https"),
            DeliveryError::ForeignHost(host) => write!(
                f,
                "{host} is not this machine; the option `--allow-host {host}` or `Builder::allow_host` allows it"
            ),
            #[cfg(not(feature = "https"))]
            DeliveryError::NoTls => f.write_str("this emulator was built without its feature `https`; use an http URL"),
            DeliveryError::TimedOut(after) => write!(f, "no response within {} seconds", after.as_secs_f64()),
            DeliveryError::Failed(reason) => f.write_str(reason),
        }
    }
}
