//! Parts of the document, outside of schemas, that are missing or of the wrong JSON type.
//!
//! openapiv3 refuses the whole document for one of them, without saying where. Runs after [`super::shared_parts`], which
//! brings everything that an operation uses to the place where this pass looks.

use openapiv3::StatusCode;
use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::{METHODS, for_each_operation, pointer};
use crate::openapi::expected::Expected;
use crate::openapi::grammar::{
    CALLBACKS, EXAMPLES, EXTERNAL_DOCS, HEADERS, INFO, LINKS, SECURITY, SECURITY_SCHEMES, SERVERS, SHARED_CALLBACKS,
    TAGS, status,
};

/// Supplies what must be there and drops what cannot be read.
pub fn run(document: &mut Value, changes: &mut Changes) {
    if !document.is_object() {
        *document = json!({});
        changes.note("", "replaced: the document is not an object");
    }
    let Some(root) = document.as_object_mut() else {
        return;
    };
    mend_root(root, changes);
    mend_components(root, changes);
    mend_paths(root, changes);
    for_each_operation(document, &mut |_, _, base, operation| {
        mend_operation(base, operation, changes);
    });
}

fn mend_root(root: &mut Map<String, Value>, changes: &mut Changes) {
    let version = root.get("openapi").and_then(Value::as_str);
    if !version.is_some_and(|version| version.starts_with("3.0.")) {
        root.insert("openapi".to_owned(), json!("3.0.0"));
        changes.note("/openapi", "read as 3.0.0");
    }
    mend_info(root, changes);
    keep_valid(root, "servers", "", &SERVERS, changes);
    keep_valid(root, "tags", "", &TAGS, changes);
    keep_valid(root, "security", "", &SECURITY, changes);
    keep_valid(root, "externalDocs", "", &EXTERNAL_DOCS, changes);
    for key in ["paths", "components"] {
        expect_object(root, key, "", changes);
    }
}

/// A version goes into a header of every request of progenitor's client, which panics on what a header cannot hold.
fn mend_info(root: &mut Map<String, Value>, changes: &mut Changes) {
    let info = root.get("info");
    let text = |key: &str| info.and_then(|info| info.get(key)).and_then(Value::as_str);
    let is_sound = info.is_some_and(|info| INFO.check(info).is_ok()) && text("version").is_some_and(fits_header);
    if !is_sound {
        let title = text("title").unwrap_or("API").to_owned();
        let version = text("version").filter(|version| fits_header(version));
        let version = version.unwrap_or("0").to_owned();
        root.insert("info".to_owned(), json!({"title": title, "version": version}));
        changes.note("/info", "reduced to title and version");
    }
}

