//! Two listeners and their connections, until they are told to stop.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::answer::{Answer, AnswerBody};
use crate::fault::Outcome;
use crate::world::World;
use crate::{calls, cors, downloads, handle};

/// How long answers that are under way may take once the server stops.
const GRACE: Duration = Duration::from_millis(500);

/// Which of the two hosts a connection came to.
#[derive(Clone, Copy)]
enum Host {
    Api,
    Downloads,
}

/// Serves until `stop` changes.
pub(crate) async fn serve(
    api: std::net::TcpListener,
    downloads: std::net::TcpListener,
    world: Arc<World>,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let (api, downloads) = (TcpListener::from_std(api)?, TcpListener::from_std(downloads)?);
    let mut connections = JoinSet::new();
    // Calls live as long as the emulator serves; what is left of them ends with this.
    let mut lives = JoinSet::new();
    if let Some(unborn) = world.unborn.lock().take() {
        lives.spawn(calls::run(world.clone(), unborn));
    }
    loop {
        let (accepted, host) = tokio::select! {
            accepted = api.accept() => (accepted, Host::Api),
            accepted = downloads.accept() => (accepted, Host::Downloads),
            // A finished connection is forgotten, so that memory stays flat.
            Some(_) = connections.join_next() => continue,
            _ = stop.changed() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, host, world.clone(), stop.clone()));
            }
            // Out of file descriptors, most likely; accepting again at once would only spin.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    drop((api, downloads));
    world.closing.send_replace(true);
    let _ = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}

async fn connection(stream: TcpStream, host: Host, world: Arc<World>, mut stop: watch::Receiver<bool>) {
    // Small answers go out at once.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let wire = TokioIo::new(Wire {
        stream,
        reset: reset.clone(),
    });
    let service = service_fn(|request| answer(host, &world, &reset, request));
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(wire, service);
    let mut http = pin!(http);
    tokio::select! {
        _ = http.as_mut() => {}
        _ = stop.changed() => {
            http.as_mut().graceful_shutdown();
            let _ = http.await;
        }
    }
}

/// The answer, or an error that makes hyper drop the connection.
async fn answer(
    host: Host,
    world: &Arc<World>,
    reset: &AtomicBool,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, ConnectionFault> {
    let (parts, body) = request.into_parts();
    let body = match read_body(body, world.settings.body_limit).await {
        Ok(body) => body,
        Err(answer) => return Ok(answer.into_response()),
    };
    let outcome = match host {
        Host::Api => handle::api(world, parts, body).await,
        Host::Downloads => Outcome::Answer(open_to_pages(download(world, &parts, &body).await)),
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

async fn read_body(body: Incoming, limit: usize) -> Result<Bytes, Answer> {
    Limited::new(body, limit)
        .collect()
        .await
        .map(|body| body.to_bytes())
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                Answer::error(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large")
            } else {
                Answer::error(StatusCode::BAD_REQUEST, "request aborted")
            }
        })
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
