//! Required bodies of `DELETE`.
//!
//! A `DELETE` says with its path what to delete. Where its body requires nothing, the body itself is not required, whatever
//! the document says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Changes;
use crate::document::{for_each_operation, schemas};
use crate::reference;

/// Makes the body of a `DELETE` optional where its schema requires nothing.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let requires_nothing = schemas_that_require_nothing(document);
    for_each_operation(document, &mut |_, method, base, operation| {
        let Some(body) = operation.get_mut("requestBody").filter(|_| method == "delete") else {
            return;
        };
        let content = body.get("content").and_then(Value::as_object);
        let may_be_empty = content.is_some_and(|content| {
            content.values().all(|entry| {
                let schema = entry.get("schema").and_then(reference::target);
                schema.is_some_and(|name| requires_nothing.contains(name))
            })
        });
        if may_be_empty && body.get("required") == Some(&json!(true)) {
            body["required"] = json!(false);
            changes.note(
                format!("{base}/requestBody/required"),
                "optional: a DELETE whose body requires nothing",
            );
        }
    });
}

fn schemas_that_require_nothing(document: &Value) -> BTreeSet<String> {
    let schemas = schemas(document);
    let requires_nothing = |schema: &Value| {
        let required = schema.get("required").and_then(Value::as_array);
        schema.get("type") == Some(&json!("object")) && required.is_none_or(Vec::is_empty)
    };
    let found = schemas
        .into_iter()
        .flatten()
        .filter(|(_, schema)| requires_nothing(schema));
    found.map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delete_needs_no_body_that_requires_nothing() {
        let body = |schema: &str, required: bool| {
            json!({"required": required, "content": {"application/json": {"schema": {
                "$ref": format!("#/components/schemas/{schema}")
            }}}})
        };
        let document = |first: bool| {
            json!({
                "paths": {"/a": {
                    "delete": {"requestBody": body("Lax", first)},
                    "post": {"requestBody": body("Lax", true)}
                }, "/b": {"delete": {"requestBody": body("Strict", true)}}},
                "components": {"schemas": {
                    "Lax": {"type": "object", "properties": {"ids": {}}},
                    "Strict": {"type": "object", "properties": {"ids": {}}, "required": ["ids"]}
                }}
            })
        };
        let (mut after, mut changes) = (document(true), Changes::default());
        run(&mut after, &mut changes);
        assert_eq!(after, document(false));
        assert_eq!(changes.len(), 1);
    }
}
