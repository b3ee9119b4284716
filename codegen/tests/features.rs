//! The features of the client by resource: each resource of the document has one, and what a feature leaves is what it was.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use vapi_codegen::prepare::{Config, Prepared, prepare};
use vapi_codegen::slice::Slice;
use vapi_codegen::source::Source;

const BEGIN: &str = "# The features of resources. `UPDATE=1 cargo test -p vapi-codegen --test features` writes them.\n";
const END: &str = "# The end of the features of resources.\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn prepared(slice: Option<Slice>) -> Prepared {
    let spec = root().join("spec");
    let config = Config {
        slice,
        ..Config::read(&spec).expect("the configuration is readable")
    };
    let document = Source::Path(spec.join("openapi.json"))
        .load()
        .expect("the snapshot is readable");
    prepare(document, &config).expect("the snapshot is a document")
}

fn handles(prepared: &Prepared) -> BTreeSet<String> {
    let operations = prepared.operations().iter();
    operations.map(|operation| operation.handle.clone()).collect()
}

/// Returns the lines of Cargo.toml that declare a feature for each resource, and `full` with all of them.
fn declarations(handles: &BTreeSet<String>) -> String {
    let features: Vec<String> = handles.iter().map(|handle| handle.replace('_', "-")).collect();
    let mut all: Vec<&str> = features.iter().map(String::as_str).chain(["messages"]).collect();
    all.sort_unstable();
    let all: String = all.iter().map(|feature| format!("    \"{feature}\",\n")).collect();
    let each: String = features.iter().map(|feature| format!("{feature} = []\n")).collect();
    format!("full = [\n{all}]\n{each}")
}

#[test]
fn each_resource_of_the_document_has_a_feature() {
    let path = root().join("Cargo.toml");
    let manifest = std::fs::read_to_string(&path).expect("Cargo.toml is readable");
    let expected = declarations(&handles(&prepared(None)));
    let (before, rest) = manifest.split_once(BEGIN).expect("the section begins");
    let (found, after) = rest.split_once(END).expect("the section ends");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("Cargo.toml can be written");
        return;
    }
    assert_eq!(found, expected, "run with UPDATE=1 to rewrite Cargo.toml");
}

#[test]
fn a_slice_has_operations_and_types_of_the_whole() {
    let whole = prepared(None);
    for handle in ["calls", "knowledge_bases", "simulation_runs"] {
        let slice = prepared(Some(Slice {
            handles: [handle.to_owned()].into(),
            messages: false,
        }));
        let expected: Vec<String> = whole
            .operations()
            .iter()
            .filter(|operation| operation.handle == handle)
            .map(|operation| format!("{operation:?}"))
            .collect();
        let found: Vec<String> = slice
            .operations()
            .iter()
            .map(|operation| format!("{operation:?}"))
            .collect();
        assert_eq!(found, expected, "{handle}");

        let schemas = |prepared: &Prepared| prepared.document()["components"]["schemas"].as_object().cloned();
        let (all, left) = (schemas(&whole).unwrap(), schemas(&slice).unwrap());
        assert!(!expected.is_empty() && !left.is_empty(), "{handle} is no resource");
        assert!(left.len() < all.len(), "{handle} needs all types");
        for (name, schema) in left {
            assert_eq!(Some(&schema), all.get(&name), "{name} for {handle}");
        }
    }
}

#[test]
fn without_resources_there_are_no_types() {
    let nothing = prepared(Some(Slice::default()));
    assert!(nothing.operations().is_empty());
    assert_eq!(nothing.document()["components"]["schemas"], serde_json::json!({}));
}
