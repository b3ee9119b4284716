//! The tools of an assistant as a model is offered them. Tools that the emulator cannot carry out are not offered.

use serde_json::{Map, Value, json};

/// The name of a handoff tool that has no function of its own.
pub(crate) const HANDOFF: &str = "handoff_to_assistant";

/// Returns the tools of an assistant in OpenAI's format.
pub(crate) fn offered(assistant: &Value) -> Vec<Value> {
    let tools = assistant["model"]["tools"].as_array().into_iter().flatten();
    tools
        .filter_map(function)
        .map(|function| json!({ "type": "function", "function": function }))
        .collect()
}

fn function(tool: &Value) -> Option<Value> {
    let kind = tool["type"].as_str().unwrap_or("function");
    let (name, description, parameters) = match kind {
        "function" => {
            let own = tool["function"].as_object().filter(|own| own.contains_key("name"))?;
            return Some(Value::Object(own.clone()));
        }
        "apiRequest" => (
            tool["name"].as_str().unwrap_or("apiRequest"),
            "Sends a request to an API.",
            without_fixed_values(&tool["body"]),
        ),
        "endCall" => ("endCall", "Ends the call.", nothing()),
        "voicemail" => (
            "voicemail",
            "Leaves a message, since a voicemail has answered.",
            nothing(),
        ),
        "dtmf" => (
            "dtmf",
            "Presses keys of the phone.",
            one("dtmf", "The keys, such as 1234#.", &[]),
        ),
        "sms" => (
            "sms",
            "Sends a text message to the customer.",
            one("message", "The text.", &[]),
        ),
        "transferCall" => (
            "transferCall",
            "Transfers the call to a person.",
            one("destination", "The number or address.", &destinations(tool)),
        ),
        "handoff" => (
            HANDOFF,
            "Hands the call off to another assistant.",
            one("destination", "The assistant.", &destinations(tool)),
        ),
        _ => return None,
    };
    let mut function = json!({ "name": name, "description": description, "parameters": parameters });
    if let Some(text) = tool["description"].as_str() {
        function["description"] = json!(text);
    }
    for (property, value) in tool["function"].as_object().into_iter().flatten() {
        function[property.as_str()] = value.clone();
    }
    Some(function)
}

fn nothing() -> Value {
    json!({ "type": "object", "properties": {} })
}

/// Returns the schema of one required text, which may be one of several values only.
fn one(name: &str, description: &str, values: &[&str]) -> Value {
    let mut property = json!({ "type": "string", "description": description });
    if !values.is_empty() {
        property["enum"] = json!(values);
    }
    json!({ "type": "object", "properties": { name: property }, "required": [name] })
}

/// Returns the schema of a body without the properties whose value is fixed, which the model need not know.
fn without_fixed_values(body: &Value) -> Value {
    let Some(properties) = body["properties"].as_object() else {
        return nothing();
    };
    let mut schema = body.clone();
    let open = properties
        .iter()
        .filter(|(_, property)| property.get("value").is_none());
    let open: Map<String, Value> = open.map(|(name, property)| (name.clone(), property.clone())).collect();
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| name.as_str().is_some_and(|name| open.contains_key(name)));
    }
    schema["properties"] = Value::Object(open);
    schema
}

/// Returns the names of a tool's destinations.
fn destinations(tool: &Value) -> Vec<&str> {
    let destinations = tool["destinations"].as_array().into_iter().flatten();
    destinations
        .filter_map(|destination| {
            let mut names = ["number", "sipUri", "assistantName", "assistantId"].into_iter();
            names.find_map(|name| destination[name].as_str())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::offered;

    #[test]
    fn tools_are_offered_with_names_and_parameters() {
        let assistant = json!({ "model": { "tools": [
            { "type": "function", "server": { "url": "http://a" }, "function": { "name": "book", "parameters": { "a": 1 } } },
            { "type": "endCall", "function": { "name": "finish" } },
            { "type": "transferCall", "destinations": [{ "type": "number", "number": "+15555550199" }] },
            { "type": "handoff", "destinations": [{ "type": "assistant", "assistantName": "Bob" }] },
            { "type": "apiRequest", "name": "weather", "description": "Tells the weather.", "body": {
                "type": "object", "required": ["city", "key"],
                "properties": { "city": { "type": "string" }, "key": { "type": "string", "value": "k" } },
            } },
            { "type": "code", "function": { "name": "unknown" } },
            { "type": "function" },
        ] } });
        let offered = offered(&assistant);
        let names: Vec<_> = offered.iter().map(|tool| tool["function"]["name"].as_str()).collect();
        let expected = ["book", "finish", "transferCall", "handoff_to_assistant", "weather"];
        assert_eq!(names, expected.map(Some));
        assert_eq!(
            offered[0]["function"],
            json!({ "name": "book", "parameters": { "a": 1 } })
        );
        assert_eq!(
            offered[2]["function"]["parameters"]["properties"]["destination"]["enum"],
            json!(["+15555550199"])
        );
        assert_eq!(
            offered[4]["function"]["parameters"],
            json!({ "type": "object", "required": ["city"], "properties": { "city": { "type": "string" } } })
        );
    }
}
