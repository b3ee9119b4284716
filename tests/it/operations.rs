//! The document's operations against the methods of this crate, and both against the table that people read.
#![cfg(vapi_op = "CallController_create")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use vapi::resources::OPERATIONS;

const HANDLES: &str = include_str!(concat!(env!("OUT_DIR"), "/operations.rs"));
const RAW: &str = include_str!(concat!(env!("OUT_DIR"), "/raw.rs"));
const BEFORE_TABLE: &str = "<!-- operations -->\n";
const AFTER_TABLE: &str = "<!-- /operations -->";

fn spec(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("spec").join(file)
}

/// Method and path of every operation of a document, by id.
fn operations_of(file: &str) -> BTreeMap<String, (String, String)> {
    let document: Value = serde_json::from_slice(&std::fs::read(spec(file)).unwrap()).unwrap();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if item["x-emulator-only"] == true {
            continue;
        }
        for (method, operation) in item.as_object().unwrap() {
            if let Some(id) = operation["operationId"].as_str() {
                let twin = operations.insert(id.to_owned(), (method.to_uppercase(), path.clone()));
                assert!(twin.is_none(), "{id} is there twice");
            }
        }
    }
    operations
}

fn is_snake_case(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(allowed)
        && !name.contains("__")
        && !name.ends_with('_')
}

/// Returns the `impl` block of a handle in the generated text.
fn block_of(handle: &str) -> &'static str {
    let name: String = handle
        .split('_')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect();
    let (_, block) = HANDLES
        .split_once(&format!("\nimpl {name} {{\n"))
        .unwrap_or_else(|| panic!("there is no handle {name}"));
    block.split_once("\n}\n").unwrap().0
}

#[test]
fn the_crate_has_137_operations_and_nine_added() {
    assert_eq!(operations_of("openapi.json").len(), 137);
    assert_eq!(operations_of("additions.json").len(), 9);
    assert_eq!(OPERATIONS.len(), 137 + 9);
}

#[test]
fn every_operation_of_both_documents_has_its_method_and_path() {
    let here: BTreeMap<String, (String, String)> = OPERATIONS
        .iter()
        .map(|operation| {
            let request = (operation.method.to_owned(), operation.path.to_owned());
            (operation.id.to_owned(), request)
        })
        .collect();
    let mut documented = operations_of("openapi.json");
    documented.append(&mut operations_of("additions.json"));
    assert_eq!(here, documented);
}

#[test]
fn every_operation_is_a_method_of_both_clients() {
    for operation in OPERATIONS {
        let method = format!("\n    pub fn {}(&self", operation.name);
        let found = block_of(operation.handle).matches(&method).count();
        assert_eq!(
            found, 1,
            "{} as {}().{}",
            operation.id, operation.handle, operation.name
        );

        let accessor = format!("\n    pub fn {}(&self) -> ", operation.handle);
        assert_eq!(HANDLES.matches(&accessor).count(), 1, "client.{}()", operation.handle);

        let method = format!("\n    pub async fn {}<'a>(", operation.raw);
        assert_eq!(
            RAW.matches(&method).count(),
            1,
            "{} as raw().{}",
            operation.id,
            operation.raw
        );
    }
}

#[test]
fn no_method_is_generated_that_is_no_operation() {
    assert_eq!(RAW.matches("\n    pub async fn ").count(), OPERATIONS.len());
    let handles: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.handle).collect();
    let methods: usize = handles
        .iter()
        .map(|handle| block_of(handle).matches("\n    pub fn ").count())
        .sum();
    assert_eq!(methods, OPERATIONS.len());
}

#[test]
fn no_two_operations_share_a_name() {
    let handles: BTreeSet<_> = OPERATIONS.iter().map(|o| (o.handle, o.name)).collect();
    let raw: BTreeSet<_> = OPERATIONS.iter().map(|o| o.raw).collect();
    assert_eq!((handles.len(), raw.len()), (OPERATIONS.len(), OPERATIONS.len()));
}

#[test]
fn names_are_in_snake_case() {
    for operation in OPERATIONS {
        for name in [operation.handle, operation.name, operation.raw] {
            assert!(is_snake_case(name), "{name} ({})", operation.id);
        }
    }
}

#[test]
fn names_that_users_write_every_day_do_not_change_unnoticed() {
    for (id, name) in [
        ("AssistantController_create", "assistants().create"),
        ("AssistantController_findAll", "assistants().list"),
        ("AssistantController_findOne", "assistants().get"),
        ("AssistantController_remove", "assistants().delete"),
        ("CallController_create", "calls().create"),
        ("CallController_deleteCallData", "calls().delete"),
        ("CallArtifactController_callLogsDownload", "calls().logs"),
        ("CallController_createWebCall", "calls().create_web"),
        ("CampaignController_findAllV2", "campaigns().list_v2"),
        ("ChatController_createOpenAIChat", "chats().create_response"),
        ("ChatController_createWebChat", "chats().create_web"),
        ("CredentialController_findAll", "credentials().list"),
        ("EvalController_getRunsPaginated", "evals().list_runs"),
        ("FileController_create", "files().upload"),
        ("KnowledgeBaseV2Controller_fileAttach", "knowledge_bases().attach_file"),
        ("PhoneNumberController_findAllPaginated", "phone_numbers().list_v2"),
        ("SimulationRunController_findItem", "simulation_runs().get_item"),
        ("StructuredOutputController_run", "structured_outputs().run"),
    ] {
        let operation = OPERATIONS.iter().find(|operation| operation.id == id).unwrap();
        assert_eq!(format!("{}().{}", operation.handle, operation.name), name);
    }
}

/// Returns the table as `spec/README.md` has it, by method. A star is at what is added.
fn table() -> String {
    let added = operations_of("additions.json");
    let mut sorted: Vec<_> = OPERATIONS.iter().collect();
    sorted.sort_by_key(|operation| (operation.handle, operation.name));
    let mut text = String::from("| method | sends | on the raw client |\n| --- | --- | --- |\n");
    for operation in sorted {
        let star = if added.contains_key(operation.id) { " *" } else { "" };
        let _ = writeln!(
            text,
            "| `{}().{}`{star} | `{} {}` | `{}` |",
            operation.handle, operation.name, operation.method, operation.path, operation.raw
        );
    }
    text
}

/// `UPDATE=1 cargo test --test it operations` writes the table anew.
#[test]
fn the_operations_table_of_the_spec_is_current() {
    let path = spec("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEFORE_TABLE).unwrap();
    let (there, after) = rest.split_once(AFTER_TABLE).unwrap();
    let table = table();
    if std::env::var_os("UPDATE").is_some() {
        let readme = format!("{before}{BEFORE_TABLE}{table}{AFTER_TABLE}{after}");
        std::fs::write(&path, readme).unwrap();
        return;
    }
    assert!(
        there == table,
        "the table in spec/README.md is stale: run `UPDATE=1 cargo test --test it operations`"
    );
}
