//! progenitor's own client over the wire: the methods of all operations, on this crate's transport.
#![cfg(vapi_op = "CallController_create")]

use std::pin::pin;
use std::time::Duration;

use futures_core::Stream;
use vapi::raw::Error;
use vapi::reqwest::multipart::{Form, Part};
use vapi::types::{CallOrBatch, CallStatus, CreateCallDto, CreateCustomerDto};
use vapi::{Client, raw};
use vapi_emulator::{Emulator, Fault};

/// Returns a local Vapi and the raw client for it.
async fn start() -> (Emulator, raw::Client) {
    let local = Emulator::builder()
        .call_step(Duration::from_secs(3600))
        .allow_unknown_ids(true)
        .start()
        .await
        .unwrap();
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .retry_base_delay(Duration::ZERO)
        .build()
        .unwrap();
    (local, vapi.raw())
}

fn a_call() -> CreateCallDto {
    CreateCallDto::new()
        .assistant_id("assistant-1")
        .phone_number_id("line-1")
        .customer(CreateCustomerDto::new().number("+15555550123"))
}

async fn place(raw: &raw::Client) -> String {
    match raw.call_controller_create(&a_call()).await.unwrap().into_inner() {
        CallOrBatch::Call(call) => call.id,
        other => panic!("{other:?}"),
    }
}

async fn collect(stream: impl Stream<Item = vapi::reqwest::Result<bytes::Bytes>>) -> Vec<u8> {
    let mut stream = pin!(stream);
    let mut bytes = Vec::new();
    while let Some(chunk) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        bytes.extend_from_slice(&chunk.unwrap());
    }
    bytes
}

#[tokio::test]
async fn a_call_is_placed_and_read_back() {
    let (local, raw) = start().await;
    let id = place(&raw).await;
    let call = raw.call_controller_find_one(&id).await.unwrap().into_inner();
    assert_eq!(call.status, Some(CallStatus::Queued));
    assert_eq!(call.customer.unwrap().number.as_deref(), Some("+15555550123"));
    let sent: Vec<_> = local.requests().into_iter().map(|r| r.operation_id.unwrap()).collect();
    assert_eq!(sent, ["CallController_create", "CallController_findOne"]);
}

#[tokio::test]
async fn a_raw_request_has_key_and_user_agent() {
    let (local, raw) = start().await;
    place(&raw).await;
    let request = &local.requests()[0];
    assert_eq!(
        request.header("authorization"),
        Some(format!("Bearer {}", local.api_key()).as_str())
    );
    assert_eq!(request.header("user-agent"), Some("vapi-rust/0.1.0"));
    assert_eq!(request.header("api-version"), None);
}

#[tokio::test]
async fn an_id_that_changes_the_route_is_not_sent() {
    let (local, raw) = start().await;
    for id in ["..", "", "a/b", "a\\b", "a?b", "a%2Fb"] {
        let error = raw.assistant_controller_find_one(id).await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{id:?}: {error}");
    }
    assert!(local.requests().is_empty());
}

#[tokio::test]
async fn optional_parameters_are_positional_and_absent_ones_are_not_sent() {
    let (local, raw) = start().await;
    let limit = vapi::Number::from(7);
    raw.assistant_controller_find_all(None, None, None, None, Some(&limit), None, None, None, None)
        .await
        .unwrap();
    let sent = local.requests().remove(0).query;
    assert_eq!(sent, [("limit".to_owned(), "7".to_owned())]);
}

#[tokio::test]
async fn a_file_goes_up_as_a_form() {
    let (local, raw) = start().await;
    let part = Part::bytes(b"Closed on Mondays.".as_slice()).file_name("note.txt");
    let file = raw
        .file_controller_create(Form::new().part("file", part))
        .await
        .unwrap();
    assert_eq!(file.name.as_deref(), Some("note.txt"));
    let request = &local.requests()[0];
    let content_type = request.header("content-type").unwrap();
    assert!(
        content_type.starts_with("multipart/form-data; boundary="),
        "{content_type}"
    );
}

#[tokio::test]
async fn a_download_is_a_response_of_bytes() {
    let (local, raw) = start().await;
    local.fault(Fault::on("CallArtifactController_callLogsDownload").body(200, "application/gzip", "as they came"));
    let response = raw.call_artifact_controller_call_logs_download("call-1").await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/gzip");
    assert_eq!(collect(response.into_inner_stream()).await, b"as they came");
}

#[tokio::test]
async fn a_redirect_to_a_download_is_left_to_the_caller() {
    let (local, raw) = start().await;
    let id = place(&raw).await;
    local.advance(Duration::from_secs(12 * 3600)).await;
    let result = raw.call_artifact_controller_mono_recording_download(&id).await;
    let Err(Error::UnexpectedResponse(response)) = result else {
        panic!("not a response of its own");
    };
    assert_eq!(response.status(), 302);
    assert!(response.headers().contains_key("location"));
}

#[tokio::test]
async fn a_lost_raw_request_is_repeated_only_if_safe() {
    let (local, raw) = start().await;
    local.fault(Fault::everywhere().status(500));
    raw.call_controller_find_one("call-1").await.unwrap_err();
    assert_eq!(local.requests().len(), 3);
    local.clear_requests();
    raw.call_controller_create(&a_call()).await.unwrap_err();
    assert_eq!(local.requests().len(), 1);
}

/// A client whose responses may have this many bytes, of a server that gives this body.
async fn limited(body: &str, limit: usize) -> (crate::support::Server, raw::Client) {
    let server = crate::support::Server::replying([crate::support::Reply::json(200, body)]).await;
    let vapi = crate::support::builder(&server.url)
        .max_response_bytes(limit)
        .build()
        .unwrap();
    (server, vapi.raw())
}

#[tokio::test]
async fn a_raw_response_has_the_limit_of_the_client() {
    let body = r#"{"id":"call-1"}"#;
    let (_server, raw) = limited(body, body.len() - 1).await;
    let error = raw.call_controller_find_one("call-1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Error: the response (200 OK) is longer than 14 bytes"
    );
    let (_server, raw) = limited(body, body.len()).await;
    assert_eq!(raw.call_controller_find_one("call-1").await.unwrap().id, "call-1");
}

#[tokio::test]
async fn a_byte_order_mark_of_a_raw_response_is_skipped() {
    let (_server, raw) = limited("\u{feff}{\"id\":\"call-1\"}", 100).await;
    assert_eq!(raw.call_controller_find_one("call-1").await.unwrap().id, "call-1");
}
