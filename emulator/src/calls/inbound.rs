//! Calls that come in: made by a test, since nobody can dial it.

use serde_json::{Value, json};

use super::assistant::stored;
use super::life::State;
use super::place::{Placed, bring_to_life};
use crate::world::World;
use crate::{ids, moment};

/// A customer dials a phone number; `None` if the organization has no such number.
pub(crate) fn arrive(world: &World, organization: &str, phone_number_id: &str, from: &str) -> Option<Value> {
    let phone_number = stored(world, organization, "/phone-number", &json!(phone_number_id))?;
    let (id, came) = (ids::uuid(), world.clock.stamp());
    let customer = if from.starts_with("sip:") { "sipUri" } else { "number" };
    let provider = phone_number["provider"].as_str();
    // A number of one's own has no carrier that a call could name.
    let provider = provider.filter(|name| ["twilio", "vonage", "telnyx"].contains(name));
    let mut call = json!({
        "id": id,
        "orgId": organization,
        "createdAt": moment::format(came),
        "updatedAt": moment::format(came),
        "type": "inboundPhoneCall",
        "status": State::Ringing.name(),
        "phoneNumberId": phone_number_id,
        "customer": { customer: from },
        "phoneCallTransport": if customer == "sipUri" { "sip" } else { "pstn" },
        "phoneCallProvider": provider.unwrap_or("vapi"),
        "monitor": {
            "listenUrl": world.links.websocket(&format!("/{id}/listen")),
            "controlUrl": world.links.plain(&format!("/{id}/control")),
        },
    });
    for name in ["assistantId", "squadId", "workflowId"] {
        if phone_number[name].is_string() {
            call[name] = phone_number[name].clone();
        }
    }
    world
        .store
        .lock()
        .collection_mut(organization, "/call")
        .insert(call.clone());
    bring_to_life(
        world,
        Placed {
            id: &id,
            organization,
            inbound: true,
            state: State::Ringing,
            created: came,
            queued: came,
            script: None,
        },
    );
    Some(call)
}
