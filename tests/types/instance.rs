//! Makes instances of the document's schemas.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use vapi_codegen::prepare::{Config, Prepared, prepare};
use vapi_codegen::reference;
use vapi_codegen::source::Source;

/// The document that this crate was built from, prepared.
pub static PREPARED: LazyLock<Prepared> = LazyLock::new(|| {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let source = match std::env::var("VAPI_OPENAPI") {
        Ok(source) if !source.is_empty() => Source::parse(&source).unwrap(),
        _ => Source::Path(spec.join("openapi.json")),
    };
    prepare(source.load().unwrap(), &Config::read(&spec).unwrap()).unwrap()
});

/// The properties that an instance has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// The required properties.
    Minimal,
    /// All properties.
    Full,
    /// All properties, and `null` wherever it can be.
    Nulls,
}

pub fn schemas() -> &'static Map<String, Value> {
    PREPARED.document()["components"]["schemas"].as_object().unwrap()
}

/// Returns an instance of a component, or `None` if it would have to contain itself without end.
pub fn of(name: &str, extent: Extent) -> Option<Value> {
    of_document(schemas(), name, extent)
}

/// Like [`of`], with the components of any prepared document.
pub fn of_document(schemas: &Map<String, Value>, name: &str, extent: Extent) -> Option<Value> {
    make(schemas, &reference::to(name), extent, &mut Vec::new())
}

fn make(schemas: &Map<String, Value>, schema: &Value, extent: Extent, within: &mut Vec<String>) -> Option<Value> {
    if extent == Extent::Nulls && schema["x-nullable"] == true && !within.is_empty() {
        return Some(Value::Null);
    }
    if let Some(name) = reference::target(schema) {
        if within.iter().any(|outer| outer == name) {
            return None;
        }
        // Each type has instances of its own: what is deep inside need not be large.
        let extent = match within.len() > 2 {
            true => Extent::Minimal,
            false => extent,
        };
        within.push(name.to_owned());
        let made = make(schemas, &schemas[name], extent, within);
        within.pop();
        return made;
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.first().cloned();
    }
    if let Some(branches) = schema["oneOf"].as_array() {
        return branches.iter().find_map(|branch| make(schemas, branch, extent, within));
    }
    match schema["type"].as_str() {
        Some("string") if schema["format"] == "date-time" => Some(json!("2026-02-14T09:30:00.000Z")),
        Some("string") => Some(json!("text")),
        Some("integer") => Some(json!(9_007_199_254_740_993_i64)),
        Some("number") => Some(json!(2.5)),
        Some("boolean") => Some(json!(true)),
        Some("array") => Some(match make(schemas, &schema["items"], extent, within) {
            Some(item) => json!([item]),
            None => json!([]),
        }),
        _ if schema["properties"].is_object() || schema["x-tags"].is_object() => {
            object(schemas, schema, extent, within)
        }
        Some("object") if schema["additionalProperties"].is_object() => {
            let value = make(schemas, &schema["additionalProperties"], extent, within)?;
            Some(json!({ "key": value }))
        }
        Some("object") => Some(json!({"free": ["form"]})),
        _ => Some(json!({"any": 1})),
    }
}

fn object(schemas: &Map<String, Value>, schema: &Value, extent: Extent, within: &mut Vec<String>) -> Option<Value> {
    let mut out = Map::new();
    for (tag, value) in schema["x-tags"].as_object().into_iter().flatten() {
        out.insert(tag.clone(), value.clone());
    }
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let is_required = required.contains(&name.as_str());
        // The values of a property that can only have certain ones are remembered beside it.
        let constant = schema["x-values"][name].as_array().and_then(|values| values.first());
        if !is_required && extent == Extent::Minimal {
            continue;
        }
        let made = match (constant, property["type"].as_str()) {
            (Some(constant), Some("string")) => Some(constant.clone()),
            _ => make(schemas, property, extent, within),
        };
        match made {
            Some(value) => {
                out.insert(name.clone(), value);
            }
            None if is_required => return None,
            None => {}
        }
    }
    Some(Value::Object(out))
}
