//! The results of a call that has ended: its analysis and its structured outputs. A script gives them; what it leaves open
//! is the smallest instance of its schema.

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::openapi::instance::instance;
use crate::script::CallResults;
use crate::state::State;
use crate::state::call::Call;
use crate::text::ids;

/// A call that has ended, as its evaluations see it.
pub(crate) struct Finished<'a> {
    pub assistant: &'a Value,
    pub messages: usize,
    pub seconds: f64,
    pub ended_reason: &'a str,
    pub transcript: String,
}

impl<'a> Finished<'a> {
    /// Describes a call that was answered, at its end; `None` for any other.
    pub fn of(call: &'a Call, ended: i64) -> Option<Finished<'a>> {
        let started = call.started?;
        let spoken = |message: &&Value| matches!(message["role"].as_str(), Some("bot" | "user"));
        Some(Finished {
            assistant: &call.assistant,
            messages: call.conversation.messages.iter().filter(spoken).count(),
            seconds: (ended - started) as f64 / 1000.0,
            ended_reason: &call.ended_reason,
            transcript: call.conversation.transcript(),
        })
    }
}

/// Completes the results that a script gives.
pub(crate) fn complete(
    outputs: &[(String, Value)],
    finished: &Finished<'_>,
    now: i64,
    mut results: CallResults,
) -> CallResults {
    analyze(finished.assistant, now, &mut results);
    for (id, output) in outputs {
        add(id, output, finished, now, &mut results);
    }
    results
}

/// Adds the result of one structured output, or the condition that it was skipped for.
pub(crate) fn add(id: &str, output: &Value, finished: &Finished<'_>, now: i64, results: &mut CallResults) {
    let name = output["name"].clone();
    let scripted = results
        .structured_outputs
        .iter()
        .find(|(key, result)| *key == id || result["name"] == name);
    if let Some((key, scripted)) = scripted.map(|(key, result)| (key.clone(), result["result"].clone())) {
        // A script may know the output by its name alone.
        results.structured_outputs.remove(&key);
        results
            .structured_outputs
            .insert(id.to_owned(), json!({ "name": name, "result": scripted }));
        return;
    }
    let mut conditions = output["conditions"].as_array().into_iter().flatten();
    match conditions.find(|condition| !is_met(condition, finished)) {
        Some(unmet) => {
            let skipped = json!({ "name": name, "unmetCondition": unmet });
            results.skipped.insert(id.to_owned(), skipped);
        }
        None => {
            let result = json!({ "name": name, "result": value(output, finished, now) });
            results.structured_outputs.insert(id.to_owned(), result);
        }
    }
}

fn value(output: &Value, finished: &Finished<'_>, now: i64) -> Value {
    if output["type"] != "regex" {
        return instance(&output["schema"], now);
    }
    let regex = output["regex"].as_str().and_then(|regex| Regex::new(regex).ok());
    let captures = regex.as_ref().and_then(|regex| regex.captures(&finished.transcript));
    let found = captures.and_then(|captures| captures.get(1).or_else(|| captures.get(0)));
    found.map_or(Value::Null, |found| json!(found.as_str()))
}

fn is_met(condition: &Value, finished: &Finished<'_>) -> bool {
    match condition["type"].as_str() {
        Some("minMessages") => finished.messages as f64 >= condition["count"].as_f64().unwrap_or_default(),
        Some("minCallDuration") => finished.seconds >= condition["seconds"].as_f64().unwrap_or_default(),
        Some("endedReason") => {
            let mut values = condition["values"].as_array().into_iter().flatten();
            let named = values.any(|value| value == finished.ended_reason);
            named == (condition["operator"] == "oneOf")
        }
        _ => true,
    }
}

/// Returns the structured outputs of a call with their ids: those of its artifact plan, and those that name its assistant.
pub(crate) fn outputs(state: &State, organization: &str, call: &Value, assistant: &Value) -> Vec<(String, Value)> {
    let plan = [&call["artifactPlan"], &assistant["artifactPlan"]]
        .into_iter()
        .find(|plan| plan.is_object())
        .unwrap_or(&Value::Null);
    let list = |name: &str| plan[name].as_array().into_iter().flatten();
    let mut found: Vec<(String, Value)> = list("structuredOutputIds")
        .filter_map(|id| {
            let output = state.stored(organization, "/structured-output", id)?;
            Some((id.as_str()?.to_owned(), output))
        })
        .collect();
    let store = state.store.lock();
    let stored = store.collection(organization, "/structured-output").into_iter();
    for output in stored.flat_map(|outputs| outputs.newest_first()) {
        let mut assistants = output["assistantIds"].as_array().into_iter().flatten();
        let Some(id) = output["id"].as_str() else { continue };
        let is_new = !found.iter().any(|(known, _)| known == id);
        if is_new && assistants.any(|named| named.is_string() && *named == assistant["id"]) {
            found.push((id.to_owned(), output.clone()));
        }
    }
    found.extend(list("structuredOutputs").map(|output| (ids::uuid(), output.clone())));
    found
}

/// Completes the analysis. A call without a script has a sample, a scripted one what its assistant plans.
fn analyze(assistant: &Value, now: i64, results: &mut CallResults) {
    let plan = &assistant["analysisPlan"];
    let analysis = &mut results.analysis;
    let mut add = |name: &str, value: Value| {
        analysis.entry(name).or_insert(value);
    };
    let planned = |name: &str| plan[name].is_object();
    if plan["summaryPlan"]["enabled"] != false && (!results.scripted || planned("summaryPlan")) {
        add("summary", json!("The customer and the assistant greeted each other."));
    }
    let evaluation = &plan["successEvaluationPlan"];
    if evaluation["enabled"] != false && (!results.scripted || planned("successEvaluationPlan")) {
        add("successEvaluation", json!(verdict(&evaluation["rubric"])));
    }
    let data = &plan["structuredDataPlan"];
    if data["enabled"] != false && data["schema"].is_object() {
        add("structuredData", instance(&data["schema"], now));
    }
    let several = plan["structuredDataMultiPlan"].as_array().into_iter().flatten();
    let several = several.filter_map(|one| {
        let value = instance(one["plan"].get("schema")?, now);
        Some(Value::Object(Map::from_iter([(
            one["key"].as_str()?.to_owned(),
            value,
        )])))
    });
    let several: Vec<Value> = several.collect();
    if !several.is_empty() {
        add("structuredDataMulti", Value::Array(several));
    }
}

/// Returns the best verdict of a rubric.
fn verdict(rubric: &Value) -> &'static str {
    match rubric.as_str() {
        Some("NumericScale") => "10",
        Some("PercentageScale") => "100%",
        Some("DescriptiveScale") => "Excellent",
        Some("LikertScale") => "Strongly Agree",
        _ => "true",
    }
}
