use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let same = |(given, _): &&(String, String)| given.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The reaction of the server to one request, after it has read it.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    manner: Manner,
    delay: Duration,
}

#[derive(Clone, Debug, PartialEq)]
enum Manner {
    Whole,
    /// A body in chunked transfer coding, with a pause before each chunk.
    Chunked(Vec<Vec<u8>>, Duration),
    /// The head and this much of the body, then nothing more, but the connection stays.
    StallAfter(usize),
    /// The head and this much of the body, then the end of the connection.
    CutAfter(usize),
    /// The same as `CutAfter`, with a reset.
    ResetAfter(usize),
    /// The end of the connection, without a response.
    Close,
    /// The same as `Close`, with a reset.
    Reset,
    /// No response at all.
    Silence,
}

impl Reply {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut headers = Vec::new();
        if !content_type.is_empty() {
            headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
        Reply {
            status,
            headers,
            body: body.into(),
            manner: Manner::Whole,
            delay: Duration::ZERO,
        }
    }

    pub fn json(status: u16, body: &str) -> Self {
        Reply::new(status, "application/json; charset=utf-8", body)
    }

    /// A success that every endpoint of the tests decodes.
    pub fn thing() -> Self {
        Reply::json(200, r#"{"id":"t-1"}"#)
    }

    pub fn empty(status: u16) -> Self {
        Reply::new(status, "", "")
    }

    pub fn redirect(to: impl Into<String>) -> Self {
        Reply::empty(302).header("location", to)
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub fn chunked(mut self, chunks: &[&[u8]], pause: Duration) -> Self {
        let chunks = chunks.iter().map(|chunk| chunk.to_vec()).collect();
        self.manner = Manner::Chunked(chunks, pause);
        self
    }

    pub fn stalling_after(mut self, bytes: usize) -> Self {
        self.manner = Manner::StallAfter(bytes);
        self
    }

    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.manner = Manner::CutAfter(bytes);
        self
    }

    pub fn reset_after(mut self, bytes: usize) -> Self {
        self.manner = Manner::ResetAfter(bytes);
        self
    }

    fn without_answer(manner: Manner) -> Self {
        Reply {
            manner,
            ..Reply::empty(200)
        }
    }

    pub fn close() -> Self {
        Reply::without_answer(Manner::Close)
    }

    pub fn reset() -> Self {
        Reply::without_answer(Manner::Reset)
    }

    pub fn silence() -> Self {
        Reply::without_answer(Manner::Silence)
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} X\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.manner {
            Manner::Chunked(..) => head.push_str("transfer-encoding: chunked\r\n"),
            _ if self.status == 204 => {}
            _ => head.push_str(&format!("content-length: {}\r\n", self.body.len())),
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

struct State {
    replies: Mutex<VecDeque<Reply>>,
    received: Mutex<Vec<Received>>,
    /// Connections that the client closed.
    hung_up: watch::Sender<usize>,
}

/// Runs until it is dropped.
pub struct Server {
    pub url: String,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Gives these replies in turn, and the last one from then on.
    pub async fn replying(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            replies: Mutex::new(replies.into_iter().collect()),
            received: Mutex::default(),
            hung_up: watch::Sender::new(0),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, Arc::clone(&shared)));
            }
        });
        Server { url, state, task }
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// The only request there was.
    #[track_caller]
    pub fn request(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received[0].clone()
    }

    /// Waits until there have been this many requests.
    pub async fn has_received(&self, count: usize) {
        while self.received().len() < count {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until the client has closed this many connections.
    pub async fn was_hung_up_on(&self, count: usize) {
        let mut hung_up = self.state.hung_up.subscribe();
        hung_up.wait_for(|so_far| *so_far >= count).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An address where nothing listens.
pub async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn serve(mut socket: TcpStream, state: Arc<State>) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut socket, &mut buffer).await {
        state.received.lock().unwrap().push(request);
        let reply = {
            let mut replies = state.replies.lock().unwrap();
            match replies.len() {
                0 => Reply::thing(),
                1 => replies[0].clone(),
                _ => replies.pop_front().unwrap(),
            }
        };
        if !reply.delay.is_zero() {
            tokio::time::sleep(reply.delay).await;
        }
        if !respond(&mut socket, &reply).await {
            return;
        }
    }
    state.hung_up.send_modify(|count| *count += 1);
}

/// Returns whether the connection goes on.
async fn respond(socket: &mut TcpStream, reply: &Reply) -> bool {
    let sent = match &reply.manner {
        Manner::Whole => [reply.head(), reply.body.clone()].concat(),
        Manner::Chunked(..) => reply.head(),
        Manner::StallAfter(bytes) | Manner::CutAfter(bytes) | Manner::ResetAfter(bytes) => {
            [reply.head(), reply.body[..*bytes].to_vec()].concat()
        }
        Manner::Close | Manner::Reset | Manner::Silence => Vec::new(),
    };
    if socket.write_all(&sent).await.is_err() {
        return false;
    }
    match &reply.manner {
        Manner::Whole => true,
        Manner::Chunked(chunks, pause) => {
            for chunk in chunks {
                tokio::time::sleep(*pause).await;
                let framed = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
                if socket.write_all(&framed).await.is_err() {
                    return false;
                }
            }
            socket.write_all(b"0\r\n\r\n").await.is_ok()
        }
        // Going on to read is how this server waits: the next thing to come is the end.
        Manner::StallAfter(_) | Manner::Silence => true,
        Manner::CutAfter(_) | Manner::Close => false,
        Manner::Reset | Manner::ResetAfter(_) => {
            socket.set_zero_linger().unwrap();
            false
        }
    }
}

async fn read_request(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Received> {
    let end = loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            break end;
        }
        read_more(socket, buffer).await?;
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let mut request = Received {
        method: first.next()?.to_owned(),
        target: first.next()?.to_owned(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: Vec::new(),
    };
    if request.header("transfer-encoding") == Some("chunked") {
        loop {
            let line = read_until(socket, buffer, b"\r\n").await?;
            let size = usize::from_str_radix(&String::from_utf8_lossy(&line), 16).unwrap();
            request.body.extend(read_exactly(socket, buffer, size).await?);
            read_until(socket, buffer, b"\r\n").await?;
            if size == 0 {
                return Some(request);
            }
        }
    }
    let length = request
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    request.body = read_exactly(socket, buffer, length).await?;
    Some(request)
}

async fn read_until(socket: &mut TcpStream, buffer: &mut Vec<u8>, mark: &[u8]) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = find(buffer, mark) {
            let found = buffer.drain(..end).collect();
            buffer.drain(..mark.len());
            return Some(found);
        }
        read_more(socket, buffer).await?;
    }
}

async fn read_exactly(socket: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> Option<Vec<u8>> {
    while buffer.len() < length {
        read_more(socket, buffer).await?;
    }
    Some(buffer.drain(..length).collect())
}

async fn read_more(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    match socket.read_buf(buffer).await {
        Ok(1..) => Some(()),
        _ => None,
    }
}

fn find(buffer: &[u8], mark: &[u8]) -> Option<usize> {
    buffer.windows(mark.len()).position(|window| window == mark)
}
