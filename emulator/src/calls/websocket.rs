//! The interface of a call for its sockets: its status, connecting and leaving.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::calls::control::send_command;
use crate::calls::view::as_of_now;
use crate::state::State;
use crate::state::command::Command;

/// The properties of a call that decide about a request for its socket.
pub(crate) struct SocketTarget {
    pub organization: String,
    pub status: &'static str,
    pub over_websocket: bool,
    /// True if its transport socket was opened.
    pub connected: bool,
}

pub(crate) fn socket_target(state: &State, id: &str) -> Option<SocketTarget> {
    let (organization, status, connected) = {
        let records = state.calls.lock();
        let record = records.get(id)?;
        (record.organization.clone(), record.status.name(), record.connected)
    };
    let store = state.store.lock();
    let call = store.collection(&organization, "/call")?.get("id", id)?;
    Some(SocketTarget {
        over_websocket: call["type"] == "vapi.websocketCall",
        organization,
        status,
        connected,
    })
}

/// Returns the name of the status of a call; `ended` for a removed call.
pub(crate) fn status(state: &State, id: &str) -> &'static str {
    state
        .calls
        .lock()
        .get(id)
        .map_or("ended", |record| record.status.name())
}

/// Returns the current resource of a call, of any organization.
pub(crate) fn read(state: &State, id: &str) -> Option<Value> {
    let organization = state.calls.lock().get(id)?.organization.clone();
    let stored = state
        .store
        .lock()
        .collection(&organization, "/call")?
        .get("id", id)?
        .clone();
    Some(as_of_now(state, stored))
}

/// Returns the current assistant of a call; null before it is known.
pub(crate) fn assistant(state: &State, id: &str) -> Arc<Value> {
    let records = state.calls.lock();
    records
        .get(id)
        .map(|record| record.assistant.clone())
        .unwrap_or_default()
}

/// Returns the organization of a call.
pub(crate) fn organization(state: &State, id: &str) -> String {
    let records = state.calls.lock();
    records
        .get(id)
        .map(|record| record.organization.clone())
        .unwrap_or_default()
}

/// Returns the sound of the assistant's line, if it has a custom voice.
pub(crate) fn sound(state: &State, id: &str) -> Option<Arc<[i16]>> {
    state.calls.lock().get(id)?.sound.clone()
}

/// Returns `assistantId` and `assistantName`, as transcripts on a socket have them.
pub(crate) fn speaking_assistant(state: &State, id: &str) -> Value {
    let assistant = assistant(state, id);
    let mut names = json!({});
    for (name, value) in [("assistantId", &assistant["id"]), ("assistantName", &assistant["name"])] {
        if value.is_string() {
            names[name] = value.clone();
        }
    }
    names
}

/// Connects the socket of a call, which starts the call. Returns false if it has one already, or has ended.
pub(crate) async fn connect(state: &State, id: &str) -> bool {
    let first = state
        .calls
        .lock()
        .get_mut(id)
        .is_some_and(|record| !std::mem::replace(&mut record.connected, true));
    first && send_command(state, id, Command::Connect).await
}

/// Reports speech of the customer: its text, if a transcriber has recognized it.
pub(crate) async fn hear(state: &State, id: &str, text: Option<Arc<str>>) {
    send_command(state, id, Command::Hear(text)).await;
}

/// Ends a call because the customer left.
pub(crate) async fn leave(state: &State, id: &str, reason: &'static str) {
    send_command(state, id, Command::Leave(reason)).await;
}
