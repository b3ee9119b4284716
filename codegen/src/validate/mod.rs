//! Validation of files: requests, responses, queries and webhooks, judged by a document without being sent.
//!
//! `vapi-validator` judges. Here is what a command needs around it: the document, the files, and the report.

mod input;
mod report;

use std::error::Error;

use serde_json::Value;
use vapi_validator::{Document, Problem, UnknownName, Validator};

use crate::embedded;
use crate::passes::additions::Additions;
use crate::passes::corrections::Corrections;
use crate::prepare::for_validation;

pub use input::{Input, read};
pub use report::{Finding, Report};

/// The most similar names in an error.
const MOST_NAMES: usize = 5;

/// The part of the API that values are judged as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The bodies of requests for an operation.
    Request(String),
    /// The bodies of responses of an operation, with their status.
    Response(String, u16),
    /// The queries of requests for an operation.
    Query(String),
    /// Values of a schema, by its name in the document.
    Schema(String),
    /// Messages to a server or client, by their type.
    Webhook(String),
}

/// The repairs of a document: what it forgets, and what it gets wrong.
#[derive(Debug)]
pub struct Repairs {
    /// `additions.json`
    pub additions: Additions,
    /// `corrections.toml`
    pub corrections: Corrections,
}

impl Repairs {
    /// Returns the repairs that this version was made with.
    ///
    /// # Errors
    ///
    /// Never, unless the package is damaged.
    pub fn embedded() -> Result<Repairs, Box<dyn Error>> {
        Ok(Repairs {
            additions: embedded::additions()?,
            corrections: embedded::corrections()?,
        })
    }
}

/// Returns the validator of a document; without one, of the snapshot that this version was made with.
///
/// # Errors
///
/// The document cannot be read as OpenAPI 3.0.
pub fn validator(document: Option<Value>, repairs: &Repairs) -> Result<Validator, Box<dyn Error>> {
    let document = match document {
        Some(document) => document,
        None => embedded::document()?,
    };
    let document = for_validation(document, &repairs.additions, &repairs.corrections)?;
    Ok(Validator::new(Document::new(document)?))
}

/// Judges one input.
///
/// # Errors
///
/// The document has no such operation, schema or message; the error names similar ones.
pub fn judge(validator: &Validator, target: &Target, input: &Input) -> Result<Vec<Problem>, String> {
    let judged = match target {
        Target::Request(operation) => validator.request(operation, &input.value),
        Target::Response(operation, status) => validator.response(operation, *status, &input.value),
        Target::Query(operation) => validator.query(operation, &input.pairs()?),
        Target::Schema(name) => validator.schema(name, &input.value),
        Target::Webhook(kind) => validator.webhook(kind, &input.value),
    };
    judged.map_err(|unknown| with_similar(validator, target, &unknown))
}

/// Returns the sentence of an unknown name, with those that are like it.
fn with_similar(validator: &Validator, target: &Target, unknown: &UnknownName) -> String {
    let document = validator.document();
    let (wanted, names): (&str, Vec<&str>) = match target {
        Target::Request(name) | Target::Response(name, _) | Target::Query(name) => {
            let operations = document.operations().iter();
            (name, operations.map(|operation| operation.id.as_str()).collect())
        }
        Target::Schema(name) => (name, document.schema_names().collect()),
        Target::Webhook(_) => return unknown.to_string(),
    };
    if names.contains(&wanted) {
        return unknown.to_string();
    }
    // `assistants.create` is like `AssistantController_create`: both have the words `assistant` and `create`.
    let words = words(wanted);
    let mut similar: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| {
            let name_words = crate::validate::words(name);
            (words.iter().filter(|word| name_words.contains(word)).count(), name)
        })
        .filter(|(shared, _)| *shared > 0)
        .collect();
    similar.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    let similar: Vec<String> = similar
        .iter()
        .take(MOST_NAMES)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    match similar.as_slice() {
        [] => unknown.to_string(),
        similar => format!("{unknown}; it has {}", similar.join(", ")),
    }
}

/// Returns the words of a name in small letters, without the plural and the words that every name has.
fn words(name: &str) -> Vec<String> {
    let name = heck::AsSnakeCase(name).to_string();
    let words = name
        .split('_')
        .filter(|word| !matches!(*word, "" | "controller" | "dto"));
    words.map(|word| word.trim_end_matches('s').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn snapshot() -> Validator {
        let repairs = Repairs::embedded().expect("the files are sound");
        validator(None, &repairs).expect("the document is sound")
    }

    #[test]
    fn the_embedded_document_judges_requests_and_more() {
        let validator = snapshot();
        let paths = |target: Target, value: Value| {
            let input = Input::new("test", value);
            let problems = judge(&validator, &target, &input).expect("the document has it");
            problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>()
        };
        let create = "AssistantController_create".to_owned();
        assert_eq!(
            paths(Target::Request(create.clone()), json!({ "nmae": 1, "name": 1 })),
            ["/nmae", "/name"]
        );
        let problems = paths(Target::Response(create, 201), json!({ "id": 1, "new": true }));
        assert_eq!(problems.first().map(String::as_str), Some("/createdAt"));
        assert!(
            problems.contains(&"/id".to_owned()) && !problems.contains(&"/new".to_owned()),
            "{problems:?}"
        );
        let list = Target::Query("AssistantController_findAll".to_owned());
        assert_eq!(paths(list, json!({ "limit": 5000 })), ["/limit"]);
        let schema = Target::Schema("Server".to_owned());
        assert_eq!(
            paths(schema, json!({ "timeoutSeconds": 0, "secret": "s" })),
            ["/timeoutSeconds"]
        );
        let webhook = Target::Webhook("status-update".to_owned());
        assert_eq!(
            paths(
                webhook,
                json!({ "message": { "type": "status-update", "status": "in-space", "timestamp": "1" } })
            ),
            ["/message/status"]
        );
    }

    #[test]
    fn an_unknown_name_is_answered_with_similar_ones() {
        let validator = snapshot();
        let error =
            |target: Target| judge(&validator, &target, &Input::new("test", json!({}))).expect_err("it is unknown");
        assert_eq!(
            error(Target::Request("assistants.create".to_owned()))
                .split("; ")
                .nth(1)
                .map(|names| names.starts_with("it has `AssistantController_create`, ")),
            Some(true)
        );
        assert_eq!(
            error(Target::Webhook("rang".to_owned())),
            "the document has no message `rang`"
        );
        assert_eq!(
            error(Target::Schema("Qqq".to_owned())),
            "the document has no schema `Qqq`"
        );
    }
}
