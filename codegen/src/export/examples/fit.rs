//! The fit of an example to its schema, which it can lose in an older or newer document than it was written for.

use serde_json::{Map, Value};

use crate::reference;

/// Nested schemas beyond which everything fits.
const DEEPEST: usize = 32;

/// Returns whether `value` is one of `schema`. Patterns and formats are not looked at.
pub(super) fn fits(value: &Value, schema: &Value, components: &Map<String, Value>) -> bool {
    is_value(value, schema, components, 0)
}

fn is_value(value: &Value, schema: &Value, components: &Map<String, Value>, depth: usize) -> bool {
    if depth > DEEPEST {
        return true;
    }
    let deeper = |schema: &Value| is_value(value, schema, components, depth + 1);
    if let Some(name) = reference::target(schema) {
        return components.get(name).is_none_or(deeper);
    }
    let branches = |key: &str| schema.get(key).and_then(Value::as_array);
    if branches("allOf").is_some_and(|parts| !parts.iter().all(deeper))
        || branches("anyOf").is_some_and(|branches| !branches.iter().any(deeper))
        || branches("oneOf").is_some_and(|branches| branches.iter().filter(|branch| deeper(branch)).count() != 1)
    {
        return false;
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.contains(value);
    }
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let within = |measure: f64, least: &str, most: &str| {
        limit(least).is_none_or(|least| measure >= least) && limit(most).is_none_or(|most| measure <= most)
    };
    match (schema.get("type").and_then(Value::as_str), value) {
        (None, _) => true,
        (_, Value::Null) => schema.get("nullable") == Some(&Value::Bool(true)),
        (Some("string"), Value::String(text)) => within(text.chars().count() as f64, "minLength", "maxLength"),
        (Some("boolean"), Value::Bool(_)) => true,
        (Some(kind @ ("integer" | "number")), Value::Number(number)) => {
            let is_whole = number.is_i64() || number.is_u64();
            (is_whole || kind == "number") && within(number.as_f64().unwrap_or(0.0), "minimum", "maximum")
        }
        (Some("array"), Value::Array(items)) => {
            let schema = schema.get("items").unwrap_or(&Value::Null);
            within(items.len() as f64, "minItems", "maxItems")
                && items.iter().all(|item| is_value(item, schema, components, depth + 1))
        }
        (Some("object"), Value::Object(members)) => is_object(members, schema, components, depth),
        _ => false,
    }
}

fn is_object(members: &Map<String, Value>, schema: &Value, components: &Map<String, Value>, depth: usize) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    let mut required = required.into_iter().flatten().filter_map(Value::as_str);
    let properties = schema.get("properties").and_then(Value::as_object);
    let others = schema.get("additionalProperties");
    required.all(|name| members.contains_key(name))
        && members.iter().all(
            |(name, member)| match (properties.and_then(|properties| properties.get(name)), others) {
                (Some(property), _) => is_value(member, property, components, depth + 1),
                (None, Some(Value::Bool(allowed))) => *allowed,
                (None, Some(others)) => is_value(member, others, components, depth + 1),
                (None, None) => true,
            },
        )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fits_here(value: Value, schema: Value) -> bool {
        let components = json!({"Door": {
            "type": "object", "required": ["height"], "additionalProperties": false,
            "properties": {"height": {"type": "number", "maximum": 3}, "name": {"type": "string", "nullable": true}}
        }});
        fits(&value, &schema, components.as_object().unwrap())
    }

    #[test]
    fn objects_fit_by_their_properties() {
        let door = || reference::to("Door");
        assert!(fits_here(json!({"height": 2, "name": null}), door()));
        assert!(!fits_here(json!({"name": "Front"}), door()));
        assert!(!fits_here(json!({"height": 4}), door()));
        assert!(!fits_here(json!({"height": null}), door()));
        assert!(!fits_here(json!({"height": 2, "width": 1}), door()));
        assert!(fits_here(
            json!([{"height": 2}]),
            json!({"type": "array", "items": door(), "maxItems": 1})
        ));
        let map = json!({"type": "object", "additionalProperties": {"type": "integer"}});
        assert!(fits_here(json!({"a": 1}), map.clone()));
        assert!(!fits_here(json!({"a": 1.5}), map));
    }

    #[test]
    fn one_branch_fits_or_any() {
        let branches = json!([{"type": "string"}, {"type": "string", "enum": ["a"]}, reference::to("Door")]);
        assert!(fits_here(json!("b"), json!({"oneOf": branches})));
        assert!(!fits_here(json!("a"), json!({"oneOf": branches})));
        assert!(fits_here(json!("a"), json!({"anyOf": branches})));
        assert!(!fits_here(json!(1), json!({"anyOf": branches})));
        assert!(!fits_here(
            json!("a"),
            json!({"allOf": [{"type": "string", "minLength": 2}]})
        ));
    }
}
