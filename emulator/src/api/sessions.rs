//! Sessions: they remember the messages of their chats. A chat in a browser gets one.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::api::announcements::announce_in;
use crate::api::context::RequestContext;
use crate::state::State;
use crate::text::{ids, timestamp};

pub(super) const SESSIONS: &str = "/session";

/// The time after which a session ends, in seconds, unless it says another.
const EXPIRATION: u64 = 86_400;

/// Prepares a new chat: one in a browser without a session gets a new one, and the last one of a session ends it.
pub(super) fn open(context: &RequestContext<'_>, chat: &mut Map<String, Value>) {
    let (state, organization) = (context.state, context.organization);
    let ends = chat.remove("sessionEnd").is_some_and(|ends| ends == true);
    let expiration = chat.remove("sessionExpirationSeconds");
    let in_browser = context.operation.wants_public_key;
    if in_browser && !chat.contains_key("sessionId") {
        let (id, now) = (ids::uuid(), timestamp::format(state.clock.stamp()));
        let mut session = json!({
            "id": id,
            "orgId": organization,
            "createdAt": now,
            "updatedAt": now,
            "status": "active",
            "expirationSeconds": expiration.unwrap_or_else(|| json!(EXPIRATION)),
        });
        for name in [
            "assistantId",
            "assistant",
            "assistantOverrides",
            "customer",
            "squadId",
            "squad",
        ] {
            if let Some(value) = chat.get(name) {
                session[name] = value.clone();
            }
        }
        state.insert(organization, SESSIONS, session.clone());
        announce_in(state, organization, SESSIONS, "created", &session);
        chat.insert("sessionId".into(), json!(id));
    }
    if let Some(id) = chat.get("sessionId").filter(|_| ends) {
        change(state, organization, id, |session| {
            session["status"] = json!("completed")
        });
    }
}

/// Gives a session the messages of its latest chat.
pub(super) fn remember(state: &Arc<State>, organization: &str, chat: &Value) {
    change(state, organization, &chat["sessionId"], |session| {
        session["messages"] = chat["messages"].clone();
    });
}

fn change(state: &Arc<State>, organization: &str, id: &Value, change: impl FnOnce(&mut Value)) {
    let now = timestamp::format(state.clock.stamp());
    let mut store = state.store.lock();
    let sessions = store.collection_mut(organization, SESSIONS);
    let Some(session) = id.as_str().and_then(|id| sessions.get_mut("id", id)) else {
        return;
    };
    change(session);
    session["updatedAt"] = json!(now);
    let changed = session.clone();
    drop(store);
    announce_in(state, organization, SESSIONS, "updated", &changed);
}
