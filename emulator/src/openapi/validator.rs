//! The validator of the served document, whose problems are told in the API's words.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;
use vapi_validator::{Problem, Undeclared};

use crate::openapi::document::Document;

/// The validator of one document, for all emulators that serve it.
pub(crate) struct Validators {
    document: Arc<Document>,
}

impl Validators {
    pub fn new(document: Arc<Document>) -> Validators {
        Validators { document }
    }

    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }
}

/// Returns every problem of a value, in the order and the words of the API.
pub(crate) fn problems(validators: &Validators, schema: &Value, value: &Value) -> Vec<String> {
    let validator = validators.document.validator();
    messages(validator.check(schema, value, Undeclared::Refused))
}

/// Returns the sentences of problems. The API says once what several elements of a list have done.
pub(crate) fn messages(problems: Vec<Problem>) -> Vec<String> {
    let mut seen = HashSet::new();
    let sentences = problems.into_iter().map(|problem| problem.message);
    sentences.filter(|sentence| seen.insert(sentence.clone())).collect()
}

/// Returns the branch of a union that a value means: one whose tags agree, and of several the one with fewest problems.
pub(crate) fn branch<'a>(validators: &Validators, branches: &'a [Value], value: &Value) -> Option<&'a Value> {
    validators.document.validator().branch(branches, value)
}
