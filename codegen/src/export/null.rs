//! `null` where it can be, and said so that validators agree.
//!
//! By OpenAPI 3.0.3, `nullable` allows `null` only beside the `type` of the same schema, and only if an `enum` there lists it. Beside a
//! reference or a union it has no effect, so there `null` is a branch of its own.

use serde_json::{Map, Value, json};

use super::sides;
use crate::document::{for_each_schema, pointer, schemas, schemas_mut, walk};
use crate::passes::nullability::NULLABLE;
use crate::passes::{Changes, shape};
use crate::reference;

/// The component that is nothing but `null`.
pub(super) const COMPONENT: &str = "Null";

/// Marks the optional properties of what is only received: responses have `null` for all of them.
pub(super) fn received(document: &mut Value, sent: &[String], changes: &mut Changes) {
    let (requests, _) = sides::reached(document, sent);
    let Some(components) = schemas_mut(document) else {
        return;
    };
    for (name, schema) in components.iter_mut().filter(|(name, _)| !requests.contains(*name)) {
        walk(&pointer("/components/schemas", name), schema, &mut |at, schema| {
            mark_optional(at, schema, changes);
        });
    }
}

fn mark_optional(at: &str, schema: &mut Value, changes: &mut Changes) {
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        if let Some(property) = property.as_object_mut().filter(|_| !required.contains(&json!(name))) {
            property.insert(NULLABLE.to_owned(), json!(true));
            changes.note(pointer(&format!("{at}/properties"), name), "received: can be null");
        }
    }
}

/// Writes every `nullable` and every mark so that it has its effect.
pub(super) fn run(document: &mut Value, changes: &mut Changes) {
    let components = schemas(document).cloned().unwrap_or_default();
    let mut needed = false;
    for_each_schema(document, &mut |at, schema| {
        let Some(keywords) = schema.as_object_mut() else {
            return;
        };
        let by_mark = keywords.shift_remove(NULLABLE) == Some(json!(true));
        let is_nullable = keywords.get("nullable") == Some(&json!(true));
        if !by_mark && !is_nullable {
            keywords.shift_remove("nullable");
            return;
        }
        if keywords.contains_key("type") {
            keywords.insert("nullable".to_owned(), json!(true));
            if let Some(values) = keywords.get_mut("enum").and_then(Value::as_array_mut)
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null);
            }
            return;
        }
        keywords.shift_remove("nullable");
        if shape::allows_anything(keywords) {
            return;
        }
        changes.note(at, "null is a branch: `nullable` has no effect here");
        *schema = with_null(keywords, &components);
        let branches = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(*key)?.as_array());
        needed |= branches.is_some_and(|branches| branches.contains(&reference::to(COMPONENT)));
    });
    if needed && let Some(components) = schemas_mut(document) {
        components.insert(
            COMPONENT.to_owned(),
            json!({"type": "string", "nullable": true, "enum": [null], "description": "No value: `null`."}),
        );
    }
}

/// Returns the schema with a branch for `null`. What describes the place stays outside.
fn with_null(keywords: &Map<String, Value>, components: &Map<String, Value>) -> Value {
    let outside = |key: &str| shape::MARKERS.contains(&key) || key.starts_with("x-");
    let mut schema: Map<String, Value> = keywords
        .iter()
        .filter(|(key, _)| outside(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let inside: Map<String, Value> = keywords
        .iter()
        .filter(|(key, _)| !outside(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let only_key = inside.keys().next().filter(|_| inside.len() == 1).cloned();
    let union = only_key.filter(|key| key == "anyOf" || key == "oneOf");
    let branches = union.as_ref().and_then(|key| inside.get(key)?.as_array());
    match (union.as_ref(), branches) {
        (Some(union), Some(branches)) if !branches.iter().any(|branch| is_nullable(branch, components)) => {
            schema.insert(union.clone(), Value::Array(or_null(branches)));
        }
        // It can be null already.
        (Some(union), Some(branches)) if union == "anyOf" => {
            schema.insert(union.clone(), json!(branches));
        }
        _ => {
            let only = match shape::wrapped_target(&Value::Object(inside.clone())) {
                Some(target) => reference::to(target),
                None => Value::Object(inside),
            };
            schema.insert("anyOf".to_owned(), json!([only, reference::to(COMPONENT)]));
        }
    }
    Value::Object(schema)
}

/// Makes the first branch with a type nullable, and adds one for `null` if none has.
fn or_null(branches: &[Value]) -> Vec<Value> {
    let mut branches = branches.to_vec();
    match branches.iter_mut().find(|branch| branch.get("type").is_some()) {
        // The walk comes by here, and sees to an enum.
        Some(branch) => branch["nullable"] = json!(true),
        None => branches.push(reference::to(COMPONENT)),
    }
    branches
}

fn is_nullable(branch: &Value, components: &Map<String, Value>) -> bool {
    let schema = reference::target(branch)
        .and_then(|name| components.get(name))
        .unwrap_or(branch);
    schema.as_object().is_some_and(|schema| {
        shape::is_nullable(schema) || shape::allows_anything(schema) || schema.contains_key(NULLABLE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(schema: Value) -> Value {
        let mut document = json!({"components": {"schemas": {"A": schema, "B": {"type": "object"}}}});
        run(&mut document, &mut Changes::default());
        document["components"]["schemas"]["A"].take()
    }

    #[test]
    fn an_enum_lists_null() {
        assert_eq!(
            after(json!({"type": "string", "enum": ["a"], "nullable": true})),
            json!({"type": "string", "enum": ["a", null], "nullable": true})
        );
        assert_eq!(
            after(json!({"type": "string", "x-nullable": true})),
            json!({"type": "string", "nullable": true})
        );
    }

    #[test]
    fn a_reference_or_null_is_a_union() {
        let either = json!({"anyOf": [reference::to("B"), reference::to("Null")], "description": "B."});
        let wrapped = json!({"allOf": [reference::to("B")], "nullable": true, "description": "B."});
        assert_eq!(after(wrapped), either);
        assert_eq!(
            after(json!({"$ref": "#/components/schemas/B", "x-nullable": true, "description": "B."})),
            either
        );
    }

    #[test]
    fn null_joins_a_union_or_stands_beside_a_discriminator() {
        let branches = json!([reference::to("B"), {"type": "string", "enum": ["b"]}]);
        let with_null = json!([reference::to("B"), {"type": "string", "enum": ["b", null], "nullable": true}]);
        assert_eq!(
            after(json!({"oneOf": branches, "nullable": true})),
            json!({"oneOf": with_null})
        );
        assert_eq!(
            after(json!({"anyOf": branches, "nullable": true})),
            json!({"anyOf": with_null})
        );
        let references = json!([reference::to("B"), reference::to("C")]);
        let with_null = json!([reference::to("B"), reference::to("C"), reference::to("Null")]);
        assert_eq!(
            after(json!({"oneOf": references, "nullable": true})),
            json!({"oneOf": with_null})
        );
        let union = json!({"oneOf": branches, "discriminator": {"propertyName": "a"}});
        let mut nullable = union.clone();
        nullable["nullable"] = json!(true);
        assert_eq!(after(nullable), json!({"anyOf": [union, reference::to("Null")]}));
    }

    #[test]
    fn anything_is_null_already() {
        assert_eq!(
            after(json!({"nullable": true, "description": "D."})),
            json!({"description": "D."})
        );
    }
}
