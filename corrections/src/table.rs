//! The table of corrections, as its file has it.

use serde::Deserialize;
use serde_json::{Map, Value};

/// All corrections: of schemas' properties, of unions and of operations.
#[derive(Debug, Default, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Corrections {
    /// Of properties.
    pub correction: Vec<Correction>,
    /// Of unions.
    pub variant: Vec<Variant>,
    /// Of operations.
    pub operation: Vec<OperationCorrection>,
    /// Properties that requests may have. They are rules for a validator, and no type has them.
    pub accepted: Vec<Acceptance>,
}

/// A correction of an operation, with its evidence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationCorrection {
    /// The operation's id.
    pub id: String,
    /// The schema of the JSON body that it takes although the document declares none.
    pub body: Option<Value>,
    /// Parameters that the document requires and the API does not.
    #[serde(default)]
    pub optional: Vec<String>,
    /// The evidence for the correction.
    pub evidence: String,
}

/// A correction of a schema or property, with its evidence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The schemas, as the document names them. `*` stands for any letters.
    pub schema: OneOrMore,
    /// The properties of those schemas, with `*` likewise; absent to correct the schemas themselves.
    pub property: Option<OneOrMore>,
    /// The schema that the document must have for this to apply, prose aside. Absent if any will do.
    pub was: Option<Value>,
    /// The schema of the property, or of the schema itself, on the wire. Absent to leave it.
    pub is: Option<Value>,
    /// Says whether the property is always there. Absent to leave what the document says.
    pub required: Option<bool>,
    /// Adds the property where the document does not have it.
    #[serde(default)]
    pub add: bool,
    /// Puts the property in the place of its schema: on the wire, it is not wrapped.
    #[serde(default)]
    pub unwrap: bool,
    /// The evidence for the correction.
    pub evidence: String,
}

/// A variant of a union that the document lacks, with its evidence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The schema that has the union as a property.
    pub schema: String,
    /// That property.
    pub property: String,
    /// The name of the schema to add.
    pub name: String,
    /// A schema of the document. The variant has all its properties.
    pub like: String,
    /// The other properties of the variant, and those that differ.
    pub properties: Map<String, Value>,
    /// The evidence for the variant.
    pub evidence: String,
}

/// A property that the API takes in requests and the document lacks or types otherwise, with its evidence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The schemas, as the document names them. `*` stands for any letters.
    pub schema: OneOrMore,
    /// The names of the properties.
    pub property: OneOrMore,
    /// The schema of the property. By default any value is taken.
    #[serde(default = "anything")]
    pub is: Value,
    /// Replaces what the document says. Without it, a property that the document has is left.
    #[serde(default)]
    pub instead: bool,
    /// Takes it beside what the document says of the property.
    #[serde(default)]
    pub beside: bool,
    /// The evidence for the acceptance.
    pub evidence: String,
}

fn anything() -> Value {
    Value::Object(Map::new())
}

/// A name or a list of names.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// `"Call"`
    One(String),
    /// `["Call", "Chat"]`
    More(Vec<String>),
}

impl OneOrMore {
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::More(names) => names,
        }
    }

    pub(crate) fn covers(&self, name: &str) -> bool {
        self.names().iter().any(|pattern| matches(pattern, name))
    }
}

/// Returns whether `name` matches `pattern`, in which each `*` stands for any letters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            if !after.contains('*') {
                return rest.ends_with(after);
            }
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| matches(after, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name) in [
            ("*", "Call"),
            ("Call", "Call"),
            ("*Model", "OpenAIModel"),
            ("C*DTO", "CDTO"),
            ("*a*b", "xayb"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("Call", "Calls"),
            ("*Model", "ModelName"),
            ("C*DTO", "CDTOs"),
            ("", "x"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
