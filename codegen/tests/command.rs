//! The parts of `vapi-spec` that packagers need: its version, its completions and its manual pages, and all that it has within; and the
//! date of a snapshot.
#![cfg(feature = "cli")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn vapi_spec(arguments: &[&str]) -> String {
    let output = vapi_spec_in(Path::new("."), arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn vapi_spec_in(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vapi-spec"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

fn golden() -> String {
    format!("{}/tests/golden/openapi.json", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_version_says_the_date_of_the_document() {
    let date = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/date.txt")).unwrap();
    let expected = format!(
        "vapi-spec {} (document of {})\n",
        env!("CARGO_PKG_VERSION"),
        date.trim()
    );
    assert_eq!(vapi_spec(&["--version"]), expected);
    let digits: Vec<usize> = date.trim().split('-').map(str::len).collect();
    assert_eq!(digits, [4, 2, 2], "{date}");
}

#[test]
fn shells_get_completions_of_all_subcommands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = vapi_spec(&["completions", shell]);
        for word in ["vapi-spec", "validate", "export", "postman"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn manual_pages_are_one_or_one_for_each_subcommand() {
    assert!(vapi_spec(&["man"]).contains(".TH vapi-spec 1"));
    let directory = tempfile::tempdir().unwrap();
    vapi_spec(&["man", "--out", directory.path().to_str().unwrap()]);
    for page in ["vapi-spec", "vapi-spec-diff", "vapi-spec-validate"] {
        let text = fs::read_to_string(directory.path().join(format!("{page}.1"))).unwrap();
        assert!(text.contains(&format!(".TH {page} 1")), "{page}");
    }
}

#[test]
fn a_pull_notes_the_date_in_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let [snapshot, date] = ["openapi.json", "date.txt"].map(|name| directory.path().join(name));
    let document = golden();
    let pull = |day: &str| {
        vapi_spec(&[
            "pull",
            &document,
            "--yes",
            "--out",
            snapshot.to_str().unwrap(),
            "--date",
            day,
        ]);
    };
    fs::write(&date, "2026-01-01\n").unwrap();
    pull("2026-02-03");
    assert_eq!(fs::read_to_string(&date).unwrap(), "2026-02-03\n");
    // The document is the same as before.
    pull("2026-03-04");
    assert_eq!(fs::read_to_string(&date).unwrap(), "2026-02-03\n");
}

#[test]
fn an_export_far_from_a_repository_is_the_same() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let far = tempfile::tempdir().unwrap();
    let [here, there] = [repository.as_path(), far.path()].map(|directory| {
        let output = vapi_spec_in(directory, &["export", "--operation", "AssistantController_create"]);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        output.stdout
    });
    assert!(here == there);
    let exported: Value = serde_json::from_slice(&there).unwrap();
    let operation = &exported["paths"]["/assistant"]["post"];
    assert_eq!(operation["summary"], "Creates an assistant");
}

#[test]
fn a_diff_far_from_a_repository_knows_the_messages() {
    let far = tempfile::tempdir().unwrap();
    let write = |name: &str, server: &str, properties: Value| {
        let schemas = json!({"ServerMessage": {"type": "object", "properties": properties}});
        let document = json!({
            "openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "servers": [{"url": server}], "paths": {},
            "components": {"schemas": schemas}
        });
        fs::write(far.path().join(name), document.to_string()).unwrap();
    };
    let used = |server: &str| {
        write("old.json", server, json!({"a": {}, "b": {}}));
        write("new.json", server, json!({"a": {}}));
        let output = vapi_spec_in(far.path(), &["diff", "old.json", "new.json", "--json"]);
        let diff: Value = serde_json::from_slice(&output.stdout).unwrap();
        let is_noted = String::from_utf8_lossy(&output.stderr).starts_with("note: there is no configuration");
        (diff["changes"][0]["used"].clone(), is_noted)
    };
    assert_eq!(used("https://api.vapi.ai"), (json!(["messages"]), false));
    // The configuration is about no other API.
    assert_eq!(used("https://api.example.com"), (json!([]), true));
}
