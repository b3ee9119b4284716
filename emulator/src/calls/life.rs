//! The life of one call so far: what its driver has done, for whoever reads the call.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::calls::control::Note;
use crate::calls::conversation::Conversation;
use crate::script::Outcome;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Scheduled,
    Queued,
    Ringing,
    InProgress,
    Forwarding,
    Ended,
}

impl State {
    pub fn named(name: &str) -> Option<State> {
        let all = [
            State::Scheduled,
            State::Queued,
            State::Ringing,
            State::InProgress,
            State::Forwarding,
            State::Ended,
        ];
        all.into_iter().find(|state| state.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            State::Scheduled => "scheduled",
            State::Queued => "queued",
            State::Ringing => "ringing",
            State::InProgress => "in-progress",
            State::Forwarding => "forwarding",
            State::Ended => "ended",
        }
    }
}

/// What a call costs, in dollars, unless its script says otherwise.
pub(crate) const COST: f64 = 0.0125;

/// Moments are milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct Life {
    pub organization: String,
    pub state: State,
    /// When it entered that state.
    pub since: i64,
    /// When it leaves `scheduled`, at once for a call that isn't.
    pub queued: i64,
    pub inbound: bool,
    /// When it was answered.
    pub started: Option<i64>,
    /// Empty until it ended.
    pub ended_reason: String,
    pub conversation: Conversation,
    /// Who the customer is talking to, the overrides of the call applied; null until that is known.
    pub assistant: Arc<Value>,
    /// Every assistant the customer talked to, as `artifact.assistantActivations` has them.
    pub activations: Vec<Value>,
    /// What became known of the call since it was placed: `assistantId` of an inbound call, `destination`, ...
    pub learned: Map<String, Value>,
    /// Where it was transferred to, as `artifact.transfers` has it.
    pub transfers: Vec<Value>,
    pub outcome: Arc<Outcome>,
    /// Its transport socket was opened.
    pub connected: bool,
    /// To the driver; closing it ends the driver.
    pub notes: mpsc::UnboundedSender<Note>,
}

impl Life {
    pub fn is_over(&self) -> bool {
        self.state == State::Ended
    }

    /// It was answered, and is over: it has a recording.
    pub fn has_artifacts(&self) -> bool {
        self.is_over() && self.started.is_some()
    }

    /// What it costs, in dollars, once that is known.
    pub fn cost(&self) -> Option<f64> {
        self.has_artifacts().then(|| self.outcome.cost.unwrap_or(COST))
    }

    /// From answering to hanging up, in milliseconds.
    pub fn duration(&self) -> Option<i64> {
        self.started
            .filter(|_| self.is_over())
            .map(|started| self.since - started)
    }

    /// Who is talked to from now on.
    pub fn activate(&mut self, assistant: Arc<Value>) {
        let mut activation = json!({ "assistantName": assistant["name"].as_str().unwrap_or("Assistant") });
        if let Some(id) = assistant["id"].as_str() {
            activation["assistantId"] = json!(id);
        }
        self.activations.push(activation);
        self.assistant = assistant;
    }
}
