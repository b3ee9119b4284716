//! Limits and defaults of properties and parameters, in a few words: `10 to 3600; 600 when unset`.
//!
//! Generated types have neither, since nothing received is refused and nothing unsaid is sent. The API has both.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::docs::code;
use crate::document::{for_each_operation, schemas};
use crate::reference;

/// The longest pattern that is told.
const LONGEST_PATTERN: usize = 60;

/// The limits of a document, by schema and property and by operation and parameter.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Limits {
    properties: BTreeMap<(String, String), Vec<Fact>>,
    parameters: BTreeMap<(String, String), Vec<Fact>>,
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fact {
    text: String,
    /// Numbers and values. A sentence that has all of them tells the fact already.
    values: Vec<String>,
}

impl Fact {
    fn new(text: impl Into<String>, values: &[&str]) -> Self {
        Self {
            text: text.into(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        }
    }
}

impl Limits {
    /// Reads the limits of a document.
    pub fn read(document: &Value) -> Self {
        let mut limits = Self::default();
        let updates = reference::update_bodies(document);
        for (name, schema) in schemas(document).into_iter().flatten() {
            let required = schema.get("required").and_then(Value::as_array);
            let properties = schema.get("properties").and_then(Value::as_object);
            for (property, schema) in properties.into_iter().flatten() {
                let is_required = required.is_some_and(|names| names.iter().any(|name| name == property));
                // What an update leaves out stays as it is.
                let has_default = !is_required && !updates.contains(name);
                let facts = facts(schema, has_default);
                if !facts.is_empty() {
                    limits.properties.insert((name.clone(), property.clone()), facts);
                }
            }
        }
        // `for_each_operation` can change what it visits; this reads a copy of the paths.
        let mut operations = serde_json::json!({"paths": document.get("paths")});
        for_each_operation(&mut operations, &mut |_, _, _, operation| {
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
            let parameters = operation.get("parameters").and_then(Value::as_array);
            for parameter in parameters.into_iter().flatten() {
                let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
                let is_required = parameter.get("required") == Some(&Value::Bool(true));
                if let Some(schema) = parameter.get("schema") {
                    let facts = facts(schema, !is_required);
                    limits.parameters.insert((id.to_owned(), name.to_owned()), facts);
                }
            }
        });
        limits
    }

    /// Returns the sentence of a property with the limits that it does not tell itself.
    pub fn after(&self, sentence: &str, schema: &str, property: &str) -> String {
        let facts = self.properties.get(&(schema.to_owned(), property.to_owned()));
        appended(sentence, facts.map_or(&[], Vec::as_slice))
    }

    /// Returns the sentence of a parameter with the limits that it does not tell itself.
    pub fn after_parameter(&self, sentence: &str, operation: &str, parameter: &str) -> String {
        let facts = self.parameters.get(&(operation.to_owned(), parameter.to_owned()));
        appended(sentence, facts.map_or(&[], Vec::as_slice))
    }
}

fn appended(sentence: &str, facts: &[Fact]) -> String {
    let told = values(sentence);
    let new: Vec<&str> = facts
        .iter()
        .filter(|fact| !fact.values.iter().all(|value| told.contains(value)))
        .map(|fact| fact.text.as_str())
        .collect();
    let text = new.join("; ");
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return sentence.to_owned();
    };
    let text = format!("{}{}.", first.to_uppercase(), letters.as_str());
    let is_one_line = !sentence.contains('\n') && sentence.ends_with(['.', '!', '?']);
    let gap = if is_one_line { " " } else { "\n\n" };
    format!("{sentence}{gap}{text}")
}

/// Returns the numbers and words of a sentence, without the marks around them.
fn values(sentence: &str) -> Vec<String> {
    let words = sentence.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '`' | ':' | ';'));
    words
        .map(|word| word.trim_end_matches(['.', ',']).replace(',', ""))
        .filter(|word| !word.is_empty())
        .collect()
}

