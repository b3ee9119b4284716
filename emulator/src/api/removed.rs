//! Properties that older documents of the API had: a refusal says since when they are gone.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use vapi_validator::document::reference;
use vapi_validator::schema::branches;

use crate::openapi::document::Document;

/// By name and by the date of the first document without it: the schemas that a property has left.
type Removed = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Names and dates only. A test makes the file from the documents: see `tests/it/removed.rs`.
static REMOVED: LazyLock<Removed> = LazyLock::new(|| {
    let file: Value = serde_json::from_str(include_str!("../../removed.json")).unwrap_or_default();
    let texts = |list: &Value| {
        list.as_array()
            .into_iter()
            .flatten()
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    let by_date = |dates: &Value| {
        let dates = dates.as_object().into_iter().flatten();
        dates.map(|(date, schemas)| (date.clone(), texts(schemas))).collect()
    };
    let properties = file.as_object().into_iter().flatten();
    properties.map(|(name, dates)| (name.clone(), by_date(dates))).collect()
});

/// Returns a note for each refused property that an older document had in the same schema.
pub(super) fn notes(document: &Document, schema: &Value, problems: &[String]) -> Vec<String> {
    problems
        .iter()
        .filter_map(|problem| note(document, schema, problem))
        .collect()
}

fn note(document: &Document, schema: &Value, problem: &str) -> Option<String> {
    // `model.property systemPrompt should not exist`
    let refused = problem.strip_suffix(" should not exist")?;
    let (path, name) = refused.rsplit_once("property ")?;
    let dates = REMOVED.get(name)?;
    let mut at = named(document, vec![schema]);
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let below = at.iter().filter_map(|(_, schema)| match step.parse::<usize>() {
            Ok(_) => schema.get("items"),
            Err(_) => schema.get("properties")?.get(step),
        });
        at = named(document, below.collect());
    }
    let has_left = |schemas: &[String]| {
        at.iter()
            .any(|(name, _)| name.is_some_and(|name| schemas.iter().any(|one| one == name)))
    };
    let (date, _) = dates.iter().find(|(_, schemas)| has_left(schemas))?;
    Some(format!(
        "{path}{name} is known from older documents of the API; the one of {date} no longer has it."
    ))
}

/// Returns the schemas behind references, unions and `allOf`, with the names of those that have one.
fn named<'a>(document: &'a Document, schemas: Vec<&'a Value>) -> Vec<(Option<&'a str>, &'a Value)> {
    let mut left = schemas;
    let mut found: Vec<(Option<&str>, &Value)> = Vec::new();
    while let Some(schema) = left.pop() {
        let name = reference(schema).and_then(|path| path.rsplit('/').next());
        let Some(schema) = document.resolve(schema) else {
            continue;
        };
        if found.iter().any(|(_, known)| std::ptr::eq(*known, schema)) {
            continue;
        }
        found.push((name, schema));
        let all_of = schema.get("allOf").and_then(Value::as_array);
        left.extend(branches(schema).into_iter().chain(all_of).flatten());
    }
    found
}
