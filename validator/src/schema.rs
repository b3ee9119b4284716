//! Schemas of a document, read as the API means them: the properties of an object with those of its `allOf`, and the branches of
//! a union.

use serde_json::Value;

use crate::document::Document;

/// The largest number of references and of parts of `allOf` followed for one schema.
const MOST_PARTS: usize = 128;

/// Returns the branches of a union schema.
pub fn branches(schema: &Value) -> Option<&Vec<Value>> {
    ["oneOf", "anyOf"]
        .iter()
        .find_map(|key| schema.get(*key)?.as_array())
        .filter(|branches| !branches.is_empty())
}

/// The properties of an object schema, those of its `allOf` included.
pub struct ObjectSchema<'a> {
    /// The properties. Of two with one name, the first counts.
    pub properties: Vec<Property<'a>>,
    /// The names of the required properties.
    pub required: Vec<&'a str>,
    /// True if other properties are allowed.
    pub open: bool,
}

/// A property of an object schema.
pub struct Property<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its schema.
    pub schema: &'a Value,
}

impl<'a> ObjectSchema<'a> {
    /// Reads the schema behind a `$ref`, or an inline schema.
    pub fn of(document: &'a Document, schema: &'a Value) -> ObjectSchema<'a> {
        let mut shape = ObjectSchema {
            properties: Vec::new(),
            required: Vec::new(),
            open: false,
        };
        let mut left = vec![schema];
        let mut seen = 0;
        while let Some(part) = left.pop() {
            seen += 1;
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
            shape.properties.extend(
                properties
                    .into_iter()
                    .flatten()
                    .map(|(property, schema)| Property { name: property, schema }),
            );
            left.extend(all_of.into_iter().flatten().rev());
        }
        shape
    }
}

/// Returns whether every tag of a branch agrees with a value. A tag is a property with one allowed value; tags
/// distinguish the branches of a union.
pub fn tags_agree(document: &Document, branch: &Value, value: &Value) -> bool {
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

/// Returns the texts that a schema lists as its only values.
pub fn enum_values(schema: &Value) -> Option<Vec<&str>> {
    let values: Vec<&str> = schema
        .get("enum")?
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    (!values.is_empty()).then_some(values)
}

/// Returns whether a schema says no more than that a value is an object.
pub fn is_open_object(schema: &Value) -> bool {
    schema["type"] == "object" && schema.as_object().is_some_and(|schema| schema.len() == 1)
}
