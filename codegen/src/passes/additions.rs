//! Merges `spec/additions.json`: operations, schemas and properties that the API has and its document lacks.
//!
//! The file is an OpenAPI document too, and the emulator reads it as well. What a document has meanwhile is left as the document has
//! it, and an addition that refers to a schema which the document lacks is skipped, so that older and newer documents work with the
//! same file.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Changes;
use crate::document::{METHODS, pointer, schemas};
use crate::reference;

/// The additions, as an OpenAPI document. README.md in `spec` describes its extensions.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
pub struct Additions {
    /// Operations by path and method.
    #[serde(default)]
    paths: Map<String, Value>,
    #[serde(default)]
    components: Components,
}

#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
struct Components {
    /// Whole schemas, and properties of the document's schemas: those have nothing but `properties`.
    #[serde(default)]
    schemas: Map<String, Value>,
}

impl Additions {
    /// Returns the ids of the operations that take a public key instead of a private one.
    pub fn public_key_operations(&self) -> BTreeSet<&str> {
        let operations = self.paths.values().filter_map(Value::as_object).flatten();
        operations
            .filter(|(_, operation)| operation.get(KEY).is_some_and(|key| key == "public"))
            .filter_map(|(_, operation)| operation.get("operationId")?.as_str())
            .collect()
    }
}

/// The additions that a document got. Schemas have the names of the document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Added {
    /// The ids of operations.
    pub operations: BTreeSet<String>,
    /// Whole schemas.
    pub schemas: BTreeSet<String>,
    /// Properties of the document's own schemas.
    pub properties: BTreeSet<(String, String)>,
}

/// The mark of a path that only the emulator serves.
const EMULATOR_ONLY: &str = "x-emulator-only";
/// The kind of key that an operation takes, unless it is a private one.
const KEY: &str = "x-emulator-key";
/// The schemas that the document must have, where no reference says it.
const NEEDS: &str = "x-needs";

/// Adds what the document lacks.
pub fn run(document: &mut Value, additions: &Additions, changes: &mut Changes) -> Added {
    let mut merge = Merge {
        available: available(document, additions),
        document,
        added: Added::default(),
        needed: Vec::new(),
        changes,
    };
    for (path, item) in &additions.paths {
        if item.get(EMULATOR_ONLY) != Some(&Value::Bool(true)) {
            merge.add_operations(path, item);
        }
    }
    for (name, schema) in &additions.components.schemas {
        if is_extension(schema) {
            merge.add_properties(name, schema);
        }
    }
    merge.add_needed_schemas(&additions.components.schemas);
    merge.added
}

/// Returns whether a schema is no whole one, but adds properties to one of the document.
fn is_extension(schema: &Value) -> bool {
    schema
        .as_object()
        .is_some_and(|members| members.len() == 1 && members.contains_key("properties"))
}

/// Returns the schemas that an addition can refer to: the document's, and of the added ones those whose references lead somewhere.
fn available(document: &Value, additions: &Additions) -> BTreeSet<String> {
    let own: BTreeSet<String> = schemas(document)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    let whole = additions
        .components
        .schemas
        .iter()
        .filter(|(_, schema)| !is_extension(schema));
    let whole: Vec<_> = whole.filter(|(name, _)| !own.contains(*name)).collect();
    let mut available: BTreeSet<String> = own
        .iter()
        .cloned()
        .chain(whole.iter().map(|(name, _)| (*name).clone()))
        .collect();
    // A schema that goes may take others with it.
    loop {
        let before = available.len();
        for (name, schema) in &whole {
            if missing(schema, document, &available).is_some() {
                available.remove(*name);
            }
        }
        if available.len() == before {
            return available;
        }
    }
}

/// Returns the first reference that leads nowhere.
fn missing(part: &Value, document: &Value, available: &BTreeSet<String>) -> Option<String> {
    let mut found = Vec::new();
    reference::targets(part, &mut found);
    found.into_iter().find(|target| match target.contains('/') {
        // A part of one of the document's schemas.
        true => inside(document, target).is_none(),
        false => !available.contains(target),
    })
}

fn inside<'a>(document: &'a Value, target: &str) -> Option<&'a Value> {
    document.pointer(&format!("/components/schemas/{target}"))
}

struct Merge<'a> {
    document: &'a mut Value,
    available: BTreeSet<String>,
    added: Added,
    /// The schemas that what was added refers to.
    needed: Vec<String>,
    changes: &'a mut Changes,
}

