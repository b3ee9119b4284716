//! The start of a call whose resource is stored.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::script::Script;
use crate::state::State;
use crate::state::call::{Activity, Call, CallStatus, NewCall};
use crate::state::conversation::Conversation;
use crate::state::recording::Recording;
use crate::state::scripts::Candidate;

/// A call whose resource is stored.
pub(crate) struct StoredCall<'a> {
    pub id: &'a str,
    pub organization: &'a str,
    pub inbound: bool,
    pub status: CallStatus,
    pub created: i64,
    pub queued: i64,
    pub script: Option<Arc<Script>>,
}

/// Starts the driver of a stored call.
pub(crate) fn launch(state: &State, placed: StoredCall<'_>) {
    let (commands, received) = mpsc::unbounded_channel();
    let results = placed.script.as_ref().map(|script| Arc::new(script.results.clone()));
    let record = Call {
        organization: placed.organization.to_owned(),
        status: placed.status,
        since: placed.created,
        queued: placed.queued,
        inbound: placed.inbound,
        started: None,
        ended_reason: String::new(),
        conversation: Conversation::default(),
        assistant: Arc::default(),
        activations: Vec::new(),
        learned: Map::new(),
        variables: Map::new(),
        transfers: Vec::new(),
        results: results.unwrap_or_default(),
        connected: false,
        by_hand: false,
        activity: Activity::default(),
        recording: Recording::default(),
        tool_mocks: Map::new(),
        sound: None,
        watchers: Vec::new(),
        commands,
    };
    state.calls.lock().insert(placed.id.to_owned(), record);
    // Fails only while the emulator is stopping.
    let _ = state.new_calls.send(NewCall {
        id: placed.id.into(),
        organization: placed.organization.to_owned(),
        inbound: placed.inbound,
        queued: placed.queued,
        script: placed.script,
        commands: received,
        guard: state.timers.activity_guard(),
    });
}

/// Returns the script of a call. A script for the next call is used up.
pub(crate) fn script_for(state: &State, call: &Value, assistant: &Value) -> Option<Arc<Script>> {
    let customer = &call["customer"];
    state.scripts.lock().take(&Candidate {
        assistant_id: call["assistantId"].as_str(),
        assistant_name: assistant["name"].as_str(),
        customer: customer["number"].as_str().or_else(|| customer["sipUri"].as_str()),
        phone_number_id: call["phoneNumberId"].as_str(),
        simulation: Vec::new(),
    })
}
