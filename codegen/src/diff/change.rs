//! A change of the interface: its kind, its place, where that is used, and what it breaks.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::document::pointer;

/// The kind of fact that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An address of the API.
    Server,
    /// The authentication of the API or of one operation.
    Security,
    /// A method of a path.
    Operation,
    /// The id of an operation.
    OperationId,
    /// A parameter of a path, a query, a header or a cookie.
    Parameter,
    /// The body of a request.
    RequestBody,
    /// A response, by its status.
    Response,
    /// A media type of a body or a response.
    MediaType,
    /// A schema among the document's components.
    Schema,
    /// A property of an object.
    Property,
    /// The type of a place: a JSON type, a referenced schema, a union.
    Type,
    /// The duty to be there.
    Required,
    /// The permission to be `null`.
    Nullable,
    /// The `format` of a value.
    Format,
    /// The restriction of a value to a list of values.
    Enum,
    /// A value in such a list.
    EnumValue,
    /// A branch of `oneOf`, `anyOf` or `allOf`.
    Variant,
    /// A limit of a value: of its size, its length, its number of items, its pattern.
    Limit,
    /// The value of what is left out.
    Default,
    /// The permission of properties that have no name in the document.
    AdditionalProperties,
    /// The property that tells the variants of a union apart.
    Discriminator,
    /// `readOnly` or `writeOnly`.
    Access,
    /// The mark of what is about to go.
    Deprecated,
    /// Any other keyword.
    Keyword,
    /// The name of a generated method, or its arguments and result, where no fact of the operation says so.
    RustMethod,
    /// A generated type that came, went or has another name.
    RustType,
    /// The Rust type of a field, where no fact of the property says so.
    RustField,
    /// The Rust name of a variant whose value or schema stays.
    RustVariant,
}

/// The direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The old document does not have it.
    Added,
    /// The new document does not have it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

/// The part of an operation that its successes are. No parameter can have this name in Rust.
pub const SUCCESS: &str = "response 2XX";

/// The whole that a change is part of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The document as a whole.
    Document,
    /// `GET /call`.
    Operation(String),
    /// A schema's name in the document.
    Schema(String),
    /// A generated type whose schema has no name in the document.
    Type(String),
}

/// The place of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The operation or schema.
    pub owner: Owner,
    /// The way from there: `hooks[].do`, `query limit`; empty for the owner itself.
    pub at: String,
    /// The property of the schema or the part of the operation that the place lies in.
    pub part: Option<String>,
    /// JSON pointer in the old document.
    pub old: String,
    /// JSON pointer in the new document.
    pub new: String,
}

/// The uses of a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Used {
    /// In parameters and bodies of requests.
    pub requests: bool,
    /// In responses.
    pub responses: bool,
    /// In what `roots` of `names.toml` lists: webhooks, their responses, what a socket carries.
    pub messages: bool,
}

/// The effects of a change. Without any, it is additive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breaks {
    /// The API may refuse what a program of the old document sends.
    pub requests: bool,
    /// A program of the old document may not find what it reads.
    pub responses: bool,
    /// A program may not compile with the code of the new document.
    pub rust: bool,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The kind of fact.
    pub kind: Kind,
    /// Added, removed or changed.
    pub action: Action,
    /// The place in both documents.
    pub place: Place,
    /// The name of what was added or removed (a property, a value, a variant), or the keyword that changed.
    pub name: String,
    /// The fact in the old document, or the old Rust text.
    pub old: Option<Value>,
    /// The fact in the new document, or the new Rust text.
    pub new: Option<Value>,
    /// The Rust name of what changed, if code is generated of it.
    pub rust: Option<String>,
    /// The Rust type of the field, argument or result that the place lies in, in the old and in the new code.
    pub rust_types: [Option<String>; 2],
    /// The uses of the place, in either document.
    pub used: Used,
    /// The effects.
    pub breaks: Breaks,
    /// The name in the other document, if this was perhaps only renamed.
    pub renamed: Option<String>,
    /// The number of properties of a schema, or of parameters of an operation, that was added or removed.
    pub contains: Option<usize>,
}

