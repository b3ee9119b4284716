//! Defaults, limits, patterns, formats, examples and titles.
//!
//! typify turns defaults into values that are always sent, limits and patterns into types that refuse responses, and titles
//! into names. None of that may happen: nothing unsaid is sent, nothing received is refused, and names come from the
//! interface and not from prose. Formats that say something about how to read a value stay: `date-time` and `binary`.

use serde_json::{Map, Value};

use super::Changes;
use crate::document::{for_each_operation, for_each_schema, pointer};

const DROPPED: [&str; 21] = [
    "default",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "example",
    "examples",
    "xml",
    "externalDocs",
    "title",
    "patternProperties",
    "propertyNames",
];

const KEPT_FORMATS: [&str; 2] = ["binary", "date-time"];

/// Drops what must never refuse or send anything.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let is_string = schema.get("type").is_some_and(|declared| declared == "string");
        drop_keys(at, schema, changes, |key, value| {
            DROPPED.contains(&key)
                || (key == "format"
                    && !(is_string && value.as_str().is_some_and(|format| KEPT_FORMATS.contains(&format))))
        });
    });
    for_each_operation(document, &mut |_, _, base, operation| {
        drop_examples(base, operation, changes);
    });
}

fn drop_keys(
    at: &str,
    holder: &mut Map<String, Value>,
    changes: &mut Changes,
    unwanted: impl Fn(&str, &Value) -> bool,
) {
    let mut dropped = Vec::new();
    holder.retain(|key, value| {
        let drop = unwanted(key, value);
        if drop {
            dropped.push(key.clone());
        }
        !drop
    });
    if !dropped.is_empty() {
        changes.note(at, format!("dropped {}", dropped.join(", ")));
    }
}

fn drop_examples(base: &str, operation: &mut Map<String, Value>, changes: &mut Changes) {
    let is_example = |key: &str, _: &Value| matches!(key, "example" | "examples");
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for (index, parameter) in parameters.into_iter().flatten().enumerate() {
        if let Some(parameter) = parameter.as_object_mut() {
            drop_keys(&format!("{base}/parameters/{index}"), parameter, changes, is_example);
        }
    }
    let mut in_content = |holder: &mut Value, base: &str| {
        let content = holder.get_mut("content").and_then(Value::as_object_mut);
        for (media_type, entry) in content.into_iter().flatten() {
            if let Some(entry) = entry.as_object_mut() {
                drop_keys(
                    &pointer(&format!("{base}/content"), media_type),
                    entry,
                    changes,
                    is_example,
                );
            }
        }
    };
    if let Some(body) = operation.get_mut("requestBody") {
        in_content(body, &format!("{base}/requestBody"));
    }
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        in_content(response, &pointer(&format!("{base}/responses"), status));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_operation, repair_schemas};

    #[test]
    fn limits_defaults_examples_and_titles_go() {
        let (after, places) = repair_schemas(
            run,
            json!({"A": {
                "type": "object",
                "title": "A title",
                "properties": {
                    "a": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "/x/", "default": "b", "example": "c"},
                    "b": {"type": "array", "items": {"type": "number", "minimum": 0}, "maxItems": 2, "uniqueItems": true},
                    "default": {"type": "string"}
                }
            }}),
        );
        assert_eq!(
            after,
            json!({"A": {
                "type": "object",
                "properties": {
                    "a": {"type": "string"},
                    "b": {"type": "array", "items": {"type": "number"}},
                    "default": {"type": "string"}
                }
            }})
        );
        assert_eq!(
            places,
            [
                "/components/schemas/A",
                "/components/schemas/A/properties/a",
                "/components/schemas/A/properties/b",
                "/components/schemas/A/properties/b/items"
            ]
        );
    }

    #[test]
    fn only_formats_that_change_how_a_string_is_read_stay() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"type": "string", "format": "date-time"},
                "B": {"type": "string", "format": "binary"},
                "C": {"type": "string", "format": "uuid"},
                "D": {"type": "integer", "format": "int64"},
                "E": {"type": "array", "items": {}, "format": "date-time"}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "string", "format": "date-time"},
                "B": {"type": "string", "format": "binary"},
                "C": {"type": "string"},
                "D": {"type": "integer"},
                "E": {"type": "array", "items": {}}
            })
        );
    }

    #[test]
    fn examples_of_parameters_and_media_types_go() {
        let (after, places) = repair_operation(
            run,
            json!({
                "parameters": [{"name": "x", "in": "query", "example": 1, "schema": {"type": "string"}}],
                "responses": {"200": {"content": {"application/json": {"examples": {}, "schema": {}}}}}
            }),
        );
        assert_eq!(
            after,
            json!({
                "parameters": [{"name": "x", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"content": {"application/json": {"schema": {}}}}}
            })
        );
        assert_eq!(
            places,
            [
                "/paths/~1a~1{id}/get/parameters/0",
                "/paths/~1a~1{id}/get/responses/200/content/application~1json"
            ]
        );
    }

    #[test]
    fn a_description_and_a_deprecation_stay() {
        leaves_schemas_alone(
            run,
            json!({"A": {"type": "string", "description": "d", "deprecated": true}}),
        );
    }
}
