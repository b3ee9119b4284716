//! Gives inline enums, unions and objects a component of their own, one for all places that have the same.
//!
//! typify names inline schemas after the path to them and makes a type per place: two thirds of the vendor's 596 inline
//! unions are repeats. Names are chosen by `naming`, for people.

mod naming;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Changes;
use super::nullability::NULLABLE;
use crate::document::{for_each_operation, pointer};
use crate::names::Names;
use crate::reference;

use naming::{Class, Naming, Place};

/// The keys of a schema that are about its place and not about its type.
const OF_THE_PLACE: [&str; 3] = ["description", "deprecated", NULLABLE];

/// Hoists until no inline schema is left that could be a type.
pub fn run(document: &mut Value, names: &Names, changes: &mut Changes) {
    // Innermost first: what is inside a schema must have its name before schemas can be compared. A document nested
    // deeper than this is not one that anybody wrote, and keeps what is left as free JSON.
    for _ in 0..24 {
        let mut classes: BTreeMap<String, Class> = BTreeMap::new();
        visit(document, &mut |place, schema| {
            if is_leaf(schema) {
                let key = key(schema);
                classes
                    .entry(key)
                    .or_insert_with(|| Class::new(schema))
                    .places
                    .push(place.clone());
            }
        });
        if classes.is_empty() {
            return;
        }
        let naming = Naming::new(document, names);
        let named = naming.choose(classes);
        visit(document, &mut |place, schema| {
            if let Some((name, _)) = is_leaf(schema).then(|| named.get(&key(schema))).flatten() {
                changes.note(place.pointer.clone(), format!("hoisted as {name}"));
                let place_says: Vec<(String, Value)> = schema
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(key, _)| OF_THE_PLACE.contains(&key.as_str()))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
                *schema = reference::to(name);
                for (key, value) in place_says {
                    schema[key] = value;
                }
            }
        });
        let Some(schemas) = components(document) else {
            return;
        };
        for (_, (name, schema)) in named {
            schemas.insert(name, schema);
        }
    }
}

fn components(document: &mut Value) -> Option<&mut Map<String, Value>> {
    let components = document
        .as_object_mut()?
        .entry("components")
        .or_insert_with(|| Value::Object(Map::new()));
    let schemas = components
        .as_object_mut()?
        .entry("schemas")
        .or_insert_with(|| Value::Object(Map::new()));
    schemas.as_object_mut()
}

/// Returns the key under which two inline schemas are the same type: everything but the keys about their place. Unions are the same when their
/// variants are, in any order.
fn key(schema: &Value) -> String {
    if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
        let mut branches: Vec<String> = branches.iter().map(Value::to_string).collect();
        branches.sort();
        return branches.join(" | ");
    }
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        for name in OF_THE_PLACE {
            members.shift_remove(name);
        }
    }
    schema.to_string()
}

/// Returns whether a schema would be a type, with nothing inside that would be one too.
fn is_leaf(schema: &Value) -> bool {
    would_be_type(schema) && !contains_inline(schema)
}

fn would_be_type(schema: &Value) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    schema.get("enum").is_some()
        || schema.get("oneOf").is_some()
        || schema.get("x-tags").is_some()
        || properties.is_some_and(|properties| !properties.is_empty())
}

fn children(schema: &Value) -> impl Iterator<Item = &Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let branches = schema.get("oneOf").and_then(Value::as_array);
    properties
        .into_iter()
        .flat_map(Map::values)
        .chain(branches.into_iter().flatten())
        .chain(schema.get("items"))
        .chain(schema.get("additionalProperties"))
}

fn contains_inline(schema: &Value) -> bool {
    children(schema).any(|child| would_be_type(child) || contains_inline(child))
}

/// Calls `found` with every inline schema and where it stands: inside components and operations, never a component.
fn visit(document: &mut Value, found: &mut dyn FnMut(&Place, &mut Value)) {
    let schemas = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        let place = Place::new(name, pointer("/components/schemas", name));
        visit_children(&place, schema, found);
    }
    for_each_operation(document, &mut |_, _, at, operation| {
        let id = operation
            .get("operationId")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        visit_operation(&id, at, operation, found);
    });
}

