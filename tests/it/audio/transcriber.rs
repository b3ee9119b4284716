//! A custom transcriber behind axum, as Vapi connects to it.

use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use vapi::audio::Codec;
use vapi::audio::transcriber::{Speaker, TranscriberMessage, TranscriberSession, Transcript, accept_upgrade};

use crate::support::http;

const LIMIT: Duration = Duration::from_secs(10);

/// Serves a transcriber that reports how much of each side it has heard, and at the end how it ended.
async fn serve() -> (String, mpsc::UnboundedReceiver<String>) {
    let (ends, received) = mpsc::unbounded_channel();
    let transcribe = move |mut request: Request| {
        let ends = ends.clone();
        async move {
            let response = match accept_upgrade(&request) {
                Ok(response) => response,
                Err(error) => return (axum::http::StatusCode::BAD_REQUEST, error.to_string()).into_response(),
            };
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let connection = TokioIo::new(upgrade.await.unwrap());
                let end = match run(connection).await {
                    Ok(()) => "ended".to_owned(),
                    Err(error) => error.to_string(),
                };
                ends.send(end).unwrap();
            });
            response.map(|()| axum::body::Body::empty()) as Response
        }
    };
    let app = axum::Router::new().route("/transcriber", axum::routing::get(transcribe));
    (crate::support::serve(app).await.to_string(), received)
}

async fn run(connection: TokioIo<hyper::upgrade::Upgraded>) -> vapi::Result<()> {
    let call = TranscriberSession::from_upgraded(connection).await?;
    assert_eq!((call.start().sample_rate, call.start().channels), (16_000, 2));
    let (mut sound, mut text) = call.split();
    while let Some(message) = sound.next().await {
        let transcript = match message? {
            TranscriberMessage::Audio(audio) => Transcript::complete(
                Speaker::Customer,
                format!("{:?} {:?}", audio.customer.first(), audio.assistant.first()),
            ),
            TranscriberMessage::Other(value) => Transcript::partial(Speaker::Assistant, value.to_string()),
            other => panic!("{other:?}"),
        };
        text.send(&transcript).await?;
    }
    text.close().await
}

async fn connect(host: &str) -> WebSocketStream<TcpStream> {
    let connection = TcpStream::connect(host).await.unwrap();
    let url = format!("ws://{host}/transcriber");
    tokio_tungstenite::client_async(url, connection).await.unwrap().0
}

async fn response(socket: &mut WebSocketStream<TcpStream>) -> Value {
    let message = timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap();
    serde_json::from_str(message.into_text().unwrap().as_str()).unwrap()
}

fn start() -> Message {
    let start =
        json!({ "type": "start", "encoding": "linear16", "container": "raw", "sampleRate": 16_000, "channels": 2 });
    Message::text(start.to_string())
}

#[tokio::test]
async fn sound_of_both_sides_is_transcribed() {
    let (host, mut ends) = serve().await;
    let mut vapi = connect(&host).await;
    vapi.send(start()).await.unwrap();
    vapi.send(Message::binary(Codec::Pcm.encode([5, -6, 7, -8])))
        .await
        .unwrap();
    assert_eq!(
        response(&mut vapi).await,
        json!({
            "type": "transcriber-response", "transcription": "Some(5) Some(-6)",
            "channel": "customer", "transcriptType": "final",
        })
    );
    vapi.send(Message::text(r#"{"type":"news"}"#)).await.unwrap();
    let other = response(&mut vapi).await;
    assert_eq!(
        (&other["channel"], &other["transcriptType"]),
        (&json!("assistant"), &json!("partial"))
    );
    vapi.close(None).await.unwrap();
    assert_eq!(timeout(LIMIT, ends.recv()).await.unwrap().unwrap(), "ended");
}

#[tokio::test]
async fn a_wrong_beginning_is_an_error() {
    let (host, mut ends) = serve().await;
    for (first, part) in [
        (Message::binary(vec![0; 4]), "sound came before the start message"),
        (Message::text("{}"), "the first message is not a `start`"),
        (
            Message::text(r#"{"type":"stop","encoding":"linear16","sampleRate":1}"#),
            "the first message is a `stop`",
        ),
        (
            Message::text(r#"{"type":"start","encoding":"opus","sampleRate":48000}"#),
            "sound in the encoding `opus` cannot be read",
        ),
    ] {
        let mut vapi = connect(&host).await;
        vapi.send(first).await.unwrap();
        let end = timeout(LIMIT, ends.recv()).await.unwrap().unwrap();
        assert!(end.contains(part), "{end}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_error() {
    let (host, mut ends) = serve().await;
    let mut vapi = connect(&host).await;
    vapi.send(start()).await.unwrap();
    drop(vapi);
    let end = timeout(LIMIT, ends.recv()).await.unwrap().unwrap();
    assert!(end.starts_with("the connection broke"), "{end}");
}

#[tokio::test]
async fn a_plain_request_opens_no_transcriber() {
    let (host, _ends) = serve().await;
    let response = http().get(format!("http://{host}/transcriber")).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("does not open a WebSocket"));
}
