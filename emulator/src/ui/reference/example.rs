//! Examples of bodies: by hand from `spec/examples.json`, from what is stored, and else from the schema, with values that the names
//! of properties suggest. `codegen/src/export/examples` makes those of an exported document in the same way.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use vapi_validator::document::Document;
use vapi_validator::schema::{ObjectSchema, branches};

use crate::ui::reference::schema::name_of;

/// Nested schemas beyond which nothing more is made.
const DEEPEST: usize = 8;

/// The instant of every example.
const INSTANT: &str = "2026-01-15T09:30:00.000Z";

static EXAMPLES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../examples.json")).unwrap_or_default());

/// Returns the body that a person wrote for an operation: its `request` or its `response`.
pub(super) fn by_hand(operation: &str, body: &str) -> Option<&'static Value> {
    EXAMPLES.get("operations")?.get(operation)?.get(body)
}

/// Returns a value of a schema.
pub(super) fn sample(document: &Document, schema: &Value) -> Value {
    let mut sampler = Sampler {
        document,
        open: Vec::new(),
        depth: 0,
    };
    sampler.value(schema, "").unwrap_or_else(|| json!({}))
}

/// Returns the value of a parameter or a property that its name suggests.
pub(super) fn of_name(schema: &Value, name: &str) -> Option<Value> {
    let value = EXAMPLES.get("values")?.get(name)?;
    fits(value, schema).then(|| value.clone())
}

/// Returns an id that is the same wherever the noun occurs.
pub(super) fn id_of(noun: &str) -> Value {
    let known = EXAMPLES["values"].get(format!("{noun}Id"));
    known.cloned().unwrap_or_else(|| json!(uuid(noun)))
}

struct Sampler<'a> {
    document: &'a Document,
    /// The schemas that are being made, from the outside.
    open: Vec<&'a str>,
    depth: usize,
}

impl<'a> Sampler<'a> {
    /// Returns a value; `None` if the schema has none that ends.
    fn value(&mut self, schema: &'a Value, name: &str) -> Option<Value> {
        if let Some(target) = name_of(schema) {
            if let Some(known) = EXAMPLES["schemas"].get(target) {
                return Some(known.clone());
            }
            if self.open.contains(&target) || self.open.len() > DEEPEST {
                return None;
            }
            self.open.push(target);
            let value = self.value(self.document.schema(target)?, name);
            self.open.pop();
            return value;
        }
        let schema = self.document.resolve(schema)?;
        if let Some(branches) = branches(schema) {
            let is_known =
                |branch: &&&Value| name_of(branch).is_some_and(|name| EXAMPLES["schemas"].get(name).is_some());
            let known: Vec<&Value> = branches.iter().collect();
            let first = known.iter().find(is_known);
            return first
                .into_iter()
                .chain(known.iter())
                .find_map(|branch| self.value(branch, name));
        }
        if let Some(value) = of_name(schema, name) {
            return Some(value);
        }
        if schema["type"] == "array" {
            return self.array(schema, name);
        }
        if let Some(values) = schema["enum"].as_array() {
            return values.iter().find(|value| !value.is_null()).cloned();
        }
        match schema["type"].as_str() {
            Some("string") => Some(json!(string(schema, name))),
            Some("integer" | "number") => Some(number(schema)),
            Some("boolean") => Some(json!(true)),
            Some("object") => self.object(schema),
            _ if schema.get("properties").is_some() || schema.get("allOf").is_some() => self.object(schema),
            _ => Some(json!({})),
        }
    }

    fn array(&mut self, schema: &'a Value, name: &str) -> Option<Value> {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let singular = name.strip_suffix('s').unwrap_or(name);
        match self.value(&schema["items"], singular) {
            Some(item) => {
                let count = usize::try_from(least.clamp(1, 16)).unwrap_or(1);
                Some(Value::Array(vec![item; count]))
            }
            None => (least == 0).then(|| json!([])),
        }
    }

