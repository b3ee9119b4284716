//! Request bodies: progenitor panics on more than one media type, and fails on one it does not know or without schema.
//!
//! JSON is what the API speaks, so it is chosen where it can be. Runs after [`super::transfers`], which takes multipart
//! bodies out. progenitor knows no optional bodies: what the document calls optional is an argument all the same.

use serde_json::{Value, json};

use super::Changes;
use crate::document::for_each_operation;

/// The content types that progenitor can send, best first.
const SENDABLE: [&str; 4] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/octet-stream",
];

/// Leaves every request body one media type that progenitor can send, with the schema it expects.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_operation(document, &mut |_, _, base, operation| {
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
    });
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

    use super::run;
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
    fn a_body_without_schema_is_anything() {
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
