//! What the sockets of a call need of it: where it stands, and how it begins and ends with them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::calls::control::send_command;
use crate::calls::view::as_of_now;
use crate::state::State;
use crate::state::command::Command;

/// Of a call whose socket is asked for.
pub(crate) struct SocketTarget {
    pub organization: String,
    pub status: &'static str,
    pub over_websocket: bool,
    /// Somebody has opened its transport socket.
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

/// The state of a call by its name; `ended` for one that is gone.
pub(crate) fn status(state: &State, id: &str) -> &'static str {
    state
        .calls
        .lock()
        .get(id)
        .map_or("ended", |record| record.status.name())
}

/// The call as it stands now, whoever's it is.
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

/// What transcripts on a socket say of the assistant: `assistantId` and `assistantName`.
pub(crate) fn speaking_assistant(state: &State, id: &str) -> Value {
    let assistant: Arc<Value> = state
        .calls
        .lock()
        .get(id)
        .map(|record| record.assistant.clone())
        .unwrap_or_default();
    let mut names = json!({});
    for (name, value) in [("assistantId", &assistant["id"]), ("assistantName", &assistant["name"])] {
        if value.is_string() {
            names[name] = value.clone();
        }
    }
    names
}

/// The socket of a call is there: the call begins. False if it has one already, or is over.
pub(crate) async fn connect(state: &State, id: &str) -> bool {
    let first = state
        .calls
        .lock()
        .get_mut(id)
        .is_some_and(|record| !std::mem::replace(&mut record.connected, true));
    first && send_command(state, id, Command::Connect).await
}

/// The customer said something, which nobody understood.
pub(crate) async fn hear(state: &State, id: &str) {
    send_command(state, id, Command::Hear).await;
}

/// The customer is gone.
pub(crate) async fn leave(state: &State, id: &str, reason: &'static str) {
    send_command(state, id, Command::Leave(reason)).await;
}
