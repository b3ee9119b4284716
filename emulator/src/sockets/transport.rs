//! The transport socket: a call held over it, sound both ways in the format that was asked for, events and control messages
//! as JSON. Opening it begins the call, and whoever closes it ends the call.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::sound::Format;
use super::talk::Talk;
use super::{Gone, Socket, steer, stopped, ticks};
use crate::calls;
use crate::changes::Change;
use crate::world::World;

/// What the socket tells of, and no other server message.
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

pub(super) async fn run(world: &World, id: &str, mut socket: Socket, stop: watch::Receiver<bool>) {
    let mut changes = world.changes.subscribe();
    if !calls::connect(world, id) {
        // Somebody else was faster.
        return socket.close(CloseCode::Policy, "the call is connected already").await;
    }
    let call = calls::read(world, id).unwrap_or_default();
    let mut line = Line {
        world,
        id,
        format: Format::of(&call["transport"]["audioFormat"]),
        assistant: assistant(&call),
        talk: Talk::default(),
        socket,
        frames: 0,
    };
    let ending = line.hold(&mut changes, stop).await;
    match ending {
        Ending::CallIsOver => line.say_goodbye().await,
        Ending::Closed => {
            calls::hang_up(world, id, "customer-ended-call");
            line.socket.close(CloseCode::Normal, "").await;
        }
        Ending::Lost => {
            calls::hang_up(world, id, "phone-call-provider-closed-websocket");
        }
        Ending::Stopped => line.socket.close(CloseCode::Away, "the emulator stops").await,
    }
}

enum Ending {
    CallIsOver,
    /// By the customer, with a goodbye.
    Closed,
    /// Without one.
    Lost,
    Stopped,
}

struct Line<'a> {
    world: &'a World,
    id: &'a str,
    format: Format,
    /// What transcripts say of the assistant, `assistantId` and `assistantName`.
    assistant: Value,
    talk: Talk,
    socket: Socket,
    frames: u64,
}

/// One thing that happened.
enum Happened {
    Tick,
    Change(Arc<Value>),
    Nothing,
    Received(Message),
    End(Ending),
}

impl Line<'_> {
    async fn hold(
        &mut self,
        changes: &mut tokio::sync::broadcast::Receiver<Change>,
        mut stop: watch::Receiver<bool>,
    ) -> Ending {
        let started = self
            .socket
            .event(&json!({ "type": "status-update", "status": "in-progress" }))
            .await;
        if started.is_err() {
            return Ending::Lost;
        }
        self.talk.assistant_says(&calls::first_message(self.world, self.id));
        let mut ticks = ticks();
        loop {
            let happened = tokio::select! {
                _ = ticks.tick() => Happened::Tick,
                change = changes.recv() => match change {
                    Ok(Change::Event { call_id, message }) if *call_id == *self.id => Happened::Change(message),
                    Ok(_) | Err(RecvError::Lagged(_)) => Happened::Nothing,
                    Err(RecvError::Closed) => Happened::End(Ending::Stopped),
                },
                received = self.socket.receive() => match received {
                    Ok(message) => Happened::Received(message),
                    Err(true) => Happened::End(Ending::Closed),
                    Err(false) => Happened::End(Ending::Lost),
                },
                () = stopped(&mut stop) => Happened::End(Ending::Stopped),
            };
            let done = match happened {
                Happened::Tick if self.is_over() => return Ending::CallIsOver,
                Happened::Tick => self.speak().await,
                Happened::Change(event) => self.tell(&event).await,
                Happened::Received(message) => self.hear(message).await,
                Happened::Nothing => Ok(()),
                Happened::End(ending) => return ending,
            };
            if done.is_err() {
                return Ending::Lost;
            }
            self.publish();
        }
    }

    fn is_over(&self) -> bool {
        calls::standing(self.world, self.id).is_none_or(|standing| standing.status == "ended")
    }

    async fn speak(&mut self) -> Result<(), Gone> {
        self.frames += 1;
        let frame = self.format.frame(self.talk.voice(), self.frames);
        self.talk.sent(20);
        self.socket.sound(frame).await
    }

    async fn hear(&mut self, message: Message) -> Result<(), Gone> {
        match message {
            Message::Binary(sound) => {
                self.talk
                    .heard(self.format.lasts(&sound), self.format.is_speech(&sound));
                Ok(())
            }
            Message::Text(text) => self.obey(text.as_str()).await,
            _ => Ok(()),
        }
    }

    async fn obey(&mut self, text: &str) -> Result<(), Gone> {
        let answer = steer(self.world, self.id, text).await;
        if !answer.status.is_success() {
            let problem = json!({ "type": "error", "statusCode": answer.status.as_u16(), "message": answer.message() });
            return self.socket.event(&problem).await;
        }
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        match message["type"].as_str() {
            Some("say") => self
                .talk
                .assistant_says(message["content"].as_str().unwrap_or_default()),
            Some("add-message") => self.talk.add(&message["message"]),
            _ => {}
        }
        Ok(())
    }

    /// Everybody hears of what happens here; this socket as one of them.
    fn publish(&mut self) {
        for event in self.talk.take_events() {
            let _ = self.world.changes.send(Change::Event {
                call_id: self.id.into(),
                message: Arc::new(event),
            });
        }
    }

    /// An event in the form that sockets have it in, which is not always that of webhooks.
    async fn tell(&mut self, event: &Value) -> Result<(), Gone> {
        let kind = event["type"].as_str().unwrap_or_default();
        // The end is told with the goodbye.
        if !EVENTS.contains(&kind) || event["status"] == "ended" {
            return Ok(());
        }
        let mut event = event.clone();
        match (kind, event.as_object_mut(), self.assistant.as_object()) {
            ("conversation-update", Some(event), _) => {
                event.retain(|name, _| name == "type" || name == "conversation");
            }
            ("transcript", Some(event), Some(assistant)) => {
                event.extend(assistant.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            _ => {}
        }
        self.socket.event(&event).await
    }

    async fn say_goodbye(&mut self) {
        let call = calls::read(self.world, self.id).unwrap_or_default();
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

fn assistant(call: &Value) -> Value {
    let mut told = json!({});
    if let Some(id) = call["assistantId"].as_str() {
        told["assistantId"] = json!(id);
    }
    if let Some(name) = call["assistant"]["name"].as_str() {
        told["assistantName"] = json!(name);
    }
    told
}
