//! The server that a message goes to.

use serde_json::{Value, json};

use crate::state::State;
use crate::state::webhook_server::WebhookServer;

/// Returns the server for messages of a call: that of the assistant, else of the phone number, else of the
/// organization.
pub(crate) fn for_call(state: &State, organization: &str, call: &Value, assistant: &Value) -> Option<WebhookServer> {
    WebhookServer::of(assistant)
        .or_else(|| for_phone_number(state, organization, &phone_number(state, organization, call)))
}

pub(crate) fn for_phone_number(state: &State, organization: &str, phone_number: &Value) -> Option<WebhookServer> {
    let of_organization = || WebhookServer::of(&state.stored(organization, "/org", &json!(organization))?);
    WebhookServer::of(phone_number)
        .or_else(of_organization)
        .or_else(|| state.settings.server.clone())
}

/// Returns the phone number resource of a call; null without one.
pub(crate) fn phone_number(state: &State, organization: &str, call: &Value) -> Value {
    if call["phoneNumber"].is_object() {
        return call["phoneNumber"].clone();
    }
    state
        .stored(organization, "/phone-number", &call["phoneNumberId"])
        .unwrap_or_default()
}
