//! Files: uploaded as multipart form data, stored, downloaded.

use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start, start_with};

const CONTENT: &[u8] = b"\r\n--not-the-boundary\r\n\x00\xff menu";

async fn upload(vapi: &Vapi, form: Form) -> (u16, Value) {
    answer(vapi.request(Method::POST, "/file").multipart(form)).await
}

fn menu() -> Part {
    Part::bytes(CONTENT)
        .file_name("menu.pdf")
        .mime_str("application/pdf")
        .expect("a type")
}

#[tokio::test]
async fn an_uploaded_file_is_described() {
    let vapi = start_with(Emulator::builder().call_step(Duration::from_secs(60))).await;
    let form = Form::new()
        .part("file", menu())
        .text("purpose", "assistant")
        .text("metadata", r#"{"page":1}"#);
    let (status, file) = upload(&vapi, form).await;
    assert_eq!(status, 201);
    for (name, expected) in [
        ("object", json!("file")),
        ("status", json!("processing")),
        ("name", json!("menu.pdf")),
        ("originalName", json!("menu.pdf")),
        ("bytes", json!(CONTENT.len())),
        ("mimetype", json!("application/pdf")),
        ("purpose", json!("assistant")),
        ("metadata", json!({ "page": 1 })),
    ] {
        assert_eq!(file[name], expected, "{name}");
    }
    let id = file["id"].as_str().expect("an id");
    assert_eq!(vapi.get(&format!("/file/{id}")).await, (200, file));
}

#[tokio::test]
async fn files_are_listed_by_purpose() {
    let vapi = start().await;
    upload(&vapi, Form::new().part("file", menu()).text("purpose", "assistant")).await;
    upload(&vapi, Form::new().part("file", menu())).await;
    assert_eq!(
        vapi.get("/file?purpose=assistant").await.1.as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(vapi.get("/file").await.1.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn an_uploaded_file_comes_back_byte_for_byte() {
    let vapi = start().await;
    let (_, file) = upload(&vapi, Form::new().part("file", menu())).await;
    let link = file["url"].as_str().expect("a link");
    let response = vapi.elsewhere(Method::GET, link).send().await.expect("a response");
    assert_eq!(response.headers()["content-type"], "application/pdf");
    assert_eq!(response.bytes().await.expect("a whole body"), CONTENT);
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let vapi = start().await;
    let (status, file) = upload(&vapi, Form::new().part("file", Part::bytes(b"").file_name("empty"))).await;
    assert_eq!((status, &file["bytes"]), (201, &json!(0)));
}

#[tokio::test]
async fn a_form_without_a_file_is_refused() {
    let vapi = start().await;
    let (status, body) = upload(&vapi, Form::new().text("purpose", "assistant")).await;
    assert_eq!(status, 400);
    assert_eq!(body["message"], json!(["file should not be null or undefined"]));
}

#[tokio::test]
async fn a_form_that_breaks_off_is_refused() {
    let vapi = start().await;
    let request = vapi
        .request(Method::POST, "/file")
        .header("content-type", "multipart/form-data; boundary=b")
        .body("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nhalf");
    assert_eq!(answer(request).await.0, 400);
}

#[tokio::test]
async fn json_is_no_upload() {
    let vapi = start().await;
    assert_eq!(vapi.post("/file", json!({})).await.0, 400);
}
