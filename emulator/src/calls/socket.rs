//! What the sockets of a call need of it: where it stands, and how it begins and ends with them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::control::{Order, give};
use super::read::as_of_now;
use crate::world::World;

/// Of a call whose socket is asked for.
pub(crate) struct Standing {
    pub organization: String,
    pub status: &'static str,
    pub over_websocket: bool,
    /// Somebody has opened its transport socket.
    pub connected: bool,
}

pub(crate) fn standing(world: &World, id: &str) -> Option<Standing> {
    let (organization, status, connected) = {
        let lives = world.lives.lock();
        let life = lives.get(id)?;
        (life.organization.clone(), life.state.name(), life.connected)
    };
    let store = world.store.lock();
    let call = store.collection(&organization, "/call")?.get("id", id)?;
    Some(Standing {
        over_websocket: call["type"] == "vapi.websocketCall",
        organization,
        status,
        connected,
    })
}

/// The state of a call by its name; `ended` for one that is gone.
pub(crate) fn status(world: &World, id: &str) -> &'static str {
    world.lives.lock().get(id).map_or("ended", |life| life.state.name())
}

/// The call as it stands now, whoever's it is.
pub(crate) fn read(world: &World, id: &str) -> Option<Value> {
    let organization = world.lives.lock().get(id)?.organization.clone();
    let stored = world
        .store
        .lock()
        .collection(&organization, "/call")?
        .get("id", id)?
        .clone();
    Some(as_of_now(world, stored))
}

/// What transcripts on a socket say of the assistant: `assistantId` and `assistantName`.
pub(crate) fn speaking_assistant(world: &World, id: &str) -> Value {
    let assistant: Arc<Value> = world
        .lives
        .lock()
        .get(id)
        .map(|life| life.assistant.clone())
        .unwrap_or_default();
    let mut told = json!({});
    for (name, value) in [("assistantId", &assistant["id"]), ("assistantName", &assistant["name"])] {
        if value.is_string() {
            told[name] = value.clone();
        }
    }
    told
}

/// The socket of a call is there: the call begins. False if it has one already, or is over.
pub(crate) async fn connect(world: &World, id: &str) -> bool {
    let first = world
        .lives
        .lock()
        .get_mut(id)
        .is_some_and(|life| !std::mem::replace(&mut life.connected, true));
    first && give(world, id, Order::Connect).await
}

/// The customer said something, which nobody understood.
pub(crate) async fn hear(world: &World, id: &str) {
    give(world, id, Order::Hear).await;
}

/// The customer is gone.
pub(crate) async fn leave(world: &World, id: &str, reason: &'static str) {
    give(world, id, Order::Leave(reason)).await;
}
