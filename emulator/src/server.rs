//! Two listeners and their connections, until the emulator stops.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::answer::{Answer, AnswerBody};
use crate::fault::Outcome;
use crate::sockets::Session;
use crate::world::{Guarded, Settings, World};
use crate::{calls, cors, downloads, handle, sockets};

/// How many connections are served at once; the next ones wait in the queue of the listener.
const MOST_CONNECTIONS: usize = 8192;

/// What the head of a request may take, in bytes and in headers.
const LARGEST_HEAD: usize = 64 * 1024;
const MOST_HEADERS: usize = 128;

/// Which of the two hosts a connection came to.
#[derive(Clone, Copy)]
enum Host {
    Api,
    Downloads,
}

/// Serves until the emulator stops.
pub(crate) async fn serve(
    api: std::net::TcpListener,
    downloads: std::net::TcpListener,
    world: Arc<World>,
) -> io::Result<()> {
    let (api, downloads) = (TcpListener::from_std(api)?, TcpListener::from_std(downloads)?);
    let mut connections = JoinSet::new();
    let mut writing = pin!(world.keep_writing());
    let mut stopped = pin!(world.stopped());
    // Calls live as long as the emulator serves; what is left of them ends with this.
    let mut lives = JoinSet::new();
    if let Some(unborn) = world.unborn.lock().take() {
        lives.spawn(calls::run(world.clone(), unborn));
    }
    loop {
        let (accepted, host) = tokio::select! {
            accepted = api.accept(), if connections.len() < MOST_CONNECTIONS => (accepted, Host::Api),
            accepted = downloads.accept(), if connections.len() < MOST_CONNECTIONS => (accepted, Host::Downloads),
            // A finished connection is forgotten, so that memory stays flat.
            Some(_) = connections.join_next() => continue,
            () = writing.as_mut() => continue,
            () = stopped.as_mut() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, host, world.clone()));
            }
            // Out of file descriptors, most likely; accepting again at once would only spin.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    drop((api, downloads));
    let _ = tokio::time::timeout(world.settings.grace, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    Ok(())
}

async fn connection(stream: TcpStream, host: Host, world: Arc<World>) {
    // Small answers go out at once.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let wire = TokioIo::new(Wire {
        stream,
        reset: reset.clone(),
    });
    let opened = Guarded::new(None);
    let service = service_fn(|request| answer(host, &world, &reset, &opened, request));
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(world.settings.client_timeout)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(wire, service)
        .with_upgrades();
    let mut http = pin!(http);
    tokio::select! {
        _ = http.as_mut() => {}
        () = world.stopped() => {
            http.as_mut().graceful_shutdown();
            let _ = http.as_mut().await;
        }
    }
    let session: Option<Session> = opened.lock().take();
    if let Some(session) = session {
        session.run(&world).await;
    }
}

/// The answer, or an error that makes hyper drop the connection.
async fn answer(
    host: Host,
    world: &Arc<World>,
    reset: &AtomicBool,
    opened: &Guarded<Option<Session>>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, ConnectionFault> {
    let (mut parts, body) = request.into_parts();
    if matches!(host, Host::Downloads) && sockets::is_ours(parts.uri.path()) {
        world.log.lock().push(|| handle::received(&parts, &Bytes::new(), None));
        let upgrade = parts.extensions.remove::<OnUpgrade>();
        let (answer, session) = sockets::open(world, &parts, upgrade);
        *opened.lock() = session;
        return Ok(answer.into_response());
    }
    let body = match read_body(body, &world.settings).await {
        Ok(body) => body,
        Err(answer) => return Ok(answer.into_response()),
    };
    let outcome = match host {
        Host::Api => handle::api(world, parts, body).await,
        Host::Downloads => {
            let answer = download(world, &parts, &body).await;
            Outcome::Answer(open_to_pages(world.kept(answer).await))
        }
    };
    match outcome {
        Outcome::Answer(answer) => Ok(answer.into_response()),
        Outcome::Close => Err(ConnectionFault),
        Outcome::Reset => {
            reset.store(true, Ordering::Relaxed);
            Err(ConnectionFault)
        }
    }
}

/// Pages of other origins play recordings, too.
fn open_to_pages(mut answer: Answer) -> Answer {
    cors::open(&mut answer.headers);
    answer
}

async fn download(world: &World, request: &Parts, body: &Bytes) -> Answer {
    world.log.lock().push(|| handle::received(request, body, None));
    if let Some(id) = downloads::controlled_call(&request.method, request.uri.path()) {
        return calls::control::answer(world, id, body).await;
    }
    downloads::answer(world, &request.uri, &request.headers)
}

/// The whole body, as long as it keeps coming and is not too large.
async fn read_body(body: Incoming, settings: &Settings) -> Result<Bytes, Answer> {
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
                return Err(Answer::error(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large"));
            }
            Ok(Some(Err(_))) => return Err(Answer::error(StatusCode::BAD_REQUEST, "request aborted")),
            Err(_) => return Err(Answer::error(StatusCode::REQUEST_TIMEOUT, "request timeout")),
        }
    }
}

/// A connection that ends without an answer, because a fault asked for it.
#[derive(Debug)]
struct ConnectionFault;

impl std::fmt::Display for ConnectionFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection ends here, as a fault asked")
    }
}

impl std::error::Error for ConnectionFault {}

/// A TCP stream that can go out with a reset instead of a goodbye.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
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
        // A reset must not be announced by an orderly end.
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
