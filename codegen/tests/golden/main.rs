//! A document of some 60 lines beside the files that are generated from it, for a reader to compare.
//!
//! `UPDATE=1 cargo test -p vapi-codegen --test golden` writes the files again.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vapi_codegen::prepare::{Config, prepare};
use vapi_codegen::rewrite::code;

/// Returns the directory of the document, with the generated files in `generated/`.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Writes all that is generated from the document to a directory.
fn generate(directory: &Path) {
    let text = fs::read_to_string(golden().join("openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let prepared = prepare(document, &Config::default()).unwrap();
    code(&prepared).unwrap().write(directory).unwrap();
}

/// Returns the names of the files in a directory, sorted.
fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_golden_document_generates_the_files_beside_it() {
    let expected = golden().join("generated");
    if std::env::var_os("UPDATE").is_some() {
        // A file that is no longer generated does not stay.
        if expected.exists() {
            fs::remove_dir_all(&expected).unwrap();
        }
        return generate(&expected);
    }
    let directory = tempfile::tempdir().unwrap();
    generate(directory.path());
    assert_eq!(names(directory.path()), names(&expected), "{}", expected.display());
    for name in names(&expected) {
        let [old, new] =
            [expected.as_path(), directory.path()].map(|directory| fs::read_to_string(directory.join(&name)).unwrap());
        let first = old.lines().zip(new.lines()).position(|(old, new)| old != new);
        assert!(
            old == new,
            "{name} differs at line {}; `UPDATE=1` writes it again",
            first.unwrap_or(old.lines().count().min(new.lines().count())) + 1
        );
    }
}
