//! Messages as Vapi sent them to others. They are not part of this repository.

use std::fs;
use std::path::Path;

use futures_util::SinkExt;
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use vapi::audio::transcriber::TranscriberSession;
use vapi::audio::{CallEvent, Incoming};
use vapi::types::ClientMessagePayload;

use crate::audio::peer::connected;

/// Returns name and content of each file of a folder.
fn payloads(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new("../shared/payloads").join(folder);
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        (path.display().to_string(), serde_json::from_str(&text).unwrap())
    };
    let payloads: Vec<_> = fs::read_dir(folder).unwrap().map(read).collect();
    assert!(!payloads.is_empty());
    payloads
}

#[tokio::test]
#[ignore = "needs ../shared/payloads"]
async fn events_of_the_transport_are_read_as_their_types() {
    let (mut session, mut peer) = connected(|session| session).await;
    for (name, payload) in payloads("transport-message") {
        peer.send(Message::text(payload.to_string())).await;
        let written = match session.receiver().next().await.unwrap().unwrap() {
            Incoming::Event(CallEvent::StatusUpdate(update)) => serde_json::to_value(update),
            Incoming::Event(CallEvent::Message(message)) => {
                assert!(!matches!(*message, ClientMessagePayload::Unknown(_)), "{name}");
                serde_json::to_value(message)
            }
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(written.unwrap(), payload, "{name}");
    }
}

#[tokio::test]
#[ignore = "needs ../shared/payloads"]
async fn start_messages_of_transcribers_are_read() {
    let starts = payloads("transcriber-ws");
    let is_start = |(_, payload): &&(String, Value)| payload["type"] == "start";
    for (name, payload) in starts.iter().filter(is_start) {
        let (near, far) = tokio::io::duplex(4096);
        let mut vapi = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        vapi.send(Message::text(payload.to_string())).await.unwrap();
        let session = TranscriberSession::from_upgraded(near).await.unwrap();
        assert_eq!(payload["sampleRate"], session.start().sample_rate, "{name}");
        assert!(session.start().extra.is_empty(), "{name}");
    }
}
