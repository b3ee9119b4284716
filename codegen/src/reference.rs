//! Reading and rewriting the references between components.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::document::{for_each_operation, for_each_schema};

const PREFIX: &str = "#/components/schemas/";

/// Returns the component that a schema refers to, if it is a reference.
pub fn target(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(PREFIX)
}

/// Returns a reference to a component.
pub fn to(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{PREFIX}{name}") })
}

/// Points every reference whose target `rename` has a new name for at that name, in schemas and discriminator mappings.
pub fn rewrite(document: &mut Value, rename: &dyn Fn(&str) -> Option<String>) {
    for_each_schema(document, &mut |_, schema| repoint(schema, rename));
}

/// Points a schema, and nothing below it, at the new name of what it refers to.
pub fn repoint(schema: &mut Value, rename: &dyn Fn(&str) -> Option<String>) {
    if let Some(new) = target(schema).and_then(rename) {
        schema["$ref"] = Value::String(format!("{PREFIX}{new}"));
    }
    let mapping = schema
        .pointer_mut("/x-discriminator/mapping")
        .and_then(Value::as_object_mut);
    for (_, name) in mapping.into_iter().flatten() {
        if let Some(new) = name.as_str().and_then(rename) {
            *name = Value::String(new);
        }
    }
}

/// The components that `schema` refers to, itself and all below, in order and with repeats.
pub fn targets(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(name) = target(schema) {
                found.push(name.to_owned());
            }
            for (key, value) in members {
                match (key.as_str(), value) {
                    // A property can have any name, also that of a keyword.
                    ("properties", Value::Object(properties)) => {
                        properties.values().for_each(|property| targets(property, found));
                    }
                    ("enum" | "x-discriminator" | "x-tags" | "x-values", _) => {}
                    (_, value) => targets(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| targets(item, found)),
        _ => {}
    }
}

/// Returns the components that `open` names, and all that those refer to.
pub fn reach(mut open: Vec<String>, schemas: &Map<String, Value>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(schema) = schemas.get(&name)
            && reached.insert(name)
        {
            targets(schema, &mut open);
        }
    }
    reached
}

/// Returns the names of the components that are bodies of `PATCH`, or variants of one.
pub fn update_bodies(document: &Value) -> BTreeSet<String> {
    let mut bodies = BTreeSet::new();
    // `for_each_operation` can change what it visits; this reads a copy of the paths.
    let mut operations = serde_json::json!({"paths": document.get("paths")});
    for_each_operation(&mut operations, &mut |_, method, _, operation| {
        let content = operation
            .get("requestBody")
            .and_then(|body| body.get("content"))
            .and_then(Value::as_object);
        for (_, entry) in content.into_iter().flatten() {
            if let (true, Some(schema)) = (method == "patch", entry.get("schema")) {
                let variants = schema.get("oneOf").and_then(Value::as_array);
                bodies.extend(target(schema).map(str::to_owned));
                bodies.extend(
                    variants
                        .into_iter()
                        .flatten()
                        .filter_map(|variant| target(variant).map(str::to_owned)),
                );
            }
        }
    });
    bodies
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_found_in_properties_of_any_name() {
        let schema = json!({
            "properties": {"enum": {"items": to("A")}, "properties": {"oneOf": [to("B")]}},
            "enum": [to("C")],
            "x-tags": {"kind": to("D")}
        });
        let mut found = Vec::new();
        targets(&schema, &mut found);
        assert_eq!(found, ["A", "B"]);
    }
}
