//! The vendor's documents, compared with a count that shares no code with the crate: it reads the files as they are, and subtracts sets.
//!
//! It knows of `paths` and of the properties of `components.schemas`, and of nothing that is further inside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;
use vapi_codegen::diff::Diff;
use vapi_codegen::diff::change::{Action, Change, Kind};
use vapi_codegen::prepare::Config;

use crate::repository;

/// Facts as text: `Call.endedReason`, `GET /call limit`.
type Set = BTreeSet<String>;

/// Added and removed, or changed.
type Facts = BTreeMap<&'static str, Set>;

const LIMITS: [&str; 8] = [
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "format",
];

fn documents() -> Vec<PathBuf> {
    let directory = repository().join("../shared/upstream");
    let mut found: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    found.sort();
    assert_eq!(found.len(), 7);
    found
}

fn operations(document: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.insert(format!("{} {path}", method.to_uppercase()), operation.clone());
        }
    }
    found
}

fn parameters(operation: &Value) -> Set {
    let listed = operation["parameters"].as_array().into_iter().flatten();
    listed.map(|p| p["name"].as_str().unwrap().to_owned()).collect()
}

/// Returns the strings in a list, or in the list's items.
fn values(list: &Value) -> Set {
    let listed = list.as_array().into_iter().flatten();
    listed.map(Value::to_string).collect()
}

fn variants(property: &Value) -> Set {
    let branches = property["oneOf"].as_array().into_iter().flatten();
    branches
        .filter_map(|branch| branch["$ref"].as_str())
        .map(|reference| reference.rsplit('/').next().unwrap().to_owned())
        .collect()
}

