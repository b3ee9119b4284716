//! A call as it is read: what it was placed with, and over that what its life has come to.

use serde_json::{Map, Value, json};

use super::life::{COST, Life, State};
use crate::moment;
use crate::world::World;

/// The resource as it stands now: the state of a call comes from its life, anything else is as it was stored.
pub(crate) fn as_of_now(world: &World, mut resource: Value) -> Value {
    let Some(id) = resource["id"].as_str().map(str::to_owned) else {
        return resource;
    };
    if let Some(life) = world.lives.lock().get(&id) {
        overlay(world, &id, life, &mut resource);
    }
    resource
}

/// Whether the call has a recording to download: it was answered, and is over.
pub(crate) fn has_artifacts(world: &World, id: &str) -> bool {
    world.lives.lock().get(id).is_some_and(Life::has_artifacts)
}

fn overlay(world: &World, id: &str, life: &Life, call: &mut Value) {
    call["status"] = json!(life.state.name());
    for (name, value) in &life.learned {
        call[name.as_str()] = value.clone();
    }
    if let Some(started) = life.started {
        call["startedAt"] = json!(moment::format(started));
    }
    if life.state == State::Ended {
        call["endedAt"] = json!(moment::format(life.since));
        call["endedReason"] = json!(life.ended_reason);
        if life.started.is_some() {
            describe(world, id, life, call);
        }
    }
    if let Some(updated_at) = call.get_mut("updatedAt") {
        let patched = updated_at.as_str().and_then(moment::parse);
        *updated_at = json!(moment::format(life.since.max(patched.unwrap_or_default())));
    }
}

/// What is known of a call that was answered and is over.
fn describe(world: &World, id: &str, life: &Life, call: &mut Value) {
    let link = |file: &str| world.links.signed(&format!("/{id}/{file}"));
    let mono = link("mono-recording.wav");
    let (stereo, customer) = (link("stereo-recording.wav"), link("customer-recording.wav"));
    let (assistant, pcap, log) = (
        link("assistant-recording.wav"),
        link("pcap.pcap"),
        link("call-logs.jsonl.gz"),
    );
    let mut artifact = life.conversation.artifact();
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
    artifact["assistantActivations"] = json!(life.activations);
    artifact["transfers"] = json!(life.transfers);
    if !life.outcome.structured_outputs.is_empty() {
        artifact["structuredOutputs"] = json!(life.outcome.structured_outputs);
    }
    call["messages"] = artifact["messages"].clone();
    call["artifact"] = artifact;
    call["analysis"] = if life.outcome.scripted {
        json!(life.outcome.analysis)
    } else {
        json!({ "summary": "The customer and the assistant greeted each other.", "successEvaluation": "true" })
    };
    cost(life, call);
}

fn cost(life: &Life, call: &mut Value) {
    let breakdown = match life.outcome.cost {
        // Nobody asked what for.
        Some(cost) => json!({ "transport": 0, "stt": 0, "llm": 0, "tts": 0, "vapi": cost, "total": cost }),
        None => json!({ "transport": 0.002, "stt": 0.001, "llm": 0.0015, "tts": 0.003, "vapi": 0.005, "total": COST }),
    };
    let minutes = life.duration().unwrap_or_default() as f64 / 60_000.0;
    call["cost"] = breakdown["total"].clone();
    call["costs"] = json!([
        { "type": "vapi", "subType": "normal", "minutes": minutes, "cost": breakdown["total"] },
    ]);
    call["costBreakdown"] = breakdown;
}

/// `end-of-call-report`, without its envelope.
pub(super) fn report(world: &World, stored: &Value) -> Value {
    let call = as_of_now(world, stored.clone());
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
    let duration = world.lives.lock().get(id).and_then(Life::duration);
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
