//! Does a JSON value fit a schema of the document, and if not, what would the API say?
//!
//! The `jsonschema` crate decides that, by JSON Schemas that [`crate::openapi::json_schema`] makes of the document's. They are compiled
//! when they are first needed and kept with the document. Here is what bounds the work that one body can cause.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

use crate::openapi::document::Document;
use crate::openapi::schema::tags_agree;
use crate::openapi::{json_schema, messages};

/// Problems that are told; nobody reads more.
const MOST_PROBLEMS: usize = 1000;

/// How much of a value every problem is looked for in: its parts, and bytes of text in units of 16. Real requests are a
/// few thousand. A larger one that breaks a rule is told the first.
const MOST_PARTS: usize = 50_000;

/// Compiled schemas of one document, by the schema as the document has it.
pub(crate) struct Validators {
    document: Arc<Document>,
    compiled: Mutex<HashMap<Value, Option<Arc<Validator>>>>,
}

impl Validators {
    pub fn new(document: Arc<Document>) -> Validators {
        Validators {
            document,
            compiled: Mutex::default(),
        }
    }

    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// `None` for a schema that can't be compiled; any value fits it.
    fn get(&self, schema: &Value) -> Option<Arc<Validator>> {
        let known = self
            .compiled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(schema)
            .cloned();
        known.unwrap_or_else(|| {
            // Not under the lock: two that compile the same at once waste less than many that wait.
            let compiled = json_schema::validator(&self.document, schema).map(Arc::new);
            let mut known = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(schema.clone(), compiled.clone());
            compiled
        })
    }
}

/// Every problem of the value.
pub(crate) fn problems(validators: &Validators, schema: &Value, value: &Value) -> Vec<String> {
    let Some(validator) = validators.get(schema) else {
        return Vec::new();
    };
    if validator.is_valid(value) {
        return Vec::new();
    }
    let mut problems = if is_large(value) {
        validator
            .validate(value)
            .err()
            .iter()
            .flat_map(messages::of)
            .take(MOST_PROBLEMS)
            .collect::<Vec<_>>()
    } else {
        let errors = validator.iter_errors(value);
        errors
            .flat_map(|error| messages::of(&error))
            .take(MOST_PROBLEMS)
            .collect()
    };
    let mut seen = std::collections::HashSet::new();
    problems.retain(|problem| seen.insert(problem.clone()));
    problems
}

/// The branch of a union that the value means: the first whose tags agree, and of those the one with fewest problems.
pub(crate) fn branch<'a>(validators: &Validators, branches: &'a [Value], value: &Value) -> Option<&'a Value> {
    let agreeing: Vec<&Value> = branches
        .iter()
        .filter(|branch| tags_agree(&validators.document, branch, value))
        .collect();
    match agreeing.as_slice() {
        [only] => Some(*only),
        several => several
            .iter()
            .copied()
            .min_by_key(|branch| problems(validators, branch, value).len()),
    }
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

#[cfg(test)]
mod fuzz;
