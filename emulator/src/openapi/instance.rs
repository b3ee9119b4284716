//! Instances of a user's JSON Schemas: what a model could have extracted, without invented text.

use serde_json::{Map, Value, json};

use crate::text::{ids, timestamp};

/// Returns a small value of a JSON Schema. A value that the schema names is preferred, optional properties are left out,
/// and a text that nothing is known of is empty.
pub(crate) fn instance(schema: &Value, now: i64) -> Value {
    if let Some(named) = ["const", "default", "example"]
        .into_iter()
        .find_map(|key| schema.get(key))
    {
        return named.clone();
    }
    if let Some(first) = ["enum", "examples"].into_iter().find_map(|key| schema[key].get(0)) {
        return first.clone();
    }
    if let Some(branch) = ["oneOf", "anyOf", "allOf"]
        .into_iter()
        .find_map(|key| schema[key].get(0))
    {
        return instance(branch, now);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("string") => json!(text(schema, now)),
        Some("number" | "integer") => number(schema),
        Some("boolean") => json!(false),
        Some("null") => Value::Null,
        Some("array") => {
            let count = schema["minItems"].as_u64().unwrap_or(0).min(16);
            (0..count).map(|_| instance(&schema["items"], now)).collect()
        }
        _ => {
            let required = schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let members = required.map(|name| (name.to_owned(), instance(&schema["properties"][name], now)));
            Value::Object(members.collect::<Map<String, Value>>())
        }
    }
}

fn number(schema: &Value) -> Value {
    let above = schema["exclusiveMinimum"]
        .as_f64()
        .map(|minimum| json!(minimum.floor() + 1.0));
    schema.get("minimum").cloned().or(above).unwrap_or_else(|| json!(0))
}

fn text(schema: &Value, now: i64) -> String {
    let time = timestamp::format(now);
    match schema["format"].as_str() {
        Some("date-time") => time,
        Some("date") => time.chars().take(10).collect(),
        Some("time") => time.chars().skip(11).collect(),
        Some("uuid") => ids::uuid(),
        Some("email") => "someone@example.com".to_owned(),
        Some("uri" | "url") => "https://example.com/".to_owned(),
        _ => {
            let least = schema["minLength"]
                .as_u64()
                .and_then(|least| usize::try_from(least).ok());
            "-".repeat(least.unwrap_or(0).min(1024))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::instance;

    #[test]
    fn instances_have_what_is_required_and_no_invented_text() {
        let schema = json!({
            "type": "object",
            "required": ["mood", "guests", "name", "tags", "when"],
            "properties": {
                "mood": { "type": "string", "enum": ["glad", "sad"] },
                "guests": { "type": "integer", "minimum": 1 },
                "name": { "type": "string" },
                "tags": { "type": "array", "items": { "type": "string" } },
                "when": { "type": ["null", "string"], "format": "date" },
                "note": { "type": "string" },
            },
        });
        assert_eq!(
            instance(&schema, 0),
            json!({ "mood": "glad", "guests": 1, "name": "", "tags": [], "when": "1970-01-01" })
        );
    }
}
