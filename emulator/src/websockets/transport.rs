//! The transport socket: a call over a websocket, with audio in both directions in the requested format, and events and
//! control messages as JSON. Opening it starts the call; closing it on either side ends the call.

use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::calls::{control, websocket};
use crate::state::State;
use crate::state::events::CallEvent;
use crate::websockets::audio::{Format, Playback, Voice, resampled};
use crate::websockets::vad::VoiceActivity;
use crate::websockets::{Disconnected, Socket, ticks, transcriber};

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
    let transcribes = transcriber::server(state, id);
    let (sound, heard) = mpsc::unbounded_channel();
    let mut session = TransportSession {
        state,
        id,
        format: Format::of(&call["transport"]["audioFormat"]),
        playback: Playback::of(Voice::Nobody),
        activity: VoiceActivity::default(),
        transcribed: transcribes.is_some().then_some(sound),
        socket,
    };
    let transcribing = transcriber::run(state, id, transcribes, heard);
    match session.hold(&mut changes, transcribing).await {
        CloseCause::CallIsOver => session.say_goodbye().await,
        CloseCause::Closed => {
            websocket::leave(state, id, "customer-ended-call").await;
            session.socket.close(CloseCode::Normal, "").await;
        }
        CloseCause::TranscriberFailed => {
            websocket::leave(state, id, "pipeline-error-custom-transcriber-failed").await;
            session.say_goodbye().await;
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
    /// The connection of the custom transcriber was lost.
    TranscriberFailed,
    Stopped,
}

struct TransportSession<'a> {
    state: &'a State,
    id: &'a str,
    format: Format,
    /// The audible sound. The customer hears the assistant only.
    playback: Playback,
    activity: VoiceActivity,
    /// The receiver of the customer's samples, if the assistant has a custom transcriber.
    transcribed: Option<mpsc::UnboundedSender<Vec<i16>>>,
    socket: Socket,
}

/// One event of the socket or the call.
enum TransportEvent {
    Tick,
    CallEvent(Result<CallEvent, RecvError>),
    Received(Result<Message, bool>),
    TranscriberFailed,
    Stopped,
}

impl TransportSession<'_> {
    async fn hold(&mut self, changes: &mut Receiver<CallEvent>, transcribing: impl Future<Output = ()>) -> CloseCause {
        let mut ticks = ticks();
        let mut transcribing = std::pin::pin!(transcribing);
        loop {
            let happened = tokio::select! {
                _ = ticks.tick() => TransportEvent::Tick,
                change = changes.recv() => TransportEvent::CallEvent(change),
                received = self.socket.receive() => TransportEvent::Received(received),
                () = &mut transcribing => TransportEvent::TranscriberFailed,
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
                TransportEvent::TranscriberFailed => return CloseCause::TranscriberFailed,
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
        self.socket.sound(self.playback.next_frame(self.format, false)).await
    }

    async fn take(&mut self, message: Message) -> Result<(), Disconnected> {
        match message {
            Message::Binary(sound) => {
                if let Some(transcribed) = &self.transcribed {
                    let samples = self.format.samples(&sound);
                    // It is gone if the transcriber has failed, which ends the call.
                    let _ = transcribed.send(resampled(&samples, self.format.rate, transcriber::RATE));
                } else if self
                    .activity
                    .hears(self.format.lasts(&sound), self.format.is_speech(&sound))
                {
                    websocket::hear(self.state, self.id, None).await;
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
        let (state, id) = (self.state, self.id);
        self.playback.follow(event, || websocket::sound(state, id));
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
