//! HTTP/2: nothing below this crate repeats a request, and what the server has not processed is retried and counted.
#![cfg(feature = "http2")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use vapi::Client;

use crate::support::{builder, create, get};

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;

/// The reaction of the server to one request, in frames.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Thing,
    Reset(u32),
    /// A frame that says which stream was the last that is processed, and the end of the connection.
    GoAway {
        code: u32,
        processed: bool,
    },
}

/// A server that speaks HTTP/2 without TLS, frame by frame. It gives these replies in turn, and the last one from then on.
struct Server {
    url: String,
    requests: Arc<Mutex<usize>>,
    task: JoinHandle<()>,
}

impl Server {
    async fn replying(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(0));
        let replies = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let count = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&replies), Arc::clone(&count)));
            }
        });
        Server { url, requests, task }
    }

    fn client(&self) -> Client {
        let http = vapi::http_client_builder().unwrap().http2_prior_knowledge();
        builder(&self.url).http_client(http.build().unwrap()).build().unwrap()
    }

    fn requests(&self) -> usize {
        *self.requests.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
/// The flag of an acknowledgment, and on other frames that of the end of a stream.
const ACK_OR_END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

async fn serve(
    mut socket: TcpStream,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    requests: Arc<Mutex<usize>>,
) -> std::io::Result<()> {
    let mut preface = [0; 24];
    socket.read_exact(&mut preface).await?;
    send(&mut socket, SETTINGS, 0, 0, &[]).await?;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        socket.read_exact(&mut payload).await?;
        let (kind, flags) = (head[3], head[4]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        if kind == SETTINGS && flags & ACK_OR_END_STREAM == 0 {
            send(&mut socket, SETTINGS, ACK_OR_END_STREAM, 0, &[]).await?;
        }
        if !matches!(kind, DATA | HEADERS) || flags & ACK_OR_END_STREAM == 0 {
            continue;
        }
        *requests.lock().unwrap() += 1;
        let reply = {
            let mut replies = replies.lock().unwrap();
            match replies.len() {
                1 => replies[0],
                _ => replies.pop_front().unwrap(),
            }
        };
        match reply {
            Reply::Thing => {
                // The status 200 is number 8 of HPACK's table.
                send(&mut socket, HEADERS, END_HEADERS, stream, &[0x88]).await?;
                send(&mut socket, DATA, ACK_OR_END_STREAM, stream, br#"{"id":"t-1"}"#).await?;
            }
            Reply::Reset(code) => send(&mut socket, RST_STREAM, 0, stream, &code.to_be_bytes()).await?,
            Reply::GoAway { code, processed } => {
                let last = if processed { stream } else { 0 };
                let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
                return send(&mut socket, GOAWAY, 0, 0, &payload).await;
            }
        }
    }
}

async fn send(socket: &mut TcpStream, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    socket.write_all(&[&head, payload].concat()).await
}

/// The ways of HTTP/2 to say that a request was not processed.
fn refusals() -> [Reply; 2] {
    let closed = Reply::GoAway {
        code: NO_ERROR,
        processed: false,
    };
    [Reply::Reset(REFUSED_STREAM), closed]
}

/// The ends of a stream after which the request may have been processed.
fn losses() -> [Reply; 4] {
    [
        Reply::Reset(INTERNAL_ERROR),
        Reply::Reset(NO_ERROR),
        Reply::GoAway {
            code: NO_ERROR,
            processed: true,
        },
        Reply::GoAway {
            code: INTERNAL_ERROR,
            processed: true,
        },
    ]
}

#[tokio::test]
async fn a_post_that_was_not_processed_is_retried_and_counted() {
    for refusal in refusals() {
        let server = Server::replying([refusal, refusal, Reply::Thing]).await;
        let response = create(&server.client()).with_response().await.unwrap();
        assert_eq!((response.attempts(), server.requests()), (3, 3), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_post_without_retries_is_on_the_wire_once() {
    for refusal in refusals() {
        let server = Server::replying([refusal]).await;
        let error = create(&server.client()).max_retries(0).await.unwrap_err();
        assert_eq!((error.attempts(), server.requests()), (1, 1), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_post_that_may_have_been_processed_is_sent_once() {
    for loss in losses() {
        let server = Server::replying([loss]).await;
        let error = create(&server.client()).max_retries(5).await.unwrap_err();
        assert!(error.is_interrupted(), "{loss:?}: {error}");
        assert_eq!((error.attempts(), server.requests()), (1, 1), "{loss:?}");
    }
}

#[tokio::test]
async fn a_get_is_retried_after_each_of_them() {
    for reply in refusals().into_iter().chain(losses()) {
        let server = Server::replying([reply, Reply::Thing]).await;
        let response = get(&server.client(), "t-1").with_response().await.unwrap();
        assert_eq!((response.attempts(), server.requests()), (2, 2), "{reply:?}");
    }
}