/// Returns the limits of a value, and what it is when it is left out.
fn facts(schema: &Value, has_default: bool) -> Vec<Fact> {
    let Some(schema) = schema.as_object() else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    facts.extend(range(schema));
    if let Some(step) = number(schema, "multipleOf") {
        facts.push(Fact::new(format!("a multiple of {step}"), &[&step]));
    }
    facts.extend(size(schema, ["minLength", "maxLength"], ["character", "characters"]));
    facts.extend(size(schema, ["minItems", "maxItems"], ["element", "elements"]));
    facts.extend(size(
        schema,
        ["minProperties", "maxProperties"],
        ["property", "properties"],
    ));
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        facts.push(Fact::new("no element twice", &["twice"]));
    }
    facts.extend(form(schema));
    let items = schema.get("items").and_then(Value::as_object);
    let of_items = items.map(|items| {
        let lengths = size(items, ["minLength", "maxLength"], ["character", "characters"]);
        range(items).into_iter().chain(lengths).chain(form(items))
    });
    facts.extend(of_items.into_iter().flatten().map(|fact| Fact {
        text: format!("each {}", fact.text),
        ..fact
    }));
    if let Some(default) = schema.get("default").filter(|_| has_default) {
        facts.extend(unset(default));
    }
    facts
}

fn number(schema: &Map<String, Value>, key: &str) -> Option<String> {
    let number = schema.get(key)?.as_number()?;
    // `10.0` is written as `10`.
    let text = number.to_string();
    Some(text.strip_suffix(".0").map_or(text.clone(), str::to_owned))
}

fn range(schema: &Map<String, Value>) -> Option<Fact> {
    let is_set = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    let (least, most) = (number(schema, "minimum"), number(schema, "maximum"));
    let above = |least: &str| match is_set("exclusiveMinimum") {
        true => format!("more than {least}"),
        false => format!("at least {least}"),
    };
    let below = |most: &str| match is_set("exclusiveMaximum") {
        true => format!("less than {most}"),
        false => format!("at most {most}"),
    };
    match (least.as_deref(), most.as_deref()) {
        (None, None) => None,
        (Some(least), None) => Some(Fact::new(above(least), &[least])),
        (None, Some(most)) => Some(Fact::new(below(most), &[most])),
        (Some(least), Some(most)) if is_set("exclusiveMinimum") || is_set("exclusiveMaximum") => Some(Fact::new(
            format!("{} and {}", above(least), below(most)),
            &[least, most],
        )),
        (Some(least), Some(most)) => Some(Fact::new(format!("{least} to {most}"), &[least, most])),
    }
}

fn size(schema: &Map<String, Value>, [least, most]: [&str; 2], [one, many]: [&str; 2]) -> Option<Fact> {
    // No less than nothing is no limit.
    let least = number(schema, least).filter(|least| least != "0");
    let most = number(schema, most);
    let noun = |count: &str| if count == "1" { one } else { many };
    match (least.as_deref(), most.as_deref()) {
        (None, None) => None,
        (Some("1"), None) => Some(Fact::new("not empty", &["empty"])),
        (Some(least), None) => Some(Fact::new(format!("at least {least} {}", noun(least)), &[least])),
        (None, Some(most)) => Some(Fact::new(format!("at most {most} {}", noun(most)), &[most])),
        (Some(least), Some(most)) if least == most => Some(Fact::new(format!("{most} {}", noun(most)), &[most])),
        (Some(least), Some(most)) => Some(Fact::new(format!("{least} to {most} {many}"), &[least, most])),
    }
}

/// Returns the form of a text. Times are types of their own.
fn form(schema: &Map<String, Value>) -> Option<Fact> {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    if let Some(pattern) = text("pattern").filter(|pattern| pattern.len() <= LONGEST_PATTERN) {
        let pattern = code(pattern);
        return Some(Fact::new(format!("matches {pattern}"), &[&pattern]));
    }
    let (form, value) = match text("format")? {
        "uuid" => ("a UUID", "UUID"),
        "uri" | "url" => ("a URL", "URL"),
        "email" => ("an email address", "email"),
        "date" => ("a date", "date"),
        _ => return None,
    };
    Some(Fact::new(form, &[value]))
}

