//! Gives every component the name that its Rust type will have.
//!
//! typify makes Rust names by itself, panics when two schemas get the same one, and does not say which. After this pass
//! its rules have nothing left to change.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Changes;
use crate::document::{pointer, schemas_mut};
use crate::names::type_name;
use crate::reference;

/// Renames components and every reference to them. The name in the document stays readable as `x-name`, and is the
/// value to the new name in what this returns.
pub fn run(document: &mut Value, changes: &mut Changes) -> BTreeMap<String, String> {
    let Some(schemas) = schemas_mut(document) else {
        return BTreeMap::new();
    };
    let mut renamed = BTreeMap::new();
    let mut out = Map::new();
    for (name, mut schema) in std::mem::take(schemas) {
        let wanted = type_name(&name);
        let unique = std::iter::once(wanted.clone())
            .chain((2..).map(|n| format!("{wanted}{n}")))
            .find(|candidate| !out.contains_key(candidate))
            .unwrap_or(wanted.clone());
        if unique != wanted {
            changes.note(
                pointer("/components/schemas", &name),
                format!("named {unique}, as another schema is {wanted}"),
            );
        }
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("x-name".to_owned(), Value::String(name.clone()));
        }
        renamed.insert(name, unique.clone());
        out.insert(unique, schema);
    }
    *schemas = out;
    reference::rewrite(document, &|name| renamed.get(name).cloned());
    renamed.into_iter().map(|(original, new)| (new, original)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_that_would_share_a_rust_name_get_two() {
        let mut document = json!({"components": {"schemas": {
            "CallDTO": {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Call_dto"}}},
            "Call_dto": {"type": "object"}
        }}});
        let mut changes = Changes::default();
        run(&mut document, &mut changes);
        assert_eq!(
            document,
            json!({"components": {"schemas": {
                "CallDto": {"type": "object", "x-name": "CallDTO",
                            "properties": {"a": {"$ref": "#/components/schemas/CallDto2"}}},
                "CallDto2": {"type": "object", "x-name": "Call_dto"}
            }}})
        );
        let noted: Vec<_> = changes.iter().map(|c| c.pointer.as_str()).collect();
        assert_eq!(noted, ["/components/schemas/Call_dto"]);
    }

    #[test]
    fn names_that_are_no_identifiers_become_some() {
        let mut document = json!({"components": {"schemas": {"11labs voice": {}, "Option": {}, "": {}}}});
        run(&mut document, &mut Changes::default());
        let names: Vec<_> = document["components"]["schemas"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["N11labsVoice", "OptionSchema", "Schema"]);
    }
}
