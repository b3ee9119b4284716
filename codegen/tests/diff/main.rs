//! `vapi-spec diff`: each kind of change on small documents, the command, and the vendor's documents.

mod changes;
mod command;
mod surface;
mod upstream;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use vapi_codegen::diff::Diff;
use vapi_codegen::diff::change::{Action, Change};
use vapi_codegen::names::Names;
use vapi_codegen::prepare::Config;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Returns the changes between two documents, as the message `Event` and its response `Reply` are roots.
fn changes(old: Value, new: Value) -> Vec<Change> {
    let names = Names {
        roots: vec!["Event".to_owned(), "Reply".to_owned()],
        sent: vec!["Reply".to_owned()],
        ..Names::default()
    };
    let config = Config {
        names,
        ..Config::default()
    };
    Diff::new(("old", old), ("new", new), &config).unwrap().changes
}

/// Returns a change on one line: what, where, in Rust, and what it breaks.
fn line(change: &Change) -> String {
    let kind = serde_json::to_value(change.kind).unwrap();
    let action = match change.action {
        Action::Added => "+",
        Action::Removed => "-",
        Action::Changed => "~",
    };
    let at = match change.place.at.as_str() {
        "" => String::new(),
        at => format!(" {at}"),
    };
    let rust = change
        .rust
        .as_deref()
        .map_or(String::new(), |rust| format!(" ({rust})"));
    let renamed = change
        .renamed
        .as_deref()
        .map_or(String::new(), |name| format!(" = {name}?"));
    let breaks = match change.breaks.names().as_slice() {
        [] => "additive".to_owned(),
        names => format!("breaks {}", names.join(", ")),
    };
    format!(
        "{action} {} {}{at}: {}{renamed}{rust}: {breaks}",
        kind.as_str().unwrap(),
        change.place.owner,
        change.name
    )
}

/// Calls are created and read; an event comes, a reply goes. `edit` changes the schemas.
fn document(edit: impl FnOnce(&mut Value)) -> Value {
    let to = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let content = |name: &str| json!({"application/json": {"schema": to(name)}});
    let mut document = json!({
        "openapi": "3.0.0",
        "info": {"title": "Small", "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "paths": {
            "/call": {
                "get": {
                    "operationId": "CallController_findAll",
                    "parameters": [{"name": "limit", "in": "query", "required": false, "schema": {"type": "number"}}],
                    "responses": {"200": {"description": "", "content": {"application/json": {
                        "schema": {"type": "array", "items": to("Call")}
                    }}}}
                },
                "post": {
                    "operationId": "CallController_create",
                    "requestBody": {"required": true, "content": content("CreateCallDTO")},
                    "responses": {"201": {"description": "", "content": content("Call")}}
                }
            }
        },
        "components": {"schemas": {
            "CreateCallDTO": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string", "maxLength": 40},
                "note": {"type": "string"},
                "voice": to("Voice")
            }},
            "Call": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"},
                "status": {"type": "string", "enum": ["queued", "ended"]},
                "voice": to("Voice")
            }},
            "Voice": {"type": "object", "required": ["speed"], "properties": {
                "speed": {"type": "number"},
                "mode": {"type": "string", "enum": ["calm", "loud"]}
            }},
            "Event": {"type": "object", "properties": {"id": {"type": "string"}, "text": {"type": "string"}}},
            "Reply": {"type": "object", "properties": {"id": {"type": "string"}, "text": {"type": "string"}}},
            "Org": {"type": "object", "properties": {"name": {"type": "string"}}}
        }}
    });
    edit(&mut document);
    document
}

/// Returns the lines of the changes that `edit` makes.
fn edited(edit: impl FnOnce(&mut Value)) -> Vec<String> {
    changes(document(|_| {}), document(edit)).iter().map(line).collect()
}

/// Returns the properties of a schema.
fn properties<'d>(document: &'d mut Value, schema: &str) -> &'d mut Value {
    &mut document["components"]["schemas"][schema]["properties"]
}
