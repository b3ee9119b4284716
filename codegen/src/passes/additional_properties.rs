//! `additionalProperties` beside properties, or false.
//!
//! typify makes a flattened map of the first and refuses unknown fields for the second. Generated types keep unknown fields
//! anyway, so only objects that are nothing but a map say what they hold.

use serde_json::Value;

use super::Changes;
use crate::document::for_each_schema;

/// Drops `additionalProperties` where it does not make a map.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let Some(additional) = schema.get("additionalProperties") else {
            return;
        };
        let has_properties = schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| !properties.is_empty());
        let reason = if has_properties {
            "dropped: unknown fields are kept anyway"
        } else if additional == &Value::Bool(false) {
            "dropped: nothing received is refused"
        } else {
            return;
        };
        schema.shift_remove("additionalProperties");
        changes.note(format!("{at}/additionalProperties"), reason);
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn beside_properties_and_as_a_ban_it_goes() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "A": {"type": "object", "properties": {"x": {}}, "additionalProperties": {"type": "string"}},
                "B": {"type": "object", "additionalProperties": false}
            }),
        );
        assert_eq!(
            after,
            json!({"A": {"type": "object", "properties": {"x": {}}}, "B": {"type": "object"}})
        );
        assert_eq!(
            places,
            [
                "/components/schemas/A/additionalProperties",
                "/components/schemas/B/additionalProperties"
            ]
        );
    }

    #[test]
    fn maps_and_free_objects_are_left_alone() {
        leaves_schemas_alone(
            run,
            json!({
                "A": {"type": "object", "additionalProperties": {"type": "string"}},
                "B": {"type": "object", "additionalProperties": true},
                "C": {"type": "object"},
                "D": {"type": "object", "properties": {"additionalProperties": {}}}
            }),
        );
    }
}
