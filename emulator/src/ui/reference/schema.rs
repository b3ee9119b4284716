//! Schemas as the page shows them: one level, with the names of what lies below.

use serde_json::{Map, Value, json};
use vapi_validator::document::{self, Document};
use vapi_validator::schema::{ObjectSchema, branches, enum_values};

use crate::ui::reference::sentences;

/// The nested inline schemas that one response describes.
const DEEPEST: usize = 8;

/// Returns a schema by its name.
pub(super) fn named(document: &Document, name: &str) -> Option<Value> {
    let schema = document.schema(name)?;
    let mut shown = Describer { document }.content(schema, Some(name), 0);
    if let Some(text) = sentences::of_schema(name).or_else(|| schema["description"].as_str()) {
        shown.insert("text".to_owned(), json!(text));
    }
    Some(Value::Object(shown))
}

/// Returns the schema of a body, a parameter or a response.
pub(super) fn described(document: &Document, schema: &Value) -> Value {
    let describer = Describer { document };
    let target = name_of(schema);
    let mut shown = match document.resolve(schema) {
        Some(resolved) => describer.content(resolved, target, 0),
        None => Map::new(),
    };
    shown.insert("type".to_owned(), json!(describer.kind(schema)));
    shown.insert("name".to_owned(), json!(target));
    Value::Object(shown)
}

/// Returns the name of the schema that a schema refers to.
pub(super) fn name_of(schema: &Value) -> Option<&str> {
    let name = document::reference(schema)?.strip_prefix("#/components/schemas/")?;
    (!name.contains('/')).then_some(name)
}

struct Describer<'a> {
    document: &'a Document,
}

impl<'a> Describer<'a> {
    /// Returns a property, an item or a branch: what it is in a few words, and either its content or the name to ask for.
    fn node(&self, schema: &'a Value, text: Option<&str>, depth: usize) -> Map<String, Value> {
        let schema = only_part(schema);
        let mut node = Map::new();
        node.insert("type".to_owned(), json!(self.kind(schema)));
        let text = text.or_else(|| schema["description"].as_str());
        let target = name_of(schema);
        let resolved = self.document.resolve(schema).unwrap_or(&Value::Null);
        let text = text.or_else(|| sentences::of_schema(target?));
        if let Some(text) = text {
            node.insert("text".to_owned(), json!(text));
        }
        for flag in ["nullable", "deprecated"] {
            if schema[flag] == true || resolved[flag] == true {
                node.insert(flag.to_owned(), json!(true));
            }
        }
        match target {
            Some(name) if self.has_content(resolved) => {
                node.insert("of".to_owned(), json!(name));
            }
            _ => node.extend(self.content(resolved, target, depth)),
        }
        node
    }

    /// Returns the properties of an object, the branches of a union, the items of a list, the limits of a scalar.
    fn content(&self, schema: &'a Value, owner: Option<&str>, depth: usize) -> Map<String, Value> {
        let mut content = Map::new();
        if depth > DEEPEST {
            return content;
        }
        if let Some(branches) = branches(schema) {
            let tags: Vec<_> = branches.iter().map(|branch| self.tags(branch)).collect();
            let shown = branches.iter().zip(&tags).map(|(branch, own)| {
                let mut node = self.node(branch, None, depth + 1);
                // The one that fewest branches share tells them apart.
                let shared = |tag: &&(&str, &str)| tags.iter().filter(|tags| tags.contains(tag)).count();
                if let Some((name, value)) = own.iter().min_by_key(shared) {
                    node.insert("tag".to_owned(), json!(format!("{name}: {value}")));
                }
                Value::Object(node)
            });
            content.insert("branches".to_owned(), shown.collect());
            return content;
        }
        if schema["type"] == "array" {
            let items = &schema["items"];
            let node = self.node(items, None, depth + 1);
            // A list of scalars has said all in its type.
            if node.contains_key("of") || has_any(&node, &["properties", "branches", "values"]) {
                content.insert("items".to_owned(), Value::Object(node));
            }
        }
        let object = ObjectSchema::of(self.document, schema);
        if !object.properties.is_empty() {
            content.insert("properties".to_owned(), self.properties(&object, owner, depth));
        }
        if schema["additionalProperties"].is_object() {
            let node = self.node(&schema["additionalProperties"], None, depth + 1);
            content.insert("others".to_owned(), Value::Object(node));
        }
        if let Some(values) = enum_values(schema) {
            content.insert("values".to_owned(), json!(values));
        }
        let limits = limits(schema);
        if !limits.is_empty() {
            content.insert("limits".to_owned(), json!(limits));
        }
        content
    }

