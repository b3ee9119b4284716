//! The JSON that is expected at a place, and the smallest part of a value that is something else.

use serde_json::{Map, Value};

use self::Expected::{
    Any, Choice, Flag, FlagOr, List, Number, Object, Pick, Reference, Size, Table, Tagged, Text, Word,
};
use self::Need::{Optional, Required};
use crate::document::pointer;

/// The JSON that can stand at a place.
#[derive(Debug)]
pub(crate) enum Expected {
    /// Any value.
    Any,
    /// A boolean.
    Flag,
    /// A number.
    Number,
    /// A whole number from 0.
    Size,
    /// A string.
    Text,
    /// One of some strings.
    Word(&'static [&'static str]),
    /// An array of these.
    List(&'static Expected),
    /// An object with such values.
    Table(&'static Expected),
    /// An object with such values at the keys that `.0` accepts. Others are passed over.
    Pick(fn(&str) -> bool, &'static Expected),
    /// An object with these keys. Others are passed over.
    Object(&'static [&'static [Key]]),
    /// An object with these keys and one of those in `.1`: the first that it has.
    Choice(&'static [&'static [Key]], &'static [Key]),
    /// An object whose string at `.0` says which one it is.
    Tagged(&'static str, &'static [(&'static str, Expected)]),
    /// An object with `$ref`, or this.
    Reference(&'static Expected),
    /// A boolean, or this.
    FlagOr(&'static Expected),
}

/// A key of an object.
#[derive(Debug)]
pub(crate) struct Key(pub(super) &'static str, pub(super) Need, pub(super) &'static Expected);

/// The ways in which a key can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It cannot.
    Required,
    /// It can, but then it is not `null` either.
    Present,
    /// It can be missing or `null`.
    Optional,
}

/// A part of a document that is not what has to stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// JSON pointer from the value that was checked.
    pub(crate) pointer: String,
    /// The problem.
    pub(crate) problem: String,
}

impl Misfit {
    fn new(expected: &str, value: &Value) -> Self {
        let found = match value {
            Value::Object(_) => "an object".to_owned(),
            Value::Array(_) => "an array".to_owned(),
            scalar => scalar.to_string(),
        };
        Self {
            pointer: String::new(),
            problem: format!("expected {expected}, found {found}"),
        }
    }

    fn missing(key: &str) -> Self {
        Self {
            pointer: String::new(),
            problem: format!("`{key}` is missing"),
        }
    }

    /// Returns this misfit for the value that has the checked one at `token`.
    fn below(mut self, token: &str) -> Self {
        self.pointer.insert_str(0, &pointer("", token));
        self
    }
}

impl Expected {
    /// Checks a value and all that is in it.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Misfit> {
        match (self, value) {
            (Any, _) | (Flag | FlagOr(_), Value::Bool(_)) | (Number, Value::Number(_)) | (Text, Value::String(_)) => {
                Ok(())
            }
            (Size, Value::Number(number)) if number.is_u64() => Ok(()),
            (Word(words), Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
            (List(expected), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    expected.check_below(&index.to_string(), item)?;
                }
                Ok(())
            }
            (Table(expected), Value::Object(object)) => expected.check_entries(object, |_| true),
            (Pick(picks, expected), Value::Object(object)) => expected.check_entries(object, *picks),
            (Object(parts), Value::Object(object)) => check_keys(object, parts),
            (Choice(parts, choice), Value::Object(object)) => {
                check_keys(object, parts)?;
                let chosen = object.keys().find_map(|name| choice.iter().find(|key| key.0 == name));
                check_keys(object, &[chosen.map_or(choice, std::slice::from_ref)])
            }
            (Tagged(tag, kinds), Value::Object(object)) => {
                let said = object.get(*tag).ok_or_else(|| Misfit::missing(tag))?;
                match kinds.iter().find(|(name, _)| said == name) {
                    Some((_, expected)) => expected.check(value),
                    None => {
                        let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
                        Err(Misfit::new(&quoted(&names), said).below(tag))
                    }
                }
            }
            (Reference(_), Value::Object(object)) if object.get("$ref").is_some_and(Value::is_string) => Ok(()),
            (Reference(expected) | FlagOr(expected), _) => expected.check(value),
            _ => Err(Misfit::new(&self.name(), value)),
        }
    }

    fn check_below(&self, token: &str, value: &Value) -> Result<(), Misfit> {
        self.check(value).map_err(|misfit| misfit.below(token))
    }

    fn check_entries(&self, object: &Map<String, Value>, picks: fn(&str) -> bool) -> Result<(), Misfit> {
        for (name, value) in object {
            if picks(name) {
                self.check_below(name, value)?;
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        let name = match self {
            Any => "anything",
            Flag => "a boolean",
            Number => "a number",
            Size => "a whole number from 0",
            Text => "a string",
            List(_) => "an array",
            Word(words) => return quoted(words),
            _ => "an object",
        };
        name.to_owned()
    }
}

fn check_keys(object: &Map<String, Value>, parts: &[&[Key]]) -> Result<(), Misfit> {
    for Key(key, need, expected) in parts.iter().copied().flatten() {
        match object.get(*key) {
            None if *need == Required => return Err(Misfit::missing(key)),
            None => {}
            Some(Value::Null) if *need == Optional => {}
            Some(value) => expected.check_below(key, value)?,
        }
    }
    Ok(())
}

fn quoted(words: &[&str]) -> String {
    format!("`{}`", words.join("` or `"))
}
