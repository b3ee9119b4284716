//! Schemas, and keywords in schemas, of the wrong JSON type.
//!
//! One of them makes openapiv3 refuse the whole document without saying where, and every later pass would have to
//! expect it. What cannot be read as a schema becomes the schema that allows anything.

use serde_json::{Map, Value, json};

use super::{Changes, shape};
use crate::document::{for_each_operation, for_each_schema, pointer};

const UNIONS: [&str; 3] = ["allOf", "oneOf", "anyOf"];

/// Makes every schema an object whose keywords have the types they must have.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let schemas = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        expect_schema(schema, &pointer("/components/schemas", name), changes);
    }
    for_each_operation(document, &mut |_, _, base, operation| {
        expect_operation_schemas(base, operation, changes);
    });
    for_each_schema(document, &mut |at, schema| {
        if let Some(keywords) = schema.as_object_mut() {
            mend(at, keywords, changes);
        }
        lone_reference(at, schema, changes);
    });
}

fn expect_schema(schema: &mut Value, at: &str, changes: &mut Changes) {
    if !schema.is_object() {
        *schema = json!({});
        changes.note(at, "not a schema: allows anything");
    }
}

fn expect_operation_schemas(base: &str, operation: &mut Map<String, Value>, changes: &mut Changes) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for (index, parameter) in parameters.into_iter().flatten().enumerate() {
        if let Some(schema) = parameter.get_mut("schema") {
            expect_schema(schema, &format!("{base}/parameters/{index}/schema"), changes);
        }
    }
    let mut expect_in_content = |holder: &mut Value, base: &str| {
        let content = holder.get_mut("content").and_then(Value::as_object_mut);
        for (media_type, entry) in content.into_iter().flatten() {
            if let Some(schema) = entry.get_mut("schema") {
                let at = pointer(&format!("{base}/content"), media_type);
                expect_schema(schema, &format!("{at}/schema"), changes);
            }
        }
    };
    if let Some(body) = operation.get_mut("requestBody") {
        expect_in_content(body, &format!("{base}/requestBody"));
    }
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        expect_in_content(response, &pointer(&format!("{base}/responses"), status));
    }
}

fn mend(at: &str, schema: &mut Map<String, Value>, changes: &mut Changes) {
    for (key, expected) in [
        ("$ref", Value::is_string as fn(&Value) -> bool),
        ("type", |value| value.is_string() || value.is_array()),
        ("format", Value::is_string),
        ("enum", Value::is_array),
        ("required", |value| value.is_array() || value.is_boolean()),
        ("properties", Value::is_object),
        ("additionalProperties", |value| value.is_object() || value.is_boolean()),
        ("allOf", Value::is_array),
        ("oneOf", Value::is_array),
        ("anyOf", Value::is_array),
        ("not", Value::is_object),
        ("discriminator", Value::is_object),
        ("description", Value::is_string),
        ("nullable", Value::is_boolean),
        ("deprecated", Value::is_boolean),
        ("readOnly", Value::is_boolean),
        ("writeOnly", Value::is_boolean),
    ] {
        if schema.get(key).is_some_and(|value| !expected(value)) {
            schema.shift_remove(key);
            changes.note(pointer(at, key), "dropped: not what has to stand there");
        }
    }
    if let Some(items) = schema.get_mut("items") {
        expect_schema(items, &format!("{at}/items"), changes);
    }
    for (name, property) in schema
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        expect_schema(property, &pointer(&format!("{at}/properties"), name), changes);
    }
    if let Some(names) = schema.get_mut("required").and_then(Value::as_array_mut) {
        let mut seen: Vec<Value> = Vec::with_capacity(names.len());
        for name in names.iter() {
            if name.is_string() && !seen.contains(name) {
                seen.push(name.clone());
            }
        }
        if seen.len() != names.len() {
            *names = seen;
            changes.note(format!("{at}/required"), "dropped what is no name, or named twice");
        }
    }
    for key in UNIONS {
        mend_union(at, key, schema, changes);
    }
}

