//! The driver of a call: the task that lives it. Here is how it waits, what it notices while it does, and how the state of
//! the call changes; the course itself is in `begin`, `talk`, `tools` and `leave`.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::control::{Note, Order};
use super::conversation::Speaker;
use super::life::{Life, State};
use crate::agenda::Busy;
use crate::changes::Change;
use crate::clock::whole_milliseconds;
use crate::script::Script;
use crate::webhooks::{Courier, Parcel, Reply, Server};
use crate::world::World;

/// A call that is about to live.
pub(crate) struct Birth {
    pub id: Arc<str>,
    pub organization: String,
    pub inbound: bool,
    /// When it leaves `scheduled`, at once for a call that isn't. Milliseconds since 1970.
    pub queued: i64,
    pub script: Option<Arc<Script>>,
    pub notes: mpsc::UnboundedReceiver<Note>,
    pub busy: Busy,
}

pub(super) struct Driver {
    pub world: Arc<World>,
    pub id: Arc<str>,
    pub organization: String,
    /// The moment the call has lived up to.
    pub at: i64,
    /// Held while the call does not wait for its time or for a server.
    busy: Option<Busy>,
    notes: mpsc::UnboundedReceiver<Note>,
    parcels: mpsc::UnboundedSender<Parcel>,
    pub script: Option<Arc<Script>>,
    pub next_step: usize,
    pub assistant: Arc<Value>,
    /// When `maxDurationSeconds` of the assistant is over.
    pub deadline: Option<i64>,
    /// What it was told to say, and has not yet.
    pub lines: VecDeque<Told>,
    pub assistant_muted: bool,
    pub customer_muted: bool,
    pub turn: u32,
    /// A call over a websocket begins when that is there.
    pub waits_for_socket: bool,
    /// What a word takes where no script says it, in milliseconds.
    pub pace: u64,
    /// What was wrong with the answer to `assistant-request`; null if nothing was.
    pub debugging_artifacts: Value,
}

/// A line from outside the script.
pub(super) struct Told {
    pub speaker: Speaker,
    pub text: String,
    pub ends: bool,
    pub interrupts: bool,
}

/// Why a call leaves its course. The sender is dropped when that is done.
pub(super) enum Turn {
    Ended(String, Option<oneshot::Sender<()>>),
    Transfer {
        destination: Value,
        text: Option<String>,
        taken: Option<oneshot::Sender<()>>,
    },
    Handoff {
        destination: Value,
        text: Option<String>,
        taken: Option<oneshot::Sender<()>>,
    },
    /// The socket that the call waited for is there.
    Connected,
    /// Deleted: nobody will ever hear of it again.
    Gone,
}

impl Turn {
    pub fn ended(reason: &str) -> Turn {
        Turn::Ended(reason.to_owned(), None)
    }
}

pub(super) type Course<T> = Result<T, Turn>;

/// What a line from outside may break into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Heed {
    Nothing,
    Interruptions,
    Everything,
}

/// From the first ring to the last message delivered.
pub(crate) async fn live(world: Arc<World>, birth: Birth) {
    let (parcels, incoming) = mpsc::unbounded_channel();
    let courier = Courier {
        world: world.clone(),
        organization: birth.organization.clone(),
        call_id: birth.id.clone(),
    };
    let (inbound, queued) = (birth.inbound, birth.queued);
    let driver = Driver {
        at: world.clock.now(),
        world,
        id: birth.id,
        organization: birth.organization,
        busy: Some(birth.busy),
        notes: birth.notes,
        parcels,
        script: birth.script,
        next_step: 0,
        assistant: Arc::default(),
        deadline: None,
        lines: VecDeque::new(),
        assistant_muted: false,
        customer_muted: false,
        turn: 0,
        waits_for_socket: false,
        pace: 0,
        debugging_artifacts: Value::Null,
    };
    tokio::join!(driver.drive(inbound, queued), courier.work(incoming));
}

impl Driver {
    async fn drive(mut self, inbound: bool, queued: i64) {
        let mut course = if inbound {
            self.come_in(queued).await
        } else {
            self.go_out(queued).await
        };
        loop {
            course = match course {
                Ok(()) => self.talk().await,
                Err(Turn::Ended(reason, taken)) => {
                    self.end(&reason);
                    drop(taken);
                    return;
                }
                Err(Turn::Transfer {
                    destination,
                    text,
                    taken,
                }) => {
                    drop(taken);
                    self.transfer(destination, text, "assistant-forwarded-call").await
                }
                Err(Turn::Handoff {
                    destination,
                    text,
                    taken,
                }) => {
                    drop(taken);
                    if self.change(|life| life.started.is_none()) == Some(true) {
                        self.start();
                    }
                    self.hand_off(&destination, text).await
                }
                // It comes only where it is waited for.
                Err(Turn::Connected) => Ok(()),
                Err(Turn::Gone) => return,
            };
        }
    }

    pub fn step(&self) -> i64 {
        whole_milliseconds(self.world.settings.call_step)
    }

