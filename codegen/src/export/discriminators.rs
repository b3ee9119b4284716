//! Discriminators that hold: each branch requires the property, with the values that the mapping gives it.
//!
//! The document's mappings name branches whose property is optional, missing, or has another value. A tool that reads the
//! discriminator alone and one that tries the branches would then disagree. A union without discriminator gets one where its
//! branches have what it takes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::document::{for_each_schema, pointer, schemas, schemas_mut};
use crate::passes::Changes;
use crate::reference;

/// The values of a property that name one component.
type Values = BTreeMap<(String, String), BTreeSet<String>>;

/// Makes the branches of every discriminator require it, and writes the discriminators that hold.
pub(super) fn run(document: &mut Value, changes: &mut Changes) {
    let mut values = Values::new();
    for_each_schema(document, &mut |_, schema| {
        if let Some((property, mapping)) = marked(schema) {
            for (value, name) in mapping {
                values.entry((name, property.clone())).or_default().insert(value);
            }
        }
    });
    if let Some(components) = schemas_mut(document) {
        for ((name, property), values) in &values {
            if let Some(schema) = components.get_mut(name)
                && require(schema, property, values)
            {
                let at = pointer(
                    &format!("{}/properties", pointer("/components/schemas", name)),
                    property,
                );
                changes.note(at, "required: the discriminator of a union");
            }
        }
    }

    let components = schemas(document).cloned().unwrap_or_default();
    for_each_schema(document, &mut |at, schema| {
        let Some(keywords) = schema.as_object_mut() else {
            return;
        };
        let declared = keywords.shift_remove("x-discriminator");
        let Some(branches) = keywords.get("oneOf").and_then(Value::as_array) else {
            return;
        };
        let property = declared.as_ref().and_then(|mark| mark.get("propertyName")?.as_str());
        let found = property
            .and_then(|property| Some((property.to_owned(), mapping(property, branches, &components)?)))
            .or_else(|| inferred(branches, &components));
        match (found, declared) {
            (Some((property, mapping)), declared) => {
                if declared.is_none() {
                    changes.note(at, format!("has a discriminator: `{property}`"));
                }
                keywords.insert(
                    "discriminator".to_owned(),
                    json!({"propertyName": property, "mapping": mapping}),
                );
            }
            (None, Some(_)) => changes.note(
                format!("{at}/discriminator"),
                "dropped: it does not tell the branches apart",
            ),
            (None, None) => {}
        }
    });
}

/// Returns the property and the mapping of a marked union.
fn marked(schema: &Value) -> Option<(String, Vec<(String, String)>)> {
    let mark = schema.get("x-discriminator")?;
    let property = mark.get("propertyName")?.as_str()?;
    let mapping = mark.get("mapping")?.as_object()?;
    let pairs = mapping
        .iter()
        .filter_map(|(value, name)| Some((value.clone(), name.as_str()?.to_owned())));
    Some((property.to_owned(), pairs.collect()))
}

/// Makes an object require the property. Values that it declares itself are right; others come from the mapping. Returns whether that
/// changed anything.
fn require(schema: &mut Value, property: &str, values: &BTreeSet<String>) -> bool {
    let before = schema.clone();
    let is_object = schema.get("type").is_some_and(|kind| kind == "object");
    let is_union = ["oneOf", "anyOf", "allOf"].iter().any(|key| schema.get(key).is_some());
    let Some(schema) = schema.as_object_mut().filter(|_| is_object && !is_union) else {
        return false;
    };
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    let mut tag = properties
        .get(property)
        .cloned()
        .unwrap_or_else(|| json!({"type": "string"}));
    if tag.get("type").is_none_or(|kind| kind != "string") {
        return false;
    }
    if let Some(tag) = tag.as_object_mut() {
        tag.shift_remove("nullable");
        tag.entry("enum").or_insert_with(|| json!(values));
    }
    properties[property] = tag;
    let required = schema.entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required
        .as_array_mut()
        .filter(|names| !names.contains(&json!(property)))
    {
        required.push(json!(property));
    }
    before != Value::Object(schema.clone())
}

/// Returns `{value: reference}` if the property tells the branches apart: each requires it, and no two share a value.
fn mapping(property: &str, branches: &[Value], components: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut mapping = Map::new();
    for branch in branches {
        let schema = components.get(reference::target(branch)?)?;
        let required = schema.get("required")?.as_array()?;
        if !required.iter().any(|name| name == property) {
            return None;
        }
        let tag = schema.get("properties")?.get(property)?;
        if tag.get("type").is_none_or(|kind| kind != "string") {
            return None;
        }
        for value in tag.get("enum")?.as_array()? {
            let value = value.as_str()?.to_owned();
            if mapping.insert(value, branch.get("$ref")?.clone()).is_some() {
                return None;
            }
        }
    }
    (mapping.len() > 1).then_some(mapping)
}

/// Returns a property that tells the branches apart: one value for each.
fn inferred(branches: &[Value], components: &Map<String, Value>) -> Option<(String, Map<String, Value>)> {
    let first = components.get(reference::target(branches.first()?)?)?;
    let properties = first.get("properties")?.as_object()?;
    properties.keys().find_map(|property| {
        let mapping = mapping(property, branches, components)?;
        (mapping.len() == branches.len()).then(|| (property.clone(), mapping))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(mut document: Value) -> Value {
        run(&mut document, &mut Changes::default());
        document["components"]["schemas"].take()
    }

    #[test]
    fn branches_require_what_the_mapping_says() {
        let after = after(json!({"components": {"schemas": {
            "Union": {"oneOf": [reference::to("A"), reference::to("B")],
                      "x-discriminator": {"propertyName": "kind", "mapping": {"a": "A", "wrong": "B"}}},
            "A": {"type": "object"},
            "B": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["b"], "nullable": true}}}
        }}}));
        assert_eq!(
            after,
            json!({
                "Union": {"oneOf": [reference::to("A"), reference::to("B")], "discriminator": {"propertyName": "kind", "mapping": {
                    "a": "#/components/schemas/A", "b": "#/components/schemas/B"
                }}},
                "A": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["a"]}}, "required": ["kind"]},
                "B": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["b"]}}, "required": ["kind"]}
            })
        );
    }

    #[test]
    fn a_union_with_tags_gets_a_discriminator() {
        let branch = |kind: &str| {
            json!({"type": "object", "required": ["kind"],
                   "properties": {"name": {"type": "string"}, "kind": {"type": "string", "enum": [kind]}}})
        };
        let after = after(json!({"components": {"schemas": {
            "Union": {"oneOf": [reference::to("A"), reference::to("B")]}, "A": branch("a"), "B": branch("b")
        }}}));
        assert_eq!(after["Union"]["discriminator"]["propertyName"], "kind");
    }

    #[test]
    fn what_does_not_tell_branches_apart_goes() {
        let branch = json!({"type": "object", "properties": {"kind": {"type": "string", "enum": ["a"]}}});
        let after = after(json!({"components": {"schemas": {
            "Union": {"oneOf": [reference::to("A"), reference::to("B")],
                      "x-discriminator": {"propertyName": "kind", "mapping": {"a": "A", "b": "B"}}},
            "A": branch, "B": branch
        }}}));
        assert_eq!(
            after["Union"],
            json!({"oneOf": [reference::to("A"), reference::to("B")]})
        );
    }
}
