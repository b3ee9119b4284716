//! Eval runs: the turns of a scripted assistant, compared with what an eval expects of them.
//!
//! The script is the one for the assistant. Each checkpoint of the eval takes its next turn: a line of the assistant, or its
//! tool calls. Without a script, or when it has no turn left, the assistant is taken to do what is expected.

use std::collections::VecDeque;
use std::sync::Arc;

use regex::Regex;
use serde_json::{Value, json};

use crate::api::context::RequestContext;
use crate::api::jobs::outcome::is_success;
use crate::api::jobs::{Job, start};
use crate::api::resources::new_resource;
use crate::calls::assistant;
use crate::http::response::Response;
use crate::script::{Script, Step, ToolUse};
use crate::state::State;
use crate::state::scripts::Candidate;

/// The text of the assistant at a checkpoint that an AI judges, without a script.
const REPLY: &str = "Of course, I can help you with that.";

/// Starts a run.
pub(crate) fn create(context: &RequestContext<'_>) -> Response {
    let mut sent = context.body.as_object().cloned().unwrap_or_default();
    sent.insert("status".into(), json!("queued"));
    sent.insert("cost".into(), json!(0));
    sent.insert("costs".into(), json!([]));
    sent.insert("results".into(), json!([]));
    sent.entry("type").or_insert_with(|| json!("eval"));
    let mut run = new_resource(context, sent);
    // Known when it has started and ended, whatever the document requires.
    if let Some(run) = run.as_object_mut() {
        run.retain(|name, _| !["startedAt", "endedAt", "endedReason"].contains(&name.as_str()));
    }
    let id = run["id"].as_str().unwrap_or_default().to_owned();
    let collection = context.collection();
    context.state.insert(context.organization, &collection, run.clone());
    start(context.state, context.organization, &collection, &id);
    context.success(&run)
}

pub(super) async fn run(job: &mut Job) -> Option<()> {
    job.wait_a_step().await;
    let started = job.now();
    job.change(|run| {
        run["status"] = json!("running");
        run["startedAt"] = started.clone();
    })?;
    job.wait_a_step().await;
    let run = job.resource()?;
    let eval = job
        .state
        .stored(&job.organization, "/eval", &run["evalId"])
        .unwrap_or_else(|| run["eval"].clone());
    let (passes, messages) = perform(&eval, turns(&job.state, &job.organization, &run["target"]));
    let ended = job.now();
    job.change(|run| {
        run["status"] = json!("ended");
        run["endedAt"] = ended.clone();
        run["endedReason"] = json!("mockConversation.done");
        run["results"] = json!([{
            "status": if passes { "pass" } else { "fail" },
            "messages": messages,
            "startedAt": started,
            "endedAt": ended,
        }]);
    })
}

/// The turns that a script has left for the assistant, and the verdict of its judge.
struct Turns {
    scripted: VecDeque<Value>,
    succeeds: bool,
}

/// Returns the turns of the assistant of a target.
fn turns(state: &State, organization: &str, target: &Value) -> Turns {
    let assistant = assistant::of_call(state, organization, target).unwrap_or_default();
    let script: Option<Arc<Script>> = state.scripts.lock().take(&Candidate {
        assistant_id: assistant["id"].as_str(),
        assistant_name: assistant["name"].as_str(),
        ..Candidate::default()
    });
    let greeting = assistant["firstMessage"].as_str().unwrap_or_default();
    let Some(script) = script else {
        return Turns {
            scripted: VecDeque::new(),
            succeeds: true,
        };
    };
    Turns {
        scripted: script.steps.iter().filter_map(|step| turn(step, greeting)).collect(),
        succeeds: is_success(&script.results),
    }
}

fn turn(step: &Step, greeting: &str) -> Option<Value> {
    let says = |text: &str| json!({ "role": "assistant", "content": text });
    let calls = |calls: Vec<Value>| json!({ "role": "assistant", "toolCalls": calls });
    let call = |used: &ToolUse| json!({ "name": used.name, "arguments": used.arguments });
    Some(match step {
        Step::Greeting(_) => says(greeting),
        Step::Assistant(line) => says(&line.text),
        Step::Tools(used) => calls(used.iter().map(call).collect()),
        Step::Transfer(destination) => {
            let arguments = destination
                .as_ref()
                .map(|destination| json!({ "destination": destination }));
            calls(vec![
                json!({ "name": "transferCall", "arguments": arguments.unwrap_or_else(|| json!({})) }),
            ])
        }
        Step::Handoff { parameters, .. } => calls(vec![json!({ "name": "handoff", "arguments": parameters })]),
        Step::Customer(_) | Step::Pause(_) | Step::Hang(_) | Step::Language(_) => return None,
    })
}

