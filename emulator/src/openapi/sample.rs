//! Samples: the smallest value of a schema, for responses that no stored resource gives.

use serde_json::{Map, Value, json};
use vapi_validator::schema::{ObjectSchema, branches};

use crate::openapi::document::{Document, reference};
use crate::openapi::validator::{Validators, branch};
use crate::text::{ids, timestamp};

/// Returns a value with the required properties only, the first branch of a union and the first value of an enum.
/// Recursive references end in an empty object. A text is what the name of its property says.
pub(crate) fn minimal(document: &Document, schema: &Value, now: i64) -> Value {
    named(document, "", schema, now)
}

/// Returns the same for the value of a property.
fn named(document: &Document, name: &str, schema: &Value, now: i64) -> Value {
    let mut sampler = Sampler {
        document,
        now,
        open: Vec::new(),
    };
    sampler.value(name, schema)
}

/// Adds every property that the schema requires and the value lacks.
pub(crate) fn complete(validators: &Validators, schema: &Value, value: &mut Value, now: i64) {
    let document = validators.document();
    let Some(schema) = document.resolve(schema) else {
        return;
    };
    if let Some(branches) = branches(schema) {
        if let Some(branch) = branch(validators, branches, value) {
            complete(validators, branch, value, now);
        }
        return;
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        complete(validators, part, value, now);
    }
    let Value::Object(object) = value else { return };
    for name in required(schema) {
        if !object.contains_key(name) {
            object.insert(name.to_owned(), named(document, name, &schema["properties"][name], now));
        }
    }
}

/// Converts a value to another schema: removes undeclared properties and adds required ones.
pub(crate) fn reshape(validators: &Validators, schema: &Value, value: &mut Value, now: i64) {
    let shape = ObjectSchema::of(validators.document().corrected(), schema);
    if let (false, Value::Object(object)) = (shape.open, &mut *value) {
        object.retain(|name, _| shape.properties.iter().any(|property| property.name == name));
    }
    complete(validators, schema, value, now);
}

/// Returns whether a value must have a property. Of a union, the branch that the value is of says it.
pub(crate) fn requires(validators: &Validators, schema: &Value, value: &Value, name: &str) -> bool {
    let Some(schema) = validators.document().resolve(schema) else {
        return false;
    };
    match branches(schema) {
        Some(branches) => {
            branch(validators, branches, value).is_some_and(|branch| requires(validators, branch, value, name))
        }
        None => required(schema).any(|required| required == name),
    }
}

/// Returns whether a schema, or the branch that the value means, declares a property.
pub(crate) fn declares(document: &Document, schema: &Value, name: &str) -> bool {
    let Some(schema) = document.resolve(schema) else {
        return false;
    };
    let parts = ["oneOf", "anyOf", "allOf"]
        .into_iter()
        .filter_map(|key| schema[key].as_array())
        .flatten();
    schema["properties"].get(name).is_some() || parts.into_iter().any(|part| declares(document, part, name))
}

struct Sampler<'a> {
    document: &'a Document,
    now: i64,
    /// The references being followed.
    open: Vec<&'a str>,
}

impl<'a> Sampler<'a> {
    fn value(&mut self, property: &str, schema: &'a Value) -> Value {
        let name = reference(schema);
        if name.is_some_and(|name| self.open.contains(&name)) {
            return json!({});
        }
        let Some(schema) = self.document.resolve(schema) else {
            return json!({});
        };
        self.open.extend(name);
        let value = self.resolved(property, schema);
        if name.is_some() {
            self.open.pop();
        }
        value
    }

    fn resolved(&mut self, property: &str, schema: &'a Value) -> Value {
        if let Some(branches) = branches(schema) {
            let open = &self.open;
            let fresh = branches
                .iter()
                .find(|b| reference(b).is_none_or(|name| !open.contains(&name)));
            return fresh.map_or_else(|| json!({}), |branch| self.value(property, branch));
        }
        let is_array = schema["type"] == "array";
        if let Some(first) = schema["enum"]
            .as_array()
            .and_then(|values| values.first())
            .filter(|_| !is_array)
        {
            return first.clone();
        }
        match schema["type"].as_str() {
            Some("string") => Value::String(self.string(property, schema)),
            Some("number" | "integer") => schema.get("minimum").cloned().unwrap_or_else(|| json!(0)),
            Some("boolean") => Value::Bool(false),
            Some("array") => {
                let count = schema["minItems"].as_u64().unwrap_or(0).min(16);
                (0..count).map(|_| self.value(property, &schema["items"])).collect()
            }
            _ => self.object(schema),
        }
    }

    fn object(&mut self, schema: &'a Value) -> Value {
        let mut object = Map::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            if let Value::Object(part) = self.value("", part) {
                object.extend(part);
            }
        }
        for name in required(schema) {
            object.insert(name.to_owned(), self.value(name, &schema["properties"][name]));
        }
        Value::Object(object)
    }

    fn string(&self, property: &str, schema: &Value) -> String {
        match schema["format"].as_str() {
            Some("date-time") => timestamp::format(self.now),
            Some("date") => timestamp::format(self.now).chars().take(10).collect(),
            Some("uuid") => ids::uuid(),
            Some("uri" | "url") => "https://example.com/".to_owned(),
            Some("email") => "someone@example.com".to_owned(),
            _ => {
                let least = usize::try_from(schema["minLength"].as_u64().unwrap_or(0))
                    .unwrap_or(0)
                    .min(1024);
                let most = usize::try_from(schema["maxLength"].as_u64().unwrap_or(1024)).unwrap_or(1024);
                let mut text = self.text(property);
                while text.len() < least {
                    text.push('-');
                }
                text.truncate(most.max(least));
                text
            }
        }
    }

    /// Returns a text for a property that has no format.
    fn text(&self, property: &str) -> String {
        let ends = |endings: &[&str]| endings.iter().any(|ending| property.ends_with(ending));
        match property {
            "id" => ids::uuid(),
            "url" | "uri" => "https://example.com/".to_owned(),
            "number" => "+15555550100".to_owned(),
            "email" => "someone@example.com".to_owned(),
            _ if ends(&["Id", "Ids"]) => ids::uuid(),
            _ if ends(&["At"]) => timestamp::format(self.now),
            _ if ends(&["Url", "Uri"]) => "https://example.com/".to_owned(),
            _ => words(property),
        }
    }
}

/// Returns the words of a name, as a sentence begins: `firstMessage` is `First message`.
fn words(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        match letter {
            _ if text.is_empty() => text.extend(letter.to_uppercase()),
            '_' | '-' => text.push(' '),
            _ if letter.is_uppercase() => text.extend([' '].into_iter().chain(letter.to_lowercase())),
            _ => text.push(letter),
        }
    }
    if text.is_empty() { "Text".to_owned() } else { text }
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
