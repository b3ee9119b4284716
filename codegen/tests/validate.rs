//! `vapi-spec validate` as a user runs it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Runs the command in a directory.
fn validate(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vapi-spec"))
        .arg("validate")
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Returns a directory with two assistants in it, of which the second has three problems.
fn assistants() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    write("ada.json", r#"{"name": "Ada", "firstMessage": "Hello."}"#);
    write(
        "bob.yaml",
        "name: 5\nvoice:\n  provider: azure\n  voiceId: andrew\n  pitch: 2\nsilenceTimeoutSeconds: 3\n",
    );
    directory
}

const CREATE: [&str; 2] = ["--operation", "AssistantController_create"];

#[test]
fn problems_are_told_by_file_and_path() {
    let directory = assistants();
    let output = validate(directory.path(), &[&CREATE[..], &["ada.json", "bob.yaml"]].concat());
    assert_eq!(
        text(&output.stdout),
        "bob.yaml: /voice/pitch: expected no property of this name, found a number\n\
         bob.yaml: /name: expected a string, found 5\n\
         bob.yaml: /silenceTimeoutSeconds: expected at least 10, found 3\n"
    );
    assert_eq!(text(&output.stderr), "2 values, 3 problems\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn valid_files_end_with_success() {
    let directory = assistants();
    let output = validate(directory.path(), &[&CREATE[..], &["--request", "ada.json"]].concat());
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        ("", "1 value, 0 problems\n")
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn json_has_the_sentence_of_the_api() {
    let directory = assistants();
    fs::write(
        directory.path().join("all.jsonl"),
        "{\"name\": \"Ada\"}\n{\"voice\": \"Ada\"}\n",
    )
    .unwrap();
    let output = validate(directory.path(), &[&CREATE[..], &["--json", "all.jsonl"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        report,
        json!([{
            "file": "all.jsonl", "line": 2, "path": "/voice", "expected": "an object", "found": "\"Ada\"",
            "message": "nested property voice must be either object or array",
        }])
    );
    assert_eq!((text(&output.stderr), output.status.code()), ("", Some(1)));
}

#[test]
fn the_standard_input_may_be_a_query_of_a_url() {
    let arguments = ["validate", "--operation", "CallController_findAll", "--query", "-"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_vapi-spec"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"limit=2.5&createdAtGt=soon")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        text(&output.stdout),
        "-: /createdAtGt: expected a date of ISO 8601, found \"soon\"\n-: /limit: expected a whole number, found 2.5\n"
    );
}

#[test]
fn a_document_of_ones_own_is_read() {
    let directory = assistants();
    let schema = json!({"type": "object", "required": ["tail"], "properties": {"tail": {"type": "boolean"}}});
    let document = json!({"openapi": "3.0.0", "paths": {}, "components": {"schemas": {"Dog": schema}}});
    fs::write(directory.path().join("dogs.json"), document.to_string()).unwrap();
    let output = validate(
        directory.path(),
        &["--schema", "Dog", "--document", "dogs.json", "ada.json"],
    );
    assert_eq!(
        text(&output.stdout),
        "ada.json: /name: expected no property of this name, found a string\n\
         ada.json: /firstMessage: expected no property of this name, found a string\n\
         ada.json: /tail: expected a value, found nothing\n"
    );
}

#[test]
fn what_cannot_be_judged_is_an_error_of_its_own() {
    let directory = assistants();
    fs::write(directory.path().join("broken.json"), "{\"name\": ").unwrap();
    for (arguments, error) in [
        (
            [&CREATE[..], &["broken.json"]].concat(),
            "error: broken.json: is not JSON: EOF while parsing a value at line 1 column 9\n",
        ),
        (
            vec!["--webhook", "ring", "ada.json"],
            "error: the document has no message `ring`\n",
        ),
        (
            [&CREATE[..], &["--response", "404", "ada.json"]].concat(),
            "error: the document has no response with the status `404 of AssistantController_create`\n",
        ),
    ] {
        let output = validate(directory.path(), &arguments);
        assert_eq!((text(&output.stderr), output.status.code()), (error, Some(2)));
    }
    let output = validate(directory.path(), &["ada.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--operation"), "{}", text(&output.stderr));
}
