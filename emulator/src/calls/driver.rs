//! The driver of a call: the task that runs it. This file has waiting, commands and changes of status. The flow of a
//! call is in `start`, `talk`, `tools` and `end`.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::script::Script;
use crate::state::State;
use crate::state::call::{Call, CallStatus, NewCall};
use crate::state::clock::whole_milliseconds;
use crate::state::command::{Command, SentCommand};
use crate::state::conversation::Speaker;
use crate::state::events::CallEvent;
use crate::state::timers::ActivityGuard;
use crate::state::webhook_server::WebhookServer;
use crate::webhooks::{Delivery, OutgoingMessage, Reply};

pub(crate) struct Driver {
    pub state: Arc<State>,
    pub id: Arc<str>,
    pub organization: String,
    /// The time up to which the call has run.
    pub at: i64,
    /// Held while the call does not wait for a timer or a server.
    guard: Option<ActivityGuard>,
    commands: mpsc::UnboundedReceiver<SentCommand>,
    outgoing: mpsc::UnboundedSender<OutgoingMessage>,
    pub script: Option<Arc<Script>>,
    pub next_step: usize,
    pub assistant: Arc<Value>,
    /// The time at which `maxDurationSeconds` of the assistant ends.
    pub deadline: Option<i64>,
    /// Lines that are not spoken yet.
    pub lines: VecDeque<InjectedLine>,
    pub assistant_muted: bool,
    pub customer_muted: bool,
    pub turn: u32,
    /// True while the call waits for its websocket to start.
    pub waits_for_socket: bool,
    /// The time of a word without a script, in milliseconds.
    pub pace: u64,
    /// The problem of the response to `assistant-request`; null without one.
    pub debugging_artifacts: Value,
}

/// A line from outside the script.
pub(crate) struct InjectedLine {
    pub speaker: Speaker,
    pub text: String,
    pub ends: bool,
    pub interrupts: bool,
}

/// The reason why a call leaves its flow. The sender is dropped when the interrupt is handled.
pub(crate) enum Interrupt {
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
    /// The socket of the call is open.
    Connected,
    /// The call was deleted. No further message is sent.
    Gone,
}

impl Interrupt {
    pub fn ended(reason: &str) -> Interrupt {
        Interrupt::Ended(reason.to_owned(), None)
    }
}

pub(crate) type CallFlow<T> = Result<T, Interrupt>;

/// The lines from outside that end a wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interruptible {
    Nothing,
    Interruptions,
    Everything,
}