    /// Makes what is required, and at the top what has a value by name.
    fn object(&mut self, schema: &'a Value) -> Option<Value> {
        let object = ObjectSchema::of(self.document, schema);
        let is_outermost = self.depth == 0;
        self.depth += 1;
        let mut made = Map::new();
        let mut ends = true;
        for property in &object.properties {
            let value = if object.required.contains(&property.name) {
                let value = self.value(property.schema, property.name);
                ends &= value.is_some();
                value
            } else if is_outermost && property.schema["deprecated"] != true {
                of_name(property.schema, property.name)
            } else {
                None
            };
            if let Some(value) = value {
                made.entry(property.name.to_owned()).or_insert(value);
            }
        }
        self.depth -= 1;
        ends.then_some(Value::Object(made))
    }
}

/// Returns whether a value is one of the schema, as far as its type, its format and its values go.
fn fits(value: &Value, schema: &Value) -> bool {
    if let Some(values) = schema["enum"].as_array() {
        return values.contains(value);
    }
    match (schema["type"].as_str(), value) {
        (Some("string"), Value::String(text)) => {
            let has_format = match schema["format"].as_str() {
                Some("uuid") => text.len() == 36,
                Some("uri" | "url") => text.starts_with("https://"),
                Some("email") => text.contains('@'),
                Some("date-time") => text.ends_with('Z'),
                Some(_) => false,
                None => true,
            };
            let length = text.len() as u64;
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
            has_format
                && (schema.get("pattern").is_none() || text.chars().all(is_name))
                && schema["minLength"].as_u64().is_none_or(|least| length >= least)
                && schema["maxLength"].as_u64().is_none_or(|most| length <= most)
        }
        (Some("number" | "integer"), Value::Number(number)) => {
            let number = number.as_f64().unwrap_or_default();
            schema["minimum"].as_f64().is_none_or(|least| number >= least)
                && schema["maximum"].as_f64().is_none_or(|most| number <= most)
        }
        (Some("boolean"), Value::Bool(_)) => true,
        (Some("array"), Value::Array(items)) => items.iter().all(|item| fits(item, &schema["items"])),
        _ => false,
    }
}

fn number(schema: &Value) -> Value {
    match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(least), _) if least > 1.0 => schema["minimum"].clone(),
        (_, Some(most)) if most < 1.0 => schema["maximum"].clone(),
        _ => json!(1),
    }
}

fn string(schema: &Value, name: &str) -> String {
    let text = match schema["format"].as_str() {
        Some("date-time") => INSTANT.to_owned(),
        Some("date") => INSTANT.chars().take(10).collect(),
        Some("uuid") => uuid(name),
        Some("uri" | "url") => "https://example.com/vapi".to_owned(),
        Some("email") => "ada@example.com".to_owned(),
        Some("binary") => "the bytes of the file".to_owned(),
        _ if name == "id" || name.ends_with("Id") => uuid(name.trim_end_matches("Id")),
        _ if name.ends_with("At") => INSTANT.to_owned(),
        _ if name.ends_with("Url") || name == "url" => "https://example.com/vapi".to_owned(),
        _ if schema.get("pattern").is_some() => words(name).replace(' ', "_"),
        _ => words(name),
    };
    let length = |key: &str| usize::try_from(schema[key].as_u64()?).ok();
    let mut text: String = text.chars().take(length("maxLength").unwrap_or(usize::MAX)).collect();
    while text.chars().count() < length("minLength").unwrap_or(0).min(1024) {
        text.push('.');
    }
    text
}

fn uuid(noun: &str) -> String {
    // FNV-1a: stable, and good enough to differ.
    let hash = noun.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let (low, high) = (hash & 0xffff_ffff, hash >> 32);
    format!(
        "{low:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high & 0xffff,
        (high >> 16) & 0xfff,
        low & 0xfff,
        hash >> 16
    )
}

/// Returns the words of a name: `voiceName` is `voice name`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    match words.is_empty() {
        true => "text".to_owned(),
        false => words.replace(['_', '-'], " "),
    }
}
