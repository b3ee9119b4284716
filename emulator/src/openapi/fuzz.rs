//! Fuzz tests of the validator, against the schema of every request.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::openapi::document::Document;
use crate::openapi::sample;
use crate::openapi::validator::{Validators, problems};

static VALIDATORS: LazyLock<Validators> = LazyLock::new(|| {
    let document = Document::parse(include_str!("../../openapi.json")).expect("the document is sound");
    Validators::new(Arc::new(document))
});

/// Returns the distinct request schemas of the document, with an operation each.
fn requests() -> Vec<(&'static str, &'static Value)> {
    let requests = VALIDATORS.document().documented();
    let requests = requests.filter_map(|operation| Some((&operation.request.as_ref()?.schema, operation.id.as_str())));
    let distinct: HashMap<&'static Value, &'static str> = requests.collect();
    let sorted: BTreeMap<&'static str, &'static Value> =
        distinct.into_iter().map(|(schema, id)| (id, schema)).collect();
    sorted.into_iter().collect()
}

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Generates names that schemas of the document have, and some that none has.
fn name() -> impl Strategy<Value = String> {
    let known = vec![
        "type",
        "provider",
        "model",
        "voice",
        "voiceId",
        "assistant",
        "assistantId",
        "tools",
        "function",
        "parameters",
        "destinations",
        "members",
        "squad",
        "server",
        "url",
        "name",
        "messages",
        "role",
        "content",
        "hooks",
        "on",
        "do",
        "customer",
        "customers",
        "number",
        "schedulePlan",
        "queries",
        "filters",
        "conditions",
        "fallbackPlan",
        "voices",
        "input",
        "assistantOverrides",
        "assistantDestinations",
        "credentials",
        "metadata",
        "items",
        "artifactPlan",
    ];
    prop_oneof![6 => prop::sample::select(known).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

fn text() -> impl Strategy<Value = String> {
    let known = vec![
        "openai",
        "azure",
        "function",
        "handoff",
        "transferCall",
        "assistant",
        "system",
        "tool",
        "call",
        "text",
    ];
    prop_oneof![3 => prop::sample::select(known).prop_map(str::to_owned), 1 => "\\PC{0,20}"]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// A change of a part of a value: its position, its new value, and whether that replaces it or is inserted.
type Mutation = (prop::sample::Index, Option<Value>, String, bool);

fn mutate(value: &mut Value, (part, new, name, into): &Mutation) {
    let mut places = Vec::new();
    all_places(value, String::new(), &mut places);
    let Some(place) = value.pointer_mut(part.get::<String>(&places)) else {
        return;
    };
    match (place, new) {
        (Value::Object(object), Some(new)) if *into => {
            object.insert(name.clone(), new.clone());
        }
        (Value::Array(items), Some(new)) if *into => items.push(new.clone()),
        (Value::Object(object), None) => {
            let first = object.keys().next().cloned();
            first.map(|first| object.remove(&first));
        }
        (place, Some(new)) => *place = new.clone(),
        (place, None) => *place = Value::Null,
    }
}

fn all_places(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let name = name.replace('~', "~0").replace('/', "~1");
                all_places(value, format!("{at}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                all_places(value, format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}

/// Checks that no sentence shows internals. The validator itself checks in a debug build that a refused value has a sentence.
fn judge(schema: &Value, value: &Value) -> Result<(), TestCaseError> {
    let problems = problems(&VALIDATORS, schema, value);
    for problem in &problems {
        let known =
            [" must ", " should not "].iter().any(|rule| problem.contains(rule)) || problem.starts_with("property ");
        prop_assert!(known, "{}", problem);
    }
    Ok(())
}

#[test]
fn every_schema_of_the_document_refuses_something() {
    // A schema that does not compile would take anything.
    for (operation, schema) in requests() {
        let refused = problems(&VALIDATORS, schema, &json!(5));
        assert_eq!(refused.is_empty(), takes_anything(schema), "{operation}");
    }
}

/// Returns whether a schema is that of a body which the document forgot.
fn takes_anything(schema: &Value) -> bool {
    *schema == json!({})
}

#[test]
fn any_json_is_judged_by_any_schema() {
    let requests = requests();
    let asked = (prop::sample::select(requests), json_value());
    runner(800)
        .run(&asked, |((_, schema), value)| judge(schema, &value))
        .expect("a verdict");
}

#[test]
fn minimal_requests_fit_and_changed_ones_are_judged() {
    let requests = requests();
    for (operation, schema) in &requests {
        let minimal = sample::minimal(VALIDATORS.document(), schema, 0);
        assert_eq!(
            problems(&VALIDATORS, schema, &minimal),
            Vec::<String>::new(),
            "{operation} {minimal}"
        );
    }
    let mutation = (
        any::<prop::sample::Index>(),
        prop::option::of(json_value()),
        name(),
        any::<bool>(),
    );
    let asked = (prop::sample::select(requests), prop::collection::vec(mutation, 1..8));
    runner(800)
        .run(&asked, |((_, schema), mutations)| {
            let mut value = sample::minimal(VALIDATORS.document(), schema, 0);
            for mutation in &mutations {
                mutate(&mut value, mutation);
            }
            judge(schema, &value)
        })
        .expect("a verdict");
}

#[test]
fn an_unknown_property_is_refused_wherever_it_is() {
    for (operation, schema) in requests().into_iter().filter(|(_, schema)| !takes_anything(schema)) {
        let mut value = sample::minimal(VALIDATORS.document(), schema, 0);
        value["xyzzy"] = json!(1);
        let expected = ["property xyzzy should not exist"];
        assert_eq!(problems(&VALIDATORS, schema, &value), expected, "{operation}");
    }
}

/// Recursive values a hundred levels deep, with an error at the end.
#[test]
fn deeply_nested_values_are_checked_quickly() {
    let floors = vec![
        json!({ "model": { "provider": "openai", "model": "gpt-4o", "tools": [{ "type": "handoff", "destinations": [
            { "type": "assistant", "assistant": "HERE" }] }] } }),
        json!({ "members": [{ "assistant": { "name": "x" }, "assistantDestinations": [
            { "type": "assistant", "assistant": "HERE" }] }] }),
        json!({ "model": { "provider": "openai", "model": "gpt-4o", "tools": [{ "type": "handoff", "destinations": [
            { "type": "squad", "squad": { "members": [{ "assistant": "HERE" }] } }] }] } }),
        json!({ "hooks": [{ "on": "call.ending", "do": [{ "type": "tool", "tool": { "type": "transferCall",
            "destinations": [{ "type": "assistant", "assistant": "HERE" }] } }] }] }),
        json!({ "assistant": "HERE" }),
        json!({ "squad": "HERE" }),
        json!(["HERE"]),
    ];
    let floor = prop::sample::select(floors);
    let asked = (
        prop::sample::select(requests()),
        prop::collection::vec(floor, 1..16),
        json_value(),
    );
    runner(100)
        .run(&asked, |((_, schema), floors, top)| {
            let tower = floors.iter().fold(top, |above, floor| {
                let text = floor.to_string().replace("\"HERE\"", &above.to_string());
                serde_json::from_str(&text).unwrap_or(above)
            });
            let before = Instant::now();
            judge(schema, &tower)?;
            prop_assert!(before.elapsed() < Duration::from_secs(20));
            Ok(())
        })
        .expect("a verdict");
}
