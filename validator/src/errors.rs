//! Errors of compiled schemas as problems, each with the sentence of the API.
//!
//! The sentences are those of class-validator, which the API is made with, and of NestJS, which puts the path of the parent in
//! front of them.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::json_schema::{formats, pattern, unions};
use crate::problem::Problem;

/// The longest value in a problem, in characters.
const LONGEST_FOUND: usize = 60;

/// The most values of an enum in `Problem::expected`. The sentence has all of them, as that of the API.
const MOST_VALUES: usize = 12;

/// Appends the problems of one error to `problems`, until those are `most`. `root` is the whole value.
pub(crate) fn read(root: &Value, error: &ValidationError<'_>, most: usize, problems: &mut Vec<Problem>) {
    let place = Place::of(root, error.instance_path().as_str());
    let left = most.saturating_sub(problems.len());
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            problems.extend(unexpected.iter().take(left).map(|name| place.undeclared(name)));
        }
        // The branches cannot be distinguished, so the one with the fewest errors is reported.
        ValidationErrorKind::AnyOf { context } => {
            let branches = context.iter().map(|errors| {
                let mut problems = Vec::new();
                for error in errors {
                    read(root, error, left, &mut problems);
                }
                problems
            });
            problems.extend(branches.min_by_key(Vec::len).unwrap_or_default());
        }
        kind => problems.push(place.problem(kind, error)),
    }
}

/// A place in a value.
struct Place<'a> {
    path: &'a str,
    tokens: Vec<String>,
    value: Option<&'a Value>,
    /// True if the place is an element of a list.
    is_element: bool,
}

impl<'a> Place<'a> {
    fn of(root: &'a Value, path: &'a str) -> Place<'a> {
        let tokens = path.split('/').skip(1).map(unescaped).collect();
        let parent = path.rsplit_once('/').and_then(|(parent, _)| root.pointer(parent));
        Place {
            path,
            tokens,
            value: root.pointer(path),
            is_element: parent.is_some_and(Value::is_array),
        }
    }

    fn undeclared(&self, name: &str) -> Problem {
        let value = self.value.and_then(|value| value.get(name));
        Problem {
            path: format!("{}/{}", self.path, escaped(name)),
            expected: "no property of this name".to_owned(),
            found: value.map_or_else(|| "nothing".to_owned(), |value| kind_of(value).to_owned()),
            message: joined(&self.tokens, &format!("property {name} should not exist")),
        }
    }

    fn missing(&self, name: &str, expected: impl Into<String>, rule: &str) -> Problem {
        let value = self.value.and_then(|value| value.get(name));
        Problem {
            path: format!("{}/{}", self.path, escaped(name)),
            expected: expected.into(),
            found: found(Some(name), value),
            message: joined(&self.tokens, &format!("{name} {rule}")),
        }
    }

    /// Creates the problem of a value that breaks a rule.
    fn broken(&self, expected: impl Into<String>, rule: &str) -> Problem {
        Problem {
            path: self.path.to_owned(),
            expected: expected.into(),
            found: found(self.tokens.last().map(String::as_str), self.value),
            message: self.sentence("", rule),
        }
    }

    /// Returns a sentence about the property at this place: `voice.provider must be …`, and for an element of a list
    /// `each value in stopWords must be …`.
    fn sentence(&self, before: &str, rule: &str) -> String {
        let (each, tokens) = match self.tokens.split_last() {
            Some((_, list)) if self.is_element => ("each value in ", list),
            _ => ("", self.tokens.as_slice()),
        };
        match tokens.split_last() {
            Some((name, parents)) => {
                // The elements of a property are its children, and a list of lists is one property.
                let parents = if self.is_element && !before.is_empty() {
                    tokens
                } else {
                    parents
                };
                joined(parents, &format!("{each}{before}{name} {rule}"))
            }
            None => format!("{each}{before}body {rule}"),
        }
    }

    fn problem(&self, kind: &ValidationErrorKind, error: &ValidationError<'_>) -> Problem {
        match kind {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                self.missing(name, "a value", "should not be null or undefined")
            }
            ValidationErrorKind::Type {
                kind: TypeKind::Single(JsonType::Object),
            } if !self.tokens.is_empty() && !self.value.is_some_and(Value::is_array) => Problem {
                message: self.sentence("nested property ", "must be either object or array"),
                ..self.broken("an object", "")
            },
            ValidationErrorKind::Type { kind } => self.broken(a(kind), &format!("must be {}", phrase(kind))),
            ValidationErrorKind::Enum { options } => {
                let options: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
                self.broken(one_of(&options), &listed(&options.join(", ")))
            }
            ValidationErrorKind::MinLength { limit } => self.broken(
                format!("at least {limit} characters"),
                &format!("must be longer than or equal to {limit} characters"),
            ),
            ValidationErrorKind::MaxLength { limit } => self.broken(
                format!("at most {limit} characters"),
                &format!("must be shorter than or equal to {limit} characters"),
            ),
            ValidationErrorKind::Minimum { limit } => {
                let limit = number(limit);
                self.broken(format!("at least {limit}"), &format!("must not be less than {limit}"))
            }
            ValidationErrorKind::Maximum { limit } => {
                let limit = number(limit);
                self.broken(format!("at most {limit}"), &format!("must not be greater than {limit}"))
            }
            ValidationErrorKind::MinItems { limit } => self.broken(
                format!("at least {limit} elements"),
                &format!("must contain at least {limit} elements"),
            ),
            ValidationErrorKind::MaxItems { limit } => self.broken(
                format!("at most {limit} elements"),
                &format!("must contain no more than {limit} elements"),
            ),
            ValidationErrorKind::Format { format } => self.broken(formats::expected(format), formats::sentence(format)),
            ValidationErrorKind::Pattern { pattern } => {
                let shown = pattern::shown(pattern);
                self.broken(
                    format!("a text that matches {shown}"),
                    &format!("must match {shown} regular expression"),
                )
            }
            ValidationErrorKind::Custom { keyword, message } if keyword == unions::KEYWORD => {
                let (name, values) = message.split_once('\n').unwrap_or((message, ""));
                let options: Vec<String> = values.split(", ").map(str::to_owned).collect();
                self.missing(name, one_of(&options), &listed(values))
            }
            ValidationErrorKind::Custom { message, .. } => self.broken(message.as_str(), &format!("must be {message}")),
            _ => self.broken("another value", &format!("must be valid: {error}")),
        }
    }
}

