//! The log of a call: one line for each event.

use std::io::Write;

use flate2::Compression;
use flate2::GzBuilder;
use serde_json::{Value, json};

use crate::artifacts::media;
use crate::state::State;
use crate::state::call::Call;

/// Returns gzipped JSON lines. A call without a script has a sample.
pub(crate) fn call_logs(state: &State, id: &str) -> Vec<u8> {
    let records = state.calls.lock();
    match records.get(id).filter(|record| record.results.scripted) {
        Some(record) => packed(&rows(record)),
        None => media::call_logs(state.clock.now()),
    }
}

fn rows(record: &Call) -> Vec<Value> {
    let system = |time: i64, body: &str, event: &str| json!({ "time": time, "body": body, "attributes": { "category": "system", "event": event } });
    let mut rows = vec![system(
        record.started.unwrap_or(record.since),
        "Call started",
        "call.started",
    )];
    rows.extend(record.conversation.messages.iter().filter_map(|message| {
        let (body, attributes) = match message["role"].as_str()? {
            "bot" => (
                "Voice input",
                json!({ "category": "voice", "input": message["message"] }),
            ),
            "user" => (
                "Transcriber output",
                json!({ "category": "transcriber", "text": message["message"] }),
            ),
            "tool_calls" => (
                "Tool calls",
                json!({ "category": "tool", "toolCalls": message["toolCalls"] }),
            ),
            "tool_call_result" => (
                "Tool call result",
                json!({ "category": "tool", "name": message["name"], "result": message["result"] }),
            ),
            _ => return None,
        };
        Some(json!({ "time": message["time"], "body": body, "attributes": attributes }))
    }));
    let mut end = system(record.since, "Call ended", "call.ended");
    end["attributes"]["endedReason"] = json!(record.ended_reason);
    rows.push(end);
    rows
}

fn packed(rows: &[Value]) -> Vec<u8> {
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::fast());
    for row in rows {
        // Writing to memory cannot fail.
        let _ = writeln!(gzip, "{row}");
    }
    gzip.finish().unwrap_or_default()
}
