//! Values made from schemas: what is required, what is usual, and at the top what has a value by name.

use heck::ToSnakeCase;
use serde_json::{Map, Number, Value, json};

use super::{Examples, Usual, fit};
use crate::reference;

/// Nested schemas beyond which nothing optional is added and unions end.
const DEEPEST: usize = 12;

/// The instant of every example.
const INSTANT: &str = "2026-01-15T09:30:00.000Z";

/// Makes values of schemas.
pub(super) struct Sampler<'a> {
    components: &'a Map<String, Value>,
    examples: &'a Examples,
    usual: &'a Usual,
    /// The components that are being made, from the outside.
    open: Vec<&'a str>,
    /// The objects around the value.
    depth: usize,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(components: &'a Map<String, Value>, examples: &'a Examples, usual: &'a Usual) -> Self {
        Self {
            components,
            examples,
            usual,
            open: Vec::new(),
            depth: 0,
        }
    }

    /// Returns a value of the schema; `None` if it has none that ends.
    pub(super) fn sample(&mut self, schema: &Value) -> Option<Value> {
        self.value(schema, "", &[])
    }

    /// Returns a value of the schema for a place with a name.
    pub(super) fn named(&mut self, schema: &Value, name: &str) -> Option<Value> {
        self.value(schema, name, &[])
    }

    /// Returns the schemas of the document's components.
    pub(super) fn components(&self) -> &'a Map<String, Value> {
        self.components
    }

    fn component(&mut self, name: &str) -> Option<Value> {
        if let Some(by_hand) = self.by_hand(name) {
            return Some(by_hand.clone());
        }
        let (name, schema) = self.components.get_key_value(name)?;
        if self.open.contains(&name.as_str()) || self.open.len() > DEEPEST {
            return None;
        }
        let usual = self.usual.get(name).map_or(&[][..], Vec::as_slice);
        self.open.push(name);
        let value = self.value(schema, "", usual);
        self.open.pop();
        value
    }

    /// Returns the example of a schema. That of what is sent serves where it is received, too.
    fn by_hand(&self, name: &str) -> Option<&'a Value> {
        let schemas = &self.examples.schemas;
        let of_copy = || {
            let original = name.trim_end_matches('_').strip_suffix("Response")?;
            schemas.get(original).filter(|_| self.components.contains_key(original))
        };
        let by_hand = schemas.get(name).or_else(of_copy)?;
        let schema = self.components.get(name)?;
        fit::fits(by_hand, schema, self.components).then_some(by_hand)
    }

    fn value(&mut self, schema: &Value, name: &str, usual: &[String]) -> Option<Value> {
        if let Some(target) = reference::target(schema) {
            return self.component(target);
        }
        for union in ["allOf", "oneOf", "anyOf"] {
            let branches = schema.get(union).and_then(Value::as_array);
            if let Some(branches) = branches.filter(|branches| !branches.is_empty()) {
                let is_by_hand =
                    |branch: &&Value| reference::target(branch).is_some_and(|name| self.by_hand(name).is_some());
                let (by_hand, others): (Vec<&Value>, Vec<&Value>) = branches.iter().partition(is_by_hand);
                let mut branches = by_hand.into_iter().chain(others);
                return branches.find_map(|branch| self.value(branch, name, &[]).filter(|value| !value.is_null()));
            }
        }
        if let Some(value) = self.by_name(schema, name) {
            return Some(value);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return values.iter().find(|value| !value.is_null()).cloned();
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => string(schema, name),
            Some("integer" | "number") => number(schema),
            Some("boolean") => Some(json!(true)),
            Some("array") => self.array(schema, name),
            Some("object") => self.object(schema, usual),
            _ if schema.get("properties").is_some() => self.object(schema, usual),
            _ => Some(json!(words(name))),
        }
    }

    /// Returns the value that the name has in the table, if the schema allows it.
    fn by_name(&self, schema: &Value, name: &str) -> Option<Value> {
        let owner = self.open.last().copied().unwrap_or_default();
        let of_owner = self.examples.values.get(&format!("{owner}.{name}"));
        [of_owner, self.examples.values.get(name)]
            .into_iter()
            .flatten()
            .find(|value| fits(value, schema))
            .cloned()
    }

    fn array(&mut self, schema: &Value, name: &str) -> Option<Value> {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let most = schema.get("maxItems").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let singular = name.strip_suffix('s').unwrap_or(name);
        let item = match schema.get("items") {
            Some(items) if most > 0 => self.value(items, singular, &[]),
            _ => None,
        };
        match item {
            Some(item) => {
                let count = usize::try_from(least.max(1)).unwrap_or(1);
                Some(Value::Array(vec![item; count]))
            }
            None => (least == 0).then(|| json!([])),
        }
    }

    fn object(&mut self, schema: &Value, usual: &[String]) -> Option<Value> {
        let required = schema.get("required").and_then(Value::as_array);
        let required: Vec<&str> = required.into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        let is_outermost = self.depth == 0;
        self.depth += 1;
        let mut object = Map::new();
        for (name, property) in properties.into_iter().flatten() {
            if required.contains(&name.as_str()) {
                let Some(value) = self.value(property, name, &[]) else {
                    self.depth -= 1;
                    return None;
                };
                object.insert(name.clone(), value);
            } else if usual.contains(name) {
                if let Some(value) = self.value(property, name, &[]) {
                    object.insert(name.clone(), value);
                }
            } else if is_outermost
                && property.get("deprecated") != Some(&json!(true))
                && let Some(value) = self.by_name(property, name)
            {
                object.insert(name.clone(), value);
            }
        }
        self.depth -= 1;
        Some(Value::Object(object))
    }
}