fn fits_header(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn mend_components(root: &mut Map<String, Value>, changes: &mut Changes) {
    let Some(components) = root.get_mut("components").and_then(Value::as_object_mut) else {
        return;
    };
    let base = "/components";
    expect_object(components, "schemas", base, changes);
    keep_valid(components, "securitySchemes", base, &SECURITY_SCHEMES, changes);
    keep_valid(components, "examples", base, &EXAMPLES, changes);
    keep_valid(components, "headers", base, &HEADERS, changes);
    keep_valid(components, "links", base, &LINKS, changes);
    keep_valid(components, "callbacks", base, &SHARED_CALLBACKS, changes);
}

fn mend_paths(root: &mut Map<String, Value>, changes: &mut Changes) {
    let Some(paths) = root.get_mut("paths").and_then(Value::as_object_mut) else {
        return;
    };
    paths.retain(|path, item| {
        let readable =
            path.starts_with("x-") || (path.starts_with('/') && item.is_object() && item.get("$ref").is_none());
        if !readable {
            changes.note(pointer("/paths", path), "dropped: not a path with operations");
        }
        readable
    });
    for (path, item) in paths {
        let base = pointer("/paths", path);
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        for key in ["summary", "description"] {
            keep_valid(item, key, &base, &Expected::Text, changes);
        }
        keep_valid(item, "servers", &base, &SERVERS, changes);
        for method in METHODS {
            keep_valid(item, method, &base, &Expected::Table(&Expected::Any), changes);
        }
    }
}

fn mend_operation(base: &str, operation: &mut Map<String, Value>, changes: &mut Changes) {
    for key in ["summary", "description", "operationId"] {
        keep_valid(operation, key, base, &Expected::Text, changes);
    }
    keep_valid(operation, "deprecated", base, &Expected::Flag, changes);
    keep_valid(operation, "tags", base, &Expected::List(&Expected::Text), changes);
    keep_valid(operation, "servers", base, &SERVERS, changes);
    keep_valid(operation, "security", base, &SECURITY, changes);
    keep_valid(operation, "externalDocs", base, &EXTERNAL_DOCS, changes);
    keep_valid(operation, "callbacks", base, &CALLBACKS, changes);
    keep_valid(operation, "parameters", base, &Expected::List(&Expected::Any), changes);
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        let mut index = 0;
        parameters.retain(|parameter| {
            if !parameter.is_object() {
                changes.note(format!("{base}/parameters/{index}"), "dropped: not a parameter");
            }
            index += 1;
            parameter.is_object()
        });
    }
    keep_valid(
        operation,
        "requestBody",
        base,
        &Expected::Table(&Expected::Any),
        changes,
    );
    if let Some(body) = operation.get_mut("requestBody").and_then(Value::as_object_mut) {
        let at = format!("{base}/requestBody");
        keep_valid(body, "description", &at, &Expected::Text, changes);
        keep_valid(body, "required", &at, &Expected::Flag, changes);
        mend_content(&at, body, changes);
    }
    expect_object(operation, "responses", base, changes);
    let at = format!("{base}/responses");
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        mend_responses(&at, responses, changes);
    }
}

fn mend_responses(base: &str, responses: &mut Map<String, Value>, changes: &mut Changes) {
    responses.retain(|status, response| {
        let extension = status.starts_with("x-");
        let readable = extension || (response.is_object() && is_status(status));
        if !readable {
            changes.note(pointer(base, status), "dropped: not a response");
        }
        readable
    });
    for (status, response) in responses {
        let at = pointer(base, status);
        let Some(response) = response.as_object_mut().filter(|_| !status.starts_with("x-")) else {
            continue;
        };
        if !response.get("description").is_some_and(Value::is_string) {
            response.insert("description".to_owned(), json!(""));
            changes.note(format!("{at}/description"), "supplied: it has to be there");
        }
        keep_valid(response, "headers", &at, &HEADERS, changes);
        keep_valid(response, "links", &at, &LINKS, changes);
        mend_content(&at, response, changes);
    }
}

fn is_status(text: &str) -> bool {
    match status(text) {
        Some(StatusCode::Range(first)) => (1..=5).contains(&first),
        code => text == "default" || code.is_some(),
    }
}

fn mend_content(base: &str, holder: &mut Map<String, Value>, changes: &mut Changes) {
    keep_valid(holder, "content", base, &Expected::Table(&Expected::Any), changes);
    let at = format!("{base}/content");
    for (media_type, entry) in holder
        .get_mut("content")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        let at = pointer(&at, media_type);
        if !entry.is_object() {
            *entry = json!({});
            changes.note(&at, "replaced: not a media type");
        }
        let Some(entry) = entry.as_object_mut() else {
            continue;
        };
        keep_valid(entry, "examples", &at, &EXAMPLES, changes);
        // progenitor asserts that there is none.
        if entry.shift_remove("encoding").is_some() {
            changes.note(format!("{at}/encoding"), "dropped: the generator cannot express it");
        }
    }
}

