//! `required` in the wrong place: a boolean inside a property, names that are no property, lists on what is no object.
//!
//! In OpenAPI `required` is a list on the object. openapiv3 refuses a boolean; a name without property would become a
//! field that nothing describes.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::{for_each_schema, pointer};

/// Moves the flags into the lists, and keeps in the lists only what is a property.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        if schema.get("required").is_some_and(|required| !required.is_array()) {
            schema.shift_remove("required");
            changes.note(format!("{at}/required"), "dropped: not a list of names");
        }
        lift_flags(at, schema, changes);
        // What an `allOf` requires may be a property of one of its other parts.
        let of_composition = at.rsplit('/').nth(1) == Some("allOf")
            || ["allOf", "oneOf", "anyOf"].iter().any(|key| schema.contains_key(*key));
        if !of_composition {
            keep_properties_only(at, schema, changes);
        }
    });
}

fn lift_flags(at: &str, schema: &mut Map<String, Value>, changes: &mut Changes) {
    let mut required = Vec::new();
    for (name, property) in schema
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        let Some(property) = property.as_object_mut() else {
            continue;
        };
        let Some(flag) = property.get("required").and_then(Value::as_bool) else {
            continue;
        };
        property.shift_remove("required");
        let place = format!("{}/required", pointer(&format!("{at}/properties"), name));
        if flag {
            required.push(json!(name));
            changes.note(place, "moved to the list of the object");
        } else {
            changes.note(place, "dropped: it says nothing");
        }
    }
    if required.is_empty() {
        return;
    }
    let list = schema.entry("required").or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        required.retain(|name| !list.contains(name));
        list.append(&mut required);
    }
}

fn keep_properties_only(at: &str, schema: &mut Map<String, Value>, changes: &mut Changes) {
    let Some(names) = schema.get("required").and_then(Value::as_array) else {
        return;
    };
    let properties: BTreeSet<&str> = schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect();
    let (kept, unknown): (Vec<Value>, Vec<Value>) = names
        .iter()
        .cloned()
        .partition(|name| name.as_str().is_some_and(|name| properties.contains(name)));
    if unknown.is_empty() {
        return;
    }
    if kept.is_empty() {
        schema.shift_remove("required");
    } else {
        schema.insert("required".to_owned(), Value::Array(kept));
    }
    let unknown: Vec<String> = unknown.iter().map(Value::to_string).collect();
    changes.note(
        format!("{at}/required"),
        format!("dropped what is no property: {}", unknown.join(", ")),
    );
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn a_flag_in_a_property_goes_to_its_object() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {
                "type": "object",
                "properties": {
                    "a": {"type": "string", "required": true},
                    "b": {"type": "string", "required": false},
                    "c": {"$ref": "#/components/schemas/A", "required": true}
                },
                "required": ["a"]
            }}),
        );
        assert_eq!(
            after,
            json!({"A": {
                "type": "object",
                "properties": {
                    "a": {"type": "string"},
                    "b": {"type": "string"},
                    "c": {"$ref": "#/components/schemas/A"}
                },
                "required": ["a", "c"]
            }})
        );
        assert_eq!(
            places,
            [
                "/components/schemas/A/properties/a/required",
                "/components/schemas/A/properties/b/required",
                "/components/schemas/A/properties/c/required"
            ]
        );
    }

    #[test]
    fn a_property_called_required_is_a_property() {
        leaves_schemas_alone(
            run,
            json!({"A": {"type": "object", "properties": {"required": {"type": "boolean"}}, "required": ["required"]}}),
        );
    }

    #[test]
    fn names_that_are_no_property_are_dropped() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "A": {"type": "object", "properties": {"id": {}}, "required": ["id", "gone"]},
                "B": {"type": "string", "required": ["x"]},
                "C": {"type": "string", "required": true}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "object", "properties": {"id": {}}, "required": ["id"]},
                "B": {"type": "string"},
                "C": {"type": "string"}
            })
        );
        assert_eq!(places.len(), 3);
    }

    #[test]
    fn parts_of_a_composition_may_require_what_others_declare() {
        leaves_schemas_alone(
            run,
            json!({"A": {"allOf": [{"$ref": "#/components/schemas/B"}, {"required": ["id"]}], "required": ["id"]}}),
        );
    }
}