    /// Waits for a moment, or until something is to be said that does not wait; true for the latter.
    pub async fn until(&mut self, due: i64, heed: Heed) -> Course<bool> {
        loop {
            let breaks_in = |told: &Told| heed == Heed::Everything || (heed == Heed::Interruptions && told.interrupts);
            if self.lines.iter().any(breaks_in) {
                return Ok(true);
            }
            let end = self.deadline.filter(|deadline| *deadline < due);
            let alarm = self.world.agenda.alarm(end.unwrap_or(due));
            self.busy = None;
            tokio::select! {
                biased;
                note = self.notes.recv() => self.take(note, due)?,
                busy = alarm => {
                    self.busy = busy.ok();
                    self.at = self.at.max(end.unwrap_or(due));
                    return if end.is_some() { Err(Turn::ended("exceeded-max-duration")) } else { Ok(false) };
                }
            }
        }
    }

    /// Sends a message and waits for what the server makes of it. What it is told to say meanwhile is said.
    pub async fn ask(&mut self, server: Server, message: Value, once: bool) -> Course<Reply> {
        let (reply, mut replied) = oneshot::channel();
        let parcel = Parcel {
            server,
            message,
            reply: Some(reply),
            once,
            busy: self.world.agenda.busy(),
        };
        let _ = self.parcels.send(parcel);
        loop {
            if let Some(told) = self.lines.pop_front() {
                self.say_told(told).await?;
            }
            self.busy = None;
            tokio::select! {
                biased;
                note = self.notes.recv() => self.take(note, i64::MAX)?,
                answered = &mut replied => {
                    let Ok((reply, busy)) = answered else { return Err(Turn::Gone) };
                    self.busy = Some(busy);
                    self.at = self.at.max(self.world.clock.now());
                    return Ok(reply);
                }
            }
        }
    }

    /// Sends a message that nobody waits for.
    pub fn post(&self, server: Server, message: Value) {
        let _ = self.parcels.send(Parcel {
            server,
            message,
            reply: None,
            once: false,
            busy: self.world.agenda.busy(),
        });
    }

    /// Does what it was told, or leaves the course for it.
    fn take(&mut self, note: Option<Note>, due: i64) -> Course<()> {
        let Some(Note { order, taken, busy }) = note else {
            return Err(Turn::Gone);
        };
        self.busy = Some(busy);
        self.at = self.at.max(self.world.clock.now().min(due));
        match order {
            Order::Say { text, ends, interrupts } => self.lines.push_back(Told {
                speaker: Speaker::Assistant,
                text,
                ends,
                interrupts,
            }),
            Order::SayFirstMessage => self.lines.push_back(Told {
                speaker: Speaker::Assistant,
                text: self.greeting(),
                ends: false,
                interrupts: false,
            }),
            Order::Add { role, text } => {
                let at = self.at;
                self.change(|life| life.conversation.noted(&role, &text, at));
                self.tell_conversation();
            }
            Order::MuteAssistant(muted) => self.assistant_muted = muted,
            Order::MuteCustomer(muted) => self.customer_muted = muted,
            Order::End => return Err(Turn::Ended("assistant-ended-call".into(), Some(taken))),
            Order::Transfer { destination, text } => {
                return Err(Turn::Transfer {
                    destination,
                    text,
                    taken: Some(taken),
                });
            }
            Order::Handoff { destination, text } => {
                return Err(Turn::Handoff {
                    destination,
                    text,
                    taken: Some(taken),
                });
            }
            Order::Connect if self.waits_for_socket => {
                self.waits_for_socket = false;
                return Err(Turn::Connected);
            }
            // In a script it says what the customer says.
            Order::Hear if self.script.is_none() => self.hear(),
            Order::Connect | Order::Hear => {}
            Order::Leave(reason) => return Err(Turn::Ended(reason.into(), Some(taken))),
            Order::Transport(message) => {
                self.happened(|| json!({ "type": "send-transport-message", "message": message }));
            }
        }
        Ok(())
    }

    /// Changes what readers of the call see.
    pub fn change<T>(&self, change: impl FnOnce(&mut Life) -> T) -> Option<T> {
        self.world.lives.lock().get_mut(&*self.id).map(change)
    }

    /// Enters a state, and says so.
    pub fn enter(&mut self, state: State, more: Value) {
        let at = self.at;
        self.change(|life| {
            life.state = state;
            life.since = at;
        });
        self.tell_state(state, more);
    }

    pub fn tell_state(&self, state: State, more: Value) {
        let _ = self.world.changes.send(Change::Status {
            call_id: self.id.clone(),
        });
        self.tell(|| {
            let mut message = json!({ "type": "status-update", "status": state.name() });
            if let (Some(message), Value::Object(more)) = (message.as_object_mut(), more) {
                message.extend(more);
            }
            message
        });
    }

    /// The call as it was stored; null once it is deleted.
    pub fn resource(&self) -> Value {
        super::assistant::stored(&self.world, &self.organization, "/call", &json!(&*self.id)).unwrap_or_default()
    }

    /// The call as its life has it by now, for finding out about its assistant and server.
    pub fn call(&self) -> Value {
        let mut call = self.resource();
        self.change(|life| {
            for (name, value) in &life.learned {
                call[name.as_str()] = value.clone();
            }
        });
        call
    }
}
