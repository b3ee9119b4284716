//! Makes every optional property of an update body nullable: leaving a property out keeps it, and `null` clears it.

use serde_json::Value;

use super::Changes;
use super::nullability::NULLABLE;
use crate::document::pointer;
use crate::reference;

/// Marks the optional properties of each `PATCH` body (and of its variants, if it is a union) as nullable.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for name in reference::update_bodies(document) {
        let at = pointer("/components/schemas", &name);
        let Some(schema) = document.pointer_mut(&at).and_then(Value::as_object_mut) else {
            continue;
        };
        let required = schema.get("required").cloned().unwrap_or_default();
        let required: Vec<&str> = required
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            if required.contains(&name.as_str()) {
                continue;
            }
            if let Some(property) = property.as_object_mut()
                && property.insert(NULLABLE.to_owned(), true.into()) != Some(true.into())
            {
                changes.note(
                    pointer(&format!("{at}/properties"), name),
                    "of an update: null clears it",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn optional_properties_of_a_patch_body_can_be_cleared() {
        let body = |name: &str| {
            json!({"requestBody": {"content": {"application/json": {
                "schema": {"$ref": format!("#/components/schemas/{name}")}}}}})
        };
        let mut document = json!({
            "paths": {"/call": {"patch": body("Update"), "post": body("Create")}},
            "components": {"schemas": {
                "Update": {"required": ["id"], "properties": {
                    "id": {"type": "string"},
                    "name": {"type": "string"},
                    "voice": {"$ref": "#/components/schemas/Voice"}
                }},
                "Create": {"properties": {"name": {"type": "string"}}},
                "Voice": {"properties": {"name": {"type": "string"}}}
            }}
        });
        let mut changes = Changes::default();
        run(&mut document, &mut changes);
        assert_eq!(
            document["components"]["schemas"]["Update"]["properties"],
            json!({
                "id": {"type": "string"},
                "name": {"type": "string", "x-nullable": true},
                "voice": {"$ref": "#/components/schemas/Voice", "x-nullable": true}
            })
        );
        assert_eq!(
            document["components"]["schemas"]["Create"]["properties"],
            json!({"name": {"type": "string"}})
        );
        assert_eq!(changes.len(), 2);
    }
}
