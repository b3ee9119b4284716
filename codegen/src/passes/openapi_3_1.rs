//! Lowers a document of OpenAPI 3.1 to 3.0, which is what progenitor reads.
//!
//! 3.1 takes its schemas from JSON Schema 2020-12. Each keyword that 3.0 lacks becomes what 3.0 says instead, or, where it only
//! limits values, goes: limits never refuse a response. Types in lists are left to [`super::null_types`]. A keyword that decides
//! the type and cannot be said in 3.0 is refused.

use serde_json::{Map, Value, json};

use super::prune::ROOT;
use super::{Changes, shape};
use crate::document::{METHODS, pointer};
use crate::names;

/// Keywords that only limit values or describe the schema.
const DROPPED: [&str; 22] = [
    "$anchor",
    "$comment",
    "$id",
    "$schema",
    "$vocabulary",
    "contains",
    "contentMediaType",
    "contentSchema",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "examples",
    "if",
    "maxContains",
    "minContains",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "patternProperties",
    "prefixItems",
    "$defs",
];

/// Keywords that say nothing of the values beside a reference.
const REMARKS: [&str; 7] = [
    "summary",
    "title",
    "example",
    "examples",
    "default",
    "$comment",
    "externalDocs",
];

/// A construct that OpenAPI 3.0 cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// JSON pointer of the place.
    pub pointer: String,
    /// The problem.
    pub problem: String,
}

/// Makes the document one of OpenAPI 3.0. One that is already is left alone.
///
/// # Errors
///
/// When a schema has a reference that leads out of the components, or can have no value.
pub fn run(document: &mut Value, changes: &mut Changes) -> Result<(), Refusal> {
    let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
    if version != "3.1" && !version.starts_with("3.1.") {
        return Ok(());
    }
    changes.note("/openapi", format!("{version} is read as 3.0.3"));
    document["openapi"] = json!("3.0.3");
    if let Some(document) = document.as_object_mut() {
        document.entry("paths").or_insert_with(|| json!({}));
        document.shift_remove("jsonSchemaDialect");
    }
    path_items(document, changes);
    let webhooks = document
        .as_object_mut()
        .and_then(|document| document.shift_remove("webhooks"));
    keep_webhooks(document, webhooks, changes);
    let mut lower = Lower { changes };
    lower.document(document)
}

/// Puts what `/components/pathItems` has in the place of the references to it.
fn path_items(document: &mut Value, changes: &mut Changes) {
    let items = document
        .get_mut("components")
        .and_then(Value::as_object_mut)
        .and_then(|components| components.shift_remove("pathItems"))
        .unwrap_or_default();
    for holder in ["paths", "webhooks"] {
        for (path, item) in document
            .get_mut(holder)
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            let target = item.get("$ref").and_then(Value::as_str);
            let target = target.and_then(|target| target.strip_prefix("#/components/pathItems/"));
            if let Some(found) = target.and_then(|name| items.get(name)) {
                *item = found.clone();
                changes.note(
                    pointer(&format!("/{holder}"), path),
                    "the path item stands in its place",
                );
            }
        }
    }
}

/// The messages of webhooks are types that no operation reaches: they stay, by the mark that [`super::prune`] knows.
fn keep_webhooks(document: &mut Value, webhooks: Option<Value>, changes: &mut Changes) {
    let webhooks = webhooks.unwrap_or_default();
    let mut roots = Vec::new();
    for (name, item) in webhooks.as_object().into_iter().flatten() {
        for method in METHODS {
            let body = item.get(method).and_then(|operation| operation.get("requestBody"));
            let content = body.and_then(|body| body.get("content")?.as_object());
            if let Some(schema) = content
                .into_iter()
                .flat_map(Map::values)
                .find_map(|entry| entry.get("schema"))
            {
                roots.push((name, schema.clone()));
            }
        }
    }
    if roots.is_empty() {
        return;
    }
    let schemas = document
        .as_object_mut()
        .map(|document| document.entry("components").or_insert_with(|| json!({})))
        .and_then(|components| {
            Some(
                components
                    .as_object_mut()?
                    .entry("schemas")
                    .or_insert_with(|| json!({})),
            )
        })
        .and_then(Value::as_object_mut);
    let Some(schemas) = schemas else { return };
    for (webhook, schema) in roots {
        let at = pointer("/webhooks", webhook);
        let target = crate::reference::target(&schema).map(str::to_owned);
        let (name, change) = match target.filter(|target| schemas.contains_key(target)) {
            Some(target) => (target, "its message stays"),
            None => {
                let wanted = format!("{}Webhook", names::type_name(webhook));
                let numbered = (2..).map(|n| format!("{wanted}{n}"));
                let name = std::iter::once(wanted.clone())
                    .chain(numbered)
                    .find(|name| !schemas.contains_key(name));
                let name = name.unwrap_or(wanted);
                schemas.insert(name.clone(), schema);
                (name, "its message is a component")
            }
        };
        changes.note(at, format!("{change}: {name}"));
        if let Some(schema) = schemas.get_mut(&name).and_then(Value::as_object_mut) {
            schema.insert(ROOT.to_owned(), json!(true));
        }
    }
}

