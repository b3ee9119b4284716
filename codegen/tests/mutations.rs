//! Documents with random damage: each ends in code, or in an error that says what is wrong. Nothing panics or hangs.
//!
//! Excerpts of the snapshot are damaged in one to five places. The cases are always the same; `VAPI_MUTATIONS` is how many
//! to try, and `VAPI_MUTATIONS_SEED` which.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::{Map, Value, json};
use vapi_codegen::document::{METHODS, pointer};
use vapi_codegen::prepare::{Config, prepare};
use vapi_codegen::reference;
use vapi_codegen::rewrite::{Code, code};
use vapi_codegen::source::Source;

/// No excerpt is so large that generating from it takes longer.
const LONGEST: Duration = Duration::from_secs(60);

static SPEC: LazyLock<(Value, Config)> = LazyLock::new(|| {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec");
    let document = Source::Path(spec.join("openapi.json")).load().unwrap();
    (document, Config::read(&spec).unwrap())
});

/// Values that have no business where they are put.
fn strange_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1.5),
        json!(""),
        json!("null"),
        json!("string"),
        json!("object"),
        json!("array"),
        json!("enum"),
        json!("Self"),
        json!("a \"b\" \\ c\n*/ {d} 日本"),
        json!([]),
        json!({}),
        json!(["null"]),
        json!(["a", "A", "", "=", "==", "11", null]),
        json!({"type": "object"}),
        json!({"type": "string", "enum": ["new", "extra", "Unknown", "self"]}),
        json!({"type": "array"}),
        json!({"type": "array", "items": {"type": "array", "items": {}}}),
        json!({"type": "string", "format": "binary"}),
        json!({"type": "integer", "format": "uint8", "minimum": -1}),
        json!({"type": "string", "nullable": true, "default": 5}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        json!({"type": "object", "properties": {"type": {"type": "string", "enum": ["x"]}}, "required": ["type"]}),
        json!({"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]}),
        json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string"}]}),
        json!({"allOf": [{"type": "object", "properties": {"a": {}}}, {"type": "string"}]}),
        json!({"not": {}}),
        json!({"$ref": "#/components/schemas/NotThere"}),
        json!({"$ref": "#/paths"}),
    ]
}

/// Names that mean something to Rust, to the generator or to OpenAPI, and names that mean nothing to anyone.
const STRANGE_NAMES: [&str; 56] = [
    "",
    " ",
    "_",
    "1",
    "a-b",
    "a_b",
    "A B",
    "aB",
    "日本",
    "é",
    "\"",
    "\\",
    "\n",
    "{",
    "*/",
    "//",
    "#",
    "$ref",
    "self",
    "Self",
    "super",
    "crate",
    "type",
    "async",
    "gen",
    "new",
    "extra",
    "body",
    "client",
    "path",
    "value",
    "Option",
    "String",
    "Vec",
    "Box",
    "Value",
    "Result",
    "From",
    "Into",
    "Default",
    "Clone",
    "Shape",
    "Kind",
    "Unknown",
    "x-name",
    "x-tags",
    "oneOf",
    "allOf",
    "anyOf",
    "enum",
    "properties",
    "items",
    "required",
    "nullable",
    "discriminator",
    "additionalProperties",
];

/// Damage to one place of a document.
#[derive(Debug, Clone)]
enum Mutation {
    Delete(Index),
    Replace(Index, Value),
    /// Puts what stands in one place into another.
    Copy(Index, Index),
    Rename(Index, &'static str),
    /// Gives a member the name of another, anywhere.
    RenameAs(Index, Index),
    Add(Index, &'static str, Value),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<Index>;
    let value = || select(strange_values());
    let name = || select(STRANGE_NAMES.to_vec());
    prop_oneof![
        place().prop_map(Mutation::Delete),
        (place(), value()).prop_map(|(at, value)| Mutation::Replace(at, value)),
        (place(), place()).prop_map(|(at, from)| Mutation::Copy(at, from)),
        (place(), name()).prop_map(|(at, name)| Mutation::Rename(at, name)),
        (place(), place()).prop_map(|(at, from)| Mutation::RenameAs(at, from)),
        (place(), name(), value()).prop_map(|(at, name, value)| Mutation::Add(at, name, value)),
    ]
}

/// Returns the operations of an excerpt, and the number of the schemas that they reach.
fn excerpt() -> impl Strategy<Value = Value> {
    (vec(any::<Index>(), 1..=3), select(vec![2, 8, 24])).prop_map(|(operations, schemas)| take(&operations, schemas))
}

fn take(operations: &[Index], most_schemas: usize) -> Value {
    let (document, _) = &*SPEC;
    let all: Vec<(&String, &str, &Value)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            METHODS
                .iter()
                .filter_map(move |method| Some((path, *method, item.get(method)?)))
        })
        .collect();
    let mut excerpt = json!({
        "openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {}, "components": {"schemas": {}}
    });
    let mut open = Vec::new();
    for index in operations {
        let (path, method, operation) = index.get(&all);
        excerpt["paths"][path][method] = (*operation).clone();
        reference::targets(operation, &mut open);
    }
    let mut next = 0;
    while next < open.len() && excerpt["components"]["schemas"].as_object().unwrap().len() < most_schemas {
        let name = open[next].clone();
        next += 1;
        if excerpt["components"]["schemas"].get(&name).is_none() {
            let schema = &document["components"]["schemas"][&name];
            reference::targets(schema, &mut open);
            excerpt["components"]["schemas"][name] = schema.clone();
        }
    }
    excerpt
}

/// The pointers of all nodes below the root.
fn places(node: &Value, at: &str, out: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match node {
        Value::Object(members) => members.iter().map(|(name, child)| (pointer(at, name), child)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, child)| (format!("{at}/{i}"), child))
            .collect(),
        _ => Vec::new(),
    };
    for (at, child) in children {
        out.push(at.clone());
        places(child, &at, out);
    }
}

