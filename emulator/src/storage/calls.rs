//! Calls across restarts: saved as JSON and restored.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::calls::launch::{StoredCall, script_for};
use crate::calls::{assistant, launch};
use crate::script::CallResults;
use crate::state::State;
use crate::state::call::{Activity, Call, CallStatus};
use crate::state::conversation::Conversation;
use crate::state::recording::Recording;

/// Returns a call as JSON, with everything that its readers and a new driver need.
pub(crate) fn saved(call: &Call) -> Value {
    json!({
        "organization": call.organization,
        "state": call.status.name(),
        "since": call.since,
        "queued": call.queued,
        "inbound": call.inbound,
        "started": call.started,
        "endedReason": call.ended_reason,
        "messages": call.conversation.messages,
        "assistant": *call.assistant,
        "activations": call.activations,
        "learned": call.learned,
        "variables": call.variables,
        "transfers": call.transfers,
        "byHand": call.by_hand,
        "steps": call.recording.steps,
        "ends": call.recording.ends,
        "word": call.recording.word,
        "outcome": {
            "analysis": call.results.analysis,
            "structuredOutputs": call.results.structured_outputs,
            "skipped": call.results.skipped,
            "cost": call.results.cost,
            "scripted": call.results.scripted,
        },
    })
}

/// Reads a saved call, without a driver.
fn restored(saved: &Value) -> Option<Call> {
    let list = |name: &str| saved[name].as_array().cloned().unwrap_or_default();
    let (started, results) = (saved["started"].as_i64(), &saved["outcome"]);
    let (commands, _) = mpsc::unbounded_channel();
    Some(Call {
        organization: saved["organization"].as_str()?.to_owned(),
        status: CallStatus::named(saved["state"].as_str()?)?,
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
        variables: saved["variables"].as_object().cloned().unwrap_or_default(),
        transfers: list("transfers"),
        results: Arc::new(CallResults {
            analysis: results["analysis"].as_object().cloned().unwrap_or_default(),
            structured_outputs: results["structuredOutputs"].as_object().cloned().unwrap_or_default(),
            skipped: results["skipped"].as_object().cloned().unwrap_or_default(),
            cost: results["cost"].as_f64(),
            scripted: results["scripted"] == true,
        }),
        // Only a running call is connected.
        connected: false,
        by_hand: saved["byHand"] == true,
        activity: Activity::default(),
        recording: Recording {
            steps: list("steps"),
            ends: saved["ends"].as_str().map(str::to_owned),
            word: saved["word"].as_u64(),
            ..Recording::default()
        },
        // A simulation gives them again.
        tool_mocks: Map::new(),
        sound: None,
        watchers: Vec::new(),
        commands,
    })
}

/// Restores a call whose resource is in the store. A call that had not rung continues. A call in progress has ended, as
/// the API ends calls whose worker shuts down.
pub(crate) fn restore(state: &State, id: &str, saved: &Value) {
    let Some(mut record) = restored(saved) else {
        return;
    };
    let waits = matches!(record.status, CallStatus::Scheduled | CallStatus::Queued) && !record.inbound;
    if waits {
        let call = state
            .stored(&record.organization, "/call", &json!(id))
            .unwrap_or_default();
        let speaker = assistant::of_call(state, &record.organization, &call).unwrap_or_default();
        launch::launch(
            state,
            StoredCall {
                id,
                organization: &record.organization,
                inbound: false,
                status: record.status,
                created: record.since,
                queued: record.queued,
                script: script_for(state, &call, &speaker),
            },
        );
        return;
    }
    if !record.is_over() {
        record.status = CallStatus::Ended;
        record.since = state.clock.now();
        record.ended_reason = "worker-shutdown".to_owned();
    }
    state.calls.lock().insert(id.to_owned(), record);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{CallStatus, restored, saved};

    #[test]
    fn a_stored_call_is_restored_unchanged() {
        let value = json!({
            "organization": "o", "state": "ended", "since": 9_000, "queued": 1_000, "inbound": true, "started": 3_000,
            "endedReason": "voicemail", "messages": [{ "role": "bot", "message": "Hi." }], "assistant": { "name": "Ada" },
            "activations": [{ "assistantName": "Ada" }], "learned": { "assistantId": "a" }, "variables": { "name": "Tim" }, "transfers": [],
            "byHand": true, "steps": [{ "assistant": "Hi.", "seconds": 1.0 }], "ends": null, "word": 250,
            "outcome": { "analysis": { "summary": "Hi." }, "structuredOutputs": {}, "skipped": {}, "cost": 0.5, "scripted": true },
        });
        let record = restored(&value).unwrap();
        assert_eq!((record.status, record.duration()), (CallStatus::Ended, Some(6_000)));
        assert_eq!(saved(&record), value);
    }
}
