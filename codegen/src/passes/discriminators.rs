//! `discriminator`: which property tells the branches of a union apart, and by which values.
//!
//! progenitor ignores it, and openapiv3 refuses a document over a malformed one, so what is sound of it moves to the
//! extension `x-discriminator`, `{"propertyName", "mapping": {value: component}}`, where union dispatch reads it. Runs after
//! the passes that simplify unions and references.
//! A branch that the mapping does not name has its own name as its value.

use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::for_each_schema;
use crate::reference;

/// Moves discriminators to `x-discriminator`, with the mapping entries that name a branch.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_schema(document, &mut |at, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return;
        };
        let Some(discriminator) = schema.shift_remove("discriminator") else {
            return;
        };
        let at = format!("{at}/discriminator");
        let property = discriminator.get("propertyName").and_then(Value::as_str);
        let branches: Vec<String> = schema
            .get("oneOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|branch| Some(reference::target(branch)?.to_owned()))
            .collect();
        let Some(property) = property.filter(|_| !branches.is_empty()) else {
            changes.note(at, "dropped: it tells no branches apart");
            return;
        };
        let mut mapping = sound_mapping(&at, &discriminator, &branches, changes);
        // Without an entry, the value is the name of the schema.
        let missing: Vec<&str> = branches
            .iter()
            .map(String::as_str)
            .filter(|branch| mapping.values().all(|target| target != branch))
            .collect();
        let by_name: Vec<&str> = missing
            .into_iter()
            .filter(|name| !mapping.contains_key(*name))
            .collect();
        match by_name.is_empty() {
            true => changes.note(at, "moved to x-discriminator"),
            false => changes.note(
                at,
                format!(
                    "moved to x-discriminator; the names of schemas are values: {}",
                    by_name.join(", ")
                ),
            ),
        }
        for name in by_name {
            mapping.insert(name.to_owned(), json!(name));
        }
        schema.insert(
            "x-discriminator".to_owned(),
            json!({"propertyName": property, "mapping": mapping}),
        );
    });
}

fn sound_mapping(at: &str, discriminator: &Value, branches: &[String], changes: &mut Changes) -> Map<String, Value> {
    let mut mapping = Map::new();
    let entries = discriminator.get("mapping").and_then(Value::as_object);
    for (value, target) in entries.into_iter().flatten() {
        let as_reference = json!({"$ref": *target});
        let name = reference::target(&as_reference).or(target.as_str());
        match name.filter(|name| branches.iter().any(|branch| branch == name)) {
            Some(name) => {
                mapping.insert(value.clone(), json!(name));
            }
            None => changes.note(format!("{at}/mapping"), format!("dropped: {value:?} names no branch")),
        }
    }
    mapping
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_schemas_alone, repair_schemas};

    #[test]
    fn a_discriminator_moves_with_the_entries_that_name_a_branch() {
        let (after, places) = repair_schemas(
            run,
            json!({"Tool": {
                "oneOf": [{"$ref": "#/components/schemas/Dtmf"}, {"$ref": "#/components/schemas/EndCall"}],
                "discriminator": {"propertyName": "type", "mapping": {
                    "dtmf": "#/components/schemas/Dtmf",
                    "endCall": "EndCall",
                    "gone": "#/components/schemas/Gone",
                    "odd": 5
                }}
            }}),
        );
        assert_eq!(
            after,
            json!({"Tool": {
                "oneOf": [{"$ref": "#/components/schemas/Dtmf"}, {"$ref": "#/components/schemas/EndCall"}],
                "x-discriminator": {"propertyName": "type", "mapping": {"dtmf": "Dtmf", "endCall": "EndCall"}}
            }})
        );
        assert_eq!(
            places,
            [
                "/components/schemas/Tool/discriminator/mapping",
                "/components/schemas/Tool/discriminator/mapping",
                "/components/schemas/Tool/discriminator"
            ]
        );
    }

    #[test]
    fn without_an_entry_the_schema_name_is_the_value() {
        let (after, _) = repair_schemas(
            run,
            json!({"Pet": {
                "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
                "discriminator": {"propertyName": "pet_type", "mapping": {"dog": "#/components/schemas/Dog"}}
            }}),
        );
        assert_eq!(
            after["Pet"]["x-discriminator"],
            json!({"propertyName": "pet_type", "mapping": {"dog": "Dog", "Cat": "Cat"}})
        );
    }

    #[test]
    fn one_that_tells_nothing_apart_is_dropped() {
        let (after, _) = repair_schemas(
            run,
            json!({
                "A": {"type": "object", "properties": {"t": {}}, "discriminator": {"propertyName": "t"}},
                "B": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "string"}], "discriminator": {"mapping": {}}}
            }),
        );
        assert_eq!(
            after,
            json!({
                "A": {"type": "object", "properties": {"t": {}}},
                "B": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "string"}]}
            })
        );
    }

    #[test]
    fn a_union_without_is_left_alone() {
        leaves_schemas_alone(
            run,
            json!({"A": {"oneOf": [{"type": "string"}, {"type": "object", "properties": {"discriminator": {}}}]}}),
        );
    }
}
