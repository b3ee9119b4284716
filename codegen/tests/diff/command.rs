//! `vapi-spec diff` as a user runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{document, properties};

/// Returns a directory with an old and a new document in it; in the new one, a property went and another came.
fn workspace() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, document: Value| fs::write(directory.path().join(name), document.to_string()).unwrap();
    write("old.json", document(|_| {}));
    write("new.json", document(change));
    directory
}

fn change(document: &mut Value) {
    properties(document, "CreateCallDTO")
        .as_object_mut()
        .unwrap()
        .remove("note");
    properties(document, "Voice")["pitch"] = json!({"type": "number"});
    properties(document, "Call")["status"]["enum"] = json!(["queued", "ended", "in-progress"]);
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vapi-spec"))
        .arg("diff")
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const TEXT: &str = "\
from `old.json` (2 operations, 6 schemas)
to   `new.json` (2 operations, 6 schemas)

property               1 added, 1 removed
enum value             1 added

Changes: 3. Breaking requests: 1, responses: 0, Rust code: 1. Additive: 2.

BREAKING: WHAT SCHEMAS HOLD

  `CreateCallDTO` (used in requests)
    - `note`: removed, `string` [breaks requests, Rust code]

ADDITIVE OR UNUSED: WHAT SCHEMAS HOLD

  `Call` (used in responses)
    - `status`: value added: `in-progress` (`InProgress`)

  `Voice` (used in requests, responses)
    - `pitch`: added, `number`
";

const MARKDOWN: &str = "\
# The API's interface

From `old.json` (2 operations, 6 schemas) to `new.json` (2 operations, 6 schemas).

Changes: 3. Breaking requests: 1, responses: 0, Rust code: 1. Additive: 2.

| | added | removed | changed | perhaps renamed |
| --- | ---: | ---: | ---: | ---: |
| property | 1 | 1 | 0 | 0 |
| enum value | 1 | 0 | 0 | 0 |

## Breaking: what schemas hold

`CreateCallDTO` (used in requests)

- `note`: removed, `string` [breaks requests, Rust code]

## Additive or unused: what schemas hold

`Call` (used in responses)

- `status`: value added: `in-progress` (`InProgress`)

`Voice` (used in requests, responses)

- `pitch`: added, `number`
";

#[test]
fn breaking_changes_exit_with_1() {
    let directory = workspace();
    let output = run(directory.path(), &["old.json", "new.json"]);
    assert_eq!(text(&output.stdout), TEXT);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn additive_changes_exit_with_0() {
    let directory = workspace();
    let additive = document(|document| properties(document, "Voice")["pitch"] = json!({"type": "number"}));
    fs::write(directory.path().join("more.json"), additive.to_string()).unwrap();
    let output = run(directory.path(), &["old.json", "more.json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stdout).ends_with("  `Voice` (used in requests, responses)\n    - `pitch`: added, `number`\n")
    );

    let output = run(directory.path(), &["old.json", "old.json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).ends_with("\n\nThe interface is the same.\n"));
}

#[test]
fn markdown_is_a_section_of_a_changelog() {
    let directory = workspace();
    let output = run(directory.path(), &["old.json", "new.json", "--markdown"]);
    assert_eq!(text(&output.stdout), MARKDOWN);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn json_has_every_change_with_all_its_facts() {
    let directory = workspace();
    let output = run(directory.path(), &["old.json", "new.json", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let mut diff: Value = serde_json::from_slice(&output.stdout).unwrap();
    let changes = diff["changes"].take();
    let summary = |source: &str| json!({"source": source, "version": "1", "operations": 2, "schemas": 6});
    let counts = |added: u32, removed: u32| json!({"added": added, "removed": removed, "changed": 0, "renamed": 0});
    assert_eq!(
        diff,
        json!({
            "format": 1,
            "old": summary("old.json"),
            "new": summary("new.json"),
            "breaking": true,
            "breaks": {"requests": 1, "responses": 0, "rust": 1, "additive": 2},
            "counts": {"property": counts(1, 1), "enum_value": counts(1, 0)},
            "changes": null
        })
    );
    assert_eq!(
        changes,
        json!([
            {
                "kind": "enum_value", "change": "added", "operation": null, "schema": "Call", "type": null,
                "at": "status", "pointer": "/components/schemas/Call/properties/status", "name": "in-progress",
                "old": null, "new": "in-progress", "rust": "CallStatus::InProgress",
                "rust_old": "Option<CallStatus>", "rust_new": "Option<CallStatus>",
                "used": ["responses"], "breaks": [], "renamed_to": null, "renamed_from": null, "contains": null
            },
            {
                "kind": "property", "change": "removed", "operation": null, "schema": "CreateCallDTO", "type": null,
                "at": "note", "pointer": "/components/schemas/CreateCallDTO/properties/note", "name": "note",
                "old": {"type": "string", "required": false}, "new": null, "rust": "CreateCallDto.note",
                "rust_old": "Option<String>", "rust_new": null,
                "used": ["requests"], "breaks": ["requests", "rust"],
                "renamed_to": null, "renamed_from": null, "contains": null
            },
            {
                "kind": "property", "change": "added", "operation": null, "schema": "Voice", "type": null,
                "at": "pitch", "pointer": "/components/schemas/Voice/properties/pitch", "name": "pitch",
                "old": null, "new": {"type": "number", "required": false}, "rust": "Voice.pitch",
                "rust_old": null, "rust_new": "Option<Number>",
                "used": ["requests", "responses"], "breaks": [],
                "renamed_to": null, "renamed_from": null, "contains": null
            }
        ])
    );
}

#[test]
fn what_cannot_be_compared_exits_with_2() {
    let directory = workspace();
    fs::write(directory.path().join("list.json"), "[]").unwrap();
    let output = run(directory.path(), &["old.json", "list.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: `list.json` is JSON but no OpenAPI document: it is no object\n"
    );
    let output = run(directory.path(), &["nowhere", "new.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("error: `nowhere` cannot be read: "));
    assert_eq!(run(directory.path(), &["old.json"]).status.code(), Some(2));
}

#[test]
fn what_openapi_3_0_cannot_say_is_an_error() {
    let directory = workspace();
    let mut newer = document(change);
    newer["openapi"] = json!("3.1.0");
    properties(&mut newer, "Call")["next"] = json!({"$dynamicRef": "#call"});
    fs::write(directory.path().join("new.json"), newer.to_string()).unwrap();
    let output = run(directory.path(), &["old.json", "new.json"]);
    assert_eq!(output.status.code(), Some(2));
    let error = "error: /components/schemas/Call/properties/next/$dynamicRef cannot be read as OpenAPI 3.0: ";
    assert!(text(&output.stderr).contains(error), "{}", text(&output.stderr));
}

#[test]
fn openapi_3_1_is_read_as_3_0() {
    let directory = workspace();
    let mut newer = document(change);
    newer["openapi"] = json!("3.1.0");
    properties(&mut newer, "Voice")["pitch"] = json!({"type": ["number", "null"]});
    fs::write(directory.path().join("newer.json"), newer.to_string()).unwrap();
    let output = run(directory.path(), &["new.json", "newer.json"]);
    let end =
        "    - `pitch`: can now be `null`; in Rust from `Option<Number>` to `Nullable<Number>` [breaks Rust code]\n";
    assert!(text(&output.stdout).ends_with(end), "{}", text(&output.stdout));
}

#[test]
fn revisions_of_git_are_documents() {
    let directory = workspace();
    let git = |arguments: &[&str]| {
        let status = Command::new("git")
            .args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.com",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(arguments)
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", text(&status.stderr));
    };
    let spec = directory.path().join("spec");
    fs::create_dir(&spec).unwrap();
    git(&["init", "--quiet"]);
    for name in ["old.json", "new.json"] {
        fs::copy(directory.path().join(name), spec.join("openapi.json")).unwrap();
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", name]);
    }
    git(&["tag", "v2"]);
    let body = |output: Output| {
        let text = text(&output.stdout).to_owned();
        text.split_once("\n\n").unwrap().1.to_owned()
    };
    let expected = TEXT.split_once("\n\n").unwrap().1;
    assert_eq!(body(run(directory.path(), &["HEAD~1", "v2"])), expected);
    assert_eq!(
        body(run(directory.path(), &["main:old.json", "spec/openapi.json"])),
        expected
    );
    // From below the root, the snapshot is the same.
    assert_eq!(body(run(&spec, &["HEAD~1", "HEAD"])), expected);
}