fn apply(document: &mut Value, mutation: &Mutation) {
    let mut all = Vec::new();
    places(document, "", &mut all);
    if all.is_empty() {
        return;
    }
    let pick = |place: &Index| all[place.index(all.len())].as_str();
    match mutation {
        Mutation::Delete(at) => drop(remove(document, pick(at))),
        Mutation::Replace(at, value) => *document.pointer_mut(pick(at)).unwrap() = value.clone(),
        Mutation::Copy(at, from) => {
            let value = document.pointer(pick(from)).unwrap().clone();
            *document.pointer_mut(pick(at)).unwrap() = value;
        }
        Mutation::Rename(at, name) => rename(document, pick(at), name),
        Mutation::RenameAs(at, from) => {
            let (_, name) = split(pick(from));
            rename(document, pick(at), &name);
        }
        Mutation::Add(at, name, value) => match document.pointer_mut(pick(at)).unwrap() {
            Value::Object(members) => drop(members.insert((*name).to_owned(), value.clone())),
            Value::Array(items) => items.push(value.clone()),
            _ => {}
        },
    }
}

/// Returns the pointer of the parent, and the name or index of the child.
fn split(at: &str) -> (&str, String) {
    let (parent, token) = at.rsplit_once('/').unwrap();
    (parent, token.replace("~1", "/").replace("~0", "~"))
}

fn remove(document: &mut Value, at: &str) -> Option<Value> {
    let (parent, name) = split(at);
    match document.pointer_mut(parent)? {
        Value::Object(members) => members.shift_remove(&name),
        Value::Array(items) => Some(items.remove(name.parse().ok()?)),
        _ => None,
    }
}

/// Renames a member in its place; a string gets the name as its value.
fn rename(document: &mut Value, at: &str, new: &str) {
    let node = document.pointer_mut(at).unwrap();
    if node.is_string() {
        *node = new.into();
        return;
    }
    let (parent, old) = split(at);
    if let Some(Value::Object(members)) = document.pointer_mut(parent) {
        *members = std::mem::take(members)
            .into_iter()
            .map(|(name, value)| {
                if name == old {
                    (new.to_owned(), value)
                } else {
                    (name, value)
                }
            })
            .collect::<Map<String, Value>>();
    }
}

fn generate(document: Value) -> Result<Code, String> {
    let prepared = prepare(document, &SPEC.1).map_err(|error| error.to_string())?;
    code(&prepared).map_err(|error| error.to_string())
}

/// Generates on a thread of its own, so that one that never ends is noticed.
fn generate_in_time(document: Value) -> Result<Code, String> {
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || drop(sender.send(generate(document))));
    match receiver.recv_timeout(LONGEST) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => panic!("did not end within {LONGEST:?}"),
        Err(RecvTimeoutError::Disconnected) => match worker.join() {
            Err(panic) => resume_unwind(panic),
            Ok(_) => unreachable!("the worker sends before it ends"),
        },
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn a_damaged_document_ends_in_code_or_in_an_error() {
    let mut runner = TestRunner::new(ProptestConfig {
        cases: number("VAPI_MUTATIONS").map_or(300, |cases| cases.try_into().unwrap()),
        rng_seed: RngSeed::Fixed(number("VAPI_MUTATIONS_SEED").unwrap_or(1)),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&(excerpt(), vec(mutation(), 1..=5)), |(mut document, mutations)| {
        for mutation in &mutations {
            apply(&mut document, mutation);
        }
        match generate_in_time(document) {
            Ok(code) => {
                for text in [&code.types, &code.raw, &code.operations] {
                    if let Err(error) = syn::parse_file(text) {
                        return Err(TestCaseError::fail(format!("the code does not parse: {error}")));
                    }
                }
            }
            Err(error) => assert!(!error.is_empty()),
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
