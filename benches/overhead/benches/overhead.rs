//! Run with `cargo bench -p vapi-overhead`. Words behind `--` choose the rows whose names have one of them.
//!
//! The ways to do a thing are measured in turn, in many short rounds: a machine that is slower for a while is so for all of them.
//!
//! - Decoding a long call, a list of 100, an assistant and a list of tools, as the API sends them: as the client does, as a bare
//!   `serde_json::Value`, as a borrowed value of `simd-json`, which is fast and knows no types, and as the same types made by typify and
//!   `serde_derive` with untagged unions.
//! - Decoding an end-of-call report as it is posted to a server.
//! - Encoding an assistant likewise.
//! - A request over loopback, by the client and by bare `reqwest`, both decoding the same type.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use simd_json::prelude::Writable;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use vapi::operation::Endpoint;
use vapi::resources::endpoint::{AssistantsGet, CallsGet, CallsList, ToolsList};
use vapi::types::{Assistant, Call, CreateAssistantDto, Tool};
use vapi::webhooks::WebhookMessage;
use vapi_overhead::{assistant, call, report, stored_assistant, text, tools};

#[allow(clippy::all, dead_code, missing_docs, unused_imports, mismatched_lifetime_syntaxes)]
mod untagged {
    include!(concat!(env!("OUT_DIR"), "/untagged.rs"));
}

const ROUNDS: usize = 400;
/// A round of each way takes this long: much longer than the clock needs, much shorter than the noise lasts.
const ROUND: Duration = Duration::from_micros(500);

/// A way to do what a row is about.
struct Way<'a> {
    name: &'static str,
    /// Does it so many times, and returns the time that this took.
    time: Box<dyn FnMut(u32) -> Duration + 'a>,
}

fn way<'a, T>(name: &'static str, mut run: impl FnMut() -> T + 'a) -> Way<'a> {
    let time = Box::new(move |times| {
        let began = Instant::now();
        (0..times).for_each(|_| drop(black_box(run())));
        began.elapsed()
    });
    Way { name, time }
}

/// Measures the ways in turn, and prints the median of each and what it is of that of the first.
fn compare(row: &str, ways: Vec<Way<'_>>) {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    if !chosen.is_empty() && !chosen.iter().any(|word| row.contains(word)) {
        return;
    }
    let mut measured: Vec<_> = ways.into_iter().map(|way| (way, 1, Vec::new())).collect();
    for (way, times, _) in &mut measured {
        // The first time of all takes longest, and says nothing of the next.
        while (0..3).any(|_| (way.time)(*times) < ROUND) {
            *times *= 2;
        }
    }
    for _ in 0..ROUNDS {
        for (way, times, seconds) in &mut measured {
            seconds.push((way.time)(*times).as_secs_f64() / f64::from(*times));
        }
    }
    let medians: Vec<f64> = measured.iter_mut().map(|(.., seconds)| median(seconds)).collect();
    println!("{row}");
    for ((way, ..), median) in measured.iter().zip(&medians) {
        println!(
            "    {:22} {:9.1} µs {:6.2}",
            way.name,
            median * 1e6,
            median / medians[0]
        );
    }
}

fn median(seconds: &mut [f64]) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn read<T: DeserializeOwned>(text: &[u8]) -> T {
    serde_json::from_slice(text).unwrap()
}

/// The limit: a parser that uses all of the machine, into values that borrow from the text. It overwrites its input.
fn general(text: &[u8]) -> Way<'_> {
    let time = Box::new(|times| {
        let mut texts = vec![text.to_vec(); times as usize];
        let began = Instant::now();
        for text in &mut texts {
            drop(black_box(simd_json::to_borrowed_value(text).unwrap()));
        }
        began.elapsed()
    });
    let name = "simd-json";
    Way { name, time }
}

/// Decodes as the client decodes a response.
fn response<E: Endpoint>(text: &[u8]) -> E::Output {
    E::decode(text).unwrap().value
}

fn compare_decoding<E: Endpoint, Untagged: DeserializeOwned>(row: &str, text: &str) {
    let text = text.as_bytes();
    compare(
        row,
        vec![
            way("Value", || read::<Value>(black_box(text))),
            general(text),
            way("typed", || response::<E>(black_box(text))),
            way("untagged", || read::<Untagged>(black_box(text))),
        ],
    );
}

