//! `POST /structured-output/run`: a structured output, computed for calls that have ended.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::context::RequestContext;
use crate::calls::results::{Finished, add};
use crate::http::response::Response;
use crate::state::State;
use crate::text::ids;

/// The number of calls that one request may name.
const MOST_CALLS: usize = 100;

/// Computes a structured output: for one call as a preview, or for several, whose artifacts then have it.
pub(super) fn run(context: &RequestContext<'_>) -> Response {
    let (state, body) = (context.state, context.body);
    let stored = state.stored(context.organization, "/structured-output", &body["structuredOutputId"]);
    let output = stored.unwrap_or_else(|| body["structuredOutput"].clone());
    let calls: Vec<&str> = body["callIds"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let previews = body["previewEnabled"] == true;
    if previews && calls.len() != 1 {
        return Response::bad_request(vec![
            "callIds must contain exactly 1 element when previewEnabled is true",
        ]);
    }
    if calls.len() > MOST_CALLS {
        return Response::bad_request(vec![format!("callIds must contain no more than {MOST_CALLS} elements")]);
    }
    let id = output["id"].as_str().map_or_else(ids::uuid, str::to_owned);
    if let (true, Some(call)) = (previews, calls.first()) {
        return Response::json(StatusCode::OK, &preview(state, call, &id, &output));
    }
    let found = calls.iter().filter(|call| rerun(state, call, &id, &output)).count();
    let message = format!(
        "Structured output `{}` was run for {found} calls.",
        output["name"].as_str().unwrap_or_default()
    );
    Response::json(
        StatusCode::OK,
        &json!({ "message": message, "workflowId": ids::uuid() }),
    )
}

/// Returns the result for one call, by the id of the output; what was skipped is listed apart.
fn preview(state: &State, call: &str, id: &str, output: &Value) -> Value {
    let calls = state.calls.lock();
    let Some(record) = calls.get(call) else {
        return json!({});
    };
    let Some(finished) = Finished::of(record, record.since) else {
        return json!({});
    };
    let mut results = (*record.results).clone();
    results.skipped.clear();
    add(id, output, &finished, state.clock.now(), &mut results);
    let mut shown = Map::new();
    if let Some(result) = results.structured_outputs.remove(id) {
        shown.insert(id.to_owned(), result);
    }
    if !results.skipped.is_empty() {
        shown.insert("skipped".into(), Value::Object(results.skipped));
    }
    Value::Object(shown)
}

/// Adds the result to the artifact of a call. Returns false if the call has not ended, or was never answered.
fn rerun(state: &State, call: &str, id: &str, output: &Value) -> bool {
    let mut calls = state.calls.lock();
    let Some(record) = calls.get_mut(call).filter(|record| record.is_over()) else {
        return false;
    };
    let Some(finished) = Finished::of(record, record.since) else {
        return false;
    };
    let mut results = (*record.results).clone();
    add(id, output, &finished, state.clock.now(), &mut results);
    record.results = Arc::new(results);
    drop(calls);
    let _ = state
        .events
        .send(crate::state::events::CallEvent::Status { call_id: call.into() });
    true
}
