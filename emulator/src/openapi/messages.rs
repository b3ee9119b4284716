//! Error messages of the API: one sentence for each problem of a value, with the name of the field.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

/// Returns the sentences for one error of a compiled schema.
pub(crate) fn of(error: &ValidationError<'_>) -> Vec<String> {
    let place = place(error);
    let say = |rule: String| vec![format!("{} {rule}", if place.is_empty() { "body" } else { &place })];
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let place = joined(&place, "");
            let sentences = unexpected
                .iter()
                .map(|name| format!("{place}property {name} should not exist"));
            sentences.collect()
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![format!("{} should not be null or undefined", joined(&place, name))]
        }
        ValidationErrorKind::Type { kind } => say(format!("must be {}", a(kind))),
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> = options
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            say(one_of(&options))
        }
        ValidationErrorKind::MinLength { limit } => say(format!("must be longer than or equal to {limit} characters")),
        ValidationErrorKind::MaxLength { limit } => say(format!("must be shorter than or equal to {limit} characters")),
        ValidationErrorKind::Minimum { limit } => say(format!("must not be less than {}", number(limit))),
        ValidationErrorKind::Maximum { limit } => say(format!("must not be greater than {}", number(limit))),
        ValidationErrorKind::MinItems { limit } => say(format!("must contain at least {limit} elements")),
        ValidationErrorKind::MaxItems { limit } => say(format!("must contain no more than {limit} elements")),
        // The branches cannot be distinguished, so the one with the fewest errors is reported.
        ValidationErrorKind::AnyOf { context } => {
            let branches = context.iter().map(|errors| errors.iter().flat_map(of).collect());
            branches.min_by_key(Vec::len).unwrap_or_default()
        }
        // A tag; see `crate::openapi::json_schema::unions`. The sentence starts with its name.
        ValidationErrorKind::Custom { message, .. } => vec![joined(&place, message)],
        _ => say(error.to_string()),
    }
}

/// Formats `must be one of the following values: a, b`.
pub(crate) fn one_of(values: &[&str]) -> String {
    format!("must be one of the following values: {}", values.join(", "))
}

/// Returns the path of an error, `customers.0.number`; empty for the body itself.
fn place(error: &ValidationError<'_>) -> String {
    let pointer = error.instance_path().as_str();
    let segments = pointer.split('/').skip(1);
    let names: Vec<String> = segments
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
        .collect();
    names.join(".")
}

fn joined(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}

fn a(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Single(JsonType::String) => "a string",
        TypeKind::Single(JsonType::Boolean) => "a boolean value",
        TypeKind::Single(JsonType::Integer) => "an integer number",
        TypeKind::Single(JsonType::Number) => "a number conforming to the specified constraints",
        TypeKind::Single(JsonType::Array) => "an array",
        TypeKind::Single(JsonType::Null) => "null",
        TypeKind::Single(JsonType::Object) | TypeKind::Multiple(_) => "an object",
    }
}

/// Formats whole numbers without a fraction.
fn number(limit: &Value) -> String {
    limit
        .as_f64()
        .map_or_else(|| limit.to_string(), |limit| limit.to_string())
}
