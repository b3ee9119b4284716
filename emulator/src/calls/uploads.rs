//! `call.artifact.upload`: the report about the artifacts of a call that go to the user's own storage. Nothing is uploaded, so
//! all of them count as stored.

use serde_json::{Value, json};

use crate::state::State;

/// Returns the report, without its envelope; `None` if no artifact goes to the user's own storage.
pub(crate) fn report(state: &State, organization: &str, call: &Value, assistant: &Value) -> Option<Value> {
    if !has_storage(state, organization) {
        return None;
    }
    let plan = [&call["artifactPlan"], &assistant["artifactPlan"]]
        .into_iter()
        .find(|plan| plan.is_object())
        .unwrap_or(&Value::Null);
    let is_on = |name: &str| plan[name] != false;
    let mut kinds = Vec::new();
    if is_on("recordingEnabled") && is_on("recordingUseCustomStorageEnabled") {
        kinds.extend([
            "recording-mono",
            "recording-stereo",
            "recording-assistant",
            "recording-customer",
        ]);
    }
    if is_on("loggingEnabled") && is_on("loggingUseCustomStorageEnabled") {
        kinds.push("log");
    }
    // Only what goes over a carrier has packets.
    let has_packets = call["type"] != "webCall" && call["type"] != "vapi.websocketCall";
    if has_packets && is_on("pcapEnabled") && is_on("pcapUseCustomStorageEnabled") {
        kinds.push("pcap");
    }
    if kinds.is_empty() {
        return None;
    }
    let artifacts: Vec<Value> = kinds
        .into_iter()
        .map(|kind| json!({ "type": kind, "success": true }))
        .collect();
    Some(json!({ "type": "call.artifact.upload", "artifacts": artifacts }))
}

/// Returns whether the organization has a credential for storage of its own.
fn has_storage(state: &State, organization: &str) -> bool {
    let store = state.store.lock();
    let credentials = store.collection(organization, "/credential").into_iter();
    credentials
        .flat_map(|credentials| credentials.newest_first())
        .any(|credential| credential["provider"] == "s3" || credential["bucketPlan"].is_object())
}
