//! Uploads and downloads, which progenitor cannot express.
//!
//! Its code knows no multipart bodies and follows no redirects to files. Such operations are marked with
//! `x-vapi-transfer` for the facade, and left in a form that progenitor can read: uploads without a body (their fields are
//! kept in `x-vapi-upload`), downloads with a response of bytes. Runs before [`super::responses`], which drops the redirects
//! that tell downloads from other operations without content, and before [`super::request_bodies`].

use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::{for_each_operation, schemas};
use crate::reference;

const MARK: &str = "x-vapi-transfer";

/// Marks the operations that send or return files.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let components = schemas(document).cloned().unwrap_or_default();
    for_each_operation(document, &mut |_, method, base, operation| {
        if operation.contains_key(MARK) {
            return;
        }
        let can_upload = matches!(method, "post" | "put" | "patch");
        if let Some(form) = multipart_form(operation).filter(|_| can_upload) {
            let fields = fields(&form, &components);
            operation.insert("x-vapi-upload".to_owned(), fields);
            operation.shift_remove("requestBody");
            operation.insert(MARK.to_owned(), json!("upload"));
            changes.note(format!("{base}/requestBody"), "a multipart upload: left to the facade");
        } else if method == "get" && !operation.contains_key("requestBody") && answers_bytes(operation) {
            operation.insert(
                "responses".to_owned(),
                json!({"200": {"description": "", "content": {"application/octet-stream": {
                    "schema": {"type": "string", "format": "binary"}
                }}}}),
            );
            operation.insert(MARK.to_owned(), json!("download"));
            changes.note(format!("{base}/responses"), "a download: returns bytes");
        }
    });
}

/// Returns the schema of the multipart body, if that is the only way to send one.
fn multipart_form(operation: &Map<String, Value>) -> Option<Value> {
    let content = operation.get("requestBody")?.get("content")?.as_object()?;
    if content.keys().any(|media_type| is_json(media_type)) {
        return None;
    }
    let (_, entry) = content
        .iter()
        .find(|(media_type, _)| media_type.starts_with("multipart/"))?;
    Some(entry.get("schema").cloned().unwrap_or_else(|| json!({})))
}

/// `[{"name", "required", "file"}]` for the properties of the form.
fn fields(form: &Value, components: &Map<String, Value>) -> Value {
    let form = reference::target(form)
        .and_then(|name| components.get(name))
        .unwrap_or(form);
    let required = form.get("required").and_then(Value::as_array);
    let properties = form.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten().map(|(name, property)| {
        let is_required = required.is_some_and(|names| names.iter().any(|required| required == name));
        let is_file = property.get("format").is_some_and(|format| format == "binary");
        json!({"name": name, "required": is_required, "file": is_file})
    });
    Value::Array(fields.collect())
}

/// Returns whether the response of a `GET` is a redirect, nothing at all, or a file.
fn answers_bytes(operation: &Map<String, Value>) -> bool {
    let Some(responses) = operation.get("responses").and_then(Value::as_object) else {
        return false;
    };
    let media_types = |response: &Value| -> Vec<String> {
        let content = response.get("content").and_then(Value::as_object);
        content
            .into_iter()
            .flatten()
            .map(|(media_type, _)| media_type.clone())
            .collect()
    };
    let mut found = false;
    let mut declared = Vec::new();
    for (status, response) in responses {
        match status.as_bytes().first() {
            Some(b'3') => found = true,
            Some(b'2') if status != "204" => {
                found = true;
                declared.append(&mut media_types(response));
            }
            _ => {}
        }
    }
    found && declared.iter().all(|media_type| is_file(media_type))
}

fn is_json(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || kind.ends_with("+json") || kind == "*/*" || kind == "application/*"
}

fn is_file(media_type: &str) -> bool {
    !is_json(media_type) && !media_type.starts_with("text/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_alone, repair, repair_operation};

    #[test]
    fn a_multipart_body_makes_an_upload() {
        let (after, places) = repair(
            run,
            json!({
                "paths": {"/file": {"post": {"requestBody": {"required": true, "content": {"multipart/form-data": {
                    "schema": {"$ref": "#/components/schemas/CreateFile"}
                }}}}}},
                "components": {"schemas": {"CreateFile": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}, "purpose": {"type": "string"}},
                    "required": ["file"]
                }}}
            }),
        );
        assert_eq!(
            after["paths"]["/file"]["post"],
            json!({
                "x-vapi-upload": [
                    {"name": "file", "required": true, "file": true},
                    {"name": "purpose", "required": false, "file": false}
                ],
                "x-vapi-transfer": "upload"
            })
        );
        assert_eq!(places, ["/paths/~1file/post/requestBody"]);
    }

    #[test]
    fn a_redirect_or_a_file_makes_a_download() {
        let bytes = json!({"200": {"description": "", "content": {"application/octet-stream": {
            "schema": {"type": "string", "format": "binary"}
        }}}});
        for responses in [
            json!({"200": {"description": ""}, "302": {"description": ""}, "404": {"description": ""}}),
            json!({"302": {"description": ""}}),
            json!({"200": {"description": ""}}),
            json!({"200": {"content": {"audio/wav": {"schema": {"type": "string"}}}}}),
        ] {
            let (after, places) = repair_operation(run, json!({"responses": responses}));
            assert_eq!(after, json!({"responses": bytes, "x-vapi-transfer": "download"}));
            assert_eq!(places, ["/paths/~1a~1{id}/get/responses"]);
        }
    }

    #[test]
    fn other_operations_and_marked_ones_are_left_alone() {
        leaves_alone(
            run,
            json!({"paths": {
                "/a": {
                    "get": {"responses": {"200": {"content": {"application/json": {}}}, "302": {"description": ""}}},
                    "post": {
                        "requestBody": {"content": {"application/json": {}, "multipart/form-data": {}}},
                        "responses": {"201": {"description": ""}}
                    }
                },
                "/b": {"get": {"responses": {"204": {"description": ""}, "404": {"description": ""}}}},
                "/c": {"get": {"responses": {"200": {"content": {"text/csv": {}}}}}},
                "/d": {"get": {"x-vapi-transfer": "download", "responses": {"200": {"description": ""}}}}
            }}),
        );
    }
}
