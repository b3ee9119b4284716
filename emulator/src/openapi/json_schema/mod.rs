//! JSON Schemas for the `jsonschema` crate, converted from the document's OpenAPI 3.0 schemas.
//!
//! Differences: an object refuses undeclared properties, as the API does, unless its schema allows them. An optional
//! property may be `null`. The branch of a union is chosen by its tags ([`crate::openapi::json_schema::unions`]). Known
//! mistakes of the document are corrected: `pattern` and `format` are left out, an enum on an array applies to its
//! items, an enum on an object means a string, and [`crate::openapi::schema`] lists the properties whose schema is
//! wrong.

mod unions;

use std::collections::HashMap;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use crate::openapi::document::Document;
use crate::openapi::schema::{ObjectSchema, branches, enum_values, is_open_object};
use unions::Tag;

/// Compiles a schema; `None` if `jsonschema` refuses it. A test checks that it refuses none of the embedded document.
pub(crate) fn validator(document: &Document, schema: &Value) -> Option<Validator> {
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .should_validate_formats(false)
        .with_keyword(unions::KEYWORD, |_, tag, _| Ok(Box::new(Tag::read(tag))))
        .offline()
        .build(&json_schema(document, schema))
        .ok()
}

fn json_schema(document: &Document, schema: &Value) -> Value {
    let mut compiler = Compiler {
        document,
        names: HashMap::new(),
        left: Vec::new(),
    };
    let root = compiler.schema(schema);
    let mut definitions = Map::new();
    while let Some((name, schema)) = compiler.left.pop() {
        definitions.insert(name, compiler.body(schema));
    }
    json!({ "allOf": [root], "definitions": definitions })
}

pub(crate) struct Compiler<'a> {
    pub document: &'a Document,
    /// The names of schemas below `definitions`. The document repeats its unions and enums wherever they are used:
    /// compiling each once takes a fraction of the time.
    names: HashMap<&'a Value, String>,
    /// Definitions that are not written yet.
    left: Vec<(String, &'a Value)>,
}

impl<'a> Compiler<'a> {
    pub fn schema(&mut self, schema: &'a Value) -> Value {
        if is_small(schema) {
            return self.body(schema);
        }
        let next = self.names.len();
        let name = self.names.entry(schema).or_insert_with(|| {
            let name = next.to_string();
            self.left.push((name.clone(), schema));
            name
        });
        json!({ "$ref": format!("#/definitions/{name}") })
    }

    /// Converts the schema behind a `$ref`, or an inline schema.
    fn body(&mut self, named: &'a Value) -> Value {
        let Some(schema) = self.document.resolve(named) else {
            return json!(true);
        };
        let body = match branches(schema) {
            Some(branches) => unions::union(self, branches),
            None => self.plain(named, schema),
        };
        if schema["nullable"] == true {
            or_null(body)
        } else {
            body
        }
    }

    fn plain(&mut self, named: &'a Value, schema: &'a Value) -> Value {
        let kind = kind(schema);
        if kind != Some("array")
            && let Some(values) = enum_values(schema)
        {
            return json!({ "enum": values });
        }
        // OpenAPI 3.0 uses this form to put something beside a `$ref`.
        if let (Some([only]), None) = (schema["allOf"].as_array().map(Vec::as_slice), schema.get("properties")) {
            return self.schema(only);
        }
        match kind {
            Some("array") => self.array(schema),
            Some("object") => self.object(named),
            Some(scalar) => {
                let mut rules = bounds(schema);
                rules.insert("type".into(), json!(scalar));
                Value::Object(rules)
            }
            None => Value::Object(bounds(schema)),
        }
    }

    fn array(&mut self, schema: &'a Value) -> Value {
        let mut rules = bounds(schema);
        let items = &schema["items"];
        let items = match enum_values(schema) {
            Some(values) => json!({ "enum": values }),
            // Items declared as bare objects are scalars on the wire (`BackoffPlan.excludedStatusCodes`).
            None if items.is_null() || is_open_object(items) => json!(true),
            None => self.schema(items),
        };
        rules.insert("type".into(), json!("array"));
        rules.insert("items".into(), items);
        Value::Object(rules)
    }

    fn object(&mut self, named: &'a Value) -> Value {
        let shape = ObjectSchema::of(self.document, named);
        let mut properties = Map::new();
        for property in shape.properties {
            // The first declaration counts, as everywhere else.
            if properties.contains_key(property.name) {
                continue;
            }
            let rules = if property.mistyped {
                json!(true)
            } else if shape.required.contains(&property.name) {
                self.schema(property.schema)
            } else {
                or_null(self.schema(property.schema))
            };
            properties.insert(property.name.to_owned(), rules);
        }
        json!({
            "type": "object",
            "properties": properties,
            "required": shape.required,
            "additionalProperties": shape.open,
        })
    }
}

/// Returns the only JSON type that a schema without branches allows; `None` if it allows several.
pub(crate) fn kind(schema: &Value) -> Option<&str> {
    match schema["type"].as_str() {
        Some("object") if enum_values(schema).is_some() => Some("string"),
        // Both at once (`CreateTextInsightFromCallTableDTO.formula`): the document is ambiguous.
        Some("object") if schema["items"].is_object() => None,
        Some(declared @ ("string" | "boolean" | "integer" | "number" | "array" | "object" | "null")) => Some(declared),
        _ if enum_values(schema).is_some() => Some("string"),
        _ if schema["properties"].is_object() || schema["allOf"].is_array() => Some("object"),
        _ => None,
    }
}

/// Returns whether a schema is not worth a definition.
fn is_small(schema: &Value) -> bool {
    let nested = ["$ref", "enum", "oneOf", "anyOf", "allOf", "properties", "items"];
    nested.iter().all(|key| schema.get(*key).is_none())
}

fn or_null(schema: Value) -> Value {
    json!({ "if": { "type": "null" }, "else": schema })
}

/// Returns the limits of a schema that JSON Schema knows.
fn bounds(schema: &Value) -> Map<String, Value> {
    let counts = ["minLength", "maxLength", "minItems", "maxItems"].map(|key| (key, schema[key].is_u64()));
    let numbers = ["minimum", "maximum"].map(|key| (key, schema[key].is_number()));
    let known = counts.into_iter().chain(numbers).filter(|(_, known)| *known);
    known.map(|(key, _)| (key.to_owned(), schema[key].clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_of_the_embedded_document_compiles() {
        let document = Document::parse(include_str!("../../../openapi.json")).expect("the document is sound");
        let mut schemas = std::collections::HashSet::new();
        for operation in document.operations() {
            let request = operation.request.iter().map(|request| &request.schema);
            let query = operation.query.iter().map(|parameter| &parameter.schema);
            for schema in request.chain(query).chain(&operation.success.schema) {
                if schemas.insert(schema) {
                    assert!(validator(&document, schema).is_some(), "{} {schema}", operation.id);
                }
            }
        }
        assert!(schemas.len() > 100, "{}", schemas.len());
    }
}
