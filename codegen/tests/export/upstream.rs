//! The export of each document that the vendor published, with the mistakes of its time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Map, Value};
use vapi_codegen::document::for_each_operation;
use vapi_codegen::export::{Options, Version, export};
use vapi_codegen::source::Source;

use crate::{example_problems, openapi, options};

/// Returns the files of the documents, oldest first.
fn documents() -> Vec<PathBuf> {
    let directory = std::env::var_os("VAPI_UPSTREAM").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/upstream"),
        PathBuf::from,
    );
    let mut documents: Vec<PathBuf> = std::fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    documents.sort();
    assert!(!documents.is_empty(), "no document in {}", directory.display());
    documents
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn the_vendors_documents_are_exported_as_valid_ones() {
    let mut failed = Vec::new();
    for path in documents() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let began = Instant::now();
        let theirs = Source::Path(path).load().unwrap();
        let found = openapi::problems(&theirs).len();
        assert!(
            found > 0,
            "{name}: the check finds nothing in a document that has mistakes"
        );

        let whole = |version| export(&theirs, &Options { version, ..options() }).unwrap();
        let mut document = whole(Version::V3_0);
        let mut problems = openapi::problems(&document);
        problems.extend(example_problems(&mut whole(Version::V3_1)));
        let mut operations = 0;
        for_each_operation(&mut document, &mut |_, _, _, _| operations += 1);
        let schemas = document["components"]["schemas"]
            .as_object()
            .map_or(0, |schemas| schemas.len());
        println!(
            "{name}: {found} problems as published; exported {operations} operations, {schemas} schemas, {} problems, {:.1} s",
            problems.len(),
            began.elapsed().as_secs_f32()
        );
        for problem in problems.iter().take(8) {
            println!("  {problem}");
        }
        if !problems.is_empty() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "not valid: {}", failed.join(", "));
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn prose_changes_no_schema_of_the_export() {
    let newest = documents().pop().unwrap();
    let theirs = Source::Path(newest).load().unwrap();
    let without_prose = |document: &Value| {
        vapi_codegen::facts::facts(&export(document, &options()).unwrap())["components"]["schemas"].take()
    };
    let snapshot = vapi_codegen::facts::facts(&theirs);
    let (one, other) = (without_prose(&theirs), without_prose(&snapshot));
    let differences = differences("", &one, &other);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Returns the pointers of the innermost parts that differ.
fn differences(at: &str, one: &Value, other: &Value) -> Vec<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            let member = |members: &Map<String, Value>, key: &str| members.get(key).cloned().unwrap_or_default();
            keys.into_iter()
                .flat_map(|key| differences(&format!("{at}/{key}"), &member(one, key), &member(other, key)))
                .collect()
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs
                .flat_map(|(index, (one, other))| differences(&format!("{at}/{index}"), one, other))
                .collect()
        }
        _ if one == other => Vec::new(),
        _ => vec![format!("{at}: {one} and {other}").chars().take(300).collect()],
    }
}
