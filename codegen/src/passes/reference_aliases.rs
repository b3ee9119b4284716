//! Components that are nothing but another component's second name.
//!
//! typify makes a wrapper type of each, and one that contains itself of those that only refer to one another. All
//! references go to the component that says something, and the second names go away.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Changes, shape};
use crate::document::{for_each_schema, pointer, schemas_mut};
use crate::reference;

/// Lets all references point at what they mean in the end.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let Some(schemas) = schemas_mut(document) else {
        return;
    };
    let aliases: BTreeMap<String, String> = schemas
        .iter()
        .filter_map(|(name, schema)| Some((name.clone(), alias_of(schema)?.to_owned())))
        .collect();
    if aliases.is_empty() {
        return;
    }
    let ends: BTreeMap<String, Option<String>> =
        aliases.keys().map(|name| (name.clone(), end(name, &aliases))).collect();
    for (name, schema) in schemas.iter_mut() {
        if ends.get(name) == Some(&None) {
            *schema = json!({});
            changes.note(
                pointer("/components/schemas", name),
                "refers to itself only: allows anything",
            );
        }
    }
    schemas.retain(|name, _| {
        let Some(Some(target)) = ends.get(name) else {
            return true;
        };
        changes.note(
            pointer("/components/schemas", name),
            format!("a second name of {target}: removed"),
        );
        false
    });
    for_each_schema(document, &mut |_, schema| follow(schema, &ends));
}

/// A nullable wrapper says more than what it wraps, unless it wraps itself.
fn alias_of(schema: &Value) -> Option<&str> {
    let nullable = schema.as_object().is_some_and(shape::is_nullable);
    reference::target(schema).or_else(|| shape::wrapped_target(schema).filter(|_| !nullable))
}

/// Returns the first component on the way that is no alias; none if the way leads back.
fn end(name: &str, aliases: &BTreeMap<String, String>) -> Option<String> {
    let mut current = name;
    for _ in 0..=aliases.len() {
        match aliases.get(current) {
            Some(next) => current = next,
            None => return Some(current.to_owned()),
        }
    }
    None
}

fn follow(schema: &mut Value, ends: &BTreeMap<String, Option<String>>) {
    if let Some(Some(end)) = reference::target(schema).and_then(|name| ends.get(name)) {
        schema["$ref"] = reference::to(end)["$ref"].take();
    }
    let mapping = schema
        .pointer_mut("/discriminator/mapping")
        .and_then(Value::as_object_mut);
    for (_, target) in mapping.into_iter().flatten() {
        let as_reference = json!({"$ref": *target});
        let name = reference::target(&as_reference).or(target.as_str());
        if let Some(Some(end)) = name.and_then(|name| ends.get(name)) {
            *target = reference::to(end)["$ref"].take();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn second_names_go_and_references_follow() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "Old": {"$ref": "#/components/schemas/Older"},
                "Older": {"allOf": [{"$ref": "#/components/schemas/Call"}], "description": "d"},
                "Call": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Old"}}},
                "Any": {
                    "oneOf": [{"$ref": "#/components/schemas/Older"}, {"type": "string"}],
                    "discriminator": {"propertyName": "t", "mapping": {"o": "#/components/schemas/Old"}}
                }
            }),
        );
        assert_eq!(
            after,
            json!({
                "Call": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Call"}}},
                "Any": {
                    "oneOf": [{"$ref": "#/components/schemas/Call"}, {"type": "string"}],
                    "discriminator": {"propertyName": "t", "mapping": {"o": "#/components/schemas/Call"}}
                }
            })
        );
        assert_eq!(places, ["/components/schemas/Old", "/components/schemas/Older"]);
    }

    #[test]
    fn names_that_refer_only_to_one_another_allow_anything() {
        let (after, places) = repair_schemas(
            run,
            json!({
                "A": {"$ref": "#/components/schemas/B"},
                "B": {"$ref": "#/components/schemas/A"},
                "C": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}
            }),
        );
        assert_eq!(
            after,
            json!({"A": {}, "B": {}, "C": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}})
        );
        assert_eq!(places, ["/components/schemas/A", "/components/schemas/B"]);
    }

    #[test]
    fn components_that_say_something_are_left_alone() {
        leaves_schemas_alone(
            run,
            json!({
                "A": {"allOf": [{"$ref": "#/components/schemas/B"}], "nullable": true},
                "B": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}
            }),
        );
    }
}
