//! The call resource as clients read it: the stored resource plus the state of the call.

use serde_json::{Map, Value, json};

use crate::state::State;
use crate::state::call::{COST, Call, CallStatus};
use crate::text::timestamp;

/// Returns the current resource. Status and results come from the state of the call; all else is as stored.
pub(crate) fn as_of_now(state: &State, mut resource: Value) -> Value {
    let Some(id) = resource["id"].as_str().map(str::to_owned) else {
        return resource;
    };
    if let Some(record) = state.calls.lock().get(&id) {
        overlay(state, &id, record, &mut resource);
    }
    resource
}

/// Returns whether the call has artifacts: it was answered and has ended.
pub(crate) fn has_artifacts(state: &State, id: &str) -> bool {
    state.calls.lock().get(id).is_some_and(Call::has_artifacts)
}

fn overlay(state: &State, id: &str, record: &Call, call: &mut Value) {
    call["status"] = json!(record.status.name());
    for (name, value) in &record.learned {
        call[name.as_str()] = value.clone();
    }
    if let Some(started) = record.started {
        call["startedAt"] = json!(timestamp::format(started));
    }
    if record.status == CallStatus::Ended {
        call["endedAt"] = json!(timestamp::format(record.since));
        call["endedReason"] = json!(record.ended_reason);
        if record.started.is_some() {
            describe(state, id, record, call);
        }
    }
    if let Some(updated_at) = call.get_mut("updatedAt") {
        let patched = updated_at.as_str().and_then(timestamp::parse);
        *updated_at = json!(timestamp::format(record.since.max(patched.unwrap_or_default())));
    }
}

/// Returns the properties of a call that was answered and has ended.
fn describe(state: &State, id: &str, record: &Call, call: &mut Value) {
    let link = |file: &str| state.links.signed(&format!("/{id}/{file}"));
    let mono = link("mono-recording.wav");
    let (stereo, customer) = (link("stereo-recording.wav"), link("customer-recording.wav"));
    let (assistant, pcap, log) = (
        link("assistant-recording.wav"),
        link("pcap.pcap"),
        link("call-logs.jsonl.gz"),
    );
    let mut artifact = record.conversation.artifact();
    artifact["recordingUrl"] = json!(mono);
    artifact["stereoRecordingUrl"] = json!(stereo);
    artifact["recording"] = json!({
        "stereoUrl": stereo,
        "mono": { "combinedUrl": mono, "assistantUrl": assistant, "customerUrl": customer },
    });
    artifact["pcapUrl"] = json!(pcap);
    artifact["logUrl"] = json!(log);
    artifact["presignedMonoUrl"] = json!(mono);
    artifact["presignedStereoUrl"] = json!(stereo);
    artifact["presignedCustomerUrl"] = json!(customer);
    artifact["presignedAssistantUrl"] = json!(assistant);
    artifact["presignedPcapUrl"] = json!(pcap);
    artifact["presignedLogUrl"] = json!(log);
    artifact["assistantActivations"] = json!(record.activations);
    artifact["transfers"] = json!(record.transfers);
    artifact["variableValues"] = json!(record.variables);
    for (name, outputs) in [
        ("structuredOutputs", &record.results.structured_outputs),
        ("skippedStructuredOutputs", &record.results.skipped),
    ] {
        if !outputs.is_empty() {
            artifact[name] = json!(outputs);
        }
    }
    call["messages"] = artifact["messages"].clone();
    // As in every captured call, although the document has them in the artifact only.
    for name in ["transcript", "recordingUrl", "stereoRecordingUrl"] {
        call[name] = artifact[name].clone();
    }
    call["artifact"] = artifact;
    call["analysis"] = json!(record.results.analysis);
    call["summary"] = json!(
        record
            .results
            .analysis
            .get("summary")
            .and_then(Value::as_str)
            .unwrap_or_default()
    );
    if !call["transport"].is_object() {
        let carrier = call["phoneCallProvider"].as_str();
        let carrier = carrier.filter(|name| ["twilio", "vonage", "telnyx"].contains(name));
        call["transport"] = json!({ "provider": carrier.unwrap_or("vapi.sip"), "conversationType": "voice" });
    }
    cost(record, call);
}

