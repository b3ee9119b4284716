//! The webhook server under load: signed tool calls over loopback, at a steady rate, server and clients in one process.
//!
//! `cargo bench -p vapi --bench webhooks -- [calls a second] [seconds] [connections]`. The time of a call runs from the moment at
//! which it is due, so that a server that falls behind shows.

use std::io;
use std::time::Duration;

use axum::Router;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use vapi::webhooks::{HmacAlgorithm, HmacScheme, Verifier, Webhooks};

#[derive(Deserialize)]
struct BookTable {
    guests: u32,
}

/// Returns a request with its own tool call, as Vapi writes one.
fn request(verifier: &Verifier, index: usize) -> Vec<u8> {
    let body = json!({"message": {
        "type": "tool-calls",
        "timestamp": 1_790_000_000_123_u64,
        "call": {"id": format!("call-{index}"), "type": "inboundPhoneCall", "status": "in-progress", "orgId": "an-organization"},
        "customer": {"number": "+15555550123"},
        "toolCallList": [{"id": format!("tool-{index}"), "type": "function", "function": {
            "name": "book_table", "arguments": {"guests": index % 12, "note": "a table by the window, if there is one"},
        }}],
    }})
    .to_string();
    let mut request = format!(
        "POST /vapi HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n",
        body.len()
    )
    .into_bytes();
    for (name, value) in &verifier.sign(body.as_bytes()) {
        request.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body.as_bytes());
    request
}

/// Sends a request and reads its response, which is short.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> io::Result<()> {
    stream.write_all(request).await?;
    let mut response = Vec::new();
    loop {
        if stream.read_buf(&mut response).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // The body is one JSON object.
        if response.ends_with(b"]}") {
            break;
        }
    }
    assert!(
        response.starts_with(b"HTTP/1.1 200 OK") && response.windows(6).any(|text| text == b"booked"),
        "{}",
        String::from_utf8_lossy(&response)
    );
    Ok(())
}

#[tokio::main(worker_threads = 2)]
async fn main() -> io::Result<()> {
    // `cargo bench` adds `--bench`.
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse::<u32>().ok());
    let rate = numbers.next().unwrap_or(5000);
    let seconds = numbers.next().unwrap_or(10);
    let connections = numbers.next().unwrap_or(32);

    let scheme = HmacScheme::new(HmacAlgorithm::Sha256, "a key of a usual length, 40 bytes or so");
    let verifier = Verifier::hmac(scheme).map_err(io::Error::other)?;
    let webhooks = Webhooks::new(verifier.clone()).on_tool("book_table", |table: BookTable, _| async move {
        Ok(format!("booked for {}", table.guests))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = Router::new().route_service("/vapi", webhooks.into_service());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let per_connection = (rate * seconds / connections) as usize;
    let interval = Duration::from_secs_f64(f64::from(connections) / f64::from(rate));
    let mut clients = Vec::new();
    for connection in 0..connections {
        // Signed before the time runs: it is Vapi that signs.
        let first = connection as usize * per_connection;
        let requests: Vec<_> = (0..per_connection)
            .map(|index| request(&verifier, first + index))
            .collect();
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        clients.push((stream, requests, interval * connection / connections));
    }
    let began = Instant::now() + Duration::from_millis(100);
    let clients: Vec<_> = clients
        .into_iter()
        .map(|(mut stream, requests, offset)| {
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(requests.len());
                let mut due = began + offset;
                for request in requests {
                    tokio::time::sleep_until(due).await;
                    exchange(&mut stream, &request).await?;
                    times.push(due.elapsed());
                    due += interval;
                }
                io::Result::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    let elapsed = began.elapsed().as_secs_f64();
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "{:.0} calls a second: p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, longest {:.2} ms",
        times.len() as f64 / elapsed,
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
    Ok(())
}
