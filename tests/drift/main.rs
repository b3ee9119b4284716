//! Values of another version of the document, read by the types of this one.

#[allow(dead_code, reason = "of the tests of all types, too")]
#[path = "../types/instance.rs"]
mod instance;
#[allow(dead_code, reason = "of the tests of all types, too")]
#[path = "../types/registry.rs"]
mod registry;

use std::path::Path;

use serde_json::Value;
use vapi_codegen::prepare::{Config, prepare};
use vapi_codegen::reference;
use vapi_codegen::source::Source;

use crate::instance::Extent;

#[test]
#[ignore = "needs ../shared/upstream"]
fn values_of_another_version_come_back_equal() {
    let served = std::env::var("VAPI_SERVED").expect("VAPI_SERVED names the other version");
    let config = Config::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("spec")).unwrap();
    let served = prepare(Source::Path(served.into()).load().unwrap(), &config).unwrap();
    let schemas = served.document()["components"]["schemas"].as_object().unwrap();

    // What responses and messages are made of.
    let mut received: Vec<String> = config.names.roots.clone();
    let paths = served.document()["paths"].as_object().unwrap();
    for operation in paths
        .values()
        .filter_map(Value::as_object)
        .flat_map(|item| item.values())
    {
        reference::targets(&operation["responses"], &mut received);
    }
    let received = reference::reach(received, schemas);

    let (mut read, mut failed) = (0, Vec::new());
    for (name, decode) in registry::types().filter(|(name, _)| received.contains(*name)) {
        let Some(instance) = instance::of_document(schemas, name, Extent::Full) else {
            continue;
        };
        read += 1;
        match decode(&instance.to_string()) {
            Ok(decoded) if decoded.written == instance => {}
            Ok(decoded) => failed.push(format!("{name}: {instance} came back as {}", decoded.written)),
            Err(error) => failed.push(format!("{name}: {instance}: {error}")),
        }
    }
    println!("{read} values read");
    assert!(read > 300, "{read}");
    assert!(failed.is_empty(), "{} of {read}:\n{}", failed.len(), failed.join("\n"));
}
