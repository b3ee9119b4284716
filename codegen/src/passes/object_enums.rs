//! Types that contradict the rest of their schema: a string `enum` on `type: object`, `items` on an object, `properties`
//! on a string.
//!
//! typify fails on the first and panics on other mixtures. On the wire the values have been right and the type wrong;
//! where nothing else is known, the declared type wins and what does not belong to it goes.

use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::for_each_schema;

const OF_OBJECTS: [&str; 4] = ["properties", "required", "additionalProperties", "patternProperties"];

/// Makes the type of every schema agree with its values and keywords.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        if ["$ref", "oneOf", "anyOf", "allOf"]
            .iter()
            .any(|key| schema.contains_key(*key))
        {
            return;
        }
        settle_type(at, schema, changes);
        drop_foreign(at, schema, changes);
    });
}

fn settle_type(at: &str, schema: &mut Map<String, Value>, changes: &mut Changes) {
    let declared = schema.get("type").and_then(Value::as_str).map(str::to_owned);
    let implied = implied_type(declared.as_deref(), schema);
    if let Some(implied) = implied.filter(|implied| declared.as_deref() != Some(*implied)) {
        schema.insert("type".to_owned(), json!(implied));
        changes.note(format!("{at}/type"), format!("read as {implied:?}"));
    }
}

fn implied_type(declared: Option<&str>, schema: &Map<String, Value>) -> Option<&'static str> {
    let values = type_of_values(schema);
    match declared {
        None if schema.contains_key("properties") || schema.contains_key("additionalProperties") => Some("object"),
        None if schema.contains_key("items") => Some("array"),
        None | Some("array") => None,
        Some("object") if schema.contains_key("properties") => None,
        Some("object") if schema.contains_key("items") => Some("array"),
        Some("number" | "integer") if values == Some("number") => None,
        Some(_) => values,
    }
}

/// Returns the one type that all values of the `enum` have, if they are scalars.
fn type_of_values(schema: &Map<String, Value>) -> Option<&'static str> {
    let values = schema.get("enum")?.as_array()?;
    let mut types = values.iter().filter(|value| !value.is_null()).map(|value| match value {
        Value::String(_) => Some("string"),
        Value::Number(_) => Some("number"),
        Value::Bool(_) => Some("boolean"),
        _ => None,
    });
    let first = types.next()??;
    types.all(|next| next == Some(first)).then_some(first)
}

fn drop_foreign(at: &str, schema: &mut Map<String, Value>, changes: &mut Changes) {
    let Some(declared) = schema.get("type").and_then(Value::as_str) else {
        return;
    };
    let (is_object, is_array) = (declared == "object", declared == "array");
    let declared = declared.to_owned();
    schema.retain(|key, value| {
        // `required: true` is no list, and speaks of the object around.
        let is_flag = key == "required" && value.is_boolean();
        let foreign = (OF_OBJECTS.contains(&key.as_str()) && !is_object && !is_flag)
            || (key == "items" && !is_array)
            || (key == "enum" && (is_object || is_array));
        if foreign {
            changes.note(format!("{at}/{key}"), format!("dropped: not for type {declared:?}"));
        }
        !foreign
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn an_object_whose_values_are_strings_is_a_string() {
        let (after, places) = repair_schemas(run, json!({"A": {"type": "object", "enum": ["fixed", "linear"]}}));
        assert_eq!(after, json!({"A": {"type": "string", "enum": ["fixed", "linear"]}}));
        assert_eq!(places, ["/components/schemas/A/type"]);
    }

    #[test]
    fn values_decide_over_the_declared_scalar_type() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"type": "number", "enum": ["1", "2"]},
                "B": {"type": "string", "enum": [1, null]},
                "C": {"type": "boolean", "enum": ["true", 5]}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "string", "enum": ["1", "2"]},
                "B": {"type": "number", "enum": [1, null]},
                "C": {"type": "boolean", "enum": ["true", 5]}
            })
        );
    }

    #[test]
    fn keywords_of_another_type_go() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "A": {"type": "object", "items": {"type": "string"}},
                "B": {"type": "object", "properties": {"x": {}}, "items": {}, "enum": ["a"]},
                "C": {"type": "string", "properties": {}, "required": []},
                "D": {"properties": {"x": {}}},
                "E": {"items": {}}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "array", "items": {"type": "string"}},
                "B": {"type": "object", "properties": {"x": {}}},
                "C": {"type": "string"},
                "D": {"properties": {"x": {}}, "type": "object"},
                "E": {"items": {}, "type": "array"}
            })
        );
        assert_eq!(places.len(), 7);
    }

    #[test]
    fn a_type_that_agrees_with_its_schema_is_left_alone() {
        leaves_schemas_alone(
            run,
            json!({
                "A": {"type": "object", "properties": {"x": {"type": "integer", "enum": [1, 2]}}, "required": ["x"]},
                "B": {"type": "array", "items": {"type": "string", "enum": ["a", null]}},
                "C": {"enum": ["a"], "required": true},
                "D": {"type": "object", "additionalProperties": {"type": "string"}},
                "E": {"type": "object", "oneOf": [{"type": "string"}]}
            }),
        );
    }
}
