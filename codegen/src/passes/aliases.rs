//! Writes components that are no type of their own (strings, arrays, maps, anything) where they are referred to.
//!
//! typify would make a wrapper struct of each, which says nothing and must be unwrapped by everyone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Changes;
use crate::document::{for_each_schema, pointer, schemas_mut, walk};
use crate::reference;

/// Inlines every component that is neither an object with properties, nor an enum, nor a union.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let Some(schemas) = schemas_mut(document) else {
        return;
    };
    let mut aliases = BTreeMap::new();
    schemas.retain(|name, schema| {
        if is_type(schema) {
            return true;
        }
        changes.note(
            pointer("/components/schemas", name),
            "no type of its own: written inline",
        );
        if let Some(schema) = schema.as_object_mut() {
            schema.shift_remove("x-name");
        }
        aliases.insert(name.clone(), schema.take());
        false
    });
    if aliases.is_empty() {
        return;
    }
    let resolved: BTreeMap<String, Value> = aliases
        .iter()
        .map(|(name, schema)| (name.clone(), resolve(schema, &aliases, &mut vec![name.clone()])))
        .collect();
    for_each_schema(document, &mut |_, schema| {
        if let Some(alias) = reference::target(schema).and_then(|name| resolved.get(name)) {
            *schema = alias.clone();
        }
    });
}

/// Returns an alias without aliases in it; one that contains itself can only be anything there.
fn resolve(schema: &Value, aliases: &BTreeMap<String, Value>, trail: &mut Vec<String>) -> Value {
    let mut schema = schema.clone();
    walk("", &mut schema, &mut |_, inner| {
        let Some(name) = reference::target(inner).filter(|name| aliases.contains_key(*name)) else {
            return;
        };
        let name = name.to_owned();
        *inner = match trail.contains(&name) {
            true => json!({}),
            false => {
                trail.push(name.clone());
                let resolved = resolve(&aliases[&name], aliases, trail);
                trail.pop();
                resolved
            }
        };
    });
    schema
}

fn is_type(schema: &Value) -> bool {
    let object = schema.get("x-tags").is_some()
        || schema
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| !properties.is_empty());
    object || schema.get("enum").is_some() || schema.get("oneOf").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_arrays_and_free_objects_are_written_inline() {
        let mut document = json!({"components": {"schemas": {
            "Call": {"properties": {
                "id": {"$ref": "#/components/schemas/Id"},
                "tags": {"$ref": "#/components/schemas/Ids"},
                "voice": {"$ref": "#/components/schemas/Voice"}
            }},
            "Id": {"type": "string", "x-name": "id"},
            "Ids": {"type": "array", "items": {"$ref": "#/components/schemas/Id"}},
            "Voice": {"oneOf": [{"type": "string"}, {"type": "number"}]}
        }}});
        let mut changes = Changes::default();
        run(&mut document, &mut changes);
        assert_eq!(
            document,
            json!({"components": {"schemas": {
                "Call": {"properties": {
                    "id": {"type": "string"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "voice": {"$ref": "#/components/schemas/Voice"}
                }},
                "Voice": {"oneOf": [{"type": "string"}, {"type": "number"}]}
            }}})
        );
        assert_eq!(changes.len(), 2);
    }

    #[test]
    fn an_alias_of_itself_is_anything() {
        let mut document = json!({"components": {"schemas": {
            "Call": {"properties": {"a": {"$ref": "#/components/schemas/Loop"}}},
            "Loop": {"type": "array", "items": {"$ref": "#/components/schemas/Loop"}}
        }}});
        run(&mut document, &mut Changes::default());
        let text = document.to_string();
        assert!(!text.contains("Loop"), "{text}");
    }
}