fn keeps<T: DeserializeOwned + Serialize>(value: &Value) {
    let kept = serde_json::to_value(read::<T>(value.to_string().as_bytes())).unwrap();
    assert_eq!(kept, *value, "what is measured must lose nothing");
}

fn decode() {
    use untagged::types as plain;

    let long = call(40);
    keeps::<Call>(&long);
    compare_decoding::<CallsGet, plain::Call>("decode a call", &text(&long));
    let list: Value = (0..100).map(|_| call(10)).collect();
    compare_decoding::<CallsList, Vec<plain::Call>>("decode 100 calls", &text(&list));
    let assistant = stored_assistant();
    keeps::<Assistant>(&assistant);
    compare_decoding::<AssistantsGet, plain::Assistant>("decode an assistant", &text(&assistant));
    let tools = tools(100);
    keeps::<Vec<Tool>>(&tools);
    compare_decoding::<ToolsList, Vec<plain::AnyTool>>("decode 100 tools", &text(&tools));
    // Tags stand late in these, behind what is long.
    compare_decoding::<ToolsList, Vec<plain::AnyTool>>("decode 100 tools, sorted by name", &tools.to_string());
}

/// The body stands in memory, as servers have it.
fn webhook() {
    let report = report(74);
    // The type stands behind nearly everything else in the second.
    let posted = [
        ("decode an end-of-call report", report.text()),
        (
            "decode an end-of-call report, sorted by name",
            report.value().to_string(),
        ),
    ];
    for (row, text) in posted {
        let body = Bytes::from(text);
        let message = WebhookMessage::from_bytes(body.clone()).unwrap();
        assert_eq!(message.misfits().next(), None);
        assert_eq!(
            serde_json::to_value(message.payload()).unwrap(),
            report.value()["message"]
        );
        compare(
            row,
            vec![
                way("Value", || read::<Value>(black_box(&body))),
                general(&body),
                way("typed", || {
                    WebhookMessage::from_bytes(black_box(&body).clone()).unwrap()
                }),
            ],
        );
    }
}

fn encode() {
    let value = assistant();
    let text = text(&value).into_bytes();
    let typed: CreateAssistantDto = read(&text);
    let untagged: untagged::types::CreateAssistantDto = read(&text);
    assert_eq!(serde_json::to_value(&typed).unwrap(), value);
    assert_eq!(vapi::write_body(&typed), serde_json::to_vec(&typed).unwrap());
    let mut input = text.clone();
    let general = simd_json::to_borrowed_value(&mut input).unwrap();
    compare(
        "encode an assistant",
        vec![
            way("Value", || serde_json::to_vec(black_box(&value)).unwrap()),
            way("simd-json", || black_box(&general).encode()),
            way("typed", || vapi::write_body(black_box(&typed))),
            way("typed, by serde_json", || {
                serde_json::to_vec(black_box(&typed)).unwrap()
            }),
            way("untagged", || serde_json::to_vec(black_box(&untagged)).unwrap()),
        ],
    );
}

/// A server that responds to every request with the same call, on a thread of its own.
fn server() -> String {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let body = text(&call(5));
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || runtime.block_on(serve(listener, response)));
    address
}

async fn serve(listener: TcpListener, response: String) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let response = response.clone();
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let mut request = Vec::new();
            // A GET ends with an empty line.
            while stream.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
                if request.ends_with(b"\r\n\r\n") {
                    request.clear();
                    if stream.write_all(response.as_bytes()).await.is_err() {
                        break;
                    }
                }
            }
        });
    }
}

fn request() {
    let address = server();
    let runtime: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let vapi = vapi::Client::builder()
        .api_key("key")
        .base_url(&address)
        .build()
        .unwrap();
    let bare = vapi::http_client_builder().unwrap().build().unwrap();
    let url = format!("{address}/call/1");
    let by_reqwest = async || {
        let response = bare.get(&url).bearer_auth("key").send().await.unwrap();
        CallsGet::decode(&response.bytes().await.unwrap()).unwrap()
    };
    compare(
        "a request over loopback",
        vec![
            way("reqwest", || runtime.block_on(by_reqwest())),
            way("vapi", || {
                runtime.block_on(async { vapi.calls().get("1").await.unwrap() })
            }),
        ],
    );
}

fn main() {
    decode();
    webhook();
    encode();
    request();
}
