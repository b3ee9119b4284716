//! The validator: checks JSON values against schemas of the document.
//!
//! The `jsonschema` crate does the checks, with JSON Schemas from [`crate::openapi::json_schema`]. They are compiled at
//! first use and kept. This file limits the work that one body can cause.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

use crate::openapi::document::Document;
use crate::openapi::schema::tags_agree;
use crate::openapi::{json_schema, messages};

/// The largest number of reported problems.
const MOST_PROBLEMS: usize = 1000;

/// The largest size of a value for which all problems are reported, in parts and units of 16 bytes of text. Real
/// requests have a few thousand. For a larger value only the first problem is reported.
const MOST_PARTS: usize = 50_000;

/// The compiled schemas of one document, by their source.
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

    /// Returns a compiled schema; `None` if it cannot be compiled, so that any value fits.
    fn get(&self, schema: &Value) -> Option<Arc<Validator>> {
        let known = self
            .compiled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(schema)
            .cloned();
        known.unwrap_or_else(|| {
            // Compiled outside the lock: duplicate work of two threads costs less than many waiting ones.
            let compiled = json_schema::validator(&self.document, schema).map(Arc::new);
            let mut known = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(schema.clone(), compiled.clone());
            compiled
        })
    }
}

/// Returns every problem of a value.
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

/// Returns the branch of a union that a value means: one whose tags agree, and of several the one with fewest problems.
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