/// Drops `holder[key]` if it is there and is something else.
fn keep_valid(holder: &mut Map<String, Value>, key: &str, base: &str, expected: &Expected, changes: &mut Changes) {
    if holder.get(key).is_some_and(|value| expected.check(value).is_err()) {
        holder.shift_remove(key);
        changes.note(pointer(base, key), "dropped: not what has to stand there");
    }
}

/// Makes `holder[key]` an object: an empty one if it is anything else, or missing.
fn expect_object(holder: &mut Map<String, Value>, key: &str, base: &str, changes: &mut Changes) {
    if !holder.get(key).is_some_and(Value::is_object) {
        holder.insert(key.to_owned(), json!({}));
        changes.note(pointer(base, key), "supplied: it has to be an object");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::run;
    use crate::passes::testing::{leaves_alone, repair};

    #[test]
    fn a_document_that_is_no_object_becomes_an_empty_one() {
        let (after, places) = repair(run, json!([1, 2]));
        assert_eq!(
            after,
            json!({
                "openapi": "3.0.0",
                "info": {"title": "API", "version": "0"},
                "paths": {},
                "components": {"schemas": {}}
            })
        );
        assert_eq!(
            places,
            ["", "/openapi", "/info", "/paths", "/components", "/components/schemas"]
        );
    }

    #[test]
    fn parts_of_the_wrong_type_are_dropped_one_by_one() {
        let (after, places) = repair(
            run,
            json!({
                "openapi": "3.0.0",
                "info": {"title": "T", "version": "1", "license": 5},
                "tags": "calls",
                "paths": {
                    "no-slash": {},
                    "/ref": {"$ref": "other.json"},
                    "/a": {
                        "get": "nothing",
                        "post": {
                            "operationId": 5,
                            "tags": {"a": 1},
                            "parameters": [7, {"name": "x", "in": "query"}],
                            "requestBody": {"content": {"application/json": null, "text/plain": {"encoding": {}}}},
                            "responses": {"200": {"content": 3}, "2000": {}, "404": null}
                        }
                    }
                },
                "components": {"schemas": {}, "securitySchemes": []}
            }),
        );
        assert_eq!(
            after,
            json!({
                "openapi": "3.0.0",
                "info": {"title": "T", "version": "1"},
                "paths": {"/a": {"post": {
                    "parameters": [{"name": "x", "in": "query"}],
                    "requestBody": {"content": {"application/json": {}, "text/plain": {}}},
                    "responses": {"200": {"description": ""}}
                }}},
                "components": {"schemas": {}}
            })
        );
        assert!(places.contains(&"/paths/~1a/post/parameters/0".to_owned()));
        assert!(places.contains(&"/paths/~1a/post/responses/2000".to_owned()));
    }

    #[test]
    fn a_version_that_no_header_can_hold_is_replaced() {
        let (after, _) = repair(
            run,
            json!({
                "openapi": "3.1.0", "info": {"title": "T", "version": "один"},
                "paths": {}, "components": {"schemas": {}}
            }),
        );
        assert_eq!(after["openapi"], "3.0.0");
        assert_eq!(after["info"], json!({"title": "T", "version": "0"}));
    }

    #[test]
    fn a_sound_document_is_left_alone() {
        leaves_alone(
            run,
            json!({
                "openapi": "3.0.3",
                "info": {"title": "T", "version": "1.0", "description": "d", "contact": {}},
                "servers": [{"url": "https://example.com"}],
                "tags": [{"name": "calls"}],
                "paths": {"/a/{id}": {"get": {
                    "operationId": "a",
                    "tags": ["calls"],
                    "security": [{"bearer": []}],
                    "parameters": [{"name": "id", "in": "path"}],
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {}}}},
                    "responses": {
                        "2XX": {"description": "", "headers": {"x": {"schema": {"type": "string"}}}},
                        "default": {"description": ""}
                    }
                }}},
                "components": {
                    "schemas": {"A": {}},
                    "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}
                }
            }),
        );
    }
}
