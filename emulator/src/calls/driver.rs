//! The driver of a call: the task that runs it. This file has waiting, commands and changes of status. The flow of a
//! call is in `start`, `talk`, `tools` and `end`.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::script::{Pickup, Script, ToolUse};
use crate::state::State;
use crate::state::call::{Call, CallStatus, NewCall};
use crate::state::clock::whole_milliseconds;
use crate::state::command::{Command, SentCommand};
use crate::state::events::CallEvent;
use crate::state::timers::ActivityGuard;
use crate::state::webhook_server::WebhookServer;
use crate::webhooks::signature::Subject;
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
    /// The next acts from outside the script.
    pub injected: VecDeque<Injected>,
    /// True if the customer has spoken since the assistant's last turn.
    pub unanswered: bool,
    /// True if the customer has spoken since the servers were asked that have to be before an answer.
    pub heard: bool,
    /// Held while a person waits for the assistant's turn to end. Dropped when it has.
    pub turn_taken: Vec<oneshot::Sender<()>>,
    /// True while a person may pick up.
    pub rings: bool,
    /// The answer of a person to a call that does not ring yet.
    pub answer: Option<Pickup>,
    /// True if the script is the sample, which a person replaces.
    pub plays_sample: bool,
    /// The number of messages of the conversation that are the prompt.
    pub prompts: usize,
    /// Documents of the knowledge base for the next turn of the model.
    pub documents: Option<String>,
    pub assistant_muted: bool,
    pub customer_muted: bool,
    pub turn: u32,
    /// True while the call waits for its websocket to start.
    pub waits_for_socket: bool,
    /// The problem of the response to `assistant-request`; null without one.
    pub debugging_artifacts: Value,
}

/// Something that happens from outside the script.
pub(crate) struct Injected {
    pub act: Act,
    /// Interrupts the assistant.
    pub interrupts: bool,
    /// Held until the act is over and answered.
    pub taken: Option<oneshot::Sender<()>>,
}

pub(crate) enum Act {
    /// The assistant says a line, and then ends the call or not.
    Say { text: String, ends: bool },
    /// The customer says a line, which the assistant answers.
    Customer(String),
    /// The customer makes the assistant stop.
    Silence,
    /// The assistant calls tools.
    Tools(Vec<ToolUse>),
    /// The model of the assistant responds to a message that was added.
    Respond,
}

impl Injected {
    pub fn new(act: Act) -> Injected {
        Injected {
            act,
            interrupts: false,
            taken: None,
        }
    }
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
    /// A person picks up.
    Answered(Pickup),
    /// The call was deleted. No further message is sent.
    Gone,
}

impl Interrupt {
    pub fn ended(reason: &str) -> Interrupt {
        Interrupt::Ended(reason.to_owned(), None)
    }
}

pub(crate) type CallFlow<T> = Result<T, Interrupt>;

/// The acts from outside that end a wait.
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
        subject: Subject::Call(new_call.id.clone()),
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
        injected: VecDeque::new(),
        unanswered: false,
        heard: false,
        turn_taken: Vec::new(),
        rings: false,
        answer: None,
        plays_sample: false,
        prompts: 0,
        documents: None,
        assistant_muted: false,
        customer_muted: false,
        turn: 0,
        waits_for_socket: false,
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
                // They occur only before the call is answered.
                Err(Interrupt::Connected | Interrupt::Answered(_)) => Ok(()),
                Err(Interrupt::Gone) => return,
            };
        }
    }

    pub fn step(&self) -> i64 {
        whole_milliseconds(self.state.settings.call_step)
    }

    /// Waits until `due`, or until something from outside interrupts. Returns true for the latter.
    pub async fn until(&mut self, due: i64, interruptible: Interruptible) -> CallFlow<bool> {
        loop {
            let interrupts = |injected: &Injected| {
                interruptible == Interruptible::Everything
                    || (interruptible == Interruptible::Interruptions && injected.interrupts)
            };
            if self.injected.iter().any(interrupts) {
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

    /// Takes the next act from outside, if it is a line of the assistant.
    pub fn next_line_from_outside(&mut self) -> Option<(String, bool)> {
        if !matches!(self.injected.front()?.act, Act::Say { .. }) {
            return None;
        }
        match self.injected.pop_front()?.act {
            Act::Say { text, ends } => Some((text, ends)),
            _ => None,
        }
    }

    /// Returns whether something from outside interrupts the assistant.
    pub fn is_interrupted(&self) -> bool {
        self.injected.iter().any(|injected| injected.interrupts)
    }

    /// Waits for something, like the response of a model. Commands are executed meanwhile. Returns `None` if something from outside
    /// interrupts.
    pub async fn wait_for<T>(&mut self, future: impl Future<Output = T>) -> CallFlow<Option<T>> {
        let mut future = std::pin::pin!(future);
        loop {
            if self.is_interrupted() {
                return Ok(None);
            }
            // The guard is kept, so that the clock stands still meanwhile.
            tokio::select! {
                biased;
                sent = self.commands.recv() => self.handle_command(sent, i64::MAX)?,
                result = &mut future => {
                    self.at = self.at.max(self.state.clock.now());
                    return Ok(Some(result));
                }
            }
        }
    }

    /// Sends a message and waits for the reply. Lines from outside are spoken meanwhile.
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
            while let Some((text, ends)) = self.next_line_from_outside() {
                self.say_from_outside(&text, ends).await?;
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
            Command::Say { text, ends, interrupts } => self.injected.push_back(Injected {
                interrupts,
                ..Injected::new(Act::Say { text, ends })
            }),
            Command::SayFirstMessage => {
                let text = self.greeting();
                self.injected.push_back(Injected::new(Act::Say { text, ends: false }));
            }
            Command::Add { role, text, triggers } => {
                let at = self.at;
                self.change(|record| record.add_message(&role, &text, at));
                self.notify_conversation();
                if triggers && self.has_model() {
                    self.injected.push_back(Injected::new(Act::Respond));
                }
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
            Command::Hear(text) => self.hear(text.as_deref()),
            Command::Connect => {}
            Command::Answer { pickup, by_hand } => {
                if by_hand {
                    self.take_by_hand();
                }
                if self.change(|record| record.started.is_none()) == Some(true) {
                    self.turn_taken.push(taken);
                    if self.rings {
                        return Err(Interrupt::Answered(pickup));
                    }
                    self.answer = Some(pickup);
                }
            }
            Command::CustomerSays { text, interrupts } => {
                self.take_by_hand();
                self.injected.push_back(Injected {
                    act: Act::Customer(text),
                    interrupts,
                    taken: Some(taken),
                });
            }
            Command::Interrupt => {
                self.take_by_hand();
                self.injected.push_back(Injected {
                    act: Act::Silence,
                    interrupts: true,
                    taken: Some(taken),
                });
            }
            Command::CallTools(uses) => self.injected.push_back(Injected {
                act: Act::Tools(uses),
                interrupts: false,
                taken: Some(taken),
            }),
            Command::Leave(reason) => return Err(Interrupt::Ended(reason.into(), Some(taken))),
            Command::Transport(message) => {
                self.publish(|| json!({ "type": "send-transport-message", "message": message }));
            }
        }
        Ok(())
    }

    /// Returns the delivery of single messages of the call.
    pub fn delivery(&self) -> Delivery {
        Delivery {
            state: self.state.clone(),
            organization: self.organization.clone(),
            subject: Subject::Call(self.id.clone()),
        }
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
