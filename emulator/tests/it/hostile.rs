//! Hostile and broken clients over bare TCP: each gets a response or is disconnected, and the next one is served.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use vapi_emulator::{Builder, Emulator};

use crate::client::{Vapi, start_with};

/// The timeout of a response on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

async fn start() -> Vapi {
    start_with(
        Emulator::builder()
            .client_timeout(Duration::from_millis(300))
            .body_limit(100_000),
    )
    .await
}

fn connect(vapi: &Vapi) -> TcpStream {
    let stream = TcpStream::connect(vapi.emulator.base_url().trim_start_matches("http://")).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// Reads until the server closes or resets the connection.
fn read(mut stream: TcpStream) -> String {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => read.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("it neither answers nor closes: {}", String::from_utf8_lossy(&read))
            }
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

fn send(vapi: &Vapi, bytes: &[u8]) -> String {
    let mut stream = connect(vapi);
    // The server may disconnect before the write is complete.
    let _ = stream.write_all(bytes);
    read(stream)
}

fn post(body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST /assistant HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

async fn is_well(vapi: &Vapi) {
    let (status, created) = vapi.post("/assistant", json!({ "name": "Ada" })).await;
    assert_eq!((status, &created["name"]), (201, &json!("Ada")));
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    let vapi = start().await;
    for bytes in [
        &b"hello\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET /assistant HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /assi stant HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /assistant HTTP/1.1\r\nHo st: x\r\n\r\n",
        b"GET /assistant HTTP/1.1\r\nHost: x\0y\r\n\r\n",
        b"POST /assistant HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST /assistant HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}",
        b"POST /assistant HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ] {
        let answer = send(&vapi, bytes);
        let text = String::from_utf8_lossy(bytes);
        assert!(status(&answer).is_none_or(|status| status == 400), "{text:?}: {answer}");
    }
    is_well(&vapi).await;
}

#[tokio::test]
async fn a_broken_chunk_ends_the_connection_only() {
    let vapi = start().await;
    let head = "POST /assistant HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in [
        "zz\r\n{}\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\n",
        "5\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n",
    ] {
        let answer = send(&vapi, format!("{head}{body}").as_bytes());
        assert!(
            status(&answer).is_none_or(|status| (400..500).contains(&status)),
            "{body:?}: {answer}"
        );
    }
    is_well(&vapi).await;
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let vapi = start().await;
    let long = format!(
        "GET /assistant HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n",
        "x".repeat(200_000)
    );
    assert_eq!(status(&send(&vapi, long.as_bytes())), Some(431));
    let many = format!("GET /assistant HTTP/1.1\r\n{}\r\n", "X-Many: x\r\n".repeat(1000));
    assert_eq!(status(&send(&vapi, many.as_bytes())), Some(431));
    let uri = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(200_000));
    assert!(matches!(status(&send(&vapi, uri.as_bytes())), Some(414 | 431)));
    is_well(&vapi).await;
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let vapi = start().await;
    let body = format!("{{\"name\": \"{}\"}}", "x".repeat(100_000));
    assert_eq!(status(&send(&vapi, &post(body.as_bytes()))), Some(413));
    let head = "POST /assistant HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n";
    let chunks = "3e8\r\n".to_owned() + &"x".repeat(1000) + "\r\n";
    let chunked = format!(
        "{head}Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunks.repeat(101)
    );
    assert_eq!(status(&send(&vapi, chunked.as_bytes())), Some(413));
    is_well(&vapi).await;
}

#[tokio::test]
async fn a_body_that_nests_without_end_is_not_valid() {
    let vapi = start().await;
    for body in [
        "[".repeat(50_000),
        "{\"a\":".repeat(19_000),
        format!("{}1{}", "[".repeat(40_000), "]".repeat(40_000)),
    ] {
        let answer = send(&vapi, &post(body.as_bytes()));
        assert_eq!(status(&answer), Some(400));
        assert!(answer.contains("The body is not valid JSON"), "{answer}");
    }
    is_well(&vapi).await;
}

