//! Messages about resources: created, updated and deleted sessions and chats, and calls that were deleted or could not be.
//! Servers receive them if the `serverMessages` of the assistant have them.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::context::RequestContext;
use crate::calls::assistant;
use crate::calls::messages::wants;
use crate::state::State;
use crate::webhooks;
use crate::webhooks::Delivery;
use crate::webhooks::signature::Subject;

/// Announces a change of the resource of a request.
pub(crate) fn announce(context: &RequestContext<'_>, change: &str, resource: &Value) {
    announce_in(
        context.state,
        context.organization,
        &context.plan.collection,
        change,
        resource,
    );
}

/// Announces a change: `created`, `updated`, `deleted`, `delete.failed`.
pub(crate) fn announce_in(state: &Arc<State>, organization: &str, collection: &str, change: &str, resource: &Value) {
    let Some(id) = resource["id"].as_str() else { return };
    let (kind, subject) = match (collection, change) {
        ("/session", _) => ("session", Subject::Session(id.into())),
        ("/chat", "created" | "deleted") => ("chat", Subject::Chat(id.into())),
        ("/call", "deleted" | "delete.failed") => ("call", Subject::Call(id.into())),
        _ => return,
    };
    let assistant = assistant::of_call(state, organization, resource).unwrap_or_default();
    let mut message = json!({ "type": format!("{kind}.{change}"), "timestamp": state.clock.now() });
    if !wants(&assistant, &message) {
        return;
    }
    let Some(server) = webhooks::for_call(state, organization, resource, &assistant) else {
        return;
    };
    message[kind] = resource.clone();
    message["assistant"] = assistant;
    let phone_number = webhooks::phone_number(state, organization, resource);
    for (name, value) in [("customer", &resource["customer"]), ("phoneNumber", &phone_number)] {
        if value.is_object() {
            message[name] = value.clone();
        }
    }
    let delivery = Delivery {
        state: state.clone(),
        organization: organization.to_owned(),
        subject,
    };
    delivery.start(server, message);
}
