//! Drops the components that nothing needs: they are a third of the vendor's document and of the time to compile it.

use serde_json::Value;

use super::Changes;
use crate::document::{pointer, schemas, schemas_mut};
use crate::reference;

/// The mark of a schema that stays although no operation reaches it.
pub(crate) const ROOT: &str = "x-root";

/// Keeps what the operations reach and what `roots` (schema names of the document) reach.
pub fn run(document: &mut Value, roots: &[String], changes: &mut Changes) {
    let mut open = Vec::new();
    for (name, schema) in schemas(document).into_iter().flatten() {
        let original = schema.get("x-name").and_then(Value::as_str).unwrap_or(name);
        let is_root = schema.get(ROOT) == Some(&Value::Bool(true));
        if is_root || roots.iter().any(|root| root == original) {
            open.push(name.clone());
        }
    }
    keep(document, open, changes);
}

/// Keeps what the operations reach.
pub(crate) fn reached_by_operations(document: &mut Value, changes: &mut Changes) {
    keep(document, Vec::new(), changes);
}

/// Keeps what the operations and the components that `open` names reach.
fn keep(document: &mut Value, mut open: Vec<String>, changes: &mut Changes) {
    if let Some(paths) = document.get("paths") {
        reference::targets(paths, &mut open);
    }
    let Some(schemas) = schemas(document) else {
        return;
    };
    let kept = reference::reach(open, schemas);
    if let Some(schemas) = schemas_mut(document) {
        schemas.retain(|name, _| {
            let keep = kept.contains(name);
            if !keep {
                changes.note(pointer("/components/schemas", name), "pruned: nothing needs it");
            }
            keep
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_neither_operations_nor_roots_reach_is_dropped() {
        let mut document = json!({
            "paths": {"/call": {"get": {"responses": {"200": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Call"}}}}}}}},
            "components": {"schemas": {
                "Call": {"properties": {"a": {"items": {"$ref": "#/components/schemas/Part"}}}},
                "Part": {"properties": {"back": {"$ref": "#/components/schemas/Call"}}},
                "ServerMessage": {"x-name": "server message"},
                "Org": {"properties": {"call": {"$ref": "#/components/schemas/Call"}}}
            }}
        });
        let mut changes = Changes::default();
        run(&mut document, &["server message".to_owned()], &mut changes);
        let names: Vec<_> = document["components"]["schemas"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["Call", "Part", "ServerMessage"]);
        let noted: Vec<_> = changes.iter().map(|c| c.pointer.as_str()).collect();
        assert_eq!(noted, ["/components/schemas/Org"]);
    }
}