/// Returns whether a value out of the table is one of the schema, which is a scalar, a list of scalars, or free.
fn fits(value: &Value, schema: &Value) -> bool {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.contains(value);
    }
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let within = |measure: f64, least: &str, most: &str| {
        limit(least).is_none_or(|least| measure >= least) && limit(most).is_none_or(|most| measure <= most)
    };
    match (schema.get("type").and_then(Value::as_str), value) {
        (Some("string"), Value::String(text)) => {
            let format = schema.get("format").and_then(Value::as_str);
            let has_format = match format {
                Some("uuid") => text.len() == 36 && text.matches('-').count() == 4,
                Some("uri") => text.starts_with("https://"),
                Some("email") => text.contains('@'),
                Some("date-time") => text.ends_with('Z'),
                Some("date") => text.len() == 10,
                _ => format.is_none(),
            };
            // No expression is evaluated here: those of the document are about names and paths.
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
            let has_format = has_format && (schema.get("pattern").is_none() || text.chars().all(is_name));
            has_format && within(text.chars().count() as f64, "minLength", "maxLength")
        }
        (Some("number"), Value::Number(number)) => within(number.as_f64().unwrap_or(0.0), "minimum", "maximum"),
        (Some("integer"), Value::Number(number)) => {
            number.is_i64() && within(number.as_f64().unwrap_or(0.0), "minimum", "maximum")
        }
        (Some("boolean"), Value::Bool(_)) => true,
        (Some("object"), Value::Object(_)) => {
            schema.get("properties").is_none() && !schema.get("additionalProperties").is_some_and(Value::is_object)
        }
        (Some("array"), Value::Array(items)) => {
            let schema = schema.get("items").unwrap_or(&Value::Null);
            let is_simple = schema.get("type").is_some();
            is_simple
                && within(items.len() as f64, "minItems", "maxItems")
                && items.iter().all(|item| fits(item, schema))
        }
        (None, _) => {
            let describes = ["$ref", "oneOf", "anyOf", "allOf", "properties"];
            !describes.iter().any(|key| schema.get(*key).is_some())
        }
        _ => false,
    }
}

fn number(schema: &Value) -> Option<Value> {
    let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
    let (least, most) = (limit("minimum"), limit("maximum"));
    let value = match (least, most) {
        (Some(least), _) if least > 1.0 => schema.get("minimum").cloned()?,
        (_, Some(most)) if most < 1.0 => schema.get("maximum").cloned()?,
        _ => Value::Number(Number::from(1)),
    };
    Some(value)
}

fn string(schema: &Value, name: &str) -> Option<Value> {
    let text = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => INSTANT.to_owned(),
        Some("date") => INSTANT.chars().take(10).collect(),
        Some("uuid") => uuid(name),
        Some("uri" | "url") => "https://example.com/vapi".to_owned(),
        Some("email") => "ada@example.com".to_owned(),
        Some("binary") => "the bytes of the file".to_owned(),
        _ if name == "id" || name.ends_with("Id") => uuid(name),
        _ if name.ends_with("At") => INSTANT.to_owned(),
        _ if name.ends_with("Url") || name == "url" => "https://example.com/vapi".to_owned(),
        _ if schema.get("pattern").is_some() => words(name).replace(' ', "_"),
        _ => words(name),
    };
    let length = |key: &str| {
        let length = schema.get(key).and_then(Value::as_u64);
        length.map(|length| usize::try_from(length).unwrap_or(usize::MAX))
    };
    let mut text: String = text.chars().take(length("maxLength").unwrap_or(usize::MAX)).collect();
    while text.chars().count() < length("minLength").unwrap_or(0) {
        text.push('.');
    }
    Some(Value::String(text))
}

