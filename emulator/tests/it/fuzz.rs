//! Fuzz tests with a fixed seed: every input gets a response that is not a server error, and the next client is served.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vapi_emulator::Emulator;

use crate::client::{Vapi, start_with};

/// The same values in every run.
fn some<T>(count: usize, strategy: impl Strategy<Value = T>) -> Vec<T> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).expect("a value").current())
        .collect()
}

/// Returns the response to these bytes, until the connection ends.
async fn sent(address: &str, bytes: &[u8], and_goes: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    // A server that refuses early closes during the write.
    let _ = stream.write_all(bytes).await;
    if and_goes {
        let _ = stream.shutdown().await;
    }
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "no end after {:?}", String::from_utf8_lossy(bytes));
    answer
}

fn status(answer: &[u8]) -> Option<u16> {
    let line = String::from_utf8_lossy(answer.get(..12)?).into_owned();
    line.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

async fn is_well(vapi: &Vapi) {
    let (status, _) = vapi.get("/assistant").await;
    assert_eq!(status, 200);
}

async fn patient() -> Vapi {
    start_with(Emulator::builder().call_step(Duration::from_secs(3600))).await
}

fn address(vapi: &Vapi) -> String {
    vapi.emulator.base_url().replace("http://", "")
}

/// The addresses of both listeners.
async fn addresses(vapi: &Vapi) -> [String; 2] {
    let body = json!({ "assistant": {}, "customer": { "number": "+15555550101" } });
    let (_, call) = vapi.post("/call", body).await;
    let url = call["monitor"]["controlUrl"].as_str().expect("a call can be steered");
    let other = url.split('/').nth(2).expect("a host").to_owned();
    [address(vapi), other]
}

#[tokio::test]
async fn any_bytes_end_in_a_refusal_or_in_silence() {
    let vapi = patient().await;
    let line = "(GET|POST|[A-Z]{1,3}) [ -~]{0,30}( HTTP/1.[0-9])?(\r?\n[ -~]{0,40}){0,4}(\r\n\r\n)?";
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        line.prop_map(String::into_bytes),
    ];
    let addresses = addresses(&vapi).await;
    for (index, bytes) in some(200, bytes).iter().enumerate() {
        let answer = sent(&addresses[index % 2], bytes, true).await;
        if !answer.is_empty() {
            assert!(
                status(&answer).is_some_and(|status| status < 500),
                "{bytes:?} {answer:?}"
            );
        }
    }
    is_well(&vapi).await;
}

#[tokio::test]
async fn any_request_is_answered() {
    let vapi = patient().await;
    let mut paths: Vec<String> = vapi
        .emulator
        .operations()
        .into_iter()
        .map(|operation| operation.path)
        .collect();
    paths.extend(
        [
            "/emulator",
            "/emulator/calls",
            "/emulator/clock",
            "/emulator/faults",
            "/emulator/requests",
            "/emulator/scripts",
            "/emulator/test-call",
            "/credential",
            "/api-json",
            "/",
        ]
        .map(str::to_owned),
    );
    let odd = "(/[a-zA-Z0-9%._~!$&'()*+,;=:@-]{0,10}){0,5}";
    let path = prop_oneof![
        3 => (prop::sample::select(paths), odd).prop_map(|(path, odd)| {
            path.replace("{", "").replace("}", "") + if odd.len() > 12 { &odd } else { "" }
        }),
        1 => odd.prop_map(|path| format!("/{path}")),
    ];
    let query = "(\\?(limit|page|sortBy|sortOrder|createdAtGt|id|cursor|[a-z%]{0,6})=[a-zA-Z0-9%+.:-]{0,14}(&[a-z=&%]{0,12})?)?";
    let method = "GET|POST|PATCH|PUT|DELETE|HEAD|OPTIONS|TRACE|BREW";
    let token = prop_oneof![4 => Just("Bearer k"), 1 => Just("Bearer "), 1 => Just("Basic eDp5"), 1 => Just("\u{e9}")];
    let kind = prop_oneof![
        4 => Just("application/json"),
        1 => Just("multipart/form-data; boundary=x"),
        1 => Just("multipart/form-data; boundary=\"\""),
        1 => Just("text/\u{e9}"),
    ];
    let body = prop_oneof![
        2 => Just(String::new()),
        2 => "[\\[\\]{}\",:0-9a-z\\\\ ]{0,40}",
        1 => "\\{\"(seconds|from|phoneNumberId|type|provider|input|name|limit)\":(null|-1|1e300|\"x\"|\\[\\]|\\{\\}|NaN)\\}",
        1 => "(--x(\r\n)?[ -~]{0,30}){0,4}",
    ];
    let addresses = addresses(&vapi).await;
    for (index, (method, path, query, token, kind, body)) in some(600, (method, path, query, token, kind, body))
        .into_iter()
        .enumerate()
    {
        let request = format!(
            "{method} {path}{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {token}\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = sent(&addresses[usize::from(index % 5 == 0)], request.as_bytes(), false).await;
        assert!(
            status(&answer).is_some_and(|status| status < 500),
            "{request:?} {:?}",
            String::from_utf8_lossy(&answer)
        );
    }
    is_well(&vapi).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_harms_nobody() {
    let vapi = patient().await;
    let head = "POST /assistant HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\n";
    let endings = [
        "Content-Length: 1000\r\n\r\n{\"name\":",
        "Content-Length: 0\r\nContent-Length: 5\r\n\r\n{}",
        "Content-Length: -1\r\n\r\n{}",
        "Content-Length: 99999999999999999999999\r\n\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"na",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n",
        "Content-Le",
    ];
    for ending in endings {
        let answer = sent(&address(&vapi), format!("{head}{ending}").as_bytes(), true).await;
        assert!(
            answer.is_empty() || status(&answer).is_some_and(|status| status < 500),
            "{ending:?}"
        );
    }
    is_well(&vapi).await;
}

#[tokio::test]
async fn deep_json_is_refused_by_every_operation_that_reads_some() {
    let vapi = patient().await;
    let deep = [
        "[".repeat(100_000),
        "{\"assistant\":".repeat(50_000),
        format!("{}{}", "[".repeat(126), "]".repeat(126)),
    ];
    let operations = vapi.emulator.operations();
    for operation in operations
        .iter()
        .filter(|operation| operation.request_content_type.is_some())
    {
        for body in &deep {
            let request = vapi.request(operation.method.clone(), &operation.path.replace(['{', '}'], ""));
            let request = request.header("content-type", "application/json").body(body.clone());
            let status = request.send().await.expect("a response").status().as_u16();
            assert!((400..500).contains(&status), "{} {status}", operation.id);
        }
    }
    is_well(&vapi).await;
}
