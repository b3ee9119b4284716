//! `vapi-spec check` and `vapi-spec generate` as a user runs them, and the errors of a document that cannot be saved.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use vapi_codegen::generate::{GenerateError, guarded};
use vapi_codegen::prepare::{Config, Prepared, prepare};
use vapi_codegen::rewrite::code;
use vapi_codegen::source::Source;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Runs the command in a directory.
fn vapi_spec(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vapi-spec"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn assert_fails(output: &Output, error: &str) {
    assert_eq!(text(&output.stderr), error);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
}

/// Returns a directory with a document in it, far from any configuration.
fn with_document(document: &Value) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("openapi.json"), document.to_string()).unwrap();
    directory
}

/// One operation, two schemas that it needs and one that it does not, a union and an enum; three defects.
fn small() -> Value {
    let string = json!({"type": "string", "maxLength": 40});
    let kind = |value: &str| json!({"type": "object", "enum": [value]});
    let voice =
        |value: &str| json!({"type": "object", "properties": {"provider": kind(value)}, "required": ["provider"]});
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Small", "version": "1"},
        "paths": {"/call/{id}": {"get": {
            "operationId": "CallController_findOne",
            "responses": {"200": {"description": "", "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/CallDTO"}
            }}}}
        }}},
        "components": {"schemas": {
            "CallDTO": {"type": "object", "properties": {
                "id": string,
                "status": {"type": "string", "enum": ["queued", "ended"]},
                "voice": {"oneOf": [{"$ref": "#/components/schemas/AVoice"}, {"$ref": "#/components/schemas/BVoice"}]}
            }},
            "AVoice": voice("a"),
            "BVoice": voice("b"),
            "Unused": {"type": "object", "properties": {"x": {}}}
        }}
    })
}

const RULES_NOTE: &str = "note: there is no configuration in `spec` or beside the document, so all names are chosen by \
                          rule; `--spec DIR` says where additions.json, names.toml, corrections.toml and docs.toml are\n";

#[test]
fn the_report_says_what_each_pass_changed() {
    let directory = with_document(&small());
    let output = vapi_spec(directory.path(), &["check", "openapi.json"]);
    assert_eq!(text(&output.stderr), RULES_NOTE);
    assert_eq!(
        text(&output.stdout),
        "\
object_enums: 2 places
  /components/schemas/AVoice/properties/provider/type: read as \"string\"
  /components/schemas/BVoice/properties/provider/type: read as \"string\"
constraints: 1 place
  /components/schemas/CallDTO/properties/id: dropped maxLength
parameters: 1 place
  /paths/~1call~1{id}/get/parameters: supplied: \"id\", which the path names
responses: 1 place
  /paths/~1call~1{id}/get/responses: 200 stands for every success, the others are dropped
prune: 1 place
  /components/schemas/Unused: pruned: nothing needs it
constants: 2 places
  /components/schemas/AVoice/properties/provider: always `a`: a tag, not a field
  /components/schemas/BVoice/properties/provider: always `b`: a tag, not a field
hoist: 2 places
  /components/schemas/CallDTO/properties/status: hoisted as CallStatus
  /components/schemas/CallDTO/properties/voice: hoisted as Voice
generated:
  1 operation on 1 resource handle
  3 objects, 1 enum, 1 tagged union, 0 other unions
  3 schemas kept, 1 pruned
"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_report_lists_a_few_places_of_each_pass() {
    let mut document = small();
    for n in 1..=6 {
        document["components"]["schemas"]["CallDTO"]["properties"][format!("n{n}")] =
            json!({"type": "number", "minimum": n});
    }
    let directory = with_document(&document);
    let constraints = |arguments: &[&str]| {
        let output = vapi_spec(directory.path(), arguments);
        let lines: Vec<String> = text(&output.stdout)
            .lines()
            .skip_while(|line| *line != "constraints: 7 places")
            .skip(1)
            .take_while(|line| line.starts_with("  "))
            .map(|line| line.replace("  /components/schemas/CallDTO/properties/", ""))
            .collect();
        lines
    };
    assert_eq!(
        constraints(&["check", "openapi.json"]),
        [
            "id: dropped maxLength",
            "n1: dropped minimum",
            "n2: dropped minimum",
            "n3: dropped minimum",
            "n4: dropped minimum",
            "  and 2 more"
        ]
    );
    let all = constraints(&["check", "openapi.json", "--verbose"]);
    assert_eq!(all.len(), 7);
    assert_eq!(all[6], "n6: dropped minimum");
}

#[test]
fn the_report_as_json_has_every_place() {
    let directory = with_document(&small());
    let output = vapi_spec(directory.path(), &["check", "openapi.json", "--json"]);
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let repairs = report["repairs"].take();
    assert_eq!(
        report,
        json!({
            "operations": 1,
            "schemas": {"kept": 3, "pruned": 1},
            "unions": {"tagged": 1, "other": 0},
            "enums": 1,
            "repairs": null
        })
    );
    let repairs = repairs.as_array().unwrap();
    assert_eq!(repairs.len(), 10);
    assert_eq!(
        repairs[2],
        json!({
            "pass": "constraints",
            "pointer": "/components/schemas/CallDTO/properties/id",
            "change": "dropped maxLength"
        })
    );
}

#[test]
fn the_snapshot_generates_all_of_its_operations() {
    let output = vapi_spec(&repository(), &["check", "spec/openapi.json", "--json"]);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["operations"], 146);
    let repairs = report["repairs"].as_array().unwrap();
    let added = repairs.iter().filter(|repair| repair["pass"] == "additions");
    let operations = added
        .filter(|repair| repair["change"] == "added" && repair["pointer"].as_str().unwrap().starts_with("/paths/"));
    assert_eq!(operations.count(), 9);
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_u64).unwrap();
    assert!(number("/schemas/kept") > 600);
    assert!(number("/schemas/pruned") > 200);
    assert!(number("/unions/tagged") > number("/unions/other"));
    assert!(number("/enums") > 100);
}

