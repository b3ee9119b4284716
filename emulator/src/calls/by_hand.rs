//! Calls that a person or a test holds: it is the customer, and makes the assistant act.

use serde_json::{Map, Value, json};

use crate::calls::control::{enqueue, send_and_advance};
use crate::calls::websocket::socket_target;
use crate::llm::CustomLlm;
use crate::state::State;
use crate::state::call::{Activity, CallStatus};
use crate::state::command::Command;
use crate::state::conversation::Speaker;

/// The reason why a call does not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NotFound,
    Ended,
    AnsweredAlready,
    NotAnswered,
    NotDue,
    OverWebsocket,
}

impl Refusal {
    pub fn message(self, id: &str) -> String {
        match self {
            Refusal::NotFound => format!("Call {id} not found"),
            Refusal::Ended => "the call has ended".to_owned(),
            Refusal::AnsweredAlready => "the call is answered already".to_owned(),
            Refusal::NotAnswered => "the call is not answered yet".to_owned(),
            Refusal::NotDue => "the call is not due yet".to_owned(),
            Refusal::OverWebsocket => "the call is answered by opening its websocket".to_owned(),
        }
    }
}

/// Makes a call do something, and returns the messages that this adds to the conversation. If it waits, the clock advances until the
/// assistant has had its turn; else the list is empty.
pub(crate) async fn act(state: &State, id: &str, command: Command, waits: bool) -> Result<Vec<Value>, Refusal> {
    let before = check(state, id, &command)?;
    if !waits {
        return enqueue(state, id, command).map(|_| Vec::new()).ok_or(Refusal::Ended);
    }
    if !send_and_advance(state, id, command).await {
        return Err(Refusal::Ended);
    }
    let records = state.calls.lock();
    let messages = records.get(id).map(|record| record.conversation.messages.iter());
    Ok(messages.into_iter().flatten().skip(before).cloned().collect())
}

/// Returns the number of messages so far, if the call can do what the command says.
fn check(state: &State, id: &str, command: &Command) -> Result<usize, Refusal> {
    let over_websocket = socket_target(state, id).is_some_and(|target| target.over_websocket);
    let records = state.calls.lock();
    let record = records.get(id).ok_or(Refusal::NotFound)?;
    if record.is_over() {
        return Err(Refusal::Ended);
    }
    let answers = matches!(command, Command::Answer { .. });
    match record.status {
        CallStatus::Scheduled if answers => return Err(Refusal::NotDue),
        CallStatus::Queued if answers && over_websocket => return Err(Refusal::OverWebsocket),
        CallStatus::Queued | CallStatus::Ringing if answers => {}
        _ if answers => return Err(Refusal::AnsweredAlready),
        CallStatus::InProgress => {}
        // A call that is being forwarded has no assistant any more.
        CallStatus::Forwarding => return Err(Refusal::Ended),
        _ => return Err(Refusal::NotAnswered),
    }
    Ok(record.conversation.messages.len())
}

/// Returns the words of the assistant among messages.
pub(crate) fn reply(messages: &[Value]) -> String {
    let said = messages.iter().filter(|message| message["role"] == "bot");
    let said = said.filter_map(|message| message["message"].as_str());
    said.collect::<Vec<_>>().join("\n")
}

/// Describes what a person can do in a call at the moment.
pub(crate) fn describe(state: &State, id: &str) -> Value {
    let records = state.calls.lock();
    let Some(record) = records.get(id) else {
        return Value::Null;
    };
    let (activity, speaking) = match &record.activity {
        Activity::Nothing => ("nothing", None),
        Activity::Listening => ("listening", None),
        Activity::Thinking => ("thinking", None),
        Activity::Speaking { speaker, text } => ("speaking", Some((speaker, text))),
    };
    let speaking = speaking.map(|(speaker, text)| {
        let role = if *speaker == Speaker::Assistant { "bot" } else { "user" };
        json!({ "role": role, "text": text })
    });
    let tools = record.assistant["model"]["tools"].as_array().into_iter().flatten();
    let tools = tools.filter_map(|tool| {
        let names = [&tool["function"]["name"], &tool["name"], &tool["type"]];
        let name = names.into_iter().find_map(Value::as_str)?;
        let parameters = [&tool["function"]["parameters"], &tool["body"]];
        let parameters = parameters.into_iter().find(|schema| schema.is_object());
        Some(json!({ "name": name, "type": tool["type"], "parameters": parameters }))
    });
    json!({
        "byHand": record.by_hand,
        "activity": activity,
        "speaking": speaking,
        "tools": tools.collect::<Vec<_>>(),
        "hasModel": CustomLlm::of(&record.assistant).is_some(),
    })
}

/// Returns the script file that plays a call again; `None` if there is no such call.
pub(crate) fn script(state: &State, id: &str) -> Option<Value> {
    let records = state.calls.lock();
    let record = records.get(id)?;
    let mut script = Map::from_iter([("name".to_owned(), json!(format!("call {id}")))]);
    let assistant = &record.activations.first().cloned().unwrap_or_default();
    let names = [&assistant["assistantId"], &assistant["assistantName"]];
    let assistant = names.into_iter().find_map(Value::as_str);
    if let Some(assistant) = assistant.filter(|name| *name != "Assistant") {
        script.insert("when".to_owned(), json!({ "assistant": assistant }));
    }
    if record.started.is_none() {
        if record.is_over() {
            script.insert("answer".to_owned(), json!(record.ended_reason));
        }
        return Some(json!({ "scripts": [script] }));
    }
    if record.is_over() && record.ended_reason == "voicemail" {
        script.insert("answer".to_owned(), json!("voicemail"));
        return Some(json!({ "scripts": [script] }));
    }
    script.insert("model".to_owned(), json!(false));
    if let Some(word) = record.recording.word {
        script.insert("wordSeconds".to_owned(), json!(word as f64 / 1000.0));
    }
    script.insert("steps".to_owned(), json!(record.recording.steps));
    let ends = match &*record.ended_reason {
        _ if record.recording.ends.is_some() => record.recording.ends.clone(),
        // The transfer is the last step.
        "assistant-forwarded-call" => None,
        "customer-ended-call" => Some("customer".to_owned()),
        // The call goes on.
        "" => Some("by-hand".to_owned()),
        reason => Some(reason.to_owned()),
    };
    if let Some(ends) = ends {
        script.insert("ends".to_owned(), json!(ends));
    }
    if record.results.scripted {
        if !record.results.analysis.is_empty() {
            script.insert("analysis".to_owned(), json!(record.results.analysis));
        }
        if !record.results.structured_outputs.is_empty() {
            script.insert("structuredOutputs".to_owned(), json!(record.results.structured_outputs));
        }
        if let Some(cost) = record.results.cost {
            script.insert("cost".to_owned(), json!(cost));
        }
    }
    Some(json!({ "scripts": [script] }))
}