    /// Returns properties: required ones first, deprecated ones last.
    fn properties(&self, object: &ObjectSchema<'a>, owner: Option<&str>, depth: usize) -> Value {
        let is_required = |name: &str| object.required.contains(&name);
        let mut properties: Vec<_> = object.properties.iter().collect();
        properties.sort_by_key(|property| (!is_required(property.name), property.schema["deprecated"] == true));
        let shown = properties.into_iter().map(|property| {
            let text = sentences::of_property(owner, property.name);
            let mut node = self.node(property.schema, text, depth + 1);
            node.insert("name".to_owned(), json!(property.name));
            if is_required(property.name) {
                node.insert("required".to_owned(), json!(true));
            }
            Value::Object(node)
        });
        shown.collect()
    }

    /// Returns whether a schema has more to show than a line.
    fn has_content(&self, schema: &Value) -> bool {
        let is_object = !ObjectSchema::of(self.document, schema).properties.is_empty();
        is_object
            || branches(schema).is_some()
            || schema["type"] == "array"
            || schema["additionalProperties"].is_object()
    }

    /// Returns the properties of a branch that have one value each.
    fn tags(&self, branch: &'a Value) -> Vec<(&'a str, &'a str)> {
        let object = ObjectSchema::of(self.document, branch);
        let tags = object.properties.into_iter().filter_map(|property| {
            let values = enum_values(property.schema).filter(|_| property.schema["type"] != "array")?;
            match values.as_slice() {
                [value] => Some((property.name, *value)),
                _ => None,
            }
        });
        tags.collect()
    }

    /// Returns the type in a few words.
    fn kind(&self, schema: &Value) -> String {
        let schema = only_part(schema);
        let Some(resolved) = self.document.resolve(schema) else {
            return "any".to_owned();
        };
        if let Some(branches) = branches(resolved) {
            return format!("one of {}", branches.len());
        }
        match resolved["type"].as_str() {
            Some("array") => format!("list of {}", self.kind(&resolved["items"])),
            Some(kind @ ("string" | "number" | "integer")) => match resolved["format"].as_str() {
                Some(format) => format!("{kind}, {format}"),
                None => kind.to_owned(),
            },
            Some(kind) => kind.to_owned(),
            None if self.has_content(resolved) => "object".to_owned(),
            None => "any".to_owned(),
        }
    }
}

/// Returns the part of an `allOf` with one part, which stands for a reference with a sentence.
fn only_part(schema: &Value) -> &Value {
    match schema["allOf"].as_array().map(Vec::as_slice) {
        Some([part]) if schema.get("properties").is_none() => part,
        _ => schema,
    }
}

fn has_any(node: &Map<String, Value>, names: &[&str]) -> bool {
    names.iter().any(|name| node.contains_key(*name))
}

/// Returns the limits of a scalar or a list, each in a few words.
fn limits(schema: &Value) -> Vec<String> {
    let mut limits = Vec::new();
    for (least, most, unit) in [
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " items"),
    ] {
        match (schema[least].as_f64(), schema[most].as_f64()) {
            (Some(least), Some(most)) => limits.push(format!("{least} to {most}{unit}")),
            (Some(least), None) => limits.push(format!("at least {least}{unit}")),
            (None, Some(most)) => limits.push(format!("at most {most}{unit}")),
            (None, None) => {}
        }
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        limits.push(format!("matches `{pattern}`"));
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        let root = json!({
            "openapi": "3.0.0", "paths": {},
            "components": { "schemas": {
                "Plan": { "type": "object", "required": ["kind"], "properties": {
                    "old": { "type": "string", "deprecated": true },
                    "steps": { "type": "array", "items": { "$ref": "#/components/schemas/Step" } },
                    "kind": { "type": "string", "enum": ["fast"], "maxLength": 40 },
                } },
                "Step": { "oneOf": [
                    { "$ref": "#/components/schemas/Plan" },
                    { "type": "object", "properties": { "at": { "type": "number", "minimum": 1 } } },
                ] },
            } },
        });
        Document::new(root).unwrap()
    }

    #[test]
    fn a_schema_is_shown_one_level_deep() {
        let shown = named(&document(), "Plan").unwrap();
        let names: Vec<&Value> = (0..3).map(|at| &shown["properties"][at]["name"]).collect();
        assert_eq!(names, ["kind", "steps", "old"]);
        assert_eq!(shown["properties"][0]["values"], json!(["fast"]));
        assert_eq!(shown["properties"][0]["limits"], json!(["at most 40 characters"]));
        assert_eq!(shown["properties"][1]["type"], "list of one of 2");
        assert_eq!(shown["properties"][1]["items"]["of"], "Step");
        assert_eq!(named(&document(), "Nothing"), None);
    }

    #[test]
    fn branches_are_told_apart_by_their_tags() {
        let shown = named(&document(), "Step").unwrap();
        assert_eq!(shown["branches"][0]["of"], "Plan");
        assert_eq!(shown["branches"][0]["tag"], "kind: fast");
        assert_eq!(shown["branches"][1]["properties"][0]["limits"], json!(["at least 1"]));
    }
}
