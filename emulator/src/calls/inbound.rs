//! Inbound calls. Tests create them, since no one can dial the emulator.

use serde_json::{Value, json};

use crate::calls::launch::{StoredCall, launch};
use crate::state::State;
use crate::state::call::CallStatus;
use crate::text::{ids, timestamp};

/// Creates the call of a customer to a phone number; `None` if the organization has no such number.
pub(crate) fn create(state: &State, organization: &str, phone_number_id: &str, from: &str) -> Option<Value> {
    let phone_number = state.stored(organization, "/phone-number", &json!(phone_number_id))?;
    let (id, received_at) = (ids::uuid(), state.clock.stamp());
    let customer = if from.starts_with("sip:") { "sipUri" } else { "number" };
    let provider = phone_number["provider"].as_str();
    // A number of the user's own has no carrier to name.
    let provider = provider.filter(|name| ["twilio", "vonage", "telnyx"].contains(name));
    let mut call = json!({
        "id": id,
        "orgId": organization,
        "createdAt": timestamp::format(received_at),
        "updatedAt": timestamp::format(received_at),
        "type": "inboundPhoneCall",
        "status": CallStatus::Ringing.name(),
        "phoneNumberId": phone_number_id,
        "customer": { customer: from },
        "phoneCallTransport": if customer == "sipUri" { "sip" } else { "pstn" },
        "phoneCallProvider": provider.unwrap_or("vapi"),
        "monitor": {
            "listenUrl": state.links.websocket(&format!("/{id}/listen")),
            "controlUrl": state.links.plain(&format!("/{id}/control")),
        },
    });
    for name in ["assistantId", "squadId", "workflowId"] {
        if phone_number[name].is_string() {
            call[name] = phone_number[name].clone();
        }
    }
    state.insert(organization, "/call", call.clone());
    launch(
        state,
        StoredCall {
            id: &id,
            organization,
            inbound: true,
            status: CallStatus::Ringing,
            created: received_at,
            queued: received_at,
            script: None,
        },
    );
    Some(call)
}
