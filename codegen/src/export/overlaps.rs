//! `oneOf` whose branches overlap: such a union is `anyOf`, since a value that fits two of them is no mistake.
//!
//! A union stays `oneOf` only where each pair of its branches is told apart: by the type, by values that a required property can
//! have, or by a property that one requires and the other, being closed, refuses.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::document::{for_each_schema, schemas};
use crate::passes::{Changes, shape};
use crate::reference;

/// The depth of references and properties to which two schemas are compared.
const DEEPEST: usize = 6;

/// Makes `anyOf` of every union with branches that are not told apart.
pub(super) fn run(document: &mut Value, changes: &mut Changes) {
    let components = schemas(document).cloned().unwrap_or_default();
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let Some(branches) = schema.get("oneOf").and_then(Value::as_array) else {
            return;
        };
        let overlap = branches.iter().enumerate().any(|(index, one)| {
            let others = branches.iter().skip(index + 1);
            others.clone().any(|other| !disjoint(one, other, &components, 0))
        });
        if overlap && let Some(branches) = schema.shift_remove("oneOf") {
            schema.insert("anyOf".to_owned(), branches);
            changes.note(format!("{at}/oneOf"), "anyOf: a value can fit several branches");
        }
    });
}

/// Returns whether no value fits both.
fn disjoint(one: &Value, other: &Value, components: &Map<String, Value>, depth: usize) -> bool {
    let (Some(one), Some(other)) = (resolve(one, components), resolve(other, components)) else {
        return false;
    };
    if depth > DEEPEST || (shape::is_nullable(one) && shape::is_nullable(other)) {
        return false;
    }
    if let Some(branches) = branches(one) {
        return branches
            .iter()
            .all(|branch| disjoint_from(other, branch, components, depth));
    }
    if let Some(branches) = branches(other) {
        return branches
            .iter()
            .all(|branch| disjoint_from(one, branch, components, depth));
    }
    let (Some(kind), Some(other_kind)) = (kind(one), kind(other)) else {
        return false;
    };
    if kind != other_kind {
        return !matches!((kind, other_kind), ("integer", "number") | ("number", "integer"));
    }
    if let (Some(values), Some(others)) = (values(one), values(other)) {
        return values.is_disjoint(&others);
    }
    kind == "object" && (refuses(one, other) || refuses(other, one) || tagged_apart(one, other, components, depth))
}

fn disjoint_from(one: &Map<String, Value>, branch: &Value, components: &Map<String, Value>, depth: usize) -> bool {
    disjoint(&Value::Object(one.clone()), branch, components, depth + 1)
}

fn resolve<'a>(schema: &'a Value, components: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    let mut schema = schema;
    for _ in 0..DEEPEST {
        match reference::target(schema).or_else(|| shape::wrapped_target(schema)) {
            Some(name) => schema = components.get(name)?,
            None => return schema.as_object(),
        }
    }
    None
}

fn branches(schema: &Map<String, Value>) -> Option<&Vec<Value>> {
    schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()
}

fn kind(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("type")?.as_str()
}

fn values(schema: &Map<String, Value>) -> Option<BTreeSet<&str>> {
    let values = schema.get("enum")?.as_array()?;
    Some(values.iter().filter_map(Value::as_str).collect())
}

fn required(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str)
}

/// Returns whether `closed` refuses a property that `other` requires.
fn refuses(closed: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let Some(properties) = closed.get("properties").and_then(Value::as_object) else {
        return false;
    };
    closed.get("additionalProperties") == Some(&Value::Bool(false))
        && required(other).any(|name| !properties.contains_key(name))
}

/// Returns whether both require a property and allow it no common value.
fn tagged_apart(
    one: &Map<String, Value>,
    other: &Map<String, Value>,
    components: &Map<String, Value>,
    depth: usize,
) -> bool {
    let property = |schema: &'_ Map<String, Value>, name: &str| schema.get("properties")?.get(name).cloned();
    required(one)
        .filter(|name| required(other).any(|required| required == *name))
        .any(|name| match (property(one, name), property(other, name)) {
            (Some(one), Some(other)) => disjoint(&one, &other, components, depth + 1),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn are_disjoint(one: Value, other: Value) -> bool {
        let components = json!({"Text": {"type": "string"}, "Tag": {"type": "string", "enum": ["a"]}});
        let components = components.as_object().cloned().unwrap_or_default();
        let forth = disjoint(&one, &other, &components, 0);
        assert_eq!(forth, disjoint(&other, &one, &components, 0));
        forth
    }

    #[test]
    fn types_and_values_tell_branches_apart() {
        assert!(are_disjoint(json!({"type": "string"}), json!({"type": "object"})));
        assert!(are_disjoint(
            reference::to("Tag"),
            json!({"type": "string", "enum": ["b"]})
        ));
        assert!(!are_disjoint(reference::to("Tag"), reference::to("Text")));
        assert!(!are_disjoint(json!({"type": "integer"}), json!({"type": "number"})));
        assert!(!are_disjoint(json!({}), json!({"type": "number"})));
        assert!(!are_disjoint(
            json!({"type": "string", "nullable": true}),
            json!({"type": "object", "nullable": true})
        ));
    }

    #[test]
    fn required_tags_tell_objects_apart() {
        let object = |tag: &str, required: Value| json!({"type": "object", "required": required, "properties": {"kind": {"type": "string", "enum": [tag]}}});
        assert!(are_disjoint(object("a", json!(["kind"])), object("b", json!(["kind"]))));
        assert!(!are_disjoint(object("a", json!(["kind"])), object("b", json!([]))));
    }

    #[test]
    fn a_closed_object_refuses_what_another_requires() {
        let closed = json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false});
        assert!(are_disjoint(
            closed.clone(),
            json!({"type": "object", "properties": {"b": {}}, "required": ["b"]})
        ));
        assert!(!are_disjoint(
            closed,
            json!({"type": "object", "properties": {"b": {}}})
        ));
    }

    #[test]
    fn branches_of_a_branch_are_compared() {
        let union = json!({"oneOf": [{"type": "string"}, {"type": "array"}]});
        assert!(are_disjoint(union.clone(), json!({"type": "object"})));
        assert!(!are_disjoint(union, reference::to("Tag")));
    }

    #[test]
    fn overlapping_branches_are_any_of() {
        let mut document = json!({"components": {"schemas": {
            "A": {"oneOf": [{"type": "string"}, {"type": "string", "enum": ["a"]}]},
            "B": {"oneOf": [{"type": "string"}, {"type": "number"}]}
        }}});
        run(&mut document, &mut Changes::default());
        let schemas = &document["components"]["schemas"];
        assert!(schemas["A"].get("anyOf").is_some());
        assert!(schemas["B"].get("oneOf").is_some());
    }
}
