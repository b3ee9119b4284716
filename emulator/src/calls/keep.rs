//! Lives that outlast the process: written down as JSON, and taken up again.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::assistant;
use super::conversation::Conversation;
use super::life::{Life, State};
use super::place::{Placed, bring_to_life, script_for};
use crate::script::Outcome;
use crate::world::World;

impl Life {
    /// All that a reader of the call needs, and what it takes to begin it again.
    pub fn saved(&self) -> Value {
        json!({
            "organization": self.organization,
            "state": self.state.name(),
            "since": self.since,
            "queued": self.queued,
            "inbound": self.inbound,
            "started": self.started,
            "endedReason": self.ended_reason,
            "messages": self.conversation.messages,
            "assistant": *self.assistant,
            "activations": self.activations,
            "learned": self.learned,
            "transfers": self.transfers,
            "outcome": {
                "analysis": self.outcome.analysis,
                "structuredOutputs": self.outcome.structured_outputs,
                "cost": self.outcome.cost,
                "scripted": self.outcome.scripted,
            },
        })
    }

    /// A life without a driver, as it was saved.
    fn restored(saved: &Value) -> Option<Life> {
        let list = |name: &str| saved[name].as_array().cloned().unwrap_or_default();
        let (started, outcome) = (saved["started"].as_i64(), &saved["outcome"]);
        let (notes, _) = mpsc::unbounded_channel();
        Some(Life {
            organization: saved["organization"].as_str()?.to_owned(),
            state: State::named(saved["state"].as_str()?)?,
            since: saved["since"].as_i64()?,
            queued: saved["queued"].as_i64()?,
            inbound: saved["inbound"] == true,
            started,
            ended_reason: saved["endedReason"].as_str().unwrap_or_default().to_owned(),
            conversation: Conversation {
                messages: list("messages"),
                started: started.unwrap_or_default(),
            },
            assistant: Arc::new(saved["assistant"].clone()),
            activations: list("activations"),
            learned: saved["learned"].as_object().cloned().unwrap_or_default(),
            transfers: list("transfers"),
            outcome: Arc::new(Outcome {
                analysis: outcome["analysis"].as_object().cloned().unwrap_or_default(),
                structured_outputs: outcome["structuredOutputs"].as_object().cloned().unwrap_or_default(),
                cost: outcome["cost"].as_f64(),
                scripted: outcome["scripted"] == true,
            }),
            // Only one that lasts can be connected.
            connected: false,
            notes,
        })
    }
}

/// Takes up a call whose resource is in the store again. One that had not rung yet goes on; one that was under way could
/// not survive, and has ended as the API ends calls whose worker goes down.
pub(crate) fn revive(world: &World, id: &str, saved: &Value) {
    let Some(mut life) = Life::restored(saved) else {
        return;
    };
    let waits = matches!(life.state, State::Scheduled | State::Queued) && !life.inbound;
    if waits {
        let call = assistant::stored(world, &life.organization, "/call", &json!(id)).unwrap_or_default();
        let speaker = assistant::of_call(world, &life.organization, &call).unwrap_or_default();
        bring_to_life(
            world,
            Placed {
                id,
                organization: &life.organization,
                inbound: false,
                state: life.state,
                created: life.since,
                queued: life.queued,
                script: script_for(world, &call, &speaker),
            },
        );
        return;
    }
    if !life.is_over() {
        life.state = State::Ended;
        life.since = world.clock.now();
        life.ended_reason = "worker-shutdown".to_owned();
    }
    world.lives.lock().insert(id.to_owned(), life);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Life, State};

    #[test]
    fn a_life_is_taken_up_as_it_was_left() {
        let saved = json!({
            "organization": "o", "state": "ended", "since": 9_000, "queued": 1_000, "inbound": true, "started": 3_000,
            "endedReason": "voicemail", "messages": [{ "role": "bot", "message": "Hi." }], "assistant": { "name": "Ada" },
            "activations": [{ "assistantName": "Ada" }], "learned": { "assistantId": "a" }, "transfers": [],
            "outcome": { "analysis": { "summary": "Hi." }, "structuredOutputs": {}, "cost": 0.5, "scripted": true },
        });
        let life = Life::restored(&saved).unwrap();
        assert_eq!((life.state, life.duration()), (State::Ended, Some(6_000)));
        assert_eq!(life.saved(), saved);
    }
}