impl Merge<'_> {
    fn add_operations(&mut self, path: &str, item: &Value) {
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let at = pointer(&pointer("/paths", path), method);
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
            if self.has_operation(path, method, id) {
                self.changes.note(at, "not added: the document has it");
            } else if let Some(schema) = self.missing_for(operation) {
                self.changes.note(at, format!("not added: there is no {schema}"));
            } else {
                self.add_operation(path, method, id, operation);
            }
        }
    }

    /// Returns whether the document has an operation at the same address, whatever the names of its parameters, or of this id.
    fn has_operation(&self, path: &str, method: &str, id: &str) -> bool {
        let paths = self.document.get("paths").and_then(Value::as_object);
        let added = &self.added.operations;
        paths.into_iter().flatten().any(|(known, item)| {
            let has_id = |operation: &Value| operation.get("operationId").and_then(Value::as_str) == Some(id);
            (form(known) == form(path) && item.get(method).is_some())
                || (!added.contains(id) && METHODS.iter().filter_map(|method| item.get(method)).any(has_id))
        })
    }

    fn missing_for(&self, operation: &Value) -> Option<String> {
        let needs = operation.get(NEEDS).and_then(Value::as_array);
        let mut needs = needs.into_iter().flatten().filter_map(Value::as_str);
        needs
            .find(|name| !self.available.contains(*name))
            .map(str::to_owned)
            .or_else(|| missing(operation, self.document, &self.available))
    }

    fn add_operation(&mut self, path: &str, method: &str, id: &str, operation: &Value) {
        let mut operation = self.taken_over(operation);
        if let Some(members) = operation.as_object_mut() {
            members.retain(|key, _| !key.starts_with("x-"));
        }
        let paths = self
            .document
            .as_object_mut()
            .and_then(|root| root.get_mut("paths")?.as_object_mut());
        let item = paths.and_then(|paths| paths.entry(path).or_insert_with(|| Map::new().into()).as_object_mut());
        if let Some(item) = item {
            item.insert(method.to_owned(), operation);
            self.changes.note(pointer(&pointer("/paths", path), method), "added");
            self.added.operations.insert(id.to_owned());
        }
    }

    fn add_properties(&mut self, name: &str, extension: &Value) {
        let at = pointer("/components/schemas", name);
        let properties = extension.get("properties").and_then(Value::as_object);
        for (property, schema) in properties.into_iter().flatten() {
            let place = pointer(&format!("{at}/properties"), property);
            let known =
                inside(self.document, name).and_then(|schema| schema.as_object()?.get("properties")?.as_object());
            let Some(known) = known else {
                self.changes.note(place, format!("not added: there is no {name}"));
                continue;
            };
            if known.contains_key(property) {
                self.changes.note(place, "not added: the document has it");
            } else if let Some(schema) = missing(schema, self.document, &self.available) {
                self.changes.note(place, format!("not added: there is no {schema}"));
            } else {
                let schema = self.taken_over(schema);
                if let Some(Value::Object(properties)) = self.document.pointer_mut(&format!("{at}/properties")) {
                    properties.insert(property.clone(), schema);
                    self.added.properties.insert((name.to_owned(), property.clone()));
                    self.changes.note(place, "added");
                }
            }
        }
    }

    /// Adds the schemas that the other additions need, and those that they need in turn.
    fn add_needed_schemas(&mut self, whole: &Map<String, Value>) {
        while let Some(name) = self.needed.pop() {
            let there = schemas(self.document).is_none_or(|schemas| schemas.contains_key(&name));
            let Some(schema) = whole.get(&name).filter(|_| !there) else {
                continue;
            };
            let schema = self.taken_over(schema);
            if let Some(Value::Object(schemas)) = self.document.pointer_mut("/components/schemas") {
                schemas.insert(name.clone(), schema);
                self.changes.note(pointer("/components/schemas", &name), "added");
                self.added.schemas.insert(name);
            }
        }
    }

    /// Returns the part of an addition as the document gets it: with a copy in place of each reference into a schema.
    fn taken_over(&mut self, part: &Value) -> Value {
        reference::targets(part, &mut self.needed);
        self.needed.retain(|target| !target.contains('/'));
        self.copied(part)
    }

    fn copied(&self, part: &Value) -> Value {
        let target = reference::target(part).filter(|target| target.contains('/'));
        if let Some(copy) = target.and_then(|target| inside(self.document, target)) {
            return copy.clone();
        }
        match part {
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| (name.clone(), self.copied(member)))
                .collect(),
            Value::Array(items) => items.iter().map(|item| self.copied(item)).collect(),
            scalar => scalar.clone(),
        }
    }
}

