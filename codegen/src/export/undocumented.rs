//! Marks, tags and keys of what the vendor's document lacks.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToTitleCase;
use serde_json::{Map, Value, json};

use super::UNDOCUMENTED;
use super::sides::COPY_OF;
use crate::document::{for_each_operation, schemas_mut};
use crate::names::Names;
use crate::operations;
use crate::passes::additions::{Added, Additions};

/// The security scheme of operations that take a public key, which a browser can have.
pub(crate) const PUBLIC_KEY: &str = "publicKey";

/// Gives each operation without a tag that of its resource.
pub(super) fn tag(document: &mut Value, names: &Names) {
    let resources: BTreeMap<String, String> = operations::read(document, names)
        .into_iter()
        .map(|operation| (operation.id, operation.handle))
        .collect();
    let resource = |operation: &Map<String, Value>| resources.get(operation.get("operationId")?.as_str()?);
    let first_tag = |operation: &Map<String, Value>| operation.get("tags")?.get(0).cloned();

    let mut tags: BTreeMap<&str, Value> = BTreeMap::new();
    for_each_operation(document, &mut |_, _, _, operation| {
        if let (Some(resource), Some(tag)) = (resource(operation), first_tag(operation)) {
            tags.entry(resource).or_insert(tag);
        }
    });
    for_each_operation(document, &mut |_, _, _, operation| {
        if let (Some(resource), None) = (resource(operation), first_tag(operation)) {
            let tag = tags
                .get(resource.as_str())
                .cloned()
                .unwrap_or_else(|| json!(resource.to_title_case()));
            operation.insert("tags".to_owned(), json!([tag]));
        }
    });
}

/// Marks the operations, schemas and properties that were added, and names the key of operations that take a public one.
///
/// `documented` has the schemas that the document came with.
pub(super) fn mark(document: &mut Value, documented: &BTreeSet<String>, added: &Added, additions: &Additions) {
    let public = additions.public_key_operations();
    for_each_operation(document, &mut |_, _, _, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
        if !added.operations.contains(id) {
            return;
        }
        if public.contains(id) {
            operation.insert("security".to_owned(), json!([{PUBLIC_KEY: []}]));
        }
        operation.insert(UNDOCUMENTED.to_owned(), json!(true));
    });
    for (name, schema) in schemas_mut(document).into_iter().flatten() {
        let original = schema.get(COPY_OF).and_then(Value::as_str).unwrap_or(name).to_owned();
        if !documented.contains(&original) {
            schema[UNDOCUMENTED] = json!(true);
        }
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (property, schema) in properties.into_iter().flatten() {
            if added.properties.contains(&(original.clone(), property.clone())) {
                mark_property(schema);
            }
        }
    }
}

/// Marks a property. Nothing beside a reference is read in OpenAPI 3.0, so a reference is the only part of an `allOf`.
fn mark_property(schema: &mut Value) {
    if let Some(schema) = schema.as_object_mut() {
        if let Some(target) = schema.shift_remove("$ref") {
            schema.insert("allOf".to_owned(), json!([{"$ref": target}]));
        }
        schema.insert(UNDOCUMENTED.to_owned(), json!(true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference;

    #[test]
    fn operations_without_a_tag_get_that_of_their_resource() {
        let mut document = json!({"paths": {
            "/call": {"get": {"operationId": "CallController_findAll", "tags": ["Phone"], "responses": {}}},
            "/call/web": {"post": {"operationId": "CallController_createWebCall", "responses": {}}},
            "/room-key": {"get": {"operationId": "RoomKeyController_findAll", "tags": [], "responses": {}}}
        }});
        tag(&mut document, &Names::default());
        let paths = &document["paths"];
        assert_eq!(paths["/call"]["get"]["tags"], json!(["Phone"]));
        assert_eq!(paths["/call/web"]["post"]["tags"], json!(["Phone"]));
        assert_eq!(paths["/room-key"]["get"]["tags"], json!(["Room Keys"]));
    }

    #[test]
    fn additions_are_marked_in_copies_too() {
        let component = |extra: Value| {
            let key = json!({"$ref": "#/components/schemas/Key", "x-nullable": true});
            let mut schema = json!({"type": "object", "properties": {"key": key, "height": {}}});
            schema
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            schema
        };
        let mut document = json!({
            "paths": {"/door": {
                "get": {"operationId": "a"}, "post": {"operationId": "b"}, "put": {"operationId": "c"}
            }},
            "components": {"schemas": {
                "Door": component(json!({})), "DoorResponse": component(json!({COPY_OF: "Door"})), "Key": {"type": "string"}
            }}
        });
        let added = Added {
            operations: ["a".to_owned(), "b".to_owned()].into(),
            schemas: ["Key".to_owned()].into(),
            properties: [("Door".to_owned(), "key".to_owned())].into(),
        };
        let additions: Additions = serde_json::from_value(
            json!({"paths": {"/door": {"post": {"operationId": "b", "x-emulator-key": "public"}}}}),
        )
        .unwrap();
        mark(&mut document, &["Door".to_owned()].into(), &added, &additions);
        assert_eq!(
            document["paths"]["/door"],
            json!({
                "get": {"operationId": "a", UNDOCUMENTED: true},
                "post": {"operationId": "b", "security": [{"publicKey": []}], UNDOCUMENTED: true},
                "put": {"operationId": "c"}
            })
        );
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Key"], json!({"type": "string", UNDOCUMENTED: true}));
        for name in ["Door", "DoorResponse"] {
            assert!(schemas[name].get(UNDOCUMENTED).is_none());
            let expected =
                json!({"key": {"x-nullable": true, "allOf": [reference::to("Key")], UNDOCUMENTED: true}, "height": {}});
            assert_eq!(schemas[name]["properties"], expected);
        }
    }
}