/// Returns an id that is the same wherever the name occurs: what `assistantId` names is the assistant of another example.
fn uuid(name: &str) -> String {
    let noun = name
        .strip_suffix("Id")
        .filter(|noun| !noun.is_empty())
        .unwrap_or("resource");
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
    let words = name.to_snake_case().replace('_', " ");
    match words.is_empty() {
        true => "text".to_owned(),
        false => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(schema: Value) -> Value {
        let components = json!({
            "Tree": {"type": "object", "required": ["name", "left"], "properties": {
                "name": {"type": "string"}, "left": {"type": "array", "items": reference::to("Tree")}
            }},
            "Endless": {"type": "object", "required": ["next"], "properties": {"next": reference::to("Endless")}},
            "Null": {"type": "string", "nullable": true, "enum": [null]},
            "Known": {"type": "object"},
            "KnownResponse": {"type": "object"},
            "Page": {"type": "object", "properties": {"results": {"type": "array", "items": {"type": "integer"}}, "x": {}}}
        });
        let components = components.as_object().cloned().unwrap_or_default();
        let examples: Examples = serde_json::from_value(json!({
            "schemas": {"Known": {"by": "hand"}},
            "values": {"name": "Front desk", "size": 7, "tags": ["a"], "metadata": {"a": 1}}
        }))
        .unwrap();
        let usual = Usual::from([("Page".to_owned(), vec!["results".to_owned()])]);
        Sampler::new(&components, &examples, &usual)
            .sample(&schema)
            .unwrap_or_default()
    }

    #[test]
    fn scalars_keep_their_limits() {
        assert_eq!(sample(json!({"type": "string", "minLength": 6})), json!("text.."));
        assert_eq!(sample(json!({"type": "string", "maxLength": 2})), json!("te"));
        assert_eq!(sample(json!({"type": "string", "format": "date"})), json!("2026-01-15"));
        assert_eq!(sample(json!({"type": "number", "minimum": 2.5})), json!(2.5));
        assert_eq!(sample(json!({"type": "integer", "maximum": 0})), json!(0));
        assert_eq!(sample(json!({"type": "string", "enum": [null, "a"]})), json!("a"));
        assert_eq!(
            sample(json!({"properties": {"name": {"type": "string", "pattern": "^[a-z_]+$"}}, "required": ["name"]})),
            json!({"name": "name"})
        );
    }

    #[test]
    fn objects_have_what_is_required_or_known() {
        let schema = json!({"type": "object", "required": ["voiceName"], "properties": {
            "voiceName": {"type": "string"}, "name": {"type": "string"}, "size": {"type": "integer", "maximum": 5},
            "tags": {"type": "array", "items": {"type": "string"}}, "metadata": {"type": "object"}, "other": {"type": "string"}
        }});
        let expected = json!({"voiceName": "voice name", "name": "Front desk", "tags": ["a"], "metadata": {"a": 1}});
        assert_eq!(sample(schema), expected);
    }

    #[test]
    fn recursion_ends() {
        assert_eq!(sample(reference::to("Tree")), json!({"name": "Front desk", "left": []}));
        assert_eq!(sample(reference::to("Endless")), Value::Null);
        let either = json!({"anyOf": [reference::to("Endless"), reference::to("Null"), {"type": "boolean"}]});
        assert_eq!(sample(either), json!(true));
        let by_hand = json!({"anyOf": [{"type": "boolean"}, reference::to("Known")]});
        assert_eq!(sample(by_hand), json!({"by": "hand"}));
    }

    #[test]
    fn components_by_hand_serve_their_copies() {
        assert_eq!(sample(reference::to("Known")), json!({"by": "hand"}));
        assert_eq!(sample(reference::to("KnownResponse")), json!({"by": "hand"}));
        assert_eq!(sample(reference::to("Page")), json!({"results": [1]}));
    }

    #[test]
    fn ids_of_one_name_are_one() {
        assert_eq!(uuid("assistantId"), uuid("assistantId"));
        assert_ne!(uuid("assistantId"), uuid("squadId"));
        assert_eq!(uuid("id").len(), 36);
    }
}