/// Returns a path without the names of its parameters.
fn form(path: &str) -> Vec<&str> {
    let segments = path.split('/');
    segments
        .map(|segment| if segment.starts_with('{') { "{}" } else { segment })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(mut document: Value, additions: Value) -> (Value, Added, Vec<(String, String)>) {
        let mut changes = Changes::default();
        let additions = Additions::deserialize(additions).unwrap();
        let added = run(&mut document, &additions, &mut changes);
        let notes = changes
            .iter()
            .map(|change| (change.pointer.clone(), change.change.clone()));
        (document, added, notes.collect())
    }

    fn responds_with(schema: Value) -> Value {
        json!({"200": {"content": {"application/json": {"schema": schema}}}})
    }

    fn component(name: &str) -> Value {
        reference::to(name)
    }

    #[test]
    fn an_operation_comes_with_the_schemas_it_needs() {
        let operation = json!({"operationId": "DoorController_create", "responses": responds_with(component("Door"))});
        let mut marked = operation.clone();
        marked["x-evidence"] = json!("Seen.");
        let (document, added, notes) = merged(
            json!({"paths": {}, "components": {"schemas": {"Key": {"type": "object"}}}}),
            json!({"paths": {"/door": {"post": marked}}, "components": {"schemas": {
                "Door": {"type": "object", "properties": {"key": component("Key"), "frame": component("Frame")}},
                "Frame": {"type": "string"},
                "Window": {"type": "object"}
            }}}),
        );
        assert_eq!(
            document,
            json!({"paths": {"/door": {"post": operation}}, "components": {"schemas": {
                "Key": {"type": "object"},
                "Door": {"type": "object", "properties": {"key": component("Key"), "frame": component("Frame")}},
                "Frame": {"type": "string"}
            }}})
        );
        let expected = Added {
            operations: ["DoorController_create".to_owned()].into(),
            schemas: ["Door".to_owned(), "Frame".to_owned()].into(),
            properties: BTreeSet::new(),
        };
        assert_eq!(added, expected);
        let added = |at: &str| (at.to_owned(), "added".to_owned());
        assert_eq!(
            notes,
            [
                added("/paths/~1door/post"),
                added("/components/schemas/Door"),
                added("/components/schemas/Frame")
            ]
        );
    }

    #[test]
    fn what_the_document_has_meanwhile_stays() {
        let document = json!({
            "paths": {
                "/door/{doorId}": {"get": {"operationId": "Doors_get"}},
                "/v2/door": {"post": {"operationId": "DoorController_create"}}
            },
            "components": {"schemas": {"Door": {"properties": {"height": {"type": "integer"}}}}}
        });
        let (after, added, notes) = merged(
            document.clone(),
            json!({
                "paths": {
                    "/door/{id}": {"get": {"operationId": "DoorController_findOne"}},
                    "/door": {"post": {"operationId": "DoorController_create"}}
                },
                "components": {"schemas": {"Door": {"properties": {"height": {"type": "number"}}}}}
            }),
        );
        assert_eq!((after, added), (document, Added::default()));
        let said: BTreeSet<_> = notes.iter().map(|(_, note)| note.as_str()).collect();
        assert_eq!((notes.len(), said), (3, ["not added: the document has it"].into()));
    }

    #[test]
    fn an_addition_without_its_schemas_is_skipped() {
        let document = json!({"paths": {}, "components": {"schemas": {"Gate": {"properties": {}}}}});
        let (after, _, notes) = merged(
            document.clone(),
            json!({
                "paths": {
                    "/door": {
                        "get": {"operationId": "a", "responses": responds_with(component("Door"))},
                        "post": {"operationId": "b", "x-needs": ["Wall"]},
                        "patch": {"operationId": "c", "responses": responds_with(component("Wall/properties/x"))}
                    }
                },
                "components": {"schemas": {
                    "Door": {"type": "object", "properties": {"lock": component("Lock")}},
                    "Lock": {"type": "object", "properties": {"key": component("Key")}},
                    "Gate": {"properties": {"lock": component("Lock")}},
                    "Fence": {"properties": {"height": {}}}
                }}
            }),
        );
        assert_eq!(after, document);
        let notes: Vec<_> = notes.iter().map(|(at, note)| (at.as_str(), note.as_str())).collect();
        assert_eq!(
            notes,
            [
                ("/paths/~1door/get", "not added: there is no Door"),
                ("/paths/~1door/post", "not added: there is no Wall"),
                ("/paths/~1door/patch", "not added: there is no Wall/properties/x"),
                (
                    "/components/schemas/Gate/properties/lock",
                    "not added: there is no Lock"
                ),
                (
                    "/components/schemas/Fence/properties/height",
                    "not added: there is no Fence"
                )
            ]
        );
    }

    #[test]
    fn properties_are_added_to_the_documents_schemas() {
        let (document, added, _) = merged(
            json!({"components": {"schemas": {"Door": {"type": "object", "properties": {"height": {}}}}}}),
            json!({"components": {"schemas": {
                "Door": {"properties": {"lock": component("Lock")}},
                "Lock": {"type": "string"}
            }}}),
        );
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "Door": {"type": "object", "properties": {"height": {}, "lock": component("Lock")}},
                "Lock": {"type": "string"}
            })
        );
        assert_eq!(added.properties, [("Door".to_owned(), "lock".to_owned())].into());
    }

    #[test]
    fn a_reference_into_a_schema_is_copied() {
        let union = json!({"oneOf": [{"type": "string"}, {"type": "number"}]});
        let (document, _, _) = merged(
            json!({"paths": {}, "components": {"schemas": {
                "House": {"properties": {"doors": {"type": "array", "items": union}}}
            }}}),
            json!({"paths": {"/door": {"get": {
                "operationId": "a", "responses": responds_with(component("House/properties/doors/items"))
            }}}}),
        );
        assert_eq!(document["paths"]["/door"]["get"]["responses"], responds_with(union));
    }

    #[test]
    fn what_only_the_emulator_serves_is_left_out() {
        let document = json!({"paths": {}});
        let (after, added, notes) = merged(
            document.clone(),
            json!({"paths": {"/org": {"x-emulator-only": true, "get": {"operationId": "OrgController_findAll"}}}}),
        );
        assert_eq!((after, added, notes), (document, Added::default(), vec![]));
    }
}
