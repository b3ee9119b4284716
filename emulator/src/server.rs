//! The two listeners and their connections.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::fault::Exchange;
use crate::http::response::{Response, ResponseBody};
use crate::state::State;
use crate::state::locked::Locked;
use crate::state::request_log::ReceivedRequest;
use crate::state::settings::Settings;
use crate::storage::Storage;
use crate::websockets::Session;
use crate::{api, calls, router, websockets};

/// The number of concurrent connections. Further ones wait in the queue of the listener.
const MOST_CONNECTIONS: usize = 8192;

/// The largest head of a request, in bytes and in headers.
const LARGEST_HEAD: usize = 64 * 1024;
const MOST_HEADERS: usize = 128;

/// The listener of a connection.
#[derive(Clone, Copy)]
enum Host {
    Api,
    Downloads,
}

/// Serves until the emulator is stopping.
pub(crate) async fn serve(
    api: std::net::TcpListener,
    downloads: std::net::TcpListener,
    state: Arc<State>,
    storage: Arc<Storage>,
) -> io::Result<()> {
    let (api, downloads) = (TcpListener::from_std(api)?, TcpListener::from_std(downloads)?);
    let mut connections = JoinSet::new();
    let mut writing = pin!(storage.keep_writing(&state));
    let mut stopped = pin!(state.stopped());
    // Calls run as long as the emulator serves. Dropping this ends them.
    let mut drivers = JoinSet::new();
    if let Some(new_calls_receiver) = state.new_calls_receiver.lock().take() {
        drivers.spawn(calls::run(state.clone(), new_calls_receiver));
    }
    if let Some(new_jobs_receiver) = state.new_jobs_receiver.lock().take() {
        drivers.spawn(api::jobs::run(state.clone(), new_jobs_receiver));
    }
    loop {
        let (accepted, host) = tokio::select! {
            accepted = api.accept(), if connections.len() < MOST_CONNECTIONS => (accepted, Host::Api),
            accepted = downloads.accept(), if connections.len() < MOST_CONNECTIONS => (accepted, Host::Downloads),
            // Finished connections are removed, so that memory stays flat.
            Some(_) = connections.join_next() => continue,
            () = writing.as_mut() => continue,
            () = stopped.as_mut() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, host, state.clone(), storage.clone()));
            }
            // Most likely out of file descriptors; an immediate `accept` would spin.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    drop((api, downloads));
    let _ = tokio::time::timeout(state.settings.shutdown_timeout, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    Ok(())
}

async fn connection(stream: TcpStream, host: Host, state: Arc<State>, storage: Arc<Storage>) {
    // Small responses are sent at once.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let wire = TokioIo::new(ResettableStream {
        stream,
        reset: reset.clone(),
    });
    let opened = Locked::new(None);
    let service = service_fn(|request| respond(host, &state, &storage, &reset, &opened, request));
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(state.settings.client_timeout)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(wire, service)
        .with_upgrades();
    let mut http = pin!(http);
    tokio::select! {
        _ = http.as_mut() => {}
        () = state.stopped() => {
            http.as_mut().graceful_shutdown();
            let _ = http.as_mut().await;
        }
    }
    let session: Option<Session> = opened.lock().take();
    if let Some(session) = session {
        session.run(&state).await;
    }
}

/// Returns the response, or an error that makes hyper drop the connection.
async fn respond(
    host: Host,
    state: &Arc<State>,
    storage: &Storage,
    reset: &AtomicBool,
    opened: &Locked<Option<Session>>,
    request: Request<Incoming>,
) -> Result<http::Response<ResponseBody>, ConnectionFault> {
    let (mut parts, body) = request.into_parts();
    if matches!(host, Host::Downloads) && websockets::is_socket_path(parts.uri.path()) {
        state
            .request_log
            .lock()
            .push(|| ReceivedRequest::new(&parts, &Bytes::new(), None));
        let upgrade = parts.extensions.remove::<OnUpgrade>();
        let (response, session) = websockets::open(state, &parts, upgrade);
        *opened.lock() = session;
        return Ok(response.into_http());
    }
    let body = match read_body(body, &state.settings).await {
        Ok(body) => body,
        Err(response) => return Ok(response.into_http()),
    };
    let exchange = match host {
        Host::Api => router::api(state, storage, parts, body).await,
        Host::Downloads => Exchange::Response(router::downloads(state, storage, &parts, &body).await),
    };
    match exchange {
        Exchange::Response(response) => Ok(response.into_http()),
        Exchange::Close => Err(ConnectionFault),
        Exchange::Reset => {
            reset.store(true, Ordering::Relaxed);
            Err(ConnectionFault)
        }
    }
}

/// Reads the body, with limits of size and silence.
async fn read_body(body: Incoming, settings: &Settings) -> Result<Bytes, Response> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut body = Limited::new(body, settings.body_limit);
    let mut read = BytesMut::new();
    loop {
        match tokio::time::timeout(settings.client_timeout, body.frame()).await {
            Ok(None) => return Ok(read.freeze()),
            Ok(Some(Ok(frame))) => read.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
            Ok(Some(Err(error))) if error.is::<LengthLimitError>() => {
                return Err(Response::error(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "request entity too large",
                ));
            }
            Ok(Some(Err(_))) => return Err(Response::bad_request("request aborted")),
            Err(_) => return Err(Response::error(StatusCode::REQUEST_TIMEOUT, "request timeout")),
        }
    }
}

/// The end of a connection without a response, caused by a fault.
#[derive(Debug)]
struct ConnectionFault;

impl std::fmt::Display for ConnectionFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a fault closed the connection")
    }
}

impl std::error::Error for ConnectionFault {}

/// A TCP stream that can end with a reset.
struct ResettableStream {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for ResettableStream {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for ResettableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for ResettableStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A reset must not follow an orderly shutdown.
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
