//! Over real HTTP, in the servers that a program may have.

use axum::Router;
use axum::extract::FromRef;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_util::io::ReaderStream;
use vapi::http::StatusCode;
use vapi::reqwest::Body;
use vapi::types::ServerMessagePayload;
use vapi::webhooks::{
    AssistantResponse, HmacAlgorithm, HmacScheme, ToolCallsResponse, ToolResult, Verified, Verifier, Webhooks,
};

use crate::webhook_server::{message, tool_calls};

fn verifier() -> Verifier {
    Verifier::hmac(HmacScheme::new(HmacAlgorithm::Sha256, "correct horse").signature_prefix("sha256=")).unwrap()
}

fn webhooks() -> Webhooks {
    Webhooks::new(verifier()).on_tool("echo", |arguments: Value, _| async move { Ok(arguments) })
}

/// Serves a router of axum, and returns the URL of its webhooks.
async fn serve(app: Router) -> String {
    format!("http://{}/vapi", crate::support::serve(app).await)
}

/// Posts a body with the signature of `signed`.
async fn send(url: &str, signed: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    let headers = verifier().sign(signed.as_bytes());
    let response = vapi::http_client_builder()
        .unwrap()
        .build()
        .unwrap()
        .post(url)
        .headers(headers)
        .body(body)
        .send()
        .await
        .unwrap();
    let status = response.status();
    (status, response.json().await.unwrap_or_default())
}

async fn assert_serves(url: &str) {
    let body = tool_calls(&[("1", "echo", json!({"a": 1}))]);
    let expected = json!({"results": [{"toolCallId": "1", "result": "{\"a\":1}"}]});
    assert_eq!(send(url, &body, body.clone()).await, (StatusCode::OK, expected));
    assert_eq!(send(url, "another body", body).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn axum_routes_to_the_service() {
    let url = serve(Router::new().route_service("/vapi", webhooks().into_service())).await;
    assert_serves(&url).await;
}

#[tokio::test]
async fn hyper_serves_the_service() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(webhooks());
            tokio::spawn(async move {
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    assert_serves(&url).await;
}

#[tokio::test]
async fn long_bodies_are_not_read_to_their_end() {
    let webhooks = webhooks().max_body_bytes(1000);
    let url = serve(Router::new().route_service("/vapi", webhooks)).await;
    let long = "x".repeat(1001);
    assert_eq!(send(&url, &long, long.clone()).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    // In chunks, whose sum nobody says.
    let chunked = Body::wrap_stream(ReaderStream::new(tokio::io::repeat(b'x').take(1001)));
    assert_eq!(send(&url, &long, chunked).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[derive(Clone)]
struct AppState {
    verifier: Verifier,
}

impl FromRef<AppState> for Verifier {
    fn from_ref(state: &AppState) -> Verifier {
        state.verifier.clone()
    }
}

async fn handler(Verified(message): Verified) -> Response {
    match message.payload() {
        ServerMessagePayload::AssistantRequest(_) => AssistantResponse::assistant_id("front-desk").into_response(),
        ServerMessagePayload::ToolCalls(_) => {
            let results = message
                .tool_calls()
                .into_iter()
                .map(|call| (call.id, ToolResult::text(call.name)));
            results.collect::<ToolCallsResponse>().into_response()
        }
        _ => ().into_response(),
    }
}

#[tokio::test]
async fn axum_extracts_verified_messages() {
    let app = Router::new()
        .route("/vapi", post(handler))
        .with_state(AppState { verifier: verifier() });
    let url = serve(app).await;
    let body = message("assistant-request", json!({}));
    let expected = json!({"assistantId": "front-desk"});
    assert_eq!(send(&url, &body, body.clone()).await, (StatusCode::OK, expected));
    let body = tool_calls(&[("1", "echo", json!({}))]);
    let expected = json!({"results": [{"toolCallId": "1", "result": "echo"}]});
    assert_eq!(send(&url, &body, body.clone()).await, (StatusCode::OK, expected));
    let refused = json!({"error": "the request is not verified"});
    assert_eq!(
        send(&url, "another body", body).await,
        (StatusCode::UNAUTHORIZED, refused)
    );
    assert_eq!(send(&url, "[]", "[]").await.0, StatusCode::BAD_REQUEST);
}
