//! The assistant of a call: stored or inline, with the overrides of the call and its tools.

use serde_json::{Value, json};

use crate::llm::HANDOFF;
use crate::state::State;

/// Returns the assistant that a call starts with; `None` if it names none, or one that does not exist.
pub(crate) fn of_call(state: &State, organization: &str, call: &Value) -> Option<Value> {
    let alone = inline_or_stored(state, organization, call);
    let mut assistant = match alone {
        Some(assistant) => assistant,
        None => {
            let squad = squad(state, organization, call)?;
            member(state, organization, call, &squad, squad["members"].get(0)?)?
        }
    };
    change(&mut assistant, &call["assistantOverrides"]);
    with_stored_tools(state, organization, &mut assistant);
    Some(assistant)
}

/// Returns the assistant that a handoff, or a transfer within a squad, leads to.
pub(crate) fn of_destination(state: &State, organization: &str, call: &Value, destination: &Value) -> Option<Value> {
    let mut assistant = inline_or_stored(state, organization, destination)
        .or_else(|| {
            let name = destination["assistantName"].as_str()?;
            let squad = squad(state, organization, call)?;
            let members = squad["members"].as_array()?;
            let mut found = members
                .iter()
                .filter_map(|listed| member(state, organization, call, &squad, listed));
            found.find(|assistant| assistant["name"] == name)
        })
        .or_else(|| {
            let store = state.store.lock();
            let mut assistants = store.collection(organization, "/assistant")?.newest_first();
            assistants
                .find(|assistant| {
                    destination["assistantName"].is_string() && assistant["name"] == destination["assistantName"]
                })
                .cloned()
        })
        .or_else(|| {
            let squad = squad(state, organization, destination)?;
            member(state, organization, destination, &squad, squad["members"].get(0)?)
        })?;
    change(&mut assistant, &destination["assistantOverrides"]);
    with_stored_tools(state, organization, &mut assistant);
    Some(assistant)
}

fn inline_or_stored(state: &State, organization: &str, holder: &Value) -> Option<Value> {
    if holder["assistant"].is_object() {
        return Some(holder["assistant"].clone());
    }
    state.stored(organization, "/assistant", &holder["assistantId"])
}

fn squad(state: &State, organization: &str, holder: &Value) -> Option<Value> {
    if holder["squad"].is_object() {
        return Some(holder["squad"].clone());
    }
    state.stored(organization, "/squad", &holder["squadId"])
}

fn member(state: &State, organization: &str, holder: &Value, squad: &Value, member: &Value) -> Option<Value> {
    let mut assistant = inline_or_stored(state, organization, member)?;
    for overrides in [
        &member["assistantOverrides"],
        &squad["membersOverrides"],
        &holder["squadOverrides"],
    ] {
        change(&mut assistant, overrides);
    }
    Some(assistant)
}

/// Applies overrides. They replace whole properties, except `variableValues` and `tools:append`, which add.
fn change(assistant: &mut Value, overrides: &Value) {
    for (name, value) in overrides.as_object().into_iter().flatten() {
        match name.as_str() {
            "variableValues" => {
                let mut values = assistant["variableValues"].as_object().cloned().unwrap_or_default();
                values.extend(value.as_object().cloned().unwrap_or_default());
                assistant["variableValues"] = Value::Object(values);
            }
            "tools:append" => add_tools(assistant, value.as_array().into_iter().flatten().cloned()),
            _ => assistant[name.as_str()] = value.clone(),
        }
    }
}

fn with_stored_tools(state: &State, organization: &str, assistant: &mut Value) {
    let ids = assistant["model"]["toolIds"].as_array().cloned().unwrap_or_default();
    let tools: Vec<Value> = ids
        .iter()
        .filter_map(|id| state.stored(organization, "/tool", id))
        .collect();
    add_tools(assistant, tools);
}

fn add_tools(assistant: &mut Value, tools: impl IntoIterator<Item = Value>) {
    let mut tools = tools.into_iter().peekable();
    if tools.peek().is_none() {
        return;
    }
    let model = &mut assistant["model"];
    if !model.is_object() {
        *model = json!({});
    }
    match &mut model["tools"] {
        Value::Array(known) => known.extend(tools),
        other => *other = tools.collect(),
    }
}

/// Returns the tool with a name. Functions have the name of their function, others that of their type.
pub(crate) fn tool<'a>(assistant: &'a Value, name: &str) -> Option<&'a Value> {
    let mut tools = assistant["model"]["tools"].as_array()?.iter();
    tools.find(|tool| {
        let by_default = tool["type"] == "handoff" && name == HANDOFF;
        tool["function"]["name"] == name || tool["name"] == name || tool["type"] == name || by_default
    })
}

/// Returns the message that the assistant speaks when a tool starts, completes or fails.
pub(crate) fn tool_message(tool: Option<&Value>, kind: &str) -> Option<String> {
    let mut messages = tool?["messages"].as_array()?.iter();
    let message = messages.find(|message| message["type"] == kind)?;
    message["content"]
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// Returns the messages of the assistant's model, which come before any conversation. `fill` fills in the variables of a text.
pub(crate) fn prompt(assistant: &Value, fill: impl Fn(&str) -> String) -> Vec<Value> {
    let messages = assistant["model"]["messages"].as_array().into_iter().flatten();
    messages
        .map(|message| {
            let mut message = message.clone();
            if let Some(text) = message["content"].as_str() {
                message["content"] = Value::from(fill(text));
            }
            message
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::change;

    #[test]
    fn values_that_are_not_objects_set_no_variables() {
        let mut assistant = json!({ "variableValues": "x", "model": [] });
        let overrides = json!({ "variableValues": { "y": 1 }, "tools:append": [{ "type": "dtmf" }], "name": null });
        change(&mut assistant, &overrides);
        change(&mut assistant, &json!({ "variableValues": 3 }));
        assert_eq!(
            assistant,
            json!({ "variableValues": { "y": 1 }, "model": { "tools": [{ "type": "dtmf" }] }, "name": null })
        );
    }

    #[test]
    fn overrides_replace_and_add() {
        let mut assistant =
            json!({ "name": "Ada", "model": { "provider": "openai", "tools": [{ "type": "endCall" }] } });
        change(
            &mut assistant,
            &json!({ "name": "Bob", "tools:append": [{ "type": "dtmf" }], "variableValues": { "x": 1 } }),
        );
        assert_eq!(
            assistant,
            json!({
                "name": "Bob",
                "model": { "provider": "openai", "tools": [{ "type": "endCall" }, { "type": "dtmf" }] },
                "variableValues": { "x": 1 },
            })
        );
    }
}
