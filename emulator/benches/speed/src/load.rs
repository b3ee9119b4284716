//! A load generator: persistent connections with one pending request each, on one thread.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

pub struct Target {
    port: u16,
    request: Rc<[u8]>,
}

impl Target {
    pub fn get(port: u16, path: &str) -> Target {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer speed\r\nAccept: */*\r\n\r\n");
        Target {
            port,
            request: request.into_bytes().into(),
        }
    }

    pub fn post(port: u16, path: &str, body: &str) -> Target {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer speed\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Target {
            port,
            request: request.into_bytes().into(),
        }
    }
}

/// One response: status and body.
pub async fn answer(target: &Target) -> (u16, Vec<u8>) {
    let mut connection = Connection::open(target).await;
    let (status, start) = connection.exchange().await;
    (status, connection.buffer[start..].to_vec())
}

/// Requests per second.
pub async fn load(target: &Target, connections: usize, lasting: Duration) -> f64 {
    let before = Instant::now();
    let done = run(target, connections, move |_| before.elapsed() < lasting).await;
    done as f64 / before.elapsed().as_secs_f64()
}

/// Sends a number of requests, or a few more.
pub async fn requests(target: &Target, connections: usize, count: usize) -> usize {
    run(target, connections, move |done| done < count).await
}

async fn run(target: &Target, connections: usize, goes_on: impl Fn(usize) -> bool + Copy + 'static) -> usize {
    let done = Rc::new(Cell::new(0));
    let tasks = LocalSet::new();
    for _ in 0..connections {
        let mut connection = Connection::open(target).await;
        let done = done.clone();
        tasks.spawn_local(async move {
            while goes_on(done.get()) {
                let (status, _) = connection.exchange().await;
                assert_eq!(status, 200);
                done.set(done.get() + 1);
            }
        });
    }
    tasks.await;
    done.get()
}

struct Connection {
    stream: TcpStream,
    request: Rc<[u8]>,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(target: &Target) -> Connection {
        let stream = TcpStream::connect(("127.0.0.1", target.port))
            .await
            .expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Connection {
            stream,
            request: target.request.clone(),
            buffer: Vec::with_capacity(1 << 16),
        }
    }

    /// Sends the request and reads the whole response into the buffer. Returns its status and the start of its body.
    async fn exchange(&mut self) -> (u16, usize) {
        self.stream.write_all(&self.request).await.expect("it reads");
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.expect("it writes");
            assert!(read > 0, "the connection ended");
            let Some(head) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let text = std::str::from_utf8(&self.buffer[..head]).expect("text");
            let length = text.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.parse::<usize>().ok())?
            });
            let (start, length) = (head + 4, length.expect("a length"));
            let status = text[9..12].parse().expect("a status");
            while self.buffer.len() < start + length {
                let read = self.stream.read_buf(&mut self.buffer).await.expect("it writes");
                assert!(read > 0, "the connection ended");
            }
            return (status, start);
        }
    }
}