/// Adds what the call cost, as a sum and by kind.
fn cost(record: &Call, call: &mut Value) {
    let minutes = record.duration().unwrap_or_default() as f64 / 60_000.0;
    let of_vapi = |cost: &Value| json!({ "type": "vapi", "subType": "normal", "minutes": minutes, "cost": cost });
    if let Some(cost) = record.results.cost {
        // The script gives no breakdown.
        call["cost"] = json!(cost);
        call["costs"] = json!([of_vapi(&json!(cost))]);
        call["costBreakdown"] =
            json!({ "transport": 0, "stt": 0, "llm": 0, "tts": 0, "vapi": cost, "chat": 0, "total": cost });
        return;
    }
    let said = |role: &'static str| {
        let messages = record
            .conversation
            .messages
            .iter()
            .filter(move |message| message["role"] == role);
        messages.filter_map(|message| message["message"].as_str())
    };
    let words = |role: &'static str| said(role).map(|text| text.split_whitespace().count()).sum::<usize>();
    let characters = said("bot").map(|text| text.chars().count()).sum::<usize>();
    let (prompt, completion) = (words("system") + words("user"), words("bot"));
    let part = |name: &str, kind: &str| {
        let parts: Map<String, Value> = ["provider", kind]
            .into_iter()
            .filter_map(|property| Some((property.to_owned(), record.assistant[name].get(property)?.clone())))
            .collect();
        json!(parts)
    };
    call["cost"] = json!(COST);
    call["costs"] = json!([
        { "type": "transcriber", "transcriber": part("transcriber", "model"), "minutes": minutes, "cost": 0.001 },
        {
            "type": "model", "model": part("model", "model"), "promptTokens": prompt, "completionTokens": completion,
            "cachedPromptTokens": 0, "cost": 0.0015,
        },
        { "type": "voice", "voice": part("voice", "voiceId"), "characters": characters, "cost": 0.003 },
        of_vapi(&json!(0.005)),
        { "type": "transport", "provider": call["transport"]["provider"], "minutes": minutes, "cost": 0.002 },
    ]);
    call["costBreakdown"] = json!({
        "transport": 0.002, "stt": 0.001, "llm": 0.0015, "tts": 0.003, "vapi": 0.005, "chat": 0, "total": COST,
        "llmPromptTokens": prompt, "llmCompletionTokens": completion, "llmCachedPromptTokens": 0,
        "ttsCharacters": characters,
    });
}

/// Returns an `end-of-call-report` without its envelope.
pub(crate) fn report(state: &State, stored: &Value) -> Value {
    let call = as_of_now(state, stored.clone());
    let mut report = Map::from_iter([("type".to_owned(), json!("end-of-call-report"))]);
    for name in [
        "startedAt",
        "endedAt",
        "endedReason",
        "cost",
        "costBreakdown",
        "costs",
        "messages",
        "destination",
    ] {
        if let Some(value) = call.get(name) {
            report.insert(name.into(), value.clone());
        }
    }
    let artifact = call
        .get("artifact")
        .cloned()
        .unwrap_or_else(|| json!({ "messages": [], "transcript": "" }));
    let analysis = call.get("analysis").cloned().unwrap_or_else(|| json!({}));
    report.insert(
        "summary".into(),
        json!(analysis["summary"].as_str().unwrap_or_default()),
    );
    report.insert("transcript".into(), artifact["transcript"].clone());
    for name in ["recordingUrl", "stereoRecordingUrl"] {
        if let Some(url) = artifact.get(name) {
            report.insert(name.into(), url.clone());
        }
    }
    let id = call["id"].as_str().unwrap_or_default();
    let duration = state.calls.lock().get(id).and_then(Call::duration);
    if let Some(duration) = duration {
        report.insert("durationMs".into(), json!(duration));
        report.insert("durationSeconds".into(), json!(duration as f64 / 1000.0));
        report.insert("durationMinutes".into(), json!(duration as f64 / 60_000.0));
    }
    report.insert("analysis".into(), analysis);
    report.insert("artifact".into(), artifact);
    report.insert("assistantVersion".into(), call["assistantVersion"].clone());
    Value::Object(report)
}
