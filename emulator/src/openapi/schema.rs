//! Properties of schemas, with the known mistakes of the document corrected.

use serde_json::Value;

use crate::openapi::document::{Document, reference};

/// The largest number of references and `allOf`s followed for one schema.
const MOST_PARTS: usize = 128;

/// Properties whose declared type is not that of the API.
const MISTYPED: [(&str, &str); 8] = [
    // Messages of a chat are `{role, content}`; the document types them as messages of a call.
    ("CreateChatDTO", "input"),
    ("OpenAIResponsesRequest", "input"),
    ("CreateSessionDTO", "messages"),
    ("UpdateSessionDTO", "messages"),
    // An array on the wire.
    ("KeypadInputPlan", "delimiters"),
    // The user's own JSON schemas: the declared type is closed and lacks most keywords.
    ("OpenAIFunction", "parameters"),
    ("CreateStructuredOutputDTO", "schema"),
    ("UpdateStructuredOutputDTO", "schema"),
];

/// Returns the branches of a union schema.
pub(crate) fn branches(schema: &Value) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf"]
        .iter()
        .find_map(|key| schema.get(*key)?.as_array())
        .filter(|branches| !branches.is_empty())
}

/// The properties of an object schema, those of its `allOf` included.
pub(crate) struct ObjectSchema<'a> {
    pub properties: Vec<Property<'a>>,
    pub required: Vec<&'a str>,
    /// True if other properties are allowed.
    pub open: bool,
}

pub(crate) struct Property<'a> {
    pub name: &'a str,
    pub schema: &'a Value,
    /// True if its schema is known to be wrong.
    pub mistyped: bool,
}

impl<'a> ObjectSchema<'a> {
    pub fn of(document: &'a Document, schema: &'a Value) -> ObjectSchema<'a> {
        let mut shape = ObjectSchema {
            properties: Vec::new(),
            required: Vec::new(),
            open: false,
        };
        let mut left = vec![(schema, None)];
        let mut seen = 0;
        while let Some((part, name)) = left.pop() {
            seen += 1;
            let name = reference(part).and_then(|r| r.rsplit('/').next()).or(name);
            let Some(part) = document.resolve(part).filter(|_| seen < MOST_PARTS) else {
                shape.open = true;
                continue;
            };
            let all_of = part["allOf"].as_array();
            let properties = part["properties"].as_object();
            let additional = &part["additionalProperties"];
            shape.open |= (properties.is_none() && all_of.is_none()) || additional == true || additional.is_object();
            shape.required.extend(
                part["required"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str),
            );
            shape
                .properties
                .extend(properties.into_iter().flatten().map(|(property, schema)| Property {
                    name: property,
                    schema,
                    mistyped: name.is_some_and(|name| MISTYPED.contains(&(name, property))),
                }));
            left.extend(all_of.into_iter().flatten().map(|part| (part, name)));
        }
        shape
    }
}

/// Returns whether every tag of a branch agrees with a value. A tag is a property with one allowed value; tags
/// distinguish the branches of a union.
pub(crate) fn tags_agree(document: &Document, branch: &Value, value: &Value) -> bool {
    let Value::Object(object) = value else {
        return true;
    };
    let shape = ObjectSchema::of(document, branch);
    shape.properties.iter().all(|property| {
        let Some(tag) = tag_value(property.schema) else {
            return true;
        };
        match object.get(property.name) {
            Some(given) => given == tag,
            None => !shape.required.contains(&property.name),
        }
    })
}

fn tag_value(schema: &Value) -> Option<&str> {
    match enum_values(schema)?.as_slice() {
        [tag] if schema["type"] != "array" => Some(tag),
        _ => None,
    }
}

pub(crate) fn enum_values(schema: &Value) -> Option<Vec<&str>> {
    let values: Vec<&str> = schema
        .get("enum")?
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    (!values.is_empty()).then_some(values)
}

pub(crate) fn is_open_object(schema: &Value) -> bool {
    schema["type"] == "object" && schema.as_object().is_some_and(|schema| schema.len() == 1)
}
