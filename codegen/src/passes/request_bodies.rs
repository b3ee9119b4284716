//! Request bodies: progenitor panics on more than one media type, and fails on one it does not know or without schema.
//!
//! JSON is what the API speaks, so it is chosen where it can be. Runs after [`super::transfers`], which takes multipart
//! bodies out. progenitor knows no optional bodies: what the document calls optional is an argument all the same.
//!
//! A `DELETE` says with its path what to delete. Where its body requires nothing, the body itself is not required, whatever
//! the document says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Changes;
use crate::document::for_each_operation;
use crate::reference;

/// The content types that progenitor can send, best first.
const SENDABLE: [&str; 4] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/octet-stream",
];

/// Leaves every request body one media type that progenitor can send, with the schema it expects.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let requires_nothing = schemas_that_require_nothing(document);
    for_each_operation(document, &mut |_, method, base, operation| {
        let at = format!("{base}/requestBody");
        let Some(body) = operation.get_mut("requestBody") else {
            return;
        };
        let Some((media_type, schema)) = choose(body) else {
            operation.shift_remove("requestBody");
            changes.note(at, "dropped: it has no content");
            return;
        };
        let content = json!({media_type: {"schema": schema}});
        if body.get("content") != Some(&content) {
            if let Some(body) = body.as_object_mut() {
                body.insert("content".to_owned(), content);
            }
            changes.note(format!("{at}/content"), format!("sent as {media_type}"));
        }
        let may_be_empty = reference::target(&schema).is_some_and(|name| requires_nothing.contains(name));
        if method == "delete" && may_be_empty && body.get("required") == Some(&json!(true)) {
            body["required"] = json!(false);
            changes.note(
                format!("{at}/required"),
                "optional: a DELETE whose body requires nothing",
            );
        }
    });
}

fn schemas_that_require_nothing(document: &Value) -> BTreeSet<String> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
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

fn choose(body: &Value) -> Option<(&'static str, Value)> {
    let content = body.get("content")?.as_object().filter(|content| !content.is_empty())?;
    for sendable in SENDABLE {
        let found = content.iter().find(|(media_type, _)| means(media_type, sendable));
        if let Some((_, entry)) = found {
            let declared = entry.get("schema").cloned().unwrap_or_else(|| json!({}));
            return Some((sendable, expected_schema(sendable, declared)));
        }
    }
    Some((
        "application/octet-stream",
        expected_schema("application/octet-stream", json!({})),
    ))
}

fn means(media_type: &str, sendable: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    kind == sendable
        || (sendable == "application/json" && (kind.ends_with("+json") || kind == "*/*" || kind == "application/*"))
        || (sendable == "text/plain" && kind.starts_with("text/"))
}

/// progenitor insists on these schemas for bodies that are sent as they are.
fn expected_schema(media_type: &str, declared: Value) -> Value {
    match media_type {
        "text/plain" => json!({"type": "string"}),
        "application/octet-stream" => json!({"type": "string", "format": "binary"}),
        _ => declared,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Changes, run};
    use crate::passes::testing::{leaves_alone, repair_operation};

    #[test]
    fn json_is_sent_where_it_can_be() {
        let (after, places) = repair_operation(
            run,
            json!({"requestBody": {"required": true, "content": {
                "application/xml": {"schema": {"type": "string"}},
                "application/json; charset=utf-8": {"schema": {"$ref": "#/components/schemas/A"}}
            }}}),
        );
        assert_eq!(
            after,
            json!({"requestBody": {"required": true, "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/A"}}
            }}})
        );
        assert_eq!(places, ["/paths/~1a~1{id}/get/requestBody/content"]);
    }

    #[test]
    fn other_bodies_are_text_or_bytes() {
        let (after, _) = repair_operation(run, json!({"requestBody": {"content": {"text/csv": {}}}}));
        assert_eq!(
            after,
            json!({"requestBody": {"content": {"text/plain": {"schema": {"type": "string"}}}}})
        );
        let (after, _) = repair_operation(run, json!({"requestBody": {"content": {"audio/wav": {}}}}));
        assert_eq!(
            after,
            json!({"requestBody": {"content": {"application/octet-stream": {
                "schema": {"type": "string", "format": "binary"}
            }}}})
        );
    }

    #[test]
    fn a_body_without_schema_is_anything_and_one_without_content_none() {
        let (after, _) = repair_operation(run, json!({"requestBody": {"content": {"application/json": {}}}}));
        assert_eq!(
            after,
            json!({"requestBody": {"content": {"application/json": {"schema": {}}}}})
        );
        let (after, places) = repair_operation(run, json!({"requestBody": {"required": true, "content": {}}}));
        assert_eq!(after, json!({}));
        assert_eq!(places, ["/paths/~1a~1{id}/get/requestBody"]);
    }

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

    #[test]
    fn a_body_that_can_be_sent_is_left_alone() {
        leaves_alone(
            run,
            json!({"paths": {"/a": {
                "post": {"requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object"}}}}},
                "put": {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}},
                "get": {}
            }}}),
        );
    }
}
