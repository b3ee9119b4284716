//! `POST /eval/simulation/run/{id}/item/{itemId}/generate`: suggestions for an assistant that failed a simulation. The
//! emulator thinks of none; it says which evaluations did not pass.

use serde_json::{Value, json};

use crate::api::context::RequestContext;
use crate::http::response::Response;
use crate::text::timestamp;

/// Responds with the suggestions for an item. Those for one that has ended are stored in it, unless `persist` is `false`.
pub(super) fn generate(context: &RequestContext<'_>) -> Response {
    let collection = format!("/eval/simulation/run/{}/item", context.parameter("id"));
    let id = context.parameter("itemId");
    let asks = |name: &str, value: &str| context.query.iter().any(|(n, v)| n == name && v == value);
    let stamp = context.state.clock.stamp();
    let mut store = context.state.store.lock();
    let items = store.collection_mut(context.organization, &collection);
    let Some(item) = items.get_mut("id", id) else {
        drop(store);
        return context.item_not_found();
    };
    let has_ended = ["passed", "failed"].contains(&item["status"].as_str().unwrap_or_default());
    let known = item["improvementSuggestions"].clone();
    if known.is_object() && !asks("force", "true") {
        return context.success(&known);
    }
    let suggestions = suggestions(item);
    if has_ended && !asks("persist", "false") {
        item["improvementSuggestions"] = suggestions.clone();
        item["updatedAt"] = json!(timestamp::format(stamp));
    }
    context.success(&suggestions)
}

fn suggestions(item: &Value) -> Value {
    let evaluations = item["results"]["evaluations"].as_array().into_iter().flatten();
    let failed: Vec<Value> = evaluations
        .filter(|evaluation| evaluation["passed"] == false)
        .map(suggestion)
        .collect();
    let analysis = match (failed.len(), item["failureReason"].as_str()) {
        (0, Some(reason)) => reason.to_owned(),
        (0, None) => match item["status"].as_str() {
            Some("passed" | "failed") => "All evaluations passed.".to_owned(),
            Some("canceled") => "The simulation was canceled.".to_owned(),
            _ => "The simulation has not ended.".to_owned(),
        },
        (1, _) => "One evaluation did not pass.".to_owned(),
        (count, _) => format!("{count} evaluations did not pass."),
    };
    json!({
        "analysis": analysis,
        "systemPromptSuggestions": failed,
        "toolSuggestions": [],
        "scenarioSuggestions": [],
    })
}

fn suggestion(evaluation: &Value) -> Value {
    let name = evaluation["name"].as_str().unwrap_or_default();
    let (comparator, expected) = (
        evaluation["comparator"].as_str().unwrap_or("="),
        &evaluation["expectedValue"],
    );
    json!({
        "issue": format!("`{name}` was {}, and {comparator} {expected} is expected.", evaluation["extractedValue"]),
        "suggestion": format!("Say in the prompt what has to happen for `{name}` to be {comparator} {expected}."),
    })
}