impl Place {
    /// Returns the place of an owner, whose pointer is the same in both documents.
    pub fn of(owner: Owner, pointer: &str) -> Self {
        Self {
            owner,
            at: String::new(),
            part: None,
            old: pointer.to_owned(),
            new: pointer.to_owned(),
        }
    }

    /// Returns the place of a property.
    pub fn property(&self, name: &str) -> Self {
        let dot = if self.at.is_empty() { "" } else { "." };
        let mut place = self.below(&format!("{dot}{name}"), &["properties", name], &["properties", name]);
        place.part.get_or_insert_with(|| name.to_owned());
        place
    }

    /// Returns a place below this one, by what its name gets and by the steps of both pointers.
    pub fn below(&self, suffix: &str, old: &[&str], new: &[&str]) -> Self {
        let go = |base: &String, steps: &[&str]| steps.iter().fold(base.clone(), |at, step| pointer(&at, step));
        Self {
            owner: self.owner.clone(),
            at: format!("{}{suffix}", self.at),
            part: self.part.clone(),
            old: go(&self.old, old),
            new: go(&self.new, new),
        }
    }

    /// Returns the name of the schema, if the place lies in one.
    pub fn schema(&self) -> Option<&str> {
        match &self.owner {
            Owner::Schema(name) => Some(name),
            _ => None,
        }
    }
}

impl Used {
    /// Returns where either is used.
    pub fn or(self, other: Self) -> Self {
        Self {
            requests: self.requests || other.requests,
            responses: self.responses || other.responses,
            messages: self.messages || other.messages,
        }
    }

    /// Returns the names of the uses.
    pub fn names(self) -> Vec<&'static str> {
        let uses = [
            (self.requests, "requests"),
            (self.responses, "responses"),
            (self.messages, "messages"),
        ];
        uses.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
    }
}

impl Breaks {
    /// Returns whether anything breaks.
    pub fn any(self) -> bool {
        self.requests || self.responses || self.rust
    }

    /// Returns the names of what breaks.
    pub fn names(self) -> Vec<&'static str> {
        let broken = [
            (self.requests, "requests"),
            (self.responses, "responses"),
            (self.rust, "rust"),
        ];
        broken.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
    }
}

impl Change {
    /// Returns a change that breaks nothing.
    pub fn new(kind: Kind, action: Action, place: Place, name: &str) -> Self {
        Self {
            kind,
            action,
            place,
            name: name.to_owned(),
            old: None,
            new: None,
            rust: None,
            rust_types: [None, None],
            used: Used::default(),
            breaks: Breaks::default(),
            renamed: None,
            contains: None,
        }
    }

    /// Sets the facts in both documents.
    #[must_use]
    pub fn facts(mut self, old: Option<Value>, new: Option<Value>) -> Self {
        self.old = old;
        self.new = new;
        self
    }

    /// Returns the JSON pointer, in the new document if it has the place.
    pub fn pointer(&self) -> &str {
        match self.action {
            Action::Removed => &self.place.old,
            Action::Added | Action::Changed => &self.place.new,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Owner::Document => f.write_str("the document"),
            Owner::Operation(name) | Owner::Schema(name) | Owner::Type(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_name_and_two_pointers() {
        let call = Place::of(Owner::Schema("Call".to_owned()), "/components/schemas/Call");
        let item = call.property("a/b").below("[]", &["items"], &["items"]);
        let branch = item.below("|Tool", &["oneOf", "0"], &["oneOf", "2"]).property("x");
        assert_eq!(branch.at, "a/b[]|Tool.x");
        assert_eq!(branch.part.as_deref(), Some("a/b"));
        assert_eq!(
            branch.old,
            "/components/schemas/Call/properties/a~1b/items/oneOf/0/properties/x"
        );
        assert!(branch.new.ends_with("/oneOf/2/properties/x"));
    }
}
