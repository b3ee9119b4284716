//! Calls over a websocket with the user's own transcriber, model and voice.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::client::Vapi;
use crate::model_server::ModelServer;
use crate::receiver::Receiver;
use crate::sockets::{Socket, patient};

/// 20 milliseconds of a loud sound, 16 kHz.
fn loud() -> Vec<u8> {
    [20_000_i16; 320].into_iter().flat_map(i16::to_le_bytes).collect()
}

/// A transcriber that understands one sentence in any loud sound. Returns its URL and the start message that it gets.
async fn transcriber() -> (String, tokio::sync::oneshot::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("ws://{}/listen", listener.local_addr().expect("an address"));
    let (started, start) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut socket = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
        let first = socket.next().await.expect("a message").expect("no error");
        let first = serde_json::from_str(first.to_text().expect("text")).expect("JSON");
        started.send(first).expect("a test");
        let mut has_spoken = false;
        while let Some(Ok(message)) = socket.next().await {
            let Message::Binary(sound) = message else { continue };
            let samples: Vec<i16> = sound
                .chunks_exact(2)
                .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
                .collect();
            assert!(
                samples.iter().skip(1).step_by(2).all(|sample| *sample == 0),
                "no assistant"
            );
            if has_spoken || samples.first().is_none_or(|sample| *sample < 10_000) {
                continue;
            }
            has_spoken = true;
            for (kind, text) in [("partial", "A ta"), ("final", "A table, please.")] {
                let response = json!({
                    "type": "transcriber-response", "transcription": text, "channel": "customer", "transcriptType": kind,
                });
                socket
                    .send(Message::text(response.to_string()))
                    .await
                    .expect("a connection");
            }
        }
    });
    (url, start)
}

async fn place(vapi: &Vapi, assistant: Value) -> (String, String) {
    let transport = json!({ "provider": "vapi.websocket" });
    let (status, call) = vapi
        .post("/call", json!({ "assistant": assistant, "transport": transport }))
        .await;
    assert_eq!(status, 201, "{call}");
    let url = call["transport"]["websocketCallUrl"].as_str().expect("a URL");
    (call["id"].as_str().expect("an id").to_owned(), url.to_owned())
}

#[tokio::test]
async fn speech_goes_through_transcriber_model_and_voice() {
    let vapi = patient().await;
    let (transcriber, start) = transcriber().await;
    let model = ModelServer::saying(&["For how many?"]).await;
    // The bytes of this JSON are loud samples: `aa` is 24,929.
    let voice = Receiver::answering(|_| Some((200, json!("a".repeat(24_000 * 2 / 5 - 2))))).await;
    let assistant = json!({
        "firstMessageMode": "assistant-waits-for-user", "model": model.model(json!({})),
        "transcriber": { "provider": "custom-transcriber", "server": { "url": transcriber } },
        "voice": { "provider": "custom-voice", "server": { "url": voice.url } },
    });
    let (_, url) = place(&vapi, assistant).await;
    let mut socket = Socket::connect(&url).await;
    let start = start.await.expect("a start message");
    assert_eq!(
        start,
        json!({ "type": "start", "encoding": "linear16", "container": "raw", "sampleRate": 16_000, "channels": 2 })
    );
    socket.send_sound(loud()).await;
    let heard = socket.event("voice-input").await;
    assert_eq!(heard["input"], "A table, please.");
    let output = socket.event("model-output").await;
    assert_eq!(output["output"], "For how many?");
    let is_custom_voice = |sound: &[u8]| sound.chunks_exact(2).any(|pair| pair == [0x61, 0x61]);
    while !is_custom_voice(&socket.sound().await) {}
    assert_eq!(voice.of_type("voice-request")[0]["text"], "For how many?");
}

#[tokio::test]
async fn a_transcriber_that_fails_ends_the_call() {
    let vapi = patient().await;
    let assistant = json!({
        "transcriber": { "provider": "custom-transcriber", "server": { "url": "ws://transcriber.example/" } },
    });
    let (id, url) = place(&vapi, assistant).await;
    let mut socket = Socket::connect(&url).await;
    let ended = socket.event("call-ended").await;
    assert_eq!(ended["endedReason"], "pipeline-error-custom-transcriber-failed");
    let attempts = vapi.emulator.webhooks();
    let attempt = attempts
        .iter()
        .find(|attempt| attempt.message_type == "custom-transcriber")
        .expect("an attempt");
    assert_eq!(attempt.call_id, id);
    let error = attempt.error.as_deref().expect("an error");
    assert!(error.starts_with("transcriber.example is not this machine"), "{error}");
}