fn visit_operation(id: &str, at: &str, operation: &mut Map<String, Value>, found: &mut dyn FnMut(&Place, &mut Value)) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for (index, parameter) in parameters.into_iter().flatten().enumerate() {
        let name = parameter
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if let Some(schema) = parameter.get_mut("schema") {
            let place = Place::new(id, format!("{at}/parameters/{index}/schema")).at(&name);
            visit_schema(&place, schema, found);
        }
    }
    let bodies = operation
        .get_mut("requestBody")
        .into_iter()
        .map(|body| ("request", body));
    for (what, body) in bodies {
        visit_content(&Place::new(id, format!("{at}/requestBody")).at(what), body, found);
    }
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        let at = pointer(&format!("{at}/responses"), status);
        visit_content(&Place::new(id, at).at("response"), response, found);
    }
}

fn visit_content(place: &Place, holder: &mut Value, found: &mut dyn FnMut(&Place, &mut Value)) {
    let content = holder.get_mut("content").and_then(Value::as_object_mut);
    for (media_type, entry) in content.into_iter().flatten() {
        if let Some(schema) = entry.get_mut("schema") {
            let mut place = place.clone();
            place.pointer = pointer(&format!("{}/content", place.pointer), media_type) + "/schema";
            visit_schema(&place, schema, found);
        }
    }
}

/// Children first, so that what `found` replaces is not descended into.
fn visit_schema(place: &Place, schema: &mut Value, found: &mut dyn FnMut(&Place, &mut Value)) {
    visit_children(place, schema, found);
    found(place, schema);
}

fn visit_children(place: &Place, schema: &mut Value, found: &mut dyn FnMut(&Place, &mut Value)) {
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    for (key, value) in members {
        let at = pointer(&place.pointer, key);
        match key.as_str() {
            "properties" => {
                for (name, property) in value.as_object_mut().into_iter().flatten() {
                    let mut place = place.at(name);
                    place.pointer = pointer(&at, name);
                    visit_schema(&place, property, found);
                }
            }
            "items" | "additionalProperties" => {
                let mut place = place.item();
                place.pointer = at;
                visit_schema(&place, value, found);
            }
            "oneOf" => {
                for (index, branch) in value.as_array_mut().into_iter().flatten().enumerate() {
                    let mut place = place.branch();
                    place.pointer = format!("{at}/{index}");
                    visit_schema(&place, branch, found);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hoisted(mut schemas: Value) -> Value {
        for (_, schema) in schemas.as_object_mut().unwrap() {
            schema["type"] = "object".into();
        }
        let mut document = json!({"components": {"schemas": schemas}});
        run(&mut document, &Names::default(), &mut Changes::default());
        let mut schemas = document["components"]["schemas"].take();
        for (_, schema) in schemas.as_object_mut().unwrap() {
            schema.as_object_mut().unwrap().shift_remove("x-of");
        }
        schemas
    }

    fn reference(name: &str) -> Value {
        reference::to(name)
    }

    #[test]
    fn the_same_union_in_two_schemas_is_one_type() {
        let voice = json!({"oneOf": [reference("AzureVoice"), reference("VapiVoice")]});
        let out = hoisted(json!({
            "CreateAssistantDto": {"properties": {"voice": voice}},
            "Assistant": {"properties": {"voice": voice}},
            "AzureVoice": {"properties": {"a": {}}},
            "VapiVoice": {"properties": {"b": {}}}
        }));
        assert_eq!(out["Voice"], voice);
        assert_eq!(out["Assistant"]["properties"]["voice"], reference("Voice"));
        assert_eq!(out["CreateAssistantDto"]["properties"]["voice"], reference("Voice"));
    }

    #[test]
    fn an_enum_is_named_after_its_owner_without_what_says_how_it_is_used() {
        let status = json!({"type": "string", "enum": ["a", "b"]});
        let out = hoisted(json!({
            "CreateSessionDto": {"properties": {"status": status}},
            "Session": {"properties": {"status": status}}
        }));
        assert_eq!(out["SessionStatus"], status);
    }

    #[test]
    fn nullable_stays_with_the_place() {
        let status = json!({"type": "string", "enum": ["a", "b"], "x-nullable": true});
        let out = hoisted(json!({"Session": {"properties": {"status": status}}}));
        assert_eq!(
            out["Session"]["properties"]["status"],
            json!({"$ref": "#/components/schemas/SessionStatus", "x-nullable": true})
        );
    }

    #[test]
    fn what_is_inside_is_named_before_what_is_outside() {
        let out = hoisted(json!({"Call": {"properties": {"steps": {"type": "array", "items": {
            "type": "object", "properties": {"kind": {"type": "string", "enum": ["x", "y"]}}
        }}}}}));
        assert_eq!(out["Call"]["properties"]["steps"]["items"], reference("CallStep"));
        assert_eq!(out["CallStep"]["properties"]["kind"], reference("CallStepKind"));
    }
}
