//! Faults on demand.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use vapi_emulator::Fault;

use crate::client::{Vapi, answer, start};

#[tokio::test]
async fn a_fault_hits_its_operation_as_often_as_asked() {
    let vapi = start().await;
    vapi.emulator
        .fault(Fault::on("AssistantController_findAll").status(500).times(1));
    assert_eq!(vapi.get("/squad").await.0, 200);
    let (status, body) = vapi.get("/assistant").await;
    assert_eq!(status, 500);
    assert_eq!(
        body,
        json!({ "message": "Internal Server Error", "error": "Internal Server Error", "statusCode": 500 })
    );
    assert_eq!(vapi.get("/assistant").await.0, 200);
}

#[tokio::test]
async fn an_operation_can_be_named_by_method_and_path() {
    let vapi = start().await;
    vapi.emulator.fault(Fault::on("GET /assistant/{id}").status(503));
    assert_eq!(vapi.get("/assistant/x").await.0, 503);
    assert_eq!(vapi.delete("/assistant/x").await.0, 404);
}

#[tokio::test]
async fn faults_follow_each_other_in_the_order_they_were_added() {
    let vapi = start().await;
    vapi.emulator.fault(Fault::everywhere().status(500).times(1));
    vapi.emulator.fault(Fault::everywhere().status(502).times(1));
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(vapi.get("/assistant").await.0);
    }
    assert_eq!(seen, [500, 502, 200]);
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let vapi = start().await;
    vapi.emulator.fault(Fault::everywhere().rate_limit("7"));
    let response = vapi
        .request(Method::GET, "/assistant")
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "7");
}

#[tokio::test]
async fn a_fault_can_answer_what_a_proxy_would() {
    let vapi = start().await;
    vapi.emulator
        .fault(Fault::everywhere().body(403, "text/plain", "error code: 1010"));
    let response = vapi
        .request(Method::GET, "/assistant")
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert_eq!(response.text().await.expect("a body"), "error code: 1010");
}

#[tokio::test]
async fn latency_delays_the_real_answer() {
    let vapi = start().await;
    vapi.emulator
        .fault(Fault::everywhere().latency(Duration::from_millis(50)));
    let before = Instant::now();
    assert_eq!(vapi.get("/assistant").await.0, 200);
    assert!(before.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_reset_leaves_no_answer() {
    let vapi = start().await;
    vapi.emulator.fault(Fault::everywhere().reset());
    let error = vapi
        .request(Method::POST, "/assistant")
        .json(&json!({}))
        .send()
        .await
        .expect_err("no response");
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    assert_eq!(cause, Some(std::io::ErrorKind::ConnectionReset));
    assert_eq!(vapi.emulator.requests().len(), 1);
}

#[tokio::test]
async fn a_closed_connection_leaves_no_answer() {
    let vapi = start().await;
    vapi.emulator.fault(Fault::everywhere().close().times(1));
    assert!(
        vapi.request(Method::POST, "/assistant")
            .json(&json!({}))
            .send()
            .await
            .is_err()
    );
    assert_eq!(vapi.get("/assistant").await.1, json!([]));
}

#[tokio::test]
async fn a_fault_can_come_after_the_deed() {
    let vapi = start().await;
    vapi.emulator
        .fault(Fault::on("CallController_create").reset().after_acting());
    assert!(
        vapi.request(Method::POST, "/call")
            .json(&json!({}))
            .send()
            .await
            .is_err()
    );
    assert_eq!(vapi.get("/call").await.1.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_truncated_body_breaks_off_in_the_middle() {
    let vapi = start().await;
    vapi.create("/assistant", json!({ "name": "Ada" })).await;
    vapi.emulator.fault(Fault::everywhere().truncate());
    let response = vapi.request(Method::GET, "/assistant").send().await.expect("headers");
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn faults_can_be_called_off() {
    let vapi = start().await;
    vapi.emulator.fault(Fault::everywhere().status(500));
    vapi.emulator.clear_faults();
    assert_eq!(answer(vapi.request(Method::GET, "/assistant")).await.0, 200);
}

/// Returns what a client receives until the connection closes.
fn received(vapi: &Vapi) -> String {
    let mut stream = TcpStream::connect(vapi.emulator.base_url().trim_start_matches("http://")).expect("a connection");
    stream
        .write_all(b"GET /squad HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read);
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn a_wrong_content_length_is_announced() {
    let vapi = start().await;
    for (length, body) in [("4", "erro"), ("5", "error"), ("9", "error")] {
        let fault = Fault::on("GET /squad").body(500, "text/plain", "error");
        vapi.emulator.fault(fault.header("Content-Length", length).times(1));
        let said = received(&vapi);
        assert!(said.starts_with("HTTP/1.1 500 "), "{said}");
        assert!(said.contains(&format!("content-length: {length}\r\n")), "{said}");
        assert!(said.ends_with(&format!("\r\n\r\n{body}")), "{said}");
    }
    for (name, value) in [
        ("content-length", "many"),
        ("content-length", "-1"),
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", "gzip"),
    ] {
        vapi.emulator
            .fault(Fault::on("GET /squad").status(503).header(name, value).times(1));
        let said = received(&vapi);
        assert!(said.starts_with("HTTP/1.1 503 "), "{name}: {value}: {said}");
        assert!(said.ends_with("\"statusCode\":503}"), "{name}: {value}: {said}");
        let text = format!("GET /squad=503,header=\"{name}: {value}\"");
        assert!(text.parse::<Fault>().is_err(), "{text}");
    }
}
