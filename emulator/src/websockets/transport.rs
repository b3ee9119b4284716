//! The transport socket: a call over a websocket, with audio in both directions in the requested format, and events and
//! control messages as JSON. Opening it starts the call; closing it on either side ends the call.

use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::calls::{control, websocket};
use crate::state::State;
use crate::state::events::CallEvent;
use crate::websockets::audio::{Format, Voice, voice_after};
use crate::websockets::vad::VoiceActivity;
use crate::websockets::{Disconnected, Socket, ticks};

/// The server messages that the socket sends.
const EVENTS: [&str; 12] = [
    "status-update",
    "speech-update",
    "transcript",
    "conversation-update",
    "model-output",
    "voice-input",
    "tool-calls",
    "tool-call-result",
    "user-interrupted",
    "hang",
    "transfer-update",
    "call-ended",
];

pub(crate) async fn run(state: &State, id: &str, mut socket: Socket) {
    let mut changes = state.events.subscribe();
    if !websocket::connect(state, id).await {
        // Another client connected first.
        return socket.close(CloseCode::Policy, "the call is already connected").await;
    }
    let call = websocket::read(state, id).unwrap_or_default();
    let mut session = TransportSession {
        state,
        id,
        format: Format::of(&call["transport"]["audioFormat"]),
        voice: Voice::Nobody,
        activity: VoiceActivity::default(),
        socket,
        frames: 0,
    };
    match session.hold(&mut changes).await {
        CloseCause::CallIsOver => session.say_goodbye().await,
        CloseCause::Closed => {
            websocket::leave(state, id, "customer-ended-call").await;
            session.socket.close(CloseCode::Normal, "").await;
        }
        CloseCause::Lost => websocket::leave(state, id, "phone-call-provider-closed-websocket").await,
        CloseCause::Stopped => session.socket.close(CloseCode::Away, "the emulator is stopping").await,
    }
}

enum CloseCause {
    CallIsOver,
    /// The customer sent a close frame.
    Closed,
    /// The connection was lost.
    Lost,
    Stopped,
}

struct TransportSession<'a> {
    state: &'a State,
    id: &'a str,
    format: Format,
    /// The audible speaker. The customer hears the assistant only.
    voice: Voice,
    activity: VoiceActivity,
    socket: Socket,
    frames: u64,
}

/// One event of the socket or the call.
enum TransportEvent {
    Tick,
    CallEvent(Result<CallEvent, RecvError>),
    Received(Result<Message, bool>),
    Stopped,
}

impl TransportSession<'_> {
    async fn hold(&mut self, changes: &mut Receiver<CallEvent>) -> CloseCause {
        let mut ticks = ticks();
        loop {
            let happened = tokio::select! {
                _ = ticks.tick() => TransportEvent::Tick,
                change = changes.recv() => TransportEvent::CallEvent(change),
                received = self.socket.receive() => TransportEvent::Received(received),
                () = self.state.stopped() => TransportEvent::Stopped,
            };
            let done = match happened {
                TransportEvent::Tick if websocket::status(self.state, self.id) == "ended" => {
                    return CloseCause::CallIsOver;
                }
                TransportEvent::Tick => self.sound().await,
                TransportEvent::CallEvent(Ok(CallEvent::Message { call_id, message })) if *call_id == *self.id => {
                    self.send_event(&message).await
                }
                TransportEvent::CallEvent(Ok(_) | Err(RecvError::Lagged(_))) => Ok(()),
                TransportEvent::Received(Ok(message)) => self.take(message).await,
                TransportEvent::Received(Err(true)) => return CloseCause::Closed,
                TransportEvent::Received(Err(false)) => return CloseCause::Lost,
                TransportEvent::Stopped | TransportEvent::CallEvent(Err(RecvError::Closed)) => {
                    return CloseCause::Stopped;
                }
            };
            if done.is_err() {
                return CloseCause::Lost;
            }
        }
    }

    async fn sound(&mut self) -> Result<(), Disconnected> {
        self.frames += 1;
        let audible = if self.voice == Voice::Assistant {
            Voice::Assistant
        } else {
            Voice::Nobody
        };
        self.socket.sound(self.format.frame(audible, self.frames)).await
    }

    async fn take(&mut self, message: Message) -> Result<(), Disconnected> {
        match message {
            Message::Binary(sound) => {
                if self
                    .activity
                    .hears(self.format.lasts(&sound), self.format.is_speech(&sound))
                {
                    websocket::hear(self.state, self.id).await;
                }
                Ok(())
            }
            Message::Text(text) => {
                let response = control::respond(self.state, self.id, &text.into()).await;
                if response.status.is_success() {
                    return Ok(());
                }
                let status = response.status.as_u16();
                let problem = json!({ "type": "error", "statusCode": status, "message": response.message() });
                self.socket.event(&problem).await
            }
            _ => Ok(()),
        }
    }

    /// Sends an event in the format of sockets, which differs from that of webhooks.
    async fn send_event(&mut self, event: &Value) -> Result<(), Disconnected> {
        self.voice = voice_after(event).unwrap_or(self.voice);
        let kind = event["type"].as_str().unwrap_or_default();
        // The close frame reports the end.
        if !EVENTS.contains(&kind) || event["status"] == "ended" {
            return Ok(());
        }
        let mut event = event.clone();
        match (kind, event.as_object_mut()) {
            ("conversation-update", Some(event)) => event.retain(|name, _| name == "type" || name == "conversation"),
            ("transcript", Some(event)) => {
                if let Value::Object(assistant) = websocket::speaking_assistant(self.state, self.id) {
                    event.extend(assistant);
                }
            }
            _ => {}
        }
        self.socket.event(&event).await
    }

    async fn say_goodbye(&mut self) {
        let call = websocket::read(self.state, self.id).unwrap_or_default();
        let ended = json!({ "type": "status-update", "status": "ended", "endedReason": call["endedReason"] });
        for event in [
            ended,
            json!({ "type": "call-ended", "endedReason": call["endedReason"] }),
        ] {
            if self.socket.event(&event).await.is_err() {
                return;
            }
        }
        self.socket.close(CloseCode::Normal, "the call is over").await;
    }
}
