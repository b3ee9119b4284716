//! Type names that OpenAPI 3.0 does not know, such as `type: "enum"`.
//!
//! progenitor panics on them. What the schema says otherwise decides what was meant; if it says nothing, it allows
//! anything.

use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::for_each_schema;

const KNOWN: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Replaces unknown type names by what was meant, or by nothing.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let Some(name) = schema.get("type").and_then(Value::as_str) else {
            return;
        };
        if KNOWN.contains(&name) {
            return;
        }
        let change = match meant(name, schema) {
            Some(known) => {
                let change = format!("{name:?} read as {known:?}");
                schema.insert("type".to_owned(), json!(known));
                change
            }
            None => {
                let change = format!("dropped: {name:?} is no type");
                schema.shift_remove("type");
                change
            }
        };
        changes.note(format!("{at}/type"), change);
    });
}

fn meant(name: &str, schema: &Map<String, Value>) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if let Some(known) = KNOWN.iter().find(|known| **known == lower) {
        return Some(known);
    }
    let values = schema.get("enum").and_then(Value::as_array);
    if values.is_some_and(|values| {
        values.iter().any(Value::is_string) && values.iter().all(|value| value.is_string() || value.is_null())
    }) {
        return Some("string");
    }
    if schema.contains_key("properties") {
        return Some("object");
    }
    schema.contains_key("items").then_some("array")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn an_unknown_type_of_string_values_is_a_string() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {"type": "object", "properties": {"level": {"type": "enum", "enum": ["low", "high"]}}}}),
        );
        assert_eq!(
            after,
            json!({"A": {"type": "object", "properties": {"level": {"type": "string", "enum": ["low", "high"]}}}})
        );
        assert_eq!(places, ["/components/schemas/A/properties/level/type"]);
    }

    #[test]
    fn an_unknown_type_is_what_the_rest_says_or_nothing() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"type": "model", "properties": {}},
                "B": {"type": "list", "items": {}},
                "C": {"type": "String"},
                "D": {"type": "any", "enum": [1, "a"]}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "object", "properties": {}},
                "B": {"type": "array", "items": {}},
                "C": {"type": "string"},
                "D": {"enum": [1, "a"]}
            })
        );
    }

    #[test]
    fn known_types_are_left_alone() {
        leaves_schemas_alone(run, json!({"A": {"type": "integer"}, "B": {}}));
    }
}
