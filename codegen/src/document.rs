//! Walking an OpenAPI document by JSON pointer.
//!
//! Knows where schemas and operations can stand, and nothing about what is wrong with them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The methods an OpenAPI 3.0 path item can hold, in the order progenitor reads them.
pub const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Returns a JSON pointer with one more reference token, escaped by RFC 6901.
pub fn pointer(base: &str, token: &str) -> String {
    let mut at = String::with_capacity(base.len() + 1 + token.len());
    at.push_str(base);
    push(&mut at, token);
    at
}

/// Appends one reference token to a JSON pointer, escaped by RFC 6901.
fn push(at: &mut String, token: &str) {
    at.push('/');
    match token.contains(['~', '/']) {
        true => at.push_str(&token.replace('~', "~0").replace('/', "~1")),
        false => at.push_str(token),
    }
}

/// Returns the schemas of a document's components, by name.
pub fn schemas(document: &Value) -> Option<&Map<String, Value>> {
    document.pointer("/components/schemas")?.as_object()
}

/// Returns the schemas of a document's components, to change them.
pub fn schemas_mut(document: &mut Value) -> Option<&mut Map<String, Value>> {
    document.pointer_mut("/components/schemas")?.as_object_mut()
}

/// Returns the names of the schemas of a document's components.
pub fn schema_names(document: &Value) -> BTreeSet<String> {
    schemas(document)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}

/// Calls `visit` with every schema of the document and its pointer, parents before children.
///
/// The walk goes into a schema after `visit` has changed it. Names of properties, examples, defaults and enum values are data
/// and never taken for schemas.
pub fn for_each_schema(document: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    if let Some(schemas) = schemas_mut(document) {
        for (name, schema) in schemas {
            walk(&pointer("/components/schemas", name), schema, visit);
        }
    }
    for_each_operation(document, &mut |_, _, base, operation| {
        for_each_operation_schema(base, operation, visit);
    });
}

/// Leaves the operations for which `keep` returns true, given their pointer, and the path items that still have one.
pub fn retain_operations(document: &mut Value, keep: &mut dyn FnMut(&str, &Value) -> bool) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    paths.retain(|path, item| {
        let Some(item) = item.as_object_mut() else {
            return false;
        };
        let base = pointer("/paths", path);
        item.retain(|key, operation| !METHODS.contains(&key.as_str()) || keep(&pointer(&base, key), operation));
        METHODS.iter().any(|method| item.contains_key(*method))
    });
}

/// Calls `visit` with every schema below `schema`, itself first.
pub fn walk(base: &str, schema: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    walk_at(&mut base.to_owned(), schema, visit);
}

/// Walks with one text for all pointers: a document has tens of thousands, and each pass makes them again.
fn walk_at(at: &mut String, schema: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    if !schema.is_object() {
        return;
    }
    visit(at, schema);
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    let base = at.len();
    for (key, value) in schema {
        match key.as_str() {
            "properties" | "patternProperties" => {
                push(at, key);
                let properties = at.len();
                for (name, child) in value.as_object_mut().into_iter().flatten() {
                    push(at, name);
                    walk_at(at, child, visit);
                    at.truncate(properties);
                }
            }
            "items" | "additionalProperties" | "not" => {
                push(at, key);
                walk_at(at, value, visit);
            }
            "allOf" | "oneOf" | "anyOf" => {
                push(at, key);
                let branches = at.len();
                for (index, child) in value.as_array_mut().into_iter().flatten().enumerate() {
                    push(at, &index.to_string());
                    walk_at(at, child, visit);
                    at.truncate(branches);
                }
            }
            _ => {}
        }
        at.truncate(base);
    }
}

/// The visitor of [`for_each_operation`]: it gets the path, the method, the pointer and the operation.
pub type VisitOperation<'a> = dyn FnMut(&str, &str, &str, &mut Map<String, Value>) + 'a;

/// Calls `visit` with `(path, method, pointer, operation)` for every operation of the document. Extensions among the paths
/// are passed over.
pub fn for_each_operation(document: &mut Value, visit: &mut VisitOperation<'_>) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    for (path, item) in paths {
        let Some(item) = item.as_object_mut().filter(|_| !path.starts_with("x-")) else {
            continue;
        };
        for method in METHODS {
            if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                let base = pointer(&pointer("/paths", path), method);
                visit(path, method, &base, operation);
            }
        }
    }
}

fn for_each_operation_schema(base: &str, operation: &mut Map<String, Value>, visit: &mut dyn FnMut(&str, &mut Value)) {
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        for (index, parameter) in parameters.iter_mut().enumerate() {
            if let Some(schema) = parameter.get_mut("schema") {
                walk(&format!("{base}/parameters/{index}/schema"), schema, visit);
            }
        }
    }
    if let Some(body) = operation.get_mut("requestBody") {
        for_each_content_schema(&format!("{base}/requestBody"), body, visit);
    }
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        for (status, response) in responses {
            let at = pointer(&format!("{base}/responses"), status);
            for_each_content_schema(&at, response, visit);
        }
    }
}

fn for_each_content_schema(base: &str, holder: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    let Some(content) = holder.get_mut("content").and_then(Value::as_object_mut) else {
        return;
    };
    for (media_type, entry) in content {
        if let Some(schema) = entry.get_mut("schema") {
            let at = pointer(&format!("{base}/content"), media_type);
            walk(&format!("{at}/schema"), schema, visit);
        }
    }
}
