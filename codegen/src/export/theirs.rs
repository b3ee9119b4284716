//! Words and defaults of the vendor: titles and examples go, sentences stay where tools read them, defaults where they hold.
//!
//! A title of a branch stands beside its reference, where OpenAPI 3.0 allows nothing, and examples may not fit the schemas, which are
//! repaired since. Defaults stay if the schema allows them.

use serde_json::{Map, Value};

use crate::document::{for_each_operation, for_each_schema, pointer, schemas_mut};
use crate::passes::{Changes, shape};
use crate::reference;

/// Keywords that say nothing about values, in words that need not fit.
const DROPPED: [&str; 5] = ["title", "example", "examples", "externalDocs", "xml"];

/// Drops titles and examples. Branches that differ in their titles alone are then one.
pub(super) fn words(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        if let Some(schema) = schema.as_object_mut() {
            schema.retain(|key, _| {
                let drop = DROPPED.contains(&key.as_str());
                if drop {
                    changes.note(pointer(at, key), "dropped: it need not fit the schema");
                }
                !drop
            });
        }
    });
    for_each_operation(document, &mut |_, _, _, operation| {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
            parameter.retain(|key, _| !DROPPED.contains(&key.as_str()));
        }
    });
}

/// Drops defaults that do not hold. What an update leaves out stays as it is, whatever the document says.
pub(super) fn defaults(document: &mut Value, changes: &mut Changes) {
    for body in reference::update_bodies(document) {
        let body = schemas_mut(document).and_then(|schemas| schemas.get_mut(&body));
        let properties = body.and_then(|body| body.get_mut("properties")?.as_object_mut());
        let properties = properties.into_iter().flat_map(Map::values_mut);
        for property in properties.filter_map(Value::as_object_mut) {
            property.shift_remove("default");
        }
    }
    for_each_schema(document, &mut |at, schema| {
        if let Some(schema) = schema.as_object_mut()
            && schema.get("default").is_some_and(|default| !holds(default, schema))
        {
            schema.shift_remove("default");
            changes.note(pointer(at, "default"), "dropped: the schema does not allow it");
        }
    });
}

/// Leaves nothing beside the references of branches, and wraps the other references that have company.
///
/// A branch that is no reference alone cannot be the target of a discriminator.
pub(super) fn separate(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        for union in ["oneOf", "anyOf", "allOf"] {
            let branches = schema.get_mut(union).and_then(Value::as_array_mut);
            for (index, branch) in branches.into_iter().flatten().enumerate() {
                let Some(branch) = branch.as_object_mut().filter(|branch| has_company(branch)) else {
                    continue;
                };
                branch.retain(|key, _| key == "$ref");
                changes.note(
                    format!("{at}/{union}/{index}"),
                    "dropped what stands beside the reference",
                );
            }
        }
        if has_company(schema)
            && let Some(target) = schema.shift_remove("$ref")
        {
            schema.insert("allOf".to_owned(), serde_json::json!([{"$ref": target}]));
        }
    });
}

fn has_company(schema: &Map<String, Value>) -> bool {
    schema.contains_key("$ref") && schema.len() > 1
}

/// Returns whether a default is a value of the schema, as far as scalars and lists of them go. Beside a reference, nothing is known.
fn holds(default: &Value, schema: &Map<String, Value>) -> bool {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.contains(default);
    }
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let within = |measure: f64, least: &str, most: &str| {
        limit(least).is_none_or(|least| measure >= least) && limit(most).is_none_or(|most| measure <= most)
    };
    match (schema.get("type").and_then(Value::as_str), default) {
        (_, Value::Null) => shape::is_nullable(schema),
        (Some("string"), Value::String(text)) => within(text.chars().count() as f64, "minLength", "maxLength"),
        (Some("number"), Value::Number(number)) => number.as_f64().is_some_and(|n| within(n, "minimum", "maximum")),
        (Some("integer"), Value::Number(number)) => {
            number.is_i64() && number.as_f64().is_some_and(|n| within(n, "minimum", "maximum"))
        }
        (Some("boolean"), Value::Bool(_)) => true,
        (Some("array"), Value::Array(items)) => {
            let schema = schema.get("items").and_then(Value::as_object);
            within(items.len() as f64, "minItems", "maxItems")
                && items
                    .iter()
                    .all(|item| schema.is_some_and(|schema| holds(item, schema)))
        }
        (Some("object"), Value::Object(members)) => members.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn titles_and_examples_go_and_defaults_stay_where_they_hold() {
        let mut document = json!({"components": {"schemas": {"A": {"type": "object", "title": "T", "example": {}, "properties": {
            "title": {"type": "string", "default": "a", "enum": ["a"]},
            "b": {"type": "integer", "minimum": 3, "default": 2},
            "c": {"type": "array", "items": {"type": "string"}, "default": ["x"]},
            "d": {"type": "boolean", "default": "false"},
            "e": {"$ref": "#/components/schemas/A", "default": {"b": 1}}
        }}}}});
        words(&mut document, &mut Changes::default());
        defaults(&mut document, &mut Changes::default());
        assert_eq!(
            document["components"]["schemas"]["A"],
            json!({"type": "object", "properties": {
                "title": {"type": "string", "default": "a", "enum": ["a"]},
                "b": {"type": "integer", "minimum": 3},
                "c": {"type": "array", "items": {"type": "string"}, "default": ["x"]},
                "d": {"type": "boolean"},
                "e": {"$ref": "#/components/schemas/A"}
            }})
        );
    }

    #[test]
    fn references_stand_alone() {
        let mut document = json!({"components": {"schemas": {"A": {
            "oneOf": [{"$ref": "#/components/schemas/B", "description": "A B."}, {"type": "string", "description": "Text."}],
            "items": {"$ref": "#/components/schemas/B", "description": "A B."}
        }}}});
        separate(&mut document, &mut Changes::default());
        assert_eq!(
            document["components"]["schemas"]["A"],
            json!({
                "oneOf": [reference::to("B"), {"type": "string", "description": "Text."}],
                "items": {"description": "A B.", "allOf": [reference::to("B")]}
            })
        );
    }
}