#[tokio::test]
async fn bodies_that_are_no_json_are_not_valid() {
    let vapi = start().await;
    for body in [
        &b"\xff\xfe"[..],
        b"{\"name\": \"\xff\"}",
        b"{\"name\": 1e999}",
        b"{} {}",
        b"nul",
        b"{\"a\": \"\\ud800\"}",
    ] {
        assert_eq!(
            status(&send(&vapi, &post(body))),
            Some(400),
            "{:?}",
            String::from_utf8_lossy(body)
        );
    }
    is_well(&vapi).await;
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_is_shut_out() {
    let vapi = start().await;
    let before = Instant::now();
    for start in [
        &b""[..],
        b"GET /assistant HTTP/1.1\r\nHost: x\r\n",
        b"POST /assistant HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
    ] {
        let answer = send(&vapi, start);
        assert!(matches!(status(&answer), None | Some(408)), "{answer}");
    }
    assert!(before.elapsed() >= Duration::from_millis(900));
    is_well(&vapi).await;
}

#[tokio::test]
async fn a_connection_that_nobody_uses_any_more_is_closed() {
    let vapi = start().await;
    let answer = send(&vapi, b"GET /api-nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(status(&answer), Some(404));
}

#[tokio::test]
async fn pipelined_requests_get_their_responses_in_order() {
    let vapi = start().await;
    let request = "GET /squad HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n\r\n";
    let answers = send(&vapi, request.repeat(20).as_bytes());
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 20);
}

#[tokio::test]
async fn strange_paths_are_paths() {
    let vapi = start().await;
    for path in [
        "/../../etc/passwd",
        "/assistant/%00",
        "/assistant/%ff",
        "/assistant/..%2f..",
        "//assistant",
        "/call/%2F/../x",
        "*",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nConnection: close\r\n\r\n");
        let answer = send(&vapi, request.as_bytes());
        assert!(matches!(status(&answer), Some(400 | 404)), "{path}: {answer}");
    }
    is_well(&vapi).await;
}

/// Opens many connections, each in the middle of a request, and finishes them all.
#[cfg(feature = "cli")]
fn crowd(address: &str, count: usize) {
    let request = b"GET /squad HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nConnection: close\r\n\r\n";
    let (start, rest) = request.split_at(20);
    let mut streams: Vec<TcpStream> = (0..count)
        .map(|_| {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            stream.write_all(start).expect("sent");
            stream
        })
        .collect();
    for stream in &mut streams {
        stream.write_all(rest).expect("sent");
    }
    for stream in streams {
        assert_eq!(status(&read(stream)), Some(200));
    }
}

#[cfg(feature = "cli")]
#[tokio::test]
async fn thousands_of_connections_are_served_at_once() {
    let emulator = crate::process::start(&[]);
    // As many as the system allows both processes, three thousand at most.
    let limit = std::process::Command::new("sh")
        .args(["-c", "ulimit -n"])
        .output()
        .expect("a limit");
    let limit: usize = String::from_utf8_lossy(&limit.stdout).trim().parse().unwrap_or(20_000);
    crowd(emulator.url.trim_start_matches("http://"), (limit * 2 / 3).min(3000));
    assert_eq!(emulator.get("/squad").await, (200, json!([])));
}

#[tokio::test]
async fn kept_requests_do_not_fill_memory() {
    let builder: Builder = Emulator::builder().keep_requests(1_000_000);
    let vapi = start_with(builder).await;
    let body = json!({ "name": "x".repeat(8 * 1024 * 1024) });
    for _ in 0..10 {
        assert_eq!(vapi.post("/assistant", body.clone()).await.0, 400);
    }
    // 64 MiB of bodies at most.
    assert_eq!(vapi.emulator.requests().len(), 7);
}