/// Puts what one set has and the other has not, each after `prefix`, under two names.
fn subtract(facts: &mut Facts, names: [&'static str; 2], prefix: &str, old: &Set, new: &Set) {
    for (name, set, other) in [(names[0], new, old), (names[1], old, new)] {
        let only = set.difference(other).map(|fact| format!("{prefix}{fact}"));
        facts.entry(name).or_default().extend(only);
    }
}

/// Counts naively what came, went and changed.
fn naive(old: &Value, new: &Value) -> Facts {
    let mut facts = Facts::new();
    let (was, is) = (operations(old), operations(new));
    let keys = |map: &BTreeMap<String, Value>| -> Set { map.keys().cloned().collect() };
    subtract(&mut facts, ["operation +", "operation -"], "", &keys(&was), &keys(&is));
    for (name, operation) in &was {
        let Some(other) = is.get(name) else { continue };
        let names = ["parameter +", "parameter -"];
        let prefix = format!("{name} ");
        subtract(&mut facts, names, &prefix, &parameters(operation), &parameters(other));
        if operation["operationId"] != other["operationId"] {
            facts.entry("operation_id ~").or_default().insert(name.clone());
        }
    }
    let schemas = |document: &Value| document["components"]["schemas"].as_object().unwrap().clone();
    let (was, is) = (schemas(old), schemas(new));
    let keys = |map: &serde_json::Map<String, Value>| -> Set { map.keys().cloned().collect() };
    subtract(&mut facts, ["schema +", "schema -"], "", &keys(&was), &keys(&is));
    for (name, schema) in &was {
        let Some(other) = is.get(name) else { continue };
        let none = serde_json::Map::new();
        let properties = |schema: &Value| schema["properties"].as_object().unwrap_or(&none).clone();
        let (was, is) = (properties(schema), properties(other));
        let names = ["property +", "property -"];
        subtract(&mut facts, names, &format!("{name}."), &keys(&was), &keys(&is));
        let required = [&schema["required"], &other["required"]].map(values);
        for (property, before) in &was {
            let Some(after) = is.get(property) else { continue };
            let at = format!("{name}.{property}");
            let quoted = Value::from(property.as_str()).to_string();
            if required[0].contains(&quoted) != required[1].contains(&quoted) {
                facts.entry("required ~").or_default().insert(at.clone());
            }
            for (key, flag) in [("nullable", "nullable ~"), ("deprecated", "deprecated ~")] {
                if (before[key] == true) != (after[key] == true) {
                    facts.entry(flag).or_default().insert(at.clone());
                }
            }
            for key in LIMITS {
                if before[key] != after[key] {
                    facts.entry("limit").or_default().insert(format!("{at} {key}"));
                }
            }
            let names = ["enum_value +", "enum_value -"];
            let prefix = format!("{at} ");
            subtract(
                &mut facts,
                names,
                &prefix,
                &values(&before["enum"]),
                &values(&after["enum"]),
            );
            let prefix = format!("{at}[] ");
            let items = [&before["items"]["enum"], &after["items"]["enum"]].map(values);
            let both_are_lists = before.get("items").is_some() && after.get("items").is_some();
            if both_are_lists {
                subtract(&mut facts, names, &prefix, &items[0], &items[1]);
            }
            let names = ["variant +", "variant -"];
            subtract(
                &mut facts,
                names,
                &format!("{at} "),
                &variants(before),
                &variants(after),
            );
        }
    }
    facts.retain(|_, facts| !facts.is_empty());
    facts
}

/// Returns the same facts of a diff: those of operations, schemas, and properties of schemas, their items included.
fn counted(changes: &[Change]) -> Facts {
    let mut facts = Facts::new();
    for change in changes {
        let owner = &change.place.owner;
        let part = change.place.part.as_deref().unwrap_or_default();
        let is_property = change.place.schema().is_some() && change.place.at == part && !part.is_empty();
        let is_item = change.place.schema().is_some() && change.place.at == format!("{part}[]");
        let value = || match change.action {
            Action::Removed => change.old.clone().unwrap_or_default().to_string(),
            _ => change.new.clone().unwrap_or_default().to_string(),
        };
        let at = &change.place.at;
        let (name, fact) = match (change.kind, change.action) {
            (Kind::Operation, Action::Added) => ("operation +", change.name.clone()),
            (Kind::Operation, _) => ("operation -", change.name.clone()),
            (Kind::OperationId, _) => ("operation_id ~", owner.to_string()),
            (Kind::Parameter, Action::Added) => ("parameter +", format!("{owner} {}", change.name)),
            (Kind::Parameter, _) => ("parameter -", format!("{owner} {}", change.name)),
            (Kind::Schema, Action::Added) => ("schema +", change.name.clone()),
            (Kind::Schema, _) => ("schema -", change.name.clone()),
            (Kind::Property, Action::Added) if is_property => ("property +", format!("{owner}.{at}")),
            (Kind::Property, _) if is_property => ("property -", format!("{owner}.{at}")),
            (Kind::Required, _) if is_property => ("required ~", format!("{owner}.{at}")),
            (Kind::Nullable, _) if is_property => ("nullable ~", format!("{owner}.{at}")),
            (Kind::Deprecated, _) if is_property => ("deprecated ~", format!("{owner}.{at}")),
            (Kind::Limit | Kind::Format, _) if is_property => ("limit", format!("{owner}.{at} {}", change.name)),
            (Kind::EnumValue, Action::Added) if is_property || is_item => {
                ("enum_value +", format!("{owner}.{at} {}", value()))
            }
            (Kind::EnumValue, _) if is_property || is_item => ("enum_value -", format!("{owner}.{at} {}", value())),
            (Kind::Variant, Action::Added) if is_property && is_name(&change.name) => {
                ("variant +", format!("{owner}.{at} {}", change.name))
            }
            (Kind::Variant, _) if is_property && is_name(&change.name) => {
                ("variant -", format!("{owner}.{at} {}", change.name))
            }
            _ => continue,
        };
        assert!(
            facts.entry(name).or_default().insert(fact.clone()),
            "{name} {fact} is told twice"
        );
    }
    facts
}

/// Returns whether a variant is a schema of the document: all of those begin with an upper-case letter.
fn is_name(variant: &str) -> bool {
    variant.starts_with(|c: char| c.is_ascii_uppercase())
}

fn compare(old: &PathBuf, new: &PathBuf, config: &Config) {
    let read = |path: &PathBuf| -> Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let [old_name, new_name] = [old, new].map(|path| path.file_stem().unwrap().to_string_lossy().into_owned());
    let (old, new) = (read(old), read(new));
    let expected = naive(&old, &new);
    let started = Instant::now();
    let diff = Diff::new((&old_name, old), (&new_name, new), config).unwrap();
    let seconds = started.elapsed().as_secs_f32();
    let facts = counted(&diff.changes);
    for name in expected.keys().chain(facts.keys()) {
        let sets = [&expected, &facts].map(|facts| facts.get(name).cloned().unwrap_or_default());
        let only: Vec<Vec<&String>> = vec![
            sets[0].difference(&sets[1]).collect(),
            sets[1].difference(&sets[0]).collect(),
        ];
        assert!(
            sets[0] == sets[1],
            "{old_name} -> {new_name}: {name}: counted and not told: {:?}; told and not counted: {:?}",
            only[0],
            only[1]
        );
    }
    let total: usize = facts.values().map(BTreeSet::len).sum();
    println!(
        "{old_name} -> {new_name}: {} changes, {total} of them counted twice, {seconds:.2} s",
        diff.changes.len()
    );
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn a_naive_count_agrees() {
    let documents = documents();
    let config = Config::read(&repository().join("spec")).unwrap();
    for pair in documents.windows(2) {
        compare(&pair[0], &pair[1], &config);
        compare(&pair[1], &pair[0], &config);
    }
    compare(&documents[0], &documents[6], &config);
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn a_document_equals_itself_and_its_snapshot() {
    let config = Config::read(&repository().join("spec")).unwrap();
    for path in documents() {
        let document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let snapshot = vapi_codegen::facts::facts(&document);
        let diff = Diff::new(("document", document), ("snapshot", snapshot), &config).unwrap();
        assert_eq!(diff.changes, [], "{}", path.display());
    }
}
