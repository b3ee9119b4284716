//! The version of OpenAPI that an export is written in.

use serde_json::{Map, Value, json};

use super::null::COMPONENT;
use crate::document::{for_each_operation, for_each_schema, pointer};
use crate::passes::shape;
use crate::reference;

/// A version of OpenAPI.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Version {
    /// 3.0.3, which every tool reads.
    #[default]
    V3_0,
    /// 3.1.0, whose schemas are those of JSON Schema 2020-12.
    V3_1,
}

/// Says the same in another version.
pub(super) fn run(document: &mut Value, version: Version) {
    if version == Version::V3_0 {
        return;
    }
    let null = pointer("/components/schemas", COMPONENT);
    for_each_schema(document, &mut |at, schema| {
        if let Some(keywords) = schema.as_object_mut() {
            match at == null {
                true => *schema = json!({"type": "null", "description": keywords.get("description")}),
                false => raise(keywords),
            }
        }
    });
    for_each_operation(document, &mut |_, _, _, operation| {
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (_, response) in responses.into_iter().flatten() {
            // Bytes need no schema: the media type says it.
            let bytes = response.pointer_mut("/content/*~1*");
            if let Some(bytes) = bytes.and_then(Value::as_object_mut) {
                bytes.clear();
            }
        }
    });
    if let Some(document) = document.as_object_mut() {
        document.insert("openapi".to_owned(), json!("3.1.0"));
        if let Some(webhooks) = document.shift_remove("x-webhooks") {
            document.insert("webhooks".to_owned(), webhooks);
        }
    }
}

fn raise(schema: &mut Map<String, Value>) {
    if schema.shift_remove("nullable") == Some(json!(true))
        && let Some(kind) = schema.get("type").cloned()
    {
        schema.insert("type".to_owned(), json!([kind, "null"]));
    }
    for (flag, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if schema.get(flag).is_some_and(Value::is_boolean)
            && schema.shift_remove(flag) == Some(json!(true))
            && let Some(value) = schema.shift_remove(limit)
        {
            schema.insert(flag.to_owned(), value);
        }
    }
    if schema.get("format").is_some_and(|format| format == "binary") {
        schema.shift_remove("format");
        schema.insert("contentMediaType".to_owned(), json!("application/octet-stream"));
    }
    // A reference can have company now.
    if let Some(target) = shape::wrapped_target(&Value::Object(schema.clone())) {
        let reference = reference::to(target);
        schema.shift_remove("allOf");
        schema.extend(reference.as_object().cloned().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_said_as_json_schema_does() {
        let mut document = json!({"components": {"schemas": {
            "A": {"type": "string", "nullable": true, "enum": ["a", null]},
            "B": {"type": "integer", "minimum": 1, "exclusiveMinimum": true, "exclusiveMaximum": false, "maximum": 9},
            "C": {"allOf": [reference::to("A")], "description": "An A."},
            "D": {"type": "string", "format": "binary"},
            "Null": {"type": "string", "nullable": true, "enum": [null], "description": "Null."}
        }}, "x-webhooks": {}});
        run(&mut document, Version::V3_1);
        assert_eq!(
            document,
            json!({"components": {"schemas": {
                "A": {"type": ["string", "null"], "enum": ["a", null]},
                "B": {"type": "integer", "exclusiveMinimum": 1, "maximum": 9},
                "C": {"$ref": "#/components/schemas/A", "description": "An A."},
                "D": {"type": "string", "contentMediaType": "application/octet-stream"},
                "Null": {"type": "null", "description": "Null."}
            }}, "openapi": "3.1.0", "webhooks": {}})
        );
    }

    #[test]
    fn bytes_need_no_schema() {
        let mut document = json!({"paths": {"/a": {"get": {"responses": {"200": {
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}
        }}}}}});
        run(&mut document, Version::V3_1);
        let content = &document["paths"]["/a"]["get"]["responses"]["200"]["content"];
        assert_eq!(content, &json!({"*/*": {}}));
    }
}
