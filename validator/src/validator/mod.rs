//! The validator: judges values by the schemas of a document.
//!
//! The `jsonschema` crate does the checks, with JSON Schemas from [`crate::json_schema`]. They are compiled at
//! first use and kept. This file limits the work that one value can cause.

mod parameters;
#[cfg(test)]
mod tests;
mod webhooks;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::document::{Document, Operation};
use crate::json_schema::{self, Undeclared};
use crate::problem::Problem;
use crate::schema::tags_agree;
use crate::{errors, order};

/// The largest number of reported problems.
const MOST_PROBLEMS: usize = 1000;

/// The largest size of a value for which all problems are reported, in parts and units of 16 bytes of text. Real
/// requests have a few thousand. For a larger value only the first problems are reported.
const MOST_PARTS: usize = 50_000;

type Compiled = Mutex<HashMap<Value, Option<Arc<jsonschema::Validator>>>>;

/// A document with its compiled schemas.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use serde_json::json;
/// use vapi_validator::{Document, Validator};
///
/// let document = json!({ "paths": { "/pet": { "post": {
///     "operationId": "createPet",
///     "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } } },
/// } } }, "components": { "schemas": { "Pet": {
///     "type": "object", "required": ["name"],
///     "properties": { "name": { "type": "string" }, "legs": { "type": "integer", "maximum": 8 } },
/// } } } });
/// let validator = Validator::new(Document::new(document)?);
///
/// let problems = validator.request("createPet", &json!({ "name": "Rex", "legs": 9, "wings": 2 }))?;
/// let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
/// assert_eq!(messages, ["property wings should not exist", "legs must not be greater than 8"]);
/// assert_eq!((problems[1].path.as_str(), problems[1].found.as_str()), ("/legs", "9"));
/// # Ok(())
/// # }
/// ```
pub struct Validator {
    document: Document,
    /// The compiled schemas of requests, by their source.
    requests: Compiled,
    /// Those of responses, in which objects may have more properties.
    responses: Compiled,
}

/// A name that the document does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    kind: &'static str,
    name: String,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the document has no {} `{}`", self.kind, self.name)
    }
}

impl std::error::Error for UnknownName {}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validator")
            .field("operations", &self.document.operations().len())
            .finish_non_exhaustive()
    }
}

impl Validator {
    /// Creates the validator of a document. Nothing is compiled yet.
    pub fn new(document: Document) -> Validator {
        Validator {
            document,
            requests: Mutex::default(),
            responses: Mutex::default(),
        }
    }

    /// Returns the document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Returns the problems of the body of a request. There are none if the operation has no body.
    ///
    /// # Errors
    ///
    /// The document has no such operation.
    pub fn request(&self, operation: &str, body: &Value) -> Result<Vec<Problem>, UnknownName> {
        let request = self.operation(operation)?.request.as_ref();
        Ok(request.map_or_else(Vec::new, |request| {
            self.check(&request.schema, body, Undeclared::Refused)
        }))
    }

    /// Returns the problems of the body of a response. There are none if the document gives no schema for it.
    ///
    /// All successes of an operation are alike: some are declared twice, once without content.
    ///
    /// # Errors
    ///
    /// The document has no such operation, or does not declare the status.
    pub fn response(&self, operation: &str, status: u16, body: &Value) -> Result<Vec<Problem>, UnknownName> {
        let schema = response_schema(self.operation(operation)?, status)?;
        Ok(schema.map_or_else(Vec::new, |schema| self.check(schema, body, Undeclared::Allowed)))
    }

    /// Returns the problems of a value that is sent, by the name of its schema in the document.
    ///
    /// # Errors
    ///
    /// The document has no such schema.
    pub fn schema(&self, name: &str, value: &Value) -> Result<Vec<Problem>, UnknownName> {
        let schema = self.document.schema(name).ok_or_else(|| UnknownName {
            kind: "schema",
            name: name.to_owned(),
        })?;
        Ok(self.check(schema, value, Undeclared::Refused))
    }

    /// Returns the problems of a value by a schema of the document, or one that refers to the document's.
    pub fn check(&self, schema: &Value, value: &Value, undeclared: Undeclared) -> Vec<Problem> {
        let Some(validator) = self.compiled(schema, undeclared) else {
            return Vec::new();
        };
        if validator.is_valid(value) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        if is_large(value) {
            if let Err(error) = validator.validate(value) {
                errors::read(value, &error, MOST_PROBLEMS, &mut problems);
            }
        } else {
            for error in validator.iter_errors(value) {
                if problems.len() >= MOST_PROBLEMS {
                    break;
                }
                errors::read(value, &error, MOST_PROBLEMS, &mut problems);
            }
        }
        debug_assert!(!problems.is_empty(), "a refused value has a problem: {value}");
        order::sort(&self.document, schema, value, &mut problems);
        problems
    }

    /// Returns the branch of a union that a value means: one whose tags agree, and of several the one with the fewest problems.
    pub fn branch<'a>(&self, branches: &'a [Value], value: &Value) -> Option<&'a Value> {
        let agreeing: Vec<&Value> = branches
            .iter()
            .filter(|branch| tags_agree(&self.document, branch, value))
            .collect();
        match agreeing.as_slice() {
            [only] => Some(*only),
            several => several
                .iter()
                .copied()
                .min_by_key(|branch| self.check(branch, value, Undeclared::Refused).len()),
        }
    }

    fn operation(&self, id: &str) -> Result<&Operation, UnknownName> {
        self.document.operation(id).ok_or_else(|| UnknownName {
            kind: "operation",
            name: id.to_owned(),
        })
    }

    /// Returns a compiled schema; `None` if it cannot be compiled, so that any value fits.
    fn compiled(&self, schema: &Value, undeclared: Undeclared) -> Option<Arc<jsonschema::Validator>> {
        let all = match undeclared {
            Undeclared::Refused => &self.requests,
            Undeclared::Allowed => &self.responses,
        };
        let known = all.lock().unwrap_or_else(PoisonError::into_inner).get(schema).cloned();
        known.unwrap_or_else(|| {
            // Compiled outside the lock: duplicate work of two threads costs less than many waiting ones.
            let compiled = json_schema::validator(&self.document, schema, undeclared).map(Arc::new);
            let mut known = all.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(schema.clone(), compiled.clone());
            compiled
        })
    }
}

/// Returns the schema of a response, if it has one.
fn response_schema(operation: &Operation, status: u16) -> Result<Option<&Value>, UnknownName> {
    if (200..300).contains(&status) {
        return Ok(operation.success.schema.as_ref());
    }
    let names = [status.to_string(), format!("{}XX", status / 100), "default".to_owned()];
    let declared = names.iter().find_map(|name| {
        let mut responses = operation.responses.iter();
        responses.find(|(declared, _)| declared.eq_ignore_ascii_case(name))
    });
    declared.map(|(_, schema)| schema.as_ref()).ok_or_else(|| UnknownName {
        kind: "response with the status",
        name: format!("{status} of {}", operation.id),
    })
}

fn is_large(value: &Value) -> bool {
    let (mut parts, mut left) = (0, vec![value]);
    while let Some(value) = left.pop() {
        parts += 1;
        match value {
            Value::String(text) => parts += text.len() / 16,
            Value::Array(items) => left.extend(items),
            Value::Object(object) => {
                for (name, value) in object {
                    parts += name.len() / 16;
                    left.push(value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        if parts + left.len() > MOST_PARTS {
            return true;
        }
    }
    false
}
