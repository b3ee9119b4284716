//! The load of many calls over audio. Run with `cargo run --release -p vapi-audio-load`.
//!
//! Fifty calls over audio at the same time, with the local Vapi in the same process. Each speaks without a break, so that every frame
//! has resampled sound. A relay between the two notes when each frame of the client arrives. The jitter of a frame is its delay beside
//! the best line of one frame each 20 ms.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use vapi::Client;
use vapi::audio::{AudioSession, AudioStats, Incoming};
use vapi::types::{CreateAssistantDto, CreateCallDto, Transport};
use vapi_emulator::Emulator;

const SESSIONS: usize = 50;
const TIME: Duration = Duration::from_secs(20);
const FRAME: Duration = Duration::from_millis(20);
/// The rate of the sound before it is resampled to 16 kHz.
const RATE: u32 = 24_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run());
}

async fn run() {
    let local = Emulator::start().await;
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()
        .unwrap();
    let begin = (Instant::now(), cpu_seconds());
    let mut tasks = Vec::new();
    for _ in 0..SESSIONS {
        let vapi = vapi.clone();
        tasks.push(tokio::spawn(async move { measure(&vapi).await }));
    }
    let (mut jitters, mut intervals, mut stats) = (Vec::new(), Vec::new(), AudioStats::default());
    for task in tasks {
        let (arrivals, of_session) = task.await.unwrap();
        jitters.extend(jitter(&arrivals));
        intervals.extend(arrivals.windows(2).map(|pair| (pair[1] - pair[0]).abs_diff(FRAME)));
        stats.sent_frames += of_session.sent_frames;
        stats.silent_frames += of_session.silent_frames;
        stats.skipped_frames += of_session.skipped_frames;
        stats.received_frames += of_session.received_frames;
        stats.dropped_received += of_session.dropped_received;
    }
    let cpu = (cpu_seconds() - begin.1) / begin.0.elapsed().as_secs_f64();
    println!("{SESSIONS} sessions for {TIME:?}, {cpu:.2} of a core for client, server and relay");
    println!("{stats:?}");
    report("delay beside the grid", jitters);
    report("interval less 20 ms", intervals);
}

async fn measure(vapi: &Client) -> (Vec<Instant>, AudioStats) {
    let assistant = CreateAssistantDto::new().first_message("Good morning.");
    let body = CreateCallDto::new()
        .assistant(assistant)
        .transport(vapi::types::VapiWebsocketTransport::new());
    let mut call = vapi.calls().create(body).await.unwrap().into_call().unwrap();
    let Some(Transport::VapiWebsocket(transport)) = &mut call.transport else {
        panic!("the call has a socket");
    };
    let url = transport.extra["websocketCallUrl"].as_str().unwrap().to_owned();
    let (host, path) = url.strip_prefix("ws://").unwrap().split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relayed = format!("ws://{}/{path}", listener.local_addr().unwrap());
    transport.extra["websocketCallUrl"] = relayed.into();
    let relay = tokio::spawn(relay(listener, host.to_owned()));

    let session = vapi.calls().connect_websocket(&call).sample_rate(RATE).await.unwrap();
    let stats = converse(session).await;
    (relay.await.unwrap(), stats)
}

/// Speaks and listens for the time of the measurement.
async fn converse(session: AudioSession) -> AudioStats {
    let control = session.control().clone();
    let (mut ear, mut mouth) = session.split();
    let speak = tokio::spawn(async move {
        let sound: Vec<i16> = (0..RATE as i32 / 50).map(|at| (at % 100 * 10) as i16).collect();
        while mouth.send(&sound).await.is_ok() {}
    });
    let mut heard = 0;
    let listen = async {
        while let Some(incoming) = ear.next().await {
            if let Incoming::Audio(samples) = incoming.unwrap() {
                heard += samples.len();
            }
        }
    };
    let end = async {
        sleep(TIME).await;
        let stats = control.stats();
        control.end().await.unwrap();
        stats
    };
    let ((), stats) = tokio::join!(listen, end);
    speak.await.unwrap();
    assert!(heard > 0);
    stats
}

/// Forwards one connection. Returns when the messages of sound of the client arrived.
async fn relay(listener: TcpListener, host: String) -> Vec<Instant> {
    let (client, _) = listener.accept().await.unwrap();
    let server = TcpStream::connect(host).await.unwrap();
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let down = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let (mut arrivals, mut unread, mut is_open) = (Vec::new(), Vec::new(), false);
    let mut buffer = vec![0; 16 << 10];
    loop {
        let length = from_client.read(&mut buffer).await.unwrap_or(0);
        if length == 0 || to_server.write_all(&buffer[..length]).await.is_err() {
            break;
        }
        let now = Instant::now();
        unread.extend_from_slice(&buffer[..length]);
        if !is_open {
            let Some(end) = unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                continue;
            };
            unread.drain(..end + 4);
            is_open = true;
        }
        while let Some((opcode, length)) = message(&unread) {
            unread.drain(..length);
            if opcode == 2 {
                arrivals.push(now);
            }
        }
    }
    drop(to_server);
    let _ = down.await;
    arrivals
}

/// Returns opcode and length of the first message, if it is complete. A client's has a mask of four bytes.
fn message(bytes: &[u8]) -> Option<(u8, usize)> {
    let opcode = bytes.first()? & 0x0f;
    let (header, length) = match bytes.get(1)? & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127 => panic!("no message is that long"),
        length => (2, usize::from(length)),
    };
    let length = header + 4 + length;
    (bytes.len() >= length).then_some((opcode, length))
}

/// Returns the delay of each frame beside the earliest line of one frame each 20 ms.
fn jitter(arrivals: &[Instant]) -> Vec<Duration> {
    let first = arrivals[0];
    let offset =
        |(number, arrival): (usize, &Instant)| (*arrival - first).as_secs_f64() - number as f64 * FRAME.as_secs_f64();
    let offsets: Vec<f64> = arrivals.iter().enumerate().map(offset).collect();
    let least = offsets.iter().copied().fold(f64::INFINITY, f64::min);
    offsets
        .iter()
        .map(|offset| Duration::from_secs_f64(offset - least))
        .collect()
}

fn report(what: &str, mut delays: Vec<Duration>) {
    delays.sort();
    let at = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize].as_secs_f64() * 1_000.0;
    println!(
        "{what}: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, longest {:.2} ms of {}",
        at(0.5),
        at(0.95),
        at(0.99),
        at(0.999),
        at(1.0),
        delays.len()
    );
}

/// Returns the CPU time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|ticks| ticks.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}