struct Lower<'a> {
    changes: &'a mut Changes,
}

impl Lower<'_> {
    /// Lowers every schema of the document: those of the components, and what stands under `schema` anywhere else.
    fn document(&mut self, document: &mut Value) -> Result<(), Refusal> {
        let Some(parts) = document.as_object_mut() else {
            return Ok(());
        };
        for (key, part) in parts {
            let at = pointer("", key);
            if let Some(schemas) = part
                .get_mut("schemas")
                .filter(|_| key == "components")
                .and_then(Value::as_object_mut)
            {
                for (name, schema) in schemas {
                    self.schema(&pointer("/components/schemas", name), schema)?;
                }
            }
            if key == "components" || key == "paths" {
                self.part(&at, part)?;
            }
        }
        Ok(())
    }

    fn part(&mut self, at: &str, part: &mut Value) -> Result<(), Refusal> {
        match part {
            Value::Object(members) => {
                for (key, value) in members {
                    let at = pointer(at, key);
                    match key.as_str() {
                        "schema" if value.is_object() || value.is_boolean() => self.schema(&at, value)?,
                        "schemas" if at == "/components/schemas" => {}
                        "example" | "examples" => {}
                        _ => self.part(&at, value)?,
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.part(&format!("{at}/{index}"), item)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn schema(&mut self, at: &str, schema: &mut Value) -> Result<(), Refusal> {
        match schema {
            Value::Bool(true) => {
                *schema = json!({});
                self.changes.note(at, "true: allows anything");
            }
            Value::Bool(false) => return Err(refused(at, "`false` allows no value")),
            Value::Object(keywords) => {
                self.reference(at, keywords)?;
                self.children(at, keywords)?;
                self.keywords(at, keywords);
            }
            _ => {}
        }
        Ok(())
    }

    /// A reference with keywords beside it that say something of the values is one part of several.
    fn reference(&mut self, at: &str, schema: &mut Map<String, Value>) -> Result<(), Refusal> {
        for keyword in ["$dynamicRef", "$recursiveRef"] {
            if schema.contains_key(keyword) {
                return Err(refused(
                    &format!("{at}/{keyword}"),
                    "what the reference means depends on where it is used",
                ));
            }
        }
        let Some(target) = schema.get("$ref").and_then(Value::as_str) else {
            return Ok(());
        };
        let is_component = target
            .strip_prefix("#/components/schemas/")
            .is_some_and(|name| !name.is_empty() && !name.contains('/'));
        if !is_component {
            return Err(refused(&format!("{at}/$ref"), &format!("`{target}` is no component")));
        }
        let says = |key: &String| {
            key != "$ref"
                && !shape::MARKERS.contains(&key.as_str())
                && !REMARKS.contains(&key.as_str())
                && !key.starts_with("x-")
        };
        if !schema.keys().any(says) {
            return Ok(());
        }
        let (beside, mut outside): (Map<String, Value>, Map<String, Value>) =
            std::mem::take(schema).into_iter().partition(|(key, _)| says(key));
        let reference = outside.shift_remove("$ref").map(|target| json!({"$ref": target}));
        let parts: Vec<Value> = reference.into_iter().chain([Value::Object(beside)]).collect();
        *schema = outside;
        schema.insert("allOf".to_owned(), Value::Array(parts));
        self.changes
            .note(format!("{at}/$ref"), "one part of allOf: keywords stand beside it");
        Ok(())
    }

    fn children(&mut self, at: &str, schema: &mut Map<String, Value>) -> Result<(), Refusal> {
        self.patterns(at, schema);
        for (key, value) in schema {
            let at = pointer(at, key);
            match key.as_str() {
                "properties" => {
                    if let Some(properties) = value.as_object_mut() {
                        let before = properties.len();
                        properties.retain(|_, property| *property != json!(false));
                        if properties.len() < before {
                            self.changes.note(&at, "dropped: properties that can have no value");
                        }
                        for (name, property) in properties {
                            self.schema(&pointer(&at, name), property)?;
                        }
                    }
                }
                "additionalProperties" if value.is_boolean() => {}
                "items" | "additionalProperties" => self.schema(&at, value)?,
                "not" => {}
                "allOf" | "oneOf" | "anyOf" => {
                    for (index, branch) in value.as_array_mut().into_iter().flatten().enumerate() {
                        self.schema(&format!("{at}/{index}"), branch)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// `patternProperties` and `prefixItems` say which values a map or a list has.
    fn patterns(&mut self, at: &str, schema: &mut Map<String, Value>) {
        let patterns = schema.shift_remove("patternProperties");
        if let Some(Value::Object(patterns)) = patterns {
            self.changes
                .note(format!("{at}/patternProperties"), "read as additionalProperties");
            let mut patterns: Vec<Value> = patterns.into_iter().map(|(_, schema)| schema).collect();
            let only = match patterns.len() {
                1 => patterns.remove(0),
                _ => json!({"anyOf": patterns}),
            };
            if schema.get("additionalProperties").is_none_or(Value::is_boolean) {
                schema.insert("additionalProperties".to_owned(), only);
            }
        }
        if let Some(Value::Array(mut items)) = schema.shift_remove("prefixItems") {
            self.changes
                .note(format!("{at}/prefixItems"), "read as items of any of these");
            items.extend(schema.shift_remove("items").filter(|rest| *rest != json!(false)));
            schema.insert("items".to_owned(), json!({"anyOf": items}));
        }
    }

    fn keywords(&mut self, at: &str, schema: &mut Map<String, Value>) {
        let mut note = |key: &str, change: String| self.changes.note(format!("{at}/{key}"), change);
        if let Some(value) = schema.shift_remove("const") {
            note("const", "read as an enum of one value".to_owned());
            let kind = match &value {
                Value::String(_) => Some("string"),
                Value::Number(number) if number.is_f64() => Some("number"),
                Value::Number(_) => Some("integer"),
                Value::Bool(_) => Some("boolean"),
                _ => None,
            };
            if value.is_null() {
                schema.insert("nullable".to_owned(), json!(true));
            } else if let Some(kind) = kind {
                schema.entry("type").or_insert_with(|| json!(kind));
                schema.insert("enum".to_owned(), json!([value]));
            }
        }
        for (exclusive, inclusive) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if let Some(limit) = schema.get(exclusive).filter(|limit| limit.is_number()).cloned() {
                note(exclusive, format!("read as {inclusive}, which is excluded"));
                schema.insert(inclusive.to_owned(), limit);
                schema.insert(exclusive.to_owned(), json!(true));
            }
        }
        if let Some(encoding) = schema.shift_remove("contentEncoding") {
            note("contentEncoding", "read as a format".to_owned());
            if encoding == "base64" {
                schema.entry("format").or_insert_with(|| json!("byte"));
            }
        } else if schema.contains_key("contentMediaType") && schema.get("type").is_none() {
            schema.insert("type".to_owned(), json!("string"));
            schema.entry("format").or_insert_with(|| json!("binary"));
        }
        if let Some(example) = schema
            .get("examples")
            .and_then(|examples| examples.as_array()?.first())
            .cloned()
        {
            schema.entry("example").or_insert(example);
        }
        for key in DROPPED {
            if schema.shift_remove(key).is_some() {
                note(key, "dropped: OpenAPI 3.0 has no such keyword".to_owned());
            }
        }
    }
}

fn refused(at: &str, problem: &str) -> Refusal {
    Refusal {
        pointer: at.to_owned(),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(schema: Value) -> Result<Value, String> {
        let mut document =
            json!({"openapi": "3.1.0", "components": {"schemas": {"A": schema, "B": {"type": "object"}}}});
        run(&mut document, &mut Changes::default())
            .map_err(|refusal| format!("{}: {}", refusal.pointer, refusal.problem))?;
        assert_eq!(document["openapi"], "3.0.3");
        Ok(document["components"]["schemas"]["A"].take())
    }

    #[test]
    fn a_constant_is_an_enum_of_one() {
        assert_eq!(
            lowered(json!({"const": "a"})).unwrap(),
            json!({"type": "string", "enum": ["a"]})
        );
        assert_eq!(
            lowered(json!({"const": 1})).unwrap(),
            json!({"type": "integer", "enum": [1]})
        );
        assert_eq!(lowered(json!({"const": null})).unwrap(), json!({"nullable": true}));
    }

    #[test]
    fn limits_that_are_numbers_exclude_themselves() {
        assert_eq!(
            lowered(json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9})).unwrap(),
            json!({"type": "number", "exclusiveMinimum": true, "exclusiveMaximum": true, "minimum": 0, "maximum": 9})
        );
    }

    #[test]
    fn keywords_beside_a_reference_are_a_part_of_their_own() {
        let reference = json!({"$ref": "#/components/schemas/B"});
        assert_eq!(
            lowered(json!({"$ref": "#/components/schemas/B", "description": "d", "properties": {"x": true}})).unwrap(),
            json!({"description": "d", "allOf": [reference, {"properties": {"x": {}}}]})
        );
        let described = json!({"$ref": "#/components/schemas/B", "description": "d"});
        assert_eq!(lowered(described.clone()).unwrap(), described);
    }

    #[test]
    fn encodings_examples_patterns_and_prefixes_are_read() {
        assert_eq!(
            lowered(json!({"type": "string", "contentEncoding": "base64", "examples": ["YQ==", "Yg=="]})).unwrap(),
            json!({"type": "string", "format": "byte", "example": "YQ=="})
        );
        assert_eq!(
            lowered(json!({"type": "object", "patternProperties": {"^x": {"type": "string"}}})).unwrap(),
            json!({"type": "object", "additionalProperties": {"type": "string"}})
        );
        assert_eq!(
            lowered(json!({"type": "array", "prefixItems": [{"const": "a"}], "items": {"type": "number"}})).unwrap(),
            json!({"type": "array", "items": {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "number"}]}})
        );
    }

    #[test]
    fn what_cannot_be_said_is_refused_with_its_place() {
        assert_eq!(
            lowered(json!({"properties": {"x": {"$ref": "#/$defs/X"}}})).unwrap_err(),
            "/components/schemas/A/properties/x/$ref: `#/$defs/X` is no component"
        );
        assert_eq!(
            lowered(json!({"type": "array", "items": false})).unwrap_err(),
            "/components/schemas/A/items: `false` allows no value"
        );
        assert!(
            lowered(json!({"$dynamicRef": "#node"}))
                .unwrap_err()
                .contains("/components/schemas/A/$dynamicRef")
        );
    }

    #[test]
    fn the_messages_of_webhooks_stay() {
        let body =
            |schema: Value| json!({"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}});
        let mut document = json!({
            "openapi": "3.1.0",
            "webhooks": {
                "call-ended": body(json!({"$ref": "#/components/schemas/Ended"})),
                "status": body(json!({"type": "object", "properties": {"x": {"const": "a"}}}))
            },
            "components": {"schemas": {"Ended": {"type": "object"}}}
        });
        let mut changes = Changes::default();
        run(&mut document, &mut changes).unwrap();
        assert_eq!(
            document,
            json!({
                "openapi": "3.0.3",
                "components": {"schemas": {
                    "Ended": {"type": "object", "x-root": true},
                    "StatusWebhook": {
                        "type": "object",
                        "properties": {"x": {"type": "string", "enum": ["a"]}},
                        "x-root": true
                    }
                }},
                "paths": {}
            })
        );
        let places: Vec<&str> = changes.iter().map(|change| change.pointer.as_str()).collect();
        assert_eq!(
            places,
            [
                "/openapi",
                "/webhooks/call-ended",
                "/webhooks/status",
                "/components/schemas/StatusWebhook/properties/x/const"
            ]
        );
    }

    #[test]
    fn a_document_of_3_0_is_left_alone() {
        let mut document = json!({"openapi": "3.0.0", "components": {"schemas": {"A": {"const": "a"}}}});
        let before = document.clone();
        run(&mut document, &mut Changes::default()).unwrap();
        assert_eq!(document, before);
    }
}
