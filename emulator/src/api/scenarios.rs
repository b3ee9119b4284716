//! `POST /eval/simulation/scenario/generate`: scenarios for an assistant, one of each category.

use serde_json::{Value, json};

use crate::api::context::RequestContext;
use crate::http::response::Response;

/// The category, the name, the instructions for the tester, and the reason.
const SCENARIOS: [[&str; 4]; 3] = [
    [
        "happy_path",
        "Gets what they came for",
        "Say what you want, answer every question, and thank the assistant at the end.",
        "Most customers know what they want and help to get it.",
    ],
    [
        "edge_case",
        "Changes their mind",
        "Ask for one thing, then for another before the assistant has finished the first.",
        "A changed wish must not leave the first one behind.",
    ],
    [
        "failure_mode",
        "Cannot be helped",
        "Ask for what the assistant cannot do, and insist on it.",
        "The assistant should say what it cannot do, and offer what it can.",
    ],
];

pub(super) fn generate(context: &RequestContext<'_>) -> Response {
    let named = |name: &str, collection: &str| {
        let stored = context
            .state
            .stored(context.organization, collection, &context.body[name]);
        stored?["name"].as_str().map(str::to_owned)
    };
    let target = named("assistantId", "/assistant").or_else(|| named("squadId", "/squad"));
    let target = target.unwrap_or_else(|| "the assistant".to_owned());
    let scenarios: Value = SCENARIOS
        .iter()
        .map(|[category, name, instructions, reasoning]| {
            json!({ "category": category, "name": name, "instructions": instructions, "reasoning": reasoning })
        })
        .collect();
    let notes = format!("One scenario of each category for {target}.");
    context.success(&json!({ "scenarios": scenarios, "coverageNotes": notes }))
}
