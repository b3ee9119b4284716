//! Objects of request bodies are closed: the API refuses a property that it does not know.

use serde_json::{Value, json};

use crate::document::{for_each_operation, pointer, schemas, schemas_mut, walk};
use crate::passes::Changes;
use crate::reference;

/// Closes every object that a request body reaches and that declares properties, unless it allows others.
pub(super) fn run(document: &mut Value, changes: &mut Changes) {
    let mut close = |at: &str, schema: &mut Value| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        if properties.is_some_and(|properties| !properties.is_empty()) && !schema.contains_key("additionalProperties") {
            schema.insert("additionalProperties".to_owned(), json!(false));
            changes.note(at, "closed: the API refuses unknown properties");
        }
    };
    let mut open = Vec::new();
    for_each_operation(document, &mut |_, _, base, operation| {
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        reference::targets(body, &mut open);
        let content = body.get_mut("content").and_then(Value::as_object_mut);
        for (media_type, entry) in content.into_iter().flatten() {
            if let Some(schema) = entry.get_mut("schema") {
                let at = pointer(&format!("{base}/requestBody/content"), media_type);
                walk(&format!("{at}/schema"), schema, &mut close);
            }
        }
    });
    let reached = schemas(document).map(|components| reference::reach(open, components));
    let (Some(reached), Some(components)) = (reached, schemas_mut(document)) else {
        return;
    };
    for (name, schema) in components.iter_mut().filter(|(name, _)| reached.contains(*name)) {
        walk(&pointer("/components/schemas", name), schema, &mut close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_closed_and_responses_open() {
        let body = |name: &str| json!({"content": {"application/json": {"schema": reference::to(name)}}});
        let object = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let mut document = json!({
            "paths": {"/a": {"post": {"requestBody": body("Sent"), "responses": {"201": body("Received")}}}},
            "components": {"schemas": {
                "Sent": {"type": "object", "properties": {"inner": reference::to("Inner"), "map": {"type": "object"}}},
                "Inner": object.clone(),
                "Received": object.clone()
            }}
        });
        run(&mut document, &mut Changes::default());
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Sent"]["additionalProperties"], json!(false));
        assert_eq!(schemas["Sent"]["properties"]["map"], json!({"type": "object"}));
        assert_eq!(schemas["Inner"]["additionalProperties"], json!(false));
        assert_eq!(schemas["Received"], object);
    }
}
