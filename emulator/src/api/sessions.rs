//! Sessions: they remember the messages of their chats. A chat in a browser gets one.

use serde_json::{Map, Value, json};

use crate::api::context::RequestContext;
use crate::text::{ids, timestamp};

pub(super) const SESSIONS: &str = "/session";

/// The time after which a session ends, in seconds, unless it says another.
const EXPIRATION: u64 = 86_400;

/// Adds the messages of a new chat to its session. A chat in a browser without a session gets a new one.
pub(super) fn remember(context: &RequestContext<'_>, chat: &mut Map<String, Value>) {
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
        state.insert(organization, SESSIONS, session);
        chat.insert("sessionId".into(), json!(id));
    }
    let Some(id) = chat.get("sessionId").and_then(Value::as_str) else {
        return;
    };
    let now = timestamp::format(state.clock.stamp());
    let mut store = state.store.lock();
    let Some(session) = store.collection_mut(organization, SESSIONS).get_mut("id", id) else {
        return;
    };
    session["messages"] = chat.get("messages").cloned().unwrap_or_default();
    session["updatedAt"] = json!(now);
    if ends {
        session["status"] = json!("completed");
    }
}