#[test]
fn the_configuration_is_found_beside_the_document() {
    let elsewhere = tempfile::tempdir().unwrap();
    let snapshot = repository().join("spec/openapi.json");
    let output = vapi_spec(elsewhere.path(), &["check", snapshot.to_str().unwrap()]);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_configuration_that_was_named_must_be_there() {
    let directory = with_document(&small());
    let output = vapi_spec(directory.path(), &["check", "openapi.json", "--spec", "nowhere"]);
    assert_fails(
        &output,
        "error: cannot read nowhere/additions.json: No such file or directory (os error 2)\n",
    );
}

#[test]
fn generate_writes_what_the_build_script_writes() {
    let snapshot = repository().join("spec/openapi.json");
    let prepared = prepare(
        Source::Path(snapshot).load().unwrap(),
        &Config::read(&repository().join("spec")).unwrap(),
    )
    .unwrap();
    let by_library = tempfile::tempdir().unwrap();
    let code = code(&prepared).unwrap();
    code.write(by_library.path()).unwrap();
    // Assistants, squads, tools and the like: what can be created again from what is read.
    assert_eq!(code.conversions.matches(';').count(), 45);
    assert!(!code.conversions.contains("CreateSimulationRunResponse"));

    let by_command = tempfile::tempdir().unwrap();
    let out = by_command.path().to_str().unwrap();
    let output = vapi_spec(&repository(), &["generate", "spec/openapi.json", "--out", out]);

    let types = code.type_names.len();
    assert_eq!(
        text(&output.stderr),
        format!("wrote {out}: 146 operations, {types} types, from spec/openapi.json\n")
    );
    let written = files(by_command.path());
    assert!(
        written
            .iter()
            .any(|(name, text)| name == "types.rs" && text.contains("CreateCallDto"))
    );
    assert!(
        written == files(by_library.path()),
        "the same files with the same bytes"
    );
}

fn files(directory: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_update_body_of_the_snapshot_writes_its_discriminator() {
    let tags = |pass: &str| {
        let prepared = snapshot();
        let (_, changes) = prepared.report().iter().find(|(name, _)| *name == pass).unwrap();
        changes.len()
    };
    // 5 phone numbers, 24 tools and 4 insights.
    assert_eq!(tags("discriminator_tags"), 33);
}

#[test]
fn a_document_in_yaml_is_read_as_its_json() {
    let directory = tempfile::tempdir().unwrap();
    let yaml = "openapi: 3.1.0\ninfo: {title: Small, version: '1'}\npaths:\n  /call:\n    get:\n      operationId: CallController_list\n      \
                responses:\n        200:\n          description: ''\n          content:\n            application/json:\n              \
                schema: {type: [object, 'null'], properties: {kind: {const: call}}}\n";
    fs::write(directory.path().join("openapi.yaml"), yaml).unwrap();
    let output = vapi_spec(directory.path(), &["check", "openapi.yaml", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["operations"], 1);
    assert_eq!(
        report["repairs"][0],
        json!({"pass": "openapi_3_1", "pointer": "/openapi", "change": "3.1.0 is read as 3.0.3"})
    );
}

#[test]
fn what_cannot_be_lowered_is_refused_with_its_place() {
    let mut document = small();
    document["openapi"] = json!("3.1.0");
    document["components"]["schemas"]["AVoice"]["properties"]["next"] = json!({"$dynamicRef": "#voice"});
    let directory = with_document(&document);
    assert_fails(
        &vapi_spec(directory.path(), &["check", "openapi.json"]),
        &format!(
            "{RULES_NOTE}error: /components/schemas/AVoice/properties/next/$dynamicRef cannot be read as OpenAPI 3.0: what the reference means \
         depends on where it is used\n"
        ),
    );
}

#[cfg(unix)]
#[test]
fn a_device_or_a_pipe_is_no_document() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe.json");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for name in ["/dev/zero", "pipe.json", "."] {
        assert_fails(
            &vapi_spec(directory.path(), &["check", name]),
            &format!("error: `{name}` is not a file: a directory, a pipe or a device cannot be a document\n"),
        );
    }
}

#[test]
fn an_enum_of_100_000_values_is_generated_in_seconds() {
    let mut document = small();
    let values: Vec<String> = (0..100_000).map(|n| format!("value-{n}")).collect();
    document["components"]["schemas"]["CallDTO"]["properties"]["status"]["enum"] = json!(values);
    let directory = with_document(&document);
    let began = std::time::Instant::now();
    let output = vapi_spec(directory.path(), &["check", "openapi.json"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(began.elapsed().as_secs() < 60, "took {:?}", began.elapsed());
}

#[test]
fn another_format_than_openapi_is_an_error() {
    let directory = with_document(&json!({"openapi": "3.2.0", "paths": {}}));
    assert_fails(
        &vapi_spec(directory.path(), &["check", "openapi.json"]),
        "error: `openapi.json` is an OpenAPI 3.2.0 document, and only 3.0 and 3.1 can be read\n",
    );
    assert_fails(
        &vapi_spec(directory.path(), &["generate", "nowhere.json", "--out", "out"]),
        "error: `nowhere.json` cannot be read: No such file or directory (os error 2)\n",
    );
    assert!(!directory.path().join("out").exists());
}

/// Returns the snapshot, prepared.
fn snapshot() -> Prepared {
    let spec = repository().join("spec");
    let document = Source::Path(spec.join("openapi.json")).load().unwrap();
    prepare(document, &Config::read(&spec).unwrap()).unwrap()
}

#[test]
fn an_operation_on_which_the_generator_panics_is_named() {
    let error = guarded(&snapshot(), |openapi, settings| {
        let bad = |id: &Option<String>| id.as_deref() == Some("SquadController_findOne");
        let mut operations = openapi.operations();
        assert!(
            !operations.any(|(_, _, operation)| bad(&operation.operation_id)),
            "no way to write this"
        );
        progenitor::Generator::new(settings).generate_tokens(openapi)
    })
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no code can be generated from `SquadController_findOne` (/paths/~1squad~1{id}/get): the generator panicked: no \
         way to write this"
    );
}

#[test]
fn a_schema_on_which_the_generator_panics_is_named() {
    let error = guarded(&snapshot(), |openapi, settings| {
        let schemas = openapi.components.as_ref().map(|components| &components.schemas);
        assert!(
            !schemas.is_some_and(|schemas| schemas.contains_key("MonitorPlan")),
            "what is this?"
        );
        progenitor::Generator::new(settings).generate_tokens(openapi)
    })
    .unwrap_err();
    assert_eq!(
        error,
        GenerateError {
            pointer: "/components/schemas/MonitorPlan".to_owned(),
            culprit: "MonitorPlan".to_owned(),
            problem: "the generator panicked: what is this?".to_owned(),
        }
    );
}
