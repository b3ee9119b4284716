//! Run with `cargo bench -p vapi-overhead`.
//!
//! - Decoding a long call, a list of 100, an assistant and a list of tools, as the API sends them: as the client does, as a bare
//!   `serde_json::Value`, as a borrowed value of `simd-json`, which is fast and knows no types, and as the same types made by typify and
//!   `serde_derive` with untagged unions.
//! - Decoding an end-of-call report as it is posted to a server.
//! - Encoding an assistant likewise.
//! - A request over loopback, by the client and by bare `reqwest`, both decoding the same type, in turn.

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
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

const ROUNDS: usize = 10_000;

fn read<T: DeserializeOwned>(text: &[u8]) -> T {
    serde_json::from_slice(text).unwrap()
}

/// The limit: a parser that uses all of the machine, into values that borrow from the text. It overwrites its input.
fn general(group: &mut BenchmarkGroup<'_, WallTime>, text: &[u8]) {
    let parse = |text: &mut Vec<u8>| drop(black_box(simd_json::to_borrowed_value(text).unwrap()));
    group.bench_function("simd-json", |b| {
        b.iter_batched_ref(|| text.to_vec(), parse, BatchSize::SmallInput);
    });
}

/// Decodes as the client decodes a response.
fn response<E: Endpoint>(text: &[u8]) -> E::Output {
    E::decode(text).unwrap().value
}

fn compare<Typed, Untagged: DeserializeOwned>(
    criterion: &mut Criterion,
    name: &str,
    text: String,
    typed: fn(&[u8]) -> Typed,
) {
    let text = text.into_bytes();
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("Value", |b| b.iter(|| read::<Value>(black_box(&text))));
    general(&mut group, &text);
    group.bench_function("typed", |b| b.iter(|| typed(black_box(&text))));
    group.bench_function("untagged", |b| b.iter(|| read::<Untagged>(black_box(&text))));
    group.finish();
}

fn keeps<T: DeserializeOwned + Serialize>(value: &Value) {
    let kept = serde_json::to_value(read::<T>(value.to_string().as_bytes())).unwrap();
    assert_eq!(kept, *value, "what is measured must lose nothing");
}

fn decode(criterion: &mut Criterion) {
    use untagged::types as plain;

    let long = call(40);
    keeps::<Call>(&long);
    compare::<_, plain::Call>(criterion, "decode a call", text(&long), response::<CallsGet>);
    let list: Value = (0..100).map(|_| call(10)).collect();
    compare::<_, Vec<plain::Call>>(criterion, "decode 100 calls", text(&list), response::<CallsList>);
    let assistant = stored_assistant();
    keeps::<Assistant>(&assistant);
    compare::<_, plain::Assistant>(
        criterion,
        "decode an assistant",
        text(&assistant),
        response::<AssistantsGet>,
    );
    let tools = tools(100);
    keeps::<Vec<Tool>>(&tools);
    compare::<_, Vec<plain::AnyTool>>(criterion, "decode 100 tools", text(&tools), response::<ToolsList>);
    // Tags stand late in these, behind what is long.
    let sorted = tools.to_string();
    compare::<_, Vec<plain::AnyTool>>(
        criterion,
        "decode 100 tools, sorted by name",
        sorted,
        response::<ToolsList>,
    );
}

/// The body stands in memory, as servers have it.
fn webhook(criterion: &mut Criterion) {
    let report = report(74);
    // The type stands behind nearly everything else in the second.
    let posted = [
        ("decode an end-of-call report", report.text()),
        (
            "decode an end-of-call report, sorted by name",
            report.value().to_string(),
        ),
    ];
    for (name, text) in posted {
        let body = Bytes::from(text);
        let message = WebhookMessage::from_bytes(body.clone()).unwrap();
        assert_eq!(message.misfits().next(), None);
        assert_eq!(
            serde_json::to_value(message.payload()).unwrap(),
            report.value()["message"]
        );
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("Value", |b| b.iter(|| self::read::<Value>(black_box(&body))));
        general(&mut group, &body);
        group.bench_function("typed", |b| {
            b.iter(|| WebhookMessage::from_bytes(black_box(&body).clone()).unwrap())
        });
        group.finish();
    }
}

fn encode(criterion: &mut Criterion) {
    let value = assistant();
    let text = text(&value).into_bytes();
    let typed: CreateAssistantDto = read(&text);
    let untagged: untagged::types::CreateAssistantDto = read(&text);
    assert_eq!(serde_json::to_value(&typed).unwrap(), value);
    assert_eq!(vapi::write_body(&typed), serde_json::to_vec(&typed).unwrap());
    let mut group = criterion.benchmark_group("encode an assistant");
    group.throughput(Throughput::Bytes(text.len() as u64));
    let mut input = text.clone();
    let general = simd_json::to_borrowed_value(&mut input).unwrap();
    group.bench_function("Value", |b| b.iter(|| serde_json::to_vec(black_box(&value)).unwrap()));
    group.bench_function("simd-json", |b| b.iter(|| black_box(&general).encode()));
    group.bench_function("typed", |b| b.iter(|| vapi::write_body(black_box(&typed))));
    group.bench_function("typed, by serde_json", |b| {
        b.iter(|| serde_json::to_vec(black_box(&typed)).unwrap())
    });
    group.bench_function("untagged", |b| {
        b.iter(|| serde_json::to_vec(black_box(&untagged)).unwrap())
    });
    group.finish();
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

/// One and the other in turn, so that both meet the same noise of the machine; Criterion measures one after the other.
fn request(_: &mut Criterion) {
    let address = server();
    let runtime: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let vapi = vapi::Client::builder()
        .api_key("key")
        .base_url(&address)
        .build()
        .unwrap();
    let bare = vapi::http_client_builder().unwrap().build().unwrap();
    let url = format!("{address}/call/1");
    let mut times = [Vec::new(), Vec::new()];
    runtime.block_on(async {
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let response = bare.get(&url).bearer_auth("key").send().await.unwrap();
            black_box(CallsGet::decode(&response.bytes().await.unwrap()).unwrap());
            times[0].push(began.elapsed());
            let began = Instant::now();
            black_box(vapi.calls().get("1").await.unwrap());
            times[1].push(began.elapsed());
        }
    });
    let [reqwest, vapi] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e6
    });
    println!(
        "a request over loopback, median of {ROUNDS} in turn: reqwest {reqwest:.1} µs, vapi {vapi:.1} µs, ratio {:.3}\n",
        vapi / reqwest
    );
}

criterion_group!(benches, decode, webhook, encode, request);
criterion_main!(benches);
