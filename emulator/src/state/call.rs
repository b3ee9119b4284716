//! The state of one call.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::script::{CallResults, Script};
use crate::state::command::SentCommand;
use crate::state::conversation::{Conversation, Speaker};
use crate::state::recording::Recording;
use crate::state::timers::ActivityGuard;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CallStatus {
    Scheduled,
    Queued,
    Ringing,
    InProgress,
    Forwarding,
    Ended,
}

impl CallStatus {
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub fn named(name: &str) -> Option<CallStatus> {
        let all = [
            CallStatus::Scheduled,
            CallStatus::Queued,
            CallStatus::Ringing,
            CallStatus::InProgress,
            CallStatus::Forwarding,
            CallStatus::Ended,
        ];
        all.into_iter().find(|status| status.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            CallStatus::Scheduled => "scheduled",
            CallStatus::Queued => "queued",
            CallStatus::Ringing => "ringing",
            CallStatus::InProgress => "in-progress",
            CallStatus::Forwarding => "forwarding",
            CallStatus::Ended => "ended",
        }
    }
}

/// The cost of a call in dollars, unless its script sets one.
pub(crate) const COST: f64 = 0.0125;

/// The present activity in a call, for people who watch it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Activity {
    #[default]
    Nothing,
    /// The call waits for a person to say something.
    Listening,
    /// The assistant's model is asked.
    Thinking,
    Speaking {
        speaker: Speaker,
        text: String,
    },
}

/// The state of one call. Times are milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct Call {
    pub organization: String,
    pub status: CallStatus,
    /// The time of the last change of status.
    pub since: i64,
    /// The time at which it leaves `scheduled`; the creation time without a schedule.
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub queued: i64,
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub inbound: bool,
    /// The time at which it was answered.
    pub started: Option<i64>,
    /// The `endedReason`; empty until the call has ended.
    pub ended_reason: String,
    pub conversation: Conversation,
    /// The current assistant with the overrides of the call; null before it is known.
    pub assistant: Arc<Value>,
    /// All assistants of the call so far, in the form of `artifact.assistantActivations`.
    pub activations: Vec<Value>,
    /// Properties that became known after creation: `assistantId` of an inbound call, `destination`, ...
    pub learned: Map<String, Value>,
    /// The values that templates can use, as `artifact.variableValues` has them.
    pub variables: Map<String, Value>,
    /// Transfers in the form of `artifact.transfers`.
    pub transfers: Vec<Value>,
    pub results: Arc<CallResults>,
    /// True if the transport socket was opened.
    pub connected: bool,
    /// True if a person is the customer.
    pub by_hand: bool,
    pub activity: Activity,
    pub recording: Recording,
    /// The results of tools that a simulation replaces, by the name of the tool.
    pub tool_mocks: Map<String, Value>,
    /// The sound of the assistant's line, if it has a custom voice: 24,000 samples a second.
    pub sound: Option<Arc<[i16]>>,
    /// Receive a guard when the call has ended; dropped if the call is deleted before.
    pub watchers: Vec<oneshot::Sender<ActivityGuard>>,
    /// Commands to the driver. The driver ends when this is dropped.
    pub commands: mpsc::UnboundedSender<SentCommand>,
}

impl Call {
    pub fn is_over(&self) -> bool {
        self.status == CallStatus::Ended
    }

    /// Returns whether the call was answered and has ended, so that it has a recording.
    pub fn has_artifacts(&self) -> bool {
        self.is_over() && self.started.is_some()
    }

    /// Returns the cost in dollars, once it is known.
    pub fn cost(&self) -> Option<f64> {
        self.has_artifacts().then(|| self.results.cost.unwrap_or(COST))
    }

    /// Returns the time from answer to end, in milliseconds.
    pub fn duration(&self) -> Option<i64> {
        self.started
            .filter(|_| self.is_over())
            .map(|started| self.since - started)
    }

    /// Adds a message that nobody spoke, from outside.
    pub fn add_message(&mut self, role: &str, text: &str, at: i64) {
        self.conversation.add_unspoken(role, text, at);
        match role {
            "assistant" => self.recording.add_line(Speaker::Assistant, text, at, at),
            "user" => self.recording.add_line(Speaker::Customer, text, at, at),
            // It is in no transcript, and the script needs no model.
            _ => {}
        }
    }

    /// Sets the current assistant.
    pub fn activate(&mut self, assistant: Arc<Value>) {
        let mut activation = json!({ "assistantName": assistant["name"].as_str().unwrap_or("Assistant") });
        if let Some(id) = assistant["id"].as_str() {
            activation["assistantId"] = json!(id);
        }
        self.activations.push(activation);
        self.assistant = assistant;
    }
}

/// A new call that waits for its driver.
pub(crate) struct NewCall {
    pub id: Arc<str>,
    pub organization: String,
    pub inbound: bool,
    /// The time at which it leaves `scheduled`, in milliseconds since 1970. It is the creation time of a call without a
    /// schedule.
    pub queued: i64,
    pub script: Option<Arc<Script>>,
    pub commands: mpsc::UnboundedReceiver<SentCommand>,
    pub guard: ActivityGuard,
}
