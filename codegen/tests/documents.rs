//! Every document of a directory, from its bytes to a `vapi` crate that compiles.
//!
//! The directory is `VAPI_UPSTREAM`, or `../shared/upstream` beside the repository. Each document is generated from and
//! checked on its own; a document that fails does not keep the others from being generated.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use vapi_codegen::prepare::{Config, prepare};
use vapi_codegen::rewrite::code;
use vapi_codegen::source::Source;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Returns the documents, oldest first.
fn documents() -> Vec<PathBuf> {
    let directory =
        std::env::var_os("VAPI_UPSTREAM").map_or_else(|| repository().join("../shared/upstream"), PathBuf::from);
    let mut documents: Vec<PathBuf> = std::fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.canonicalize().unwrap())
        .collect();
    documents.sort();
    assert!(!documents.is_empty(), "no document in {}", directory.display());
    documents
}

fn name(document: &Path) -> String {
    document.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Returns the result of generating from the document, in one line.
fn generate(document: &Path) -> Result<String, Box<dyn Error>> {
    let started = Instant::now();
    let config = Config::read(&repository().join("spec"))?;
    let prepared = prepare(Source::Path(document.to_owned()).load()?, &config)?;
    let code = code(&prepared)?;
    let repairs: usize = prepared.report().iter().map(|(_, changes)| changes.len()).sum();
    Ok(format!(
        "{:3} operations, {:4} types, {repairs:5} repairs, {:4.1} s generating",
        code.operation_ids.len(),
        code.type_names.len(),
        started.elapsed().as_secs_f32(),
    ))
}

/// Runs cargo as the other tests do, whose dependencies it shares, with `vapi` built from the document.
fn cargo(document: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--quiet"])
        .current_dir(repository())
        .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/.."))
        .env("RUSTDOCFLAGS", "--deny warnings")
        .env("VAPI_OPENAPI", document)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stderr, output.stdout].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let first: Vec<&str> = said.iter().flat_map(|text| text.lines()).take(40).collect();
    Err(format!("cargo {} failed:\n{}", arguments.join(" "), first.join("\n")).into())
}

fn check(document: &Path) -> Result<String, Box<dyn Error>> {
    let generated = generate(document)?;
    let started = Instant::now();
    cargo(document, &["check", "--lib"])?;
    Ok(format!(
        "{generated}, {:5.1} s checking",
        started.elapsed().as_secs_f32()
    ))
}

/// Generates from all documents, prints one line for each, and fails with the names of those that failed.
fn try_all(documents: &[PathBuf], attempt: impl Fn(&Path) -> Result<String, Box<dyn Error>>) {
    let mut failed = Vec::new();
    for document in documents {
        let name = name(document);
        match attempt(document) {
            Ok(line) => println!("{name}: {line}, ok"),
            Err(error) => {
                println!("{name}: {error}");
                failed.push(name);
            }
        }
    }
    assert!(failed.is_empty(), "no crate from {}", failed.join(", "));
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn every_document_gives_a_crate_that_compiles() {
    // The dependencies are no part of what is timed below.
    cargo(&repository().join("tests/seed/openapi.json"), &["check", "--lib"]).unwrap();
    try_all(&documents(), check);
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn the_vendors_prose_is_sound_rustdoc() {
    let mut documents = documents();
    let newest = documents.pop();
    documents.truncate(1);
    documents.extend(newest);
    try_all(&documents, |document| {
        let started = Instant::now();
        cargo(document, &["doc", "--no-deps", "--lib"])?;
        cargo(document, &["test", "--doc"])?;
        Ok(format!(
            "{:5.1} s for rustdoc and its tests",
            started.elapsed().as_secs_f32()
        ))
    });
}
