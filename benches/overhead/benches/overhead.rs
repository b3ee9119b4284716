//! Run with `cargo bench -p vapi-overhead`.
//!
//! - Decoding a long call and a list of 100, as this crate's types, as a bare `serde_json::Value`, and as the same types made by
//!   typify and `serde_derive` with untagged unions.
//! - Encoding an assistant likewise.
//! - A request over loopback, by the client and by bare `reqwest`, both decoding the same type.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use vapi::types::{Call, CreateAssistantDto};
use vapi_overhead::{assistant, call};

#[allow(clippy::all, dead_code, missing_docs, unused_imports, mismatched_lifetime_syntaxes)]
mod untagged {
    include!(concat!(env!("OUT_DIR"), "/untagged.rs"));
}

fn read<T: DeserializeOwned>(text: &[u8]) -> T {
    serde_json::from_slice(text).unwrap()
}

fn decode(criterion: &mut Criterion) {
    let whole = call(40);
    let list: Vec<Value> = (0..100).map(|_| call(10)).collect();
    let kept = serde_json::to_value(read::<Call>(whole.to_string().as_bytes())).unwrap();
    assert_eq!(kept, whole, "the measured decoder must lose nothing");

    let text = whole.to_string().into_bytes();
    let mut group = criterion.benchmark_group("decode a call");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("Value", |b| b.iter(|| read::<Value>(black_box(&text))));
    group.bench_function("typed", |b| b.iter(|| read::<Call>(black_box(&text))));
    group.bench_function("untagged", |b| {
        b.iter(|| read::<untagged::types::Call>(black_box(&text)))
    });
    group.finish();

    let text = Value::Array(list).to_string().into_bytes();
    let mut group = criterion.benchmark_group("decode a list of 100 calls");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.sample_size(20);
    group.bench_function("Value", |b| b.iter(|| read::<Value>(black_box(&text))));
    group.bench_function("typed", |b| b.iter(|| read::<Vec<Call>>(black_box(&text))));
    group.bench_function("untagged", |b| {
        b.iter(|| read::<Vec<untagged::types::Call>>(black_box(&text)))
    });
    group.finish();
}

fn encode(criterion: &mut Criterion) {
    let value = assistant();
    let text = value.to_string().into_bytes();
    let typed: CreateAssistantDto = read(&text);
    let untagged: untagged::types::CreateAssistantDto = read(&text);
    assert_eq!(serde_json::to_value(&typed).unwrap(), value);
    let mut group = criterion.benchmark_group("encode an assistant");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("Value", |b| b.iter(|| serde_json::to_vec(black_box(&value)).unwrap()));
    group.bench_function("typed", |b| b.iter(|| serde_json::to_vec(black_box(&typed)).unwrap()));
    group.bench_function("untagged", |b| {
        b.iter(|| serde_json::to_vec(black_box(&untagged)).unwrap())
    });
    group.finish();
}

/// A server that answers every request with the same call, on a thread of its own.
fn server() -> String {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let body = call(5).to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || runtime.block_on(serve(listener, answer)));
    address
}

async fn serve(listener: TcpListener, answer: String) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let answer = answer.clone();
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let mut request = Vec::new();
            // A GET ends with an empty line.
            while stream.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
                if request.ends_with(b"\r\n\r\n") {
                    request.clear();
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        break;
                    }
                }
            }
        });
    }
}

fn request(criterion: &mut Criterion) {
    let address = server();
    let runtime: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let vapi = vapi::Client::builder()
        .api_key("key")
        .base_url(&address)
        .build()
        .unwrap();
    let bare = vapi::config::http_client_builder().unwrap().build().unwrap();
    let url = format!("{address}/call/1");
    let mut group = criterion.benchmark_group("a request over loopback");
    group.sample_size(200);
    group.bench_function("reqwest", |b| {
        b.iter(|| {
            runtime.block_on(async {
                let answer = bare.get(&url).bearer_auth("key").send().await.unwrap();
                read::<Call>(&answer.bytes().await.unwrap())
            })
        });
    });
    group.bench_function("vapi", |b| {
        b.iter(|| runtime.block_on(async { vapi.calls().get("1").await.unwrap() }))
    });
    group.finish();
}

criterion_group!(benches, decode, encode, request);
criterion_main!(benches);
