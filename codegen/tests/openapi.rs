//! The prepared document, read without serde's parsers of openapiv3, beside what they read.

use std::path::Path;

use openapiv3::OpenAPI;
use serde_json::{Value, json};
use vapi_codegen::document::{for_each_operation, for_each_schema};
use vapi_codegen::prepare::{Config, Prepared, prepare};
use vapi_codegen::source::Source;

fn prepared(document: &Path) -> Prepared {
    let config = Config::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")).unwrap();
    prepare(Source::Path(document.to_owned()).load().unwrap(), &config).unwrap()
}

/// Returns the document as serde's parsers read it, without what progenitor ignores.
fn by_serde(document: &Value) -> OpenAPI {
    fn strip_content(holder: Option<&mut Value>) {
        let content = holder
            .and_then(|holder| holder.get_mut("content"))
            .and_then(Value::as_object_mut);
        for media_type in content
            .into_iter()
            .flatten()
            .filter_map(|(_, value)| value.as_object_mut())
        {
            media_type.retain(|key, _| key == "schema");
        }
    }

    let mut document = document.clone();
    for_each_schema(&mut document, &mut |_, schema| {
        if let Some(schema) = schema.as_object_mut() {
            schema.retain(|key, _| !key.starts_with("x-"));
        }
    });
    for_each_operation(&mut document, &mut |_, _, _, operation| {
        operation.retain(|key, _| !["callbacks", "externalDocs", "security", "servers"].contains(&key.as_str()));
        for parameter in operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(parameter) = parameter.as_object_mut() {
                parameter.retain(|key, _| key != "examples" && !key.starts_with("x-"));
            }
        }
        strip_content(operation.get_mut("requestBody"));
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (_, response) in responses.into_iter().flatten() {
            strip_content(Some(&mut *response));
            if let Some(response) = response.as_object_mut() {
                response.retain(|key, _| key == "description" || key == "content");
            }
        }
    });
    let components = json!({"schemas": document["components"]["schemas"]});
    document["components"] = components;
    let read = ["openapi", "info", "paths", "components"];
    if let Some(document) = document.as_object_mut() {
        document.retain(|key, _| read.contains(&key.as_str()));
    }
    let mut openapi: OpenAPI = serde_json::from_value(document).unwrap();
    openapi.info.contact = None;
    openapi.info.license = None;
    openapi
}

#[test]
fn the_snapshot_is_read_as_serde_reads_it() {
    let prepared = prepared(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/openapi.json"));
    assert!(*prepared.openapi() == by_serde(prepared.document()));
}