/// Runs the conversation of an eval. Returns whether it passes, and its messages.
fn perform(eval: &Value, mut turns: Turns) -> (bool, Vec<Value>) {
    let (mut passes, mut messages) = (true, Vec::new());
    for message in eval["messages"].as_array().into_iter().flatten() {
        let plan = &message["judgePlan"];
        if !plan.is_object() {
            messages.push(message.clone());
            continue;
        }
        if message["role"] != "assistant" {
            // An AI judges the response of a tool; the emulator has none but the script's verdict.
            passes &= turns.succeeds;
            continue;
        }
        let said = turns.scripted.pop_front();
        let passed = match &said {
            Some(said) => judge(plan, said, turns.succeeds),
            None => plan["type"] != "ai" || turns.succeeds,
        };
        let mut said = said.unwrap_or_else(|| expected(plan));
        let goes_on = &message["continuePlan"];
        if !passed {
            for (name, instead) in [
                ("content", &goes_on["contentOverride"]),
                ("toolCalls", &goes_on["toolCallsOverride"]),
            ] {
                if !instead.is_null() {
                    said[name] = instead.clone();
                }
            }
        }
        messages.push(said);
        passes &= passed;
        if !passed && goes_on["exitOnFailureEnabled"] == true {
            break;
        }
    }
    (passes, messages)
}

/// Returns the turn that a checkpoint expects.
fn expected(plan: &Value) -> Value {
    let mut said = json!({ "role": "assistant" });
    match plan["type"].as_str() {
        Some("exact" | "regex") => {
            for name in ["content", "toolCalls"] {
                if !plan[name].is_null() {
                    said[name] = plan[name].clone();
                }
            }
        }
        _ => said["content"] = json!(REPLY),
    }
    said
}

/// Returns whether a turn is what a checkpoint expects.
fn judge(plan: &Value, said: &Value, succeeds: bool) -> bool {
    let fits: fn(&str, &str) -> bool = match plan["type"].as_str() {
        Some("exact") => |wanted, said| wanted == said,
        Some("regex") => |wanted, said| Regex::new(wanted).is_ok_and(|wanted| wanted.is_match(said)),
        _ => return succeeds,
    };
    let content = plan["content"].as_str();
    let calls_fit = match plan["toolCalls"].as_array() {
        None => true,
        Some(wanted) => {
            let called = said["toolCalls"].as_array().map(Vec::as_slice).unwrap_or_default();
            wanted.len() == called.len()
                && wanted
                    .iter()
                    .zip(called)
                    .all(|(wanted, call)| call_fits(wanted, call, fits))
        }
    };
    // A turn that calls tools has no content to compare.
    let silent = said["content"].is_null() && plan["toolCalls"].is_array();
    calls_fit && (silent || content.is_none_or(|wanted| fits(wanted, said["content"].as_str().unwrap_or_default())))
}

/// Returns whether a tool call is the wanted one. Arguments are compared only where the checkpoint names them.
fn call_fits(wanted: &Value, call: &Value, fits: fn(&str, &str) -> bool) -> bool {
    let name = |call: &Value| call["name"].as_str().unwrap_or_default().to_owned();
    let arguments = wanted["arguments"].as_object();
    fits(&name(wanted), &name(call))
        && arguments.is_none_or(|wanted| {
            wanted
                .iter()
                .all(|(name, wanted)| match (wanted, &call["arguments"][name]) {
                    (Value::String(wanted), Value::String(given)) => fits(wanted, given),
                    (wanted, given) => wanted == given,
                })
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn content_is_compared_as_the_plan_says() {
        let says = |text: &str| json!({ "role": "assistant", "content": text });
        let exact = json!({ "type": "exact", "content": "Hello." });
        assert!(judge(&exact, &says("Hello."), true));
        assert!(!judge(&exact, &says("Hello!"), true));
        let regex = json!({ "type": "regex", "content": "^Hel+o" });
        assert!(judge(&regex, &says("Hello!"), true));
        assert!(!judge(&regex, &says("Oh, hello"), true));
        let ai = json!({ "type": "ai" });
        assert!(judge(&ai, &says("Anything"), true));
        assert!(!judge(&ai, &says("Anything"), false));
    }

    #[test]
    fn tool_calls_are_compared_by_name_and_arguments() {
        let calls = |name: &str, arguments: Value| json!({ "toolCalls": [{ "name": name, "arguments": arguments }] });
        let mut plan = calls("book", json!({ "guests": 4 }));
        plan["type"] = json!("exact");
        plan["content"] = json!("");
        assert!(judge(&plan, &calls("book", json!({ "guests": 4, "at": "noon" })), true));
        assert!(!judge(&plan, &calls("book", json!({ "guests": 5 })), true));
        assert!(!judge(&plan, &calls("look", json!({ "guests": 4 })), true));
        assert!(!judge(&plan, &json!({ "content": "Booked." }), true));
    }
}