fn mend_union(at: &str, key: &str, schema: &mut Map<String, Value>, changes: &mut Changes) {
    let Some(branches) = schema.get_mut(key).and_then(Value::as_array_mut) else {
        return;
    };
    let mut index = 0;
    branches.retain(|branch| {
        if !branch.is_object() {
            changes.note(format!("{at}/{key}/{index}"), "dropped: not a schema");
        }
        index += 1;
        branch.is_object()
    });
    if branches.is_empty() {
        schema.shift_remove(key);
        changes.note(pointer(at, key), "dropped: it has no branch");
    }
}

/// Leaves a reference alone in its schema but for what describes its place, as OpenAPI 3.0 reads it; one that is nullable
/// is wrapped, since leaving that out would refuse responses. `required: true` stays for [`super::required_flags`].
fn lone_reference(at: &str, schema: &mut Value, changes: &mut Changes) {
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    let Some(reference) = keywords.get("$ref").cloned() else {
        return;
    };
    let nullable = shape::is_nullable(keywords);
    let before = keywords.len();
    keywords.retain(|key, value| {
        matches!(key.as_str(), "$ref" | "description" | "deprecated" | "title")
            || (key == "required" && value.is_boolean())
    });
    if nullable {
        keywords.shift_remove("$ref");
        keywords.insert("allOf".to_owned(), json!([{"$ref": reference}]));
        keywords.insert("nullable".to_owned(), json!(true));
        changes.note(at, "wrapped: only so can a reference be nullable");
    } else if keywords.len() != before {
        changes.note(at, "dropped what stands beside the reference");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_operation, repair_schemas};

    #[test]
    fn what_is_no_schema_allows_anything() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "A": null,
                "B": {"type": "object", "properties": {"x": true, "y": {"type": "array", "items": [{}]}}},
                "C": {"oneOf": [5, {"type": "string"}], "allOf": [false]}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {},
                "B": {"type": "object", "properties": {"x": {}, "y": {"type": "array", "items": {}}}},
                "C": {"oneOf": [{"type": "string"}]}
            })
        );
        assert_eq!(
            places,
            [
                "/components/schemas/A",
                "/components/schemas/B/properties/x",
                "/components/schemas/B/properties/y/items",
                "/components/schemas/C/allOf/0",
                "/components/schemas/C/allOf",
                "/components/schemas/C/oneOf/0"
            ]
        );
    }

    #[test]
    fn keywords_of_the_wrong_type_are_dropped() {
        let (after, _) = repair_schemas(
            run,
            json!({"A": {
                "type": 5, "format": [], "enum": "x", "required": "id", "properties": [], "nullable": "yes",
                "additionalProperties": "no", "oneOf": {}, "description": {}
            }, "B": {"type": "object", "properties": {"id": {}}, "required": ["id", 7, "id"]}}),
        );
        assert_eq!(
            after,
            json!({"A": {}, "B": {"type": "object", "properties": {"id": {}}, "required": ["id"]}})
        );
    }

    #[test]
    fn a_reference_stands_alone_and_stays_nullable() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"$ref": "#/components/schemas/B", "description": "d", "title": "t", "type": "object"},
                "B": {"$ref": "#/components/schemas/C", "nullable": true},
                "C": {"$ref": 5}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"$ref": "#/components/schemas/B", "description": "d", "title": "t"},
                "B": {"allOf": [{"$ref": "#/components/schemas/C"}], "nullable": true},
                "C": {}
            })
        );
    }

    #[test]
    fn schemas_of_operations_are_mended_too() {
        let (after, places) = repair_operation(
            run,
            json!({
                "parameters": [{"name": "x", "schema": "string"}],
                "responses": {"200": {"content": {"application/json": {"schema": [], "x": 1}}}}
            }),
        );
        assert_eq!(
            after,
            json!({
                "parameters": [{"name": "x", "schema": {}}],
                "responses": {"200": {"content": {"application/json": {"schema": {}, "x": 1}}}}
            })
        );
        assert_eq!(places.len(), 2);
    }

    #[test]
    fn a_sound_schema_is_left_alone() {
        leaves_schemas_alone(
            run,
            json!({"A": {
                "type": "object",
                "properties": {"id": {"type": "string", "description": "d"}, "b": {"$ref": "#/components/schemas/B"}},
                "required": ["id"],
                "additionalProperties": false
            }, "B": {"oneOf": [{"type": "string", "nullable": true}], "discriminator": {"propertyName": "x"}}}),
        );
    }
}