fn unset(default: &Value) -> Option<Fact> {
    match default {
        Value::Bool(_) | Value::String(_) => {
            let value = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
            Some(Fact::new(format!("{} when unset", code(&value)), &[&value])).filter(|_| !value.is_empty())
        }
        Value::Number(number) => {
            let text = number.to_string();
            let text = text.strip_suffix(".0").unwrap_or(&text);
            Some(Fact::new(format!("{text} when unset"), &[text]))
        }
        Value::Array(items) if items.is_empty() => Some(Fact::new("empty when unset", &["empty"])),
        Value::Array(items) => {
            let values: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            let values = values?;
            let spelled: Vec<String> = values.iter().map(|value| code(value)).collect();
            Some(Fact::new(format!("{} when unset", spelled.join(", ")), &values))
        }
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(schema: Value) -> String {
        let document = json!({"components": {"schemas": {"A": {"properties": {"a": schema}}}}});
        let limits = Limits::read(&document);
        let text = limits.after("It.", "A", "a");
        text.strip_prefix("It.").unwrap().trim_start().to_owned()
    }

    #[test]
    fn limits_are_told_in_a_few_words() {
        let cases = [
            (
                json!({"type": "number", "minimum": 10, "maximum": 3600, "default": 600}),
                "10 to 3600; 600 when unset.",
            ),
            (
                json!({"type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 1.5}),
                "More than 0 and at most 1.5.",
            ),
            (
                json!({"type": "integer", "maximum": 5.0, "multipleOf": 5}),
                "At most 5; a multiple of 5.",
            ),
            (
                json!({"type": "string", "minLength": 1, "maxLength": 80}),
                "1 to 80 characters.",
            ),
            (
                json!({"type": "string", "minLength": 1, "format": "uuid"}),
                "Not empty; a UUID.",
            ),
            (
                json!({"type": "string", "minLength": 0, "maxLength": 1}),
                "At most 1 character.",
            ),
            (json!({"type": "string", "pattern": "^[a-z]+$"}), "Matches `^[a-z]+$`."),
            (
                json!({"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string", "maxLength": 9}}),
                "2 elements; each at most 9 characters.",
            ),
            (json!({"type": "boolean", "default": false}), "`false` when unset."),
            (
                json!({"type": "array", "items": {"enum": ["a", "b"]}, "default": ["a", "b"]}),
                "`a`, `b` when unset.",
            ),
            (json!({"type": "string", "format": "date-time"}), ""),
        ];
        for (schema, expected) in cases {
            assert_eq!(said(schema.clone()), expected, "{schema}");
        }
    }

    #[test]
    fn what_the_sentence_tells_is_not_repeated() {
        let document = json!({
            "paths": {"/a": {
                "get": {"operationId": "list", "parameters": [{"name": "limit", "schema": {"maximum": 1000, "default": 100}}]},
                "patch": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/B"}}}}}
            }},
            "components": {"schemas": {
                "A": {"required": ["b"], "properties": {
                    "a": {"type": "number", "minimum": -30, "maximum": -5, "default": -15}, "b": {"default": 1}
                }},
                "B": {"properties": {"a": {"maximum": 3, "default": 2}}}
            }}
        });
        let limits = Limits::read(&document);
        let after = |sentence: &str| limits.after(sentence, "A", "a");
        assert_eq!(after("From -30 to -5. Default: -15."), "From -30 to -5. Default: -15.");
        assert_eq!(after("From -30 to -5."), "From -30 to -5. -15 when unset.");
        assert_eq!(
            after("A level.\n\nAs decibels."),
            "A level.\n\nAs decibels.\n\n-30 to -5; -15 when unset."
        );
        assert_eq!(limits.after("It.", "A", "b"), "It.");
        assert_eq!(limits.after("It.", "B", "a"), "It. At most 3.");
        assert_eq!(
            limits.after_parameter("Most, up to 1,000.", "list", "limit"),
            "Most, up to 1,000. 100 when unset."
        );
    }
}
