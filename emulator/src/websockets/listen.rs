//! The listen socket: the audio of a call as 16-bit PCM at 16 kHz in frames of 20 milliseconds, with events as JSON
//! between the frames.

use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::calls::websocket;
use crate::state::State;
use crate::state::events::CallEvent;
use crate::websockets::audio::{Encoding, Format, Playback, Voice};
use crate::websockets::{Disconnected, Socket, ticks};

const FORMAT: Format = Format {
    encoding: Encoding::Pcm,
    rate: 16_000,
};

/// The events that a listener receives.
const EVENTS: [&str; 3] = ["speech-update", "transcript", "user-interrupted"];

pub(crate) async fn run(state: &State, call: &str, mut socket: Socket) {
    let mut changes = state.events.subscribe();
    let mut ticks = ticks();
    // The current speaker is unknown here. The assistant is more likely than silence.
    let mut playback = Playback::of(Voice::Assistant);
    let mut sent_status = "";
    loop {
        let sent = tokio::select! {
            _ = ticks.tick() => {
                let status = websocket::status(state, call);
                if status == "ended" {
                    return socket.close(CloseCode::Normal, "the call is over").await;
                }
                if status != sent_status {
                    sent_status = status;
                    if socket.event(&json!({ "type": "status-update", "status": status })).await.is_err() {
                        return;
                    }
                }
                if status == "in-progress" {
                    socket.sound(playback.next_frame(FORMAT, true)).await
                } else {
                    Ok(())
                }
            }
            change = changes.recv() => match change {
                Ok(CallEvent::Message { call_id, message }) if *call_id == *call => {
                    playback.follow(&message, || websocket::sound(state, call));
                    match message["type"].as_str() {
                        Some(name) if EVENTS.contains(&name) => socket.event(&message).await,
                        _ => Ok(()),
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => Ok(()),
                Err(RecvError::Closed) => Err(Disconnected),
            },
            // The socket is one-way: messages of a listener are ignored.
            received = socket.receive() => match received {
                Ok(_) => Ok(()),
                Err(true) => return socket.close(CloseCode::Normal, "").await,
                Err(false) => Err(Disconnected),
            },
            () = state.stopped() => return socket.close(CloseCode::Away, "the emulator is stopping").await,
        };
        if sent.is_err() {
            return;
        }
    }
}
