//! Asks little of what is only received.
//!
//! Real responses leave out properties that the document requires. In a type that no request can contain, only `id` and
//! what tells a union's variants apart stay required; all else is optional to read.

use serde_json::Value;

use super::Changes;
use crate::document::{for_each_operation, pointer, schemas_mut};
use crate::reference;

/// Relaxes `required` in the components that no request body, parameter or response to a server message reaches.
///
/// `sent` names further schemas that users send, such as responses to webhooks.
pub fn run(document: &mut Value, sent: &[String], changes: &mut Changes) {
    let mut open = Vec::new();
    for_each_operation(document, &mut |_, _, _, operation| {
        for key in ["parameters", "requestBody"] {
            if let Some(part) = operation.get(key) {
                reference::targets(part, &mut open);
            }
        }
    });
    let Some(schemas) = schemas_mut(document) else {
        return;
    };
    for (name, schema) in schemas.iter() {
        let original = schema.get("x-name").and_then(Value::as_str).unwrap_or(name);
        if sent.iter().any(|sent| sent == original) {
            open.push(name.clone());
        }
    }
    let reached = reference::reach(open, schemas);
    for (name, schema) in schemas.iter_mut() {
        if reached.contains(name) {
            continue;
        }
        let tags = tags(schema);
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            let before = required.len();
            required.retain(|name| name == "id" || tags.iter().any(|tag| name == tag));
            if required.len() < before {
                let at = pointer("/components/schemas", name);
                changes.note(format!("{at}/required"), "only received: requires little");
            }
        }
    }
}

/// Returns the properties that can have one value only, where [`super::constants`] has not taken them out.
fn tags(schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let is_tag = |property: &Value| {
        let values = property.get("enum").and_then(Value::as_array);
        values.is_some_and(|values| values.len() == 1)
    };
    let tags = properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| is_tag(property));
    tags.map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_requests_reach_keeps_its_requirements() {
        let mut document = json!({
            "paths": {"/call": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Create"}}}},
                "responses": {"201": {"content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Call"}}}}}
            }}},
            "components": {"schemas": {
                "Create": {"required": ["part"], "properties": {"part": {"$ref": "#/components/schemas/Part"}}},
                "Part": {"required": ["x"], "properties": {"x": {}}},
                "Call": {"required": ["id", "part", "orgId"], "properties": {
                    "id": {}, "orgId": {}, "part": {"$ref": "#/components/schemas/Part"}}},
                "Reply": {"x-name": "reply", "required": ["y"], "properties": {"y": {}}}
            }}
        });
        let mut changes = Changes::default();
        run(&mut document, &["reply".to_owned()], &mut changes);
        let required = |name: &str| document["components"]["schemas"][name]["required"].clone();
        assert_eq!(required("Create"), json!(["part"]));
        assert_eq!(required("Part"), json!(["x"]));
        assert_eq!(required("Call"), json!(["id"]));
        assert_eq!(required("Reply"), json!(["y"]));
        let noted: Vec<_> = changes.iter().map(|c| c.pointer.as_str()).collect();
        assert_eq!(noted, ["/components/schemas/Call/required"]);
    }
}