/// Runs a call from its creation to the delivery of its last message.
pub(crate) async fn run(state: Arc<State>, new_call: NewCall) {
    let (outgoing, incoming) = mpsc::unbounded_channel();
    let delivery = Delivery {
        state: state.clone(),
        organization: new_call.organization.clone(),
        call_id: new_call.id.clone(),
    };
    let (inbound, queued) = (new_call.inbound, new_call.queued);
    let driver = Driver {
        at: state.clock.now(),
        state,
        id: new_call.id,
        organization: new_call.organization,
        guard: Some(new_call.guard),
        commands: new_call.commands,
        outgoing,
        script: new_call.script,
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
    tokio::join!(driver.drive(inbound, queued), delivery.run(incoming));
}

impl Driver {
    async fn drive(mut self, inbound: bool, queued: i64) {
        let mut flow = if inbound {
            self.inbound(queued).await
        } else {
            self.outbound(queued).await
        };
        loop {
            flow = match flow {
                Ok(()) => self.talk().await,
                Err(Interrupt::Ended(reason, taken)) => {
                    self.end(&reason);
                    drop(taken);
                    return;
                }
                Err(Interrupt::Transfer {
                    destination,
                    text,
                    taken,
                }) => {
                    drop(taken);
                    self.transfer(destination, text, "assistant-forwarded-call").await
                }
                Err(Interrupt::Handoff {
                    destination,
                    text,
                    taken,
                }) => {
                    drop(taken);
                    if self.change(|record| record.started.is_none()) == Some(true) {
                        self.start();
                    }
                    self.hand_off(&destination, text).await
                }
                // It occurs only in `wait_for_socket`.
                Err(Interrupt::Connected) => Ok(()),
                Err(Interrupt::Gone) => return,
            };
        }
    }

    pub fn step(&self) -> i64 {
        whole_milliseconds(self.state.settings.call_step)
    }

    /// Waits until `due`, or until an injected line interrupts. Returns true for the latter.
    pub async fn until(&mut self, due: i64, interruptible: Interruptible) -> CallFlow<bool> {
        loop {
            let interrupts = |line: &InjectedLine| {
                interruptible == Interruptible::Everything
                    || (interruptible == Interruptible::Interruptions && line.interrupts)
            };
            if self.lines.iter().any(interrupts) {
                return Ok(true);
            }
            let end = self.deadline.filter(|deadline| *deadline < due);
            let timer = self.state.timers.timer(end.unwrap_or(due));
            self.guard = None;
            tokio::select! {
                biased;
                sent = self.commands.recv() => self.handle_command(sent, due)?,
                guard = timer => {
                    self.guard = guard.ok();
                    self.at = self.at.max(end.unwrap_or(due));
                    return if end.is_some() { Err(Interrupt::ended("exceeded-max-duration")) } else { Ok(false) };
                }
            }
        }
    }

    /// Sends a message and waits for the reply. Injected lines are spoken meanwhile.
    pub async fn request_reply(&mut self, server: WebhookServer, message: Value, once: bool) -> CallFlow<Reply> {
        let (reply, mut replied) = oneshot::channel();
        let message = OutgoingMessage {
            server,
            message,
            reply: Some(reply),
            once,
            guard: self.state.timers.activity_guard(),
        };
        let _ = self.outgoing.send(message);
        loop {
            if let Some(line) = self.lines.pop_front() {
                self.say_injected_line(line).await?;
            }
            self.guard = None;
            tokio::select! {
                biased;
                sent = self.commands.recv() => self.handle_command(sent, i64::MAX)?,
                received = &mut replied => {
                    let Ok((reply, guard)) = received else { return Err(Interrupt::Gone) };
                    self.guard = Some(guard);
                    self.at = self.at.max(self.state.clock.now());
                    return Ok(reply);
                }
            }
        }
    }

    /// Sends a message without waiting for the reply.
    pub fn post(&self, server: WebhookServer, message: Value) {
        let _ = self.outgoing.send(OutgoingMessage {
            server,
            message,
            reply: None,
            once: false,
            guard: self.state.timers.activity_guard(),
        });
    }

    /// Executes a command, or leaves the flow for it.
    fn handle_command(&mut self, sent: Option<SentCommand>, due: i64) -> CallFlow<()> {
        let Some(SentCommand { command, taken, guard }) = sent else {
            return Err(Interrupt::Gone);
        };
        self.guard = Some(guard);
        self.at = self.at.max(self.state.clock.now().min(due));
        match command {
            Command::Say { text, ends, interrupts } => self.lines.push_back(InjectedLine {
                speaker: Speaker::Assistant,
                text,
                ends,
                interrupts,
            }),
            Command::SayFirstMessage => self.lines.push_back(InjectedLine {
                speaker: Speaker::Assistant,
                text: self.greeting(),
                ends: false,
                interrupts: false,
            }),
            Command::Add { role, text } => {
                let at = self.at;
                self.change(|record| record.conversation.add_unspoken(&role, &text, at));
                self.notify_conversation();
            }
            Command::MuteAssistant(muted) => self.assistant_muted = muted,
            Command::MuteCustomer(muted) => self.customer_muted = muted,
            Command::End => return Err(Interrupt::Ended("assistant-ended-call".into(), Some(taken))),
            Command::Transfer { destination, text } => {
                return Err(Interrupt::Transfer {
                    destination,
                    text,
                    taken: Some(taken),
                });
            }
            Command::Handoff { destination, text } => {
                return Err(Interrupt::Handoff {
                    destination,
                    text,
                    taken: Some(taken),
                });
            }
            Command::Connect if self.waits_for_socket => {
                self.waits_for_socket = false;
                return Err(Interrupt::Connected);
            }
            // A script has the customer's lines itself.
            Command::Hear if self.script.is_none() => self.hear(),
            Command::Connect | Command::Hear => {}
            Command::Leave(reason) => return Err(Interrupt::Ended(reason.into(), Some(taken))),
            Command::Transport(message) => {
                self.publish(|| json!({ "type": "send-transport-message", "message": message }));
            }
        }
        Ok(())
    }

    /// Changes the state of the call.
    pub fn change<T>(&self, change: impl FnOnce(&mut Call) -> T) -> Option<T> {
        self.state.calls.lock().get_mut(&*self.id).map(change)
    }

    /// Enters a status and sends a `status-update`.
    pub fn enter(&mut self, status: CallStatus, more: Value) {
        let at = self.at;
        self.change(|record| {
            record.status = status;
            record.since = at;
        });
        self.notify_status(status, more);
    }

    pub fn notify_status(&self, status: CallStatus, more: Value) {
        let _ = self.state.events.send(CallEvent::Status {
            call_id: self.id.clone(),
        });
        self.notify(|| {
            let mut message = json!({ "type": "status-update", "status": status.name() });
            if let (Some(message), Value::Object(more)) = (message.as_object_mut(), more) {
                message.extend(more);
            }
            message
        });
    }

    /// Returns the stored call; null after its deletion.
    pub fn resource(&self) -> Value {
        self.state
            .stored(&self.organization, "/call", &json!(&*self.id))
            .unwrap_or_default()
    }

    /// Returns the stored call with the properties that became known since, for finding its assistant and server.
    pub fn call(&self) -> Value {
        let mut call = self.resource();
        self.change(|record| {
            for (name, value) in &record.learned {
                call[name.as_str()] = value.clone();
            }
        });
        call
    }
}
