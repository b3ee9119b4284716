//! Takes properties that can only have one value out of the fields.
//!
//! A required property with a single enum value is a tag: there is nothing to choose, so the generated type writes it by
//! itself (`x-tags`). An optional one becomes a plain string. What values a property can have is remembered as `x-values`,
//! since unions are told apart by it after the enums have been given names of their own.

use serde_json::{Map, Value, json};

use super::Changes;
use super::nullability::NULLABLE;
use crate::document::{for_each_schema, pointer};

/// Sets `x-tags` and `x-values` on every object schema.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let required: Vec<String> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return;
        };
        let mut tags = Map::new();
        let mut values = Map::new();
        for (name, property) in properties.iter_mut() {
            let Some(allowed) = string_enum(property) else {
                continue;
            };
            values.insert(name.clone(), json!(allowed));
            let [only] = &allowed[..] else {
                continue;
            };
            let place = pointer(&format!("{at}/properties"), name);
            let nullable = property.get(NULLABLE) == Some(&Value::Bool(true));
            if required.contains(name) && !nullable {
                changes.note(place, format!("always `{only}`: a tag, not a field"));
                tags.insert(name.clone(), json!(only));
            } else if let Some(property) = property.as_object_mut() {
                changes.note(place, format!("can only be `{only}`: a plain string"));
                property.shift_remove("enum");
            }
        }
        properties.retain(|name, _| !tags.contains_key(name));
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| !name.as_str().is_some_and(|name| tags.contains_key(name)));
        }
        if !tags.is_empty() {
            schema.insert("x-tags".to_owned(), Value::Object(tags));
        }
        if !values.is_empty() {
            schema.insert("x-values".to_owned(), Value::Object(values));
        }
    });
}

fn string_enum(schema: &Value) -> Option<Vec<String>> {
    let values = schema.get("enum")?.as_array()?;
    values.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_single_value_is_a_tag() {
        let mut document = json!({"components": {"schemas": {"Voice": {
            "type": "object",
            "required": ["provider", "id"],
            "properties": {
                "provider": {"type": "string", "enum": ["azure"]},
                "id": {"type": "string", "enum": ["a", "b"]},
                "kind": {"type": "string", "enum": ["k"]}
            }
        }}}});
        let mut changes = Changes::default();
        run(&mut document, &mut changes);
        assert_eq!(
            document["components"]["schemas"]["Voice"],
            json!({
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "enum": ["a", "b"]},
                    "kind": {"type": "string"}
                },
                "x-tags": {"provider": "azure"},
                "x-values": {"provider": ["azure"], "id": ["a", "b"], "kind": ["k"]}
            })
        );
        let noted: Vec<_> = changes.iter().map(|c| c.pointer.as_str()).collect();
        assert_eq!(
            noted,
            [
                "/components/schemas/Voice/properties/provider",
                "/components/schemas/Voice/properties/kind"
            ]
        );
    }

    #[test]
    fn objects_without_enums_are_left_alone() {
        let mut document = json!({"components": {"schemas": {"A": {"properties": {"b": {"type": "string"}}}}}});
        let before = document.clone();
        let mut changes = Changes::default();
        run(&mut document, &mut changes);
        assert_eq!(document, before);
        assert!(changes.is_empty());
    }
}