/// Formats `must be one of the following values: a, b`.
fn listed(values: &str) -> String {
    format!("must be one of the following values: {values}")
}

fn one_of(options: &[String]) -> String {
    let shown = options.iter().take(MOST_VALUES).cloned().collect::<Vec<_>>().join(", ");
    match options.len().saturating_sub(MOST_VALUES) {
        0 => format!("one of: {shown}"),
        more => format!("one of: {shown}, and {more} more"),
    }
}

fn joined(parents: &[String], sentence: &str) -> String {
    if parents.is_empty() {
        sentence.to_owned()
    } else {
        format!("{}.{sentence}", parents.join("."))
    }
}

pub(crate) fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn a(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Single(JsonType::String) => "a string",
        TypeKind::Single(JsonType::Boolean) => "a boolean",
        TypeKind::Single(JsonType::Integer) => "a whole number",
        TypeKind::Single(JsonType::Number) => "a number",
        TypeKind::Single(JsonType::Array) => "a list",
        TypeKind::Single(JsonType::Null) => "null",
        TypeKind::Single(JsonType::Object) | TypeKind::Multiple(_) => "an object",
    }
}

fn phrase(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Single(JsonType::Boolean) => "a boolean value",
        TypeKind::Single(JsonType::Integer) => "an integer number",
        TypeKind::Single(JsonType::Number) => "a number conforming to the specified constraints",
        TypeKind::Single(JsonType::Array) => "an array",
        kind => a(kind),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Returns a value for a person. Lists and objects are only named, and so is what may be a secret.
fn found(name: Option<&str>, value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    let name = name.unwrap_or_default().to_ascii_lowercase();
    let is_secret = ["key", "password", "secret", "token"]
        .iter()
        .any(|ending| name.ends_with(ending));
    match value {
        Value::Array(_) | Value::Object(_) => kind_of(value).to_owned(),
        Value::String(_) if is_secret => kind_of(value).to_owned(),
        Value::String(text) if text.chars().nth(LONGEST_FOUND).is_some() => {
            let start: String = text.chars().take(LONGEST_FOUND).collect();
            format!("{}…", Value::String(start))
        }
        value => value.to_string(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Formats whole numbers without a fraction.
fn number(limit: &Value) -> String {
    limit
        .as_f64()
        .map_or_else(|| limit.to_string(), |limit| limit.to_string())
}
