//! The life of one call so far: what its driver has done, for whoever reads the call.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::script::{CallResults, Script};
use crate::state::command::SentCommand;
use crate::state::conversation::Conversation;
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

/// What a call costs, in dollars, unless its script says otherwise.
pub(crate) const COST: f64 = 0.0125;

/// Moments are milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct Call {
    pub organization: String,
    pub status: CallStatus,
    /// When it entered that state.
    pub since: i64,
    /// When it leaves `scheduled`, at once for a call that isn't.
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub queued: i64,
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
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
    pub results: Arc<CallResults>,
    /// Its transport socket was opened.
    pub connected: bool,
    /// To the driver; closing it ends the driver.
    pub commands: mpsc::UnboundedSender<SentCommand>,
}

impl Call {
    pub fn is_over(&self) -> bool {
        self.status == CallStatus::Ended
    }

    /// It was answered, and is over: it has a recording.
    pub fn has_artifacts(&self) -> bool {
        self.is_over() && self.started.is_some()
    }

    /// What it costs, in dollars, once that is known.
    pub fn cost(&self) -> Option<f64> {
        self.has_artifacts().then(|| self.results.cost.unwrap_or(COST))
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

/// A call that is about to live.
pub(crate) struct NewCall {
    pub id: Arc<str>,
    pub organization: String,
    pub inbound: bool,
    /// When it leaves `scheduled`, at once for a call that isn't. Milliseconds since 1970.
    pub queued: i64,
    pub script: Option<Arc<Script>>,
    pub commands: mpsc::UnboundedReceiver<SentCommand>,
    pub guard: ActivityGuard,
}
