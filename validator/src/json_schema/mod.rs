//! JSON Schemas for the `jsonschema` crate, converted from the document's OpenAPI 3.0 schemas.
//!
//! Differences: in a request, an object refuses undeclared properties, as the API does, unless its schema allows them. An
//! optional property may be `null`. The branch of a union is chosen by its tags ([`unions`]). An enum on an array applies to
//! its items, and an enum on an object means a string. Patterns lose the delimiters that JavaScript puts around them
//! ([`pattern`]), and formats are read as the API reads them ([`formats`]).

pub(crate) mod formats;
pub(crate) mod pattern;
pub(crate) mod unions;

use std::collections::HashMap;

use jsonschema::{Draft, Keyword, ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::document::Document;
use crate::schema::{ObjectSchema, branches, enum_values, is_open_object};
use pattern::Patterns;
use unions::Tag;

/// The treatment of properties that a schema does not declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Undeclared {
    /// They are problems, as in requests.
    Refused,
    /// They are none, as in responses: the API adds properties before its document does.
    Allowed,
}

/// The keyword of an object that may have any properties. Its sentence is not that of an object of known ones.
const ANY_OBJECT: &str = "anyObject";

/// The property that switches off the check of the numbers beside it.
const NUMBER_CHECK: &str = "numberE164CheckEnabled";

/// Compiles a schema; `None` if `jsonschema` refuses it.
pub(crate) fn validator(document: &Document, schema: &Value, undeclared: Undeclared) -> Option<Validator> {
    let mut options = jsonschema::options()
        .with_draft(Draft::Draft7)
        .should_validate_formats(true)
        .with_keyword(unions::KEYWORD, |_, tag, _| Ok(Box::new(Tag::read(tag))))
        .with_keyword(ANY_OBJECT, |_, _, _| Ok(Box::new(AnyObject)))
        .offline();
    for (name, fits) in formats::FORMATS {
        options = options.with_format(name, fits);
    }
    options.build(&json_schema(document, schema, undeclared)).ok()
}

fn json_schema(document: &Document, schema: &Value, undeclared: Undeclared) -> Value {
    let mut compiler = Compiler {
        document,
        undeclared,
        patterns: Patterns::default(),
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
    undeclared: Undeclared,
    patterns: Patterns,
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
            && let Some(values) = schema["enum"].as_array().filter(|values| !values.is_empty())
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
                let mut rules = self.limits(schema);
                rules.insert("type".into(), json!(scalar));
                Value::Object(rules)
            }
            None => Value::Object(self.limits(schema)),
        }
    }

    fn array(&mut self, schema: &'a Value) -> Value {
        let mut rules = self.limits(schema);
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
        if shape.open && shape.properties.is_empty() && shape.required.is_empty() {
            return json!({ ANY_OBJECT: true });
        }
        let mut properties = Map::new();
        let mut numbers = Map::new();
        let has_switch = shape.properties.iter().any(|property| property.name == NUMBER_CHECK);
        for property in &shape.properties {
            // The first declaration counts, as everywhere else.
            if properties.contains_key(property.name) {
                continue;
            }
            let mut rules = self.schema(property.schema);
            if has_switch
                && rules["format"] == formats::E164
                && let Some(rules) = rules.as_object_mut()
            {
                rules.shift_remove("format");
                numbers.insert(property.name.to_owned(), json!({ "format": formats::E164 }));
            }
            if !shape.required.contains(&property.name) {
                rules = or_null(rules);
            }
            properties.insert(property.name.to_owned(), rules);
        }
        let mut rules = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), Value::Object(properties)),
            ("required".to_owned(), json!(shape.required)),
        ]);
        if self.undeclared == Undeclared::Refused {
            rules.insert("additionalProperties".into(), json!(shape.open));
        }
        if !numbers.is_empty() {
            let off = json!({ "required": [NUMBER_CHECK], "properties": { NUMBER_CHECK: { "const": false } } });
            rules.insert("if".into(), off);
            rules.insert("else".into(), json!({ "properties": numbers }));
        }
        Value::Object(rules)
    }

    /// Returns the limits of a schema that JSON Schema knows.
    fn limits(&mut self, schema: &Value) -> Map<String, Value> {
        let counts = ["minLength", "maxLength", "minItems", "maxItems"].map(|key| (key, schema[key].is_u64()));
        let numbers = ["minimum", "maximum"].map(|key| (key, schema[key].is_number()));
        let known = counts.into_iter().chain(numbers).filter(|(_, known)| *known);
        let mut limits: Map<String, Value> = known.map(|(key, _)| (key.to_owned(), schema[key].clone())).collect();
        if let Some(format) = schema["format"].as_str().filter(|format| formats::is_known(format)) {
            limits.insert("format".into(), json!(format));
        }
        if let Some(pattern) = schema["pattern"]
            .as_str()
            .and_then(|pattern| self.patterns.readable(pattern))
        {
            limits.insert("pattern".into(), json!(pattern));
        }
        limits
    }
}

/// A keyword that refuses what is not an object.
struct AnyObject;

impl<'i> Keyword<'i> for AnyObject {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        match instance {
            Value::Object(_) => Ok(()),
            _ => Err(ValidationError::custom("an object")),
        }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.is_object()
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
