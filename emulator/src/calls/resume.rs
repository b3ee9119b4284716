//! Calls that the data file remembers: one that is over stays so, one that waited or rang goes on, and one that was in
//! progress when the emulator stopped ends, since nobody is on the line any more.

use serde_json::{Value, json};

use super::assistant;
use super::life::State;
use super::place::{Placed, bring_to_life, script_for};
use crate::moment;
use crate::world::World;

pub(crate) fn resume(world: &World, organization: &str, call: &Value) {
    let Some(id) = call["id"].as_str() else { return };
    let moment = |text: &Value| text.as_str().and_then(moment::parse);
    let state = match call["status"].as_str() {
        Some("ended") => {
            if call["startedAt"].is_string() {
                world.recorded.lock().insert(id.to_owned());
            }
            return;
        }
        Some("in-progress" | "forwarding") => {
            let now = json!(moment::format(world.clock.now()));
            let mut store = world.store.lock();
            if let Some(call) = store.collection_mut(organization, "/call").get_mut("id", id) {
                call["status"] = json!("ended");
                call["endedReason"] = json!("worker-shutdown");
                call["endedAt"] = now.clone();
                call["updatedAt"] = now;
            }
            return;
        }
        Some("scheduled") => State::Scheduled,
        // Only a call that came in rings from the start.
        _ if call["type"] == "inboundPhoneCall" => State::Ringing,
        _ => State::Queued,
    };
    let created = moment(&call["createdAt"]).unwrap_or_else(|| world.clock.now());
    let earliest = moment(&call["schedulePlan"]["earliestAt"]).unwrap_or(created);
    let assistant = assistant::of_call(world, organization, call).unwrap_or_default();
    let inbound = state == State::Ringing;
    bring_to_life(
        world,
        Placed {
            id,
            organization,
            inbound,
            state,
            created,
            queued: earliest.max(created),
            script: if inbound {
                None
            } else {
                script_for(world, call, &assistant)
            },
        },
    );
}
