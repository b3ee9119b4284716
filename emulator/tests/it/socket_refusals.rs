//! Refusals and closes of the sockets of a call.

use std::time::Duration;

use futures_util::SinkExt;
use reqwest::Method;
use serde_json::Value;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::answer;
use crate::sockets::{Socket, call_over_websocket, patient, phone_call, state};

/// Returns the status and message of a refused socket.
async fn refused(url: &str, header: Option<(&'static str, &str)>) -> (u16, String) {
    let mut request = url.into_client_request().expect("an address");
    if let Some((name, value)) = header {
        request.headers_mut().insert(name, value.parse().expect("a header"));
    }
    match tokio_tungstenite::connect_async(request).await.expect_err("refused") {
        Error::Http(response) => {
            let body: Value =
                serde_json::from_slice(response.body().as_deref().unwrap_or_default()).unwrap_or_default();
            (
                response.status().as_u16(),
                body["message"].as_str().unwrap_or_default().to_owned(),
            )
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_is_no_message_closes_the_socket() {
    let vapi = patient().await;
    let (_, url) = call_over_websocket(&vapi, Value::Null).await;
    let mut socket = Socket::connect(&url).await;
    let MaybeTlsStream::Plain(stream) = socket.0.get_mut() else {
        panic!("TLS")
    };
    // A frame with reserved bits set.
    tokio::io::AsyncWriteExt::write_all(stream, &[0xff; 32])
        .await
        .expect("sent");
    assert_eq!(socket.closed().await.0, 1002);

    let (_, url) = call_over_websocket(&vapi, Value::Null).await;
    let mut socket = Socket::connect(&url).await;
    let _ = socket.0.send(Message::binary(vec![0; 2 * 1024 * 1024])).await;
    assert_eq!(socket.closed().await.0, u16::from(CloseCode::Size));
}

#[tokio::test]
async fn an_impossible_socket_is_refused_before_the_upgrade() {
    let vapi = patient().await;
    let (id, url) = call_over_websocket(&vapi, Value::Null).await;
    let status = async |url: &str| refused(url, None).await.0;

    assert_eq!(
        status(&url.replace(&id, "4b0e6a1c-0000-4000-8000-000000000000")).await,
        404
    );
    let (_, monitor) = phone_call(&vapi).await;
    let of_phone = monitor["listenUrl"]
        .as_str()
        .expect("an address")
        .replace("/listen", "/transport");
    assert_eq!(
        refused(&of_phone, None).await,
        (409, "the call is not over a websocket".to_owned())
    );
    let stranger = Some(("authorization", "Bearer somebody-else"));
    assert_eq!(
        refused(&url, stranger).await,
        (401, "the call belongs to another organization".to_owned())
    );
    for site in ["https://evil.example", "null", "http://localhost.evil.example:80"] {
        assert_eq!(refused(&url, Some(("origin", site))).await.0, 403, "{site}");
    }

    let mut request = url.as_str().into_client_request().expect("an address");
    let token = format!("Bearer {}", vapi.emulator.api_key());
    request
        .headers_mut()
        .insert("authorization", token.parse().expect("a header"));
    let (_open, _) = tokio_tungstenite::connect_async(request).await.expect("the owner may");
    assert_eq!(
        refused(&url, None).await,
        (409, "the call is already connected".to_owned())
    );

    let (id, url) = call_over_websocket(&vapi, Value::Null).await;
    vapi.emulator.advance(Duration::from_secs(61)).await;
    assert_eq!(refused(&url, None).await, (409, "the call is over".to_owned()));
    assert_eq!(
        refused(&url.replace("/transport", "/listen"), None).await,
        (409, "the call is over".to_owned())
    );
    assert_eq!(state(&vapi, &id).await[0], "ended");
}

#[tokio::test]
async fn a_plain_request_is_told_to_upgrade() {
    let vapi = patient().await;
    let (_, url) = call_over_websocket(&vapi, Value::Null).await;
    let url = url.replace("ws://", "http://");
    let response = vapi.elsewhere(Method::GET, &url).send().await.expect("a response");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["upgrade"]),
        (426, &"websocket".parse().expect("a header"))
    );
    assert_eq!(answer(vapi.elsewhere(Method::POST, &url)).await.0, 405);
    let with = |version: &'static str, key: &'static str| {
        let request = vapi.elsewhere(Method::GET, &url);
        let request = request.header("connection", "upgrade").header("upgrade", "websocket");
        answer(
            request
                .header("sec-websocket-version", version)
                .header("sec-websocket-key", key),
        )
    };
    assert_eq!(with("8", "dGhlIHNhbXBsZSBub25jZQ==").await.0, 426);
    assert_eq!(with("13", "short").await.0, 400);
}

#[tokio::test]
async fn a_page_of_this_machine_may_open_a_socket() {
    let vapi = patient().await;
    let (_, monitor) = phone_call(&vapi).await;
    let url = monitor["listenUrl"].as_str().expect("an address");
    // Pages under development have their own port.
    let mut request = url.into_client_request().expect("an address");
    let origin = "http://localhost:5173".parse().expect("a header");
    request.headers_mut().insert("origin", origin);
    tokio_tungstenite::connect_async(request).await.expect("a socket");
}
