//! Properties of one object whose names give the same Rust field name.
//!
//! typify writes both fields and the code does not compile. The first keeps its field; the others stay readable among the
//! unknown fields.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Changes;
use crate::document::{for_each_schema, pointer};
use crate::names::{can_start, generated_words};

/// Drops properties whose field another property has taken.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return;
        };
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        let mut dropped = Vec::new();
        properties.retain(|name, _| match taken.get(&field_name(name)) {
            Some(first) => {
                let place = pointer(&format!("{at}/properties"), name);
                changes.note(place, format!("dropped: {first:?} gives the same field"));
                dropped.push(name.clone());
                false
            }
            None => {
                taken.insert(field_name(name), name.clone());
                true
            }
        });
        if dropped.is_empty() {
            return;
        }
        if let Some(names) = schema.get_mut("required").and_then(Value::as_array_mut) {
            names.retain(|name| {
                !name
                    .as_str()
                    .is_some_and(|name| dropped.iter().any(|gone| gone == name))
            });
        }
    });
}

/// Returns the Rust name that typify and progenitor make of `name`, but for what they add to keywords: two names that give the
/// same here give the same there.
pub(crate) fn field_name(name: &str) -> String {
    let snake = generated_words(name);
    match snake.chars().next() {
        Some(first) if can_start(first) => snake,
        _ => format!("x{snake}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{field_name, run};
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn of_two_properties_with_one_field_the_first_stays() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {
                "type": "object",
                "properties": {"callId": {"type": "string"}, "call_id": {"type": "number"}, "": {}, "x": {}},
                "required": ["callId", "call_id"]
            }}),
        );
        assert_eq!(
            after,
            json!({"A": {
                "type": "object",
                "properties": {"callId": {"type": "string"}, "": {}},
                "required": ["callId"]
            }})
        );
        assert_eq!(
            places,
            [
                "/components/schemas/A/properties/call_id",
                "/components/schemas/A/properties/x"
            ]
        );
    }

    #[test]
    fn field_names_are_words_in_snake_case() {
        assert_eq!(field_name("tools:append"), "tools_append");
        assert_eq!(field_name("customerNumberE164"), "customer_number_e164");
        assert_eq!(field_name("11labs"), "x11labs");
        assert_eq!(field_name("it's"), "its");
    }

    #[test]
    fn distinct_fields_are_left_alone() {
        leaves_schemas_alone(
            run,
            json!({"A": {"type": "object", "properties": {"tools": {}, "tools:append": {}}, "required": ["tools"]}}),
        );
    }
}
