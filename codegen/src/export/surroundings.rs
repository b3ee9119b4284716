//! The surroundings of operations and schemas: the title, servers, tags, errors, webhooks, and the order of everything.

use std::collections::BTreeSet;

use heck::ToTitleCase;
use serde_json::{Map, Value, json};

use super::sentences::meaning;
use super::sides::COPY_OF;
use super::undocumented::PUBLIC_KEY;
use crate::docs::Docs;
use crate::document::{METHODS, for_each_operation, for_each_schema, pointer, schemas_mut};
use crate::operations::template_parameters;
use crate::passes::parameters::STYLE;
use crate::reference;

const DESCRIPTION: &str = "The HTTP API of Vapi, which places and receives phone calls with voice assistants. This description \
is unofficial. It is made from the document that the vendor publishes: what that gets wrong is repaired, and sentences and \
examples are added.\n\nRequests are closed: a property that the API does not know is refused with status 400. Responses are open: \
they can have more properties than are described here, and optional ones can be `null`. Enums of responses grow with time.";

/// The component of errors.
const ERROR: &str = "Error";

/// The component of a message to the user's server, and that of the response to it.
const WEBHOOK: (&str, &str) = ("ServerMessage", "ServerMessageResponse");

/// Completes the document. Webhooks are described if it is whole.
pub(super) fn run(document: &mut Value, docs: &Docs, is_whole: bool) {
    let tags = tags(document, docs);
    add_errors(document);
    for_each_operation(document, &mut |_, _, _, operation| style_parameters(operation));
    let webhooks = webhooks(document).filter(|_| is_whole);
    for_each_schema(document, &mut |_, schema| {
        if let Some(schema) = schema.as_object_mut() {
            schema.retain(|key, value| match key.as_str() {
                super::UNDOCUMENTED | COPY_OF => true,
                // 3.0 knows no empty list.
                "required" => value != &json!([]),
                key => !key.starts_with("x-"),
            });
        }
    });
    if let Some(schemas) = schemas_mut(document) {
        for schema in schemas.values_mut().filter_map(Value::as_object_mut) {
            schema.shift_remove(COPY_OF);
        }
        schemas.insert(ERROR.to_owned(), error_schema());
        schemas.sort_keys();
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (_, item) in paths.into_iter().flatten() {
        if let Some(item) = item.as_object_mut() {
            item.retain(|key, _| METHODS.contains(&key.as_str()));
        }
    }
    let mut takes_public_keys = false;
    for_each_operation(document, &mut |_, _, _, operation| {
        order(operation);
        takes_public_keys |= operation.contains_key("security");
    });

    let version = document
        .pointer("/info/version")
        .cloned()
        .unwrap_or_else(|| json!("1.0"));
    let mut whole = json!({
        "openapi": "3.0.3",
        "info": {"title": "Vapi", "version": version, "description": DESCRIPTION},
        "servers": [
            {"url": "https://api.vapi.ai", "description": "United States"},
            {"url": "https://api.eu.vapi.ai", "description": "European Union"},
            {"url": "http://{host}", "description": "A local server, such as `vapi-emulator`", "variables": {
                "host": {"default": "127.0.0.1:8080", "description": "Host and port"}
            }}
        ],
        "security": [{"bearer": []}],
        "tags": tags,
        "paths": document.get_mut("paths").map(Value::take),
        "components": document.get_mut("components").map(Value::take),
    });
    whole["components"]["securitySchemes"] = json!({"bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The private key of an organization, or a token that is signed with it."
    }});
    if takes_public_keys {
        whole["components"]["securitySchemes"][PUBLIC_KEY] = json!({
            "type": "http",
            "scheme": "bearer",
            "description": "The public key of an organization, or a token with the tag `public`. A browser can have it."
        });
    }
    if let Some(webhooks) = webhooks {
        whole["x-webhooks"] = webhooks;
    }
    *document = whole;
}

/// Returns the tags that operations have, in their order. The sentence is that of the controller that has the tag first.
fn tags(document: &mut Value, docs: &Docs) -> Value {
    let mut tags: Map<String, Value> = Map::new();
    for_each_operation(document, &mut |_, _, _, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
        let sentence = id
            .split_once('_')
            .and_then(|(controller, _)| docs.handles.get(controller));
        let of_operation = operation.get("tags").and_then(Value::as_array);
        for tag in of_operation.into_iter().flatten().filter_map(Value::as_str) {
            let entry = tags.entry(tag).or_insert_with(|| json!({"name": tag}));
            if let Some(sentence) = sentence.filter(|_| entry.get("description").is_none()) {
                entry["description"] = json!(sentence);
            }
        }
    });
    for (name, tag) in &mut tags {
        if tag.get("description").is_none() {
            tag["description"] = json!(format!("{name}."));
        }
    }
    Value::Array(tags.into_iter().map(|(_, tag)| tag).collect())
}

/// Gives each operation the errors that it can respond with, all of one form unless the document says another.
fn add_errors(document: &mut Value) {
    let mut used = BTreeSet::new();
    for_each_operation(document, &mut |path, _, _, operation| {
        let takes = |key: &str| operation.get(key).is_some_and(|part| part != &json!([]));
        let mut statuses = vec!["401", "429", "500"];
        if takes("requestBody") || takes("parameters") {
            statuses.push("400");
        }
        if !template_parameters(path).is_empty() {
            statuses.push("404");
        }
        let responses = operation.entry("responses").or_insert_with(|| json!({}));
        let Some(responses) = responses.as_object_mut() else {
            return;
        };
        for status in statuses {
            responses.entry(status).or_insert_with(|| bare(status));
        }
        for (status, response) in responses.iter_mut() {
            if !status.starts_with(['4', '5']) || response.get("content").is_some() {
                continue;
            }
            match shared_error(status).filter(|_| *response == bare(status)) {
                Some((name, _)) => {
                    used.insert(status.clone());
                    *response = json!({"$ref": format!("#/components/responses/{name}")});
                }
                None => response["content"] = error_content(status),
            }
        }
        responses.sort_keys();
    });
    let shared = used.iter().filter_map(|status| {
        let (name, _) = shared_error(status)?;
        let mut response = bare(status);
        response["content"] = error_content(status);
        Some((name.to_owned(), response))
    });
    document["components"]["responses"] = Value::Object(shared.collect());
}

fn bare(status: &str) -> Value {
    json!({"description": meaning(status)})
}

/// Returns the name of the shared response and a reason, for a status that needs no more words.
fn shared_error(status: &str) -> Option<(&'static str, &'static str)> {
    Some(match status {
        "400" => ("BadRequest", "The body does not fit."),
        "401" => ("Unauthorized", "The key is not known."),
        "404" => ("NotFound", "There is no resource with the id."),
        "429" => ("TooManyRequests", "Wait before the next request."),
        "500" => ("ServerError", "Something went wrong."),
        "503" => ("Unavailable", "Try again later."),
        _ => return None,
    })
}

fn error_content(status: &str) -> Value {
    let (name, reason) = shared_error(status).unwrap_or(("Error", "The request failed."));
    let example = json!({
        "message": reason,
        "error": name.to_title_case(),
        "statusCode": status.parse::<u16>().unwrap_or(500)
    });
    json!({"application/json": {"schema": reference::to(ERROR), "example": example}})
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "description": "Reasons why a request failed. What stands before the API, such as a firewall, may respond with text instead.",
        "required": ["message", "statusCode"],
        "properties": {
            "message": {
                "description": "The reason, or each of several.",
                "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
            },
            "error": {"type": "string", "description": "The name of the status."},
            "statusCode": {"type": "integer", "description": "The status."}
        }
    })
}

/// Writes the style of a parameter as OpenAPI does, from the mark that the client's generator reads.
fn style_parameters(operation: &mut Map<String, Value>) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
        let Some(mark) = parameter.shift_remove(STYLE) else {
            continue;
        };
        let (style, explode) = match mark.as_str() {
            Some("space") => ("spaceDelimited", false),
            Some("pipe") => ("pipeDelimited", false),
            Some("deepObject") => ("deepObject", true),
            Some("properties") => ("form", true),
            _ => ("form", false),
        };
        parameter.insert("style".to_owned(), json!(style));
        parameter.insert("explode".to_owned(), json!(explode));
    }
}

/// Returns the messages that Vapi sends to the user's server, if the document has them. OpenAPI 3.0 knows no webhooks; this extension is
/// what readers take for them.
fn webhooks(document: &Value) -> Option<Value> {
    let schemas = crate::document::schemas(document)?;
    let (message, response) = WEBHOOK;
    schemas.get(message).and(schemas.get(response))?;
    let body = |name: &str| json!({"application/json": {"schema": reference::to(name)}});
    Some(json!({"serverMessage": {"post": {
        "operationId": "serverMessage",
        "summary": "A message to the user's server",
        "description": "Sent to the `server` of an assistant, phone number, tool or organization. Some messages need a response.",
        "requestBody": {"required": true, "content": body(message)},
        "responses": {"200": {"description": "The response that the message needs.", "content": body(response)}}
    }}}))
}

/// Puts the keys of an operation into the order in which people read them.
fn order(operation: &mut Map<String, Value>) {
    const ORDER: [&str; 10] = [
        "operationId",
        "tags",
        "summary",
        "description",
        "deprecated",
        super::UNDOCUMENTED,
        "parameters",
        "requestBody",
        "responses",
        "security",
    ];
    // The others take what the document as a whole says.
    operation.retain(|key, value| key != "security" || value.pointer(&pointer("/0", PUBLIC_KEY)).is_some());
    let mut ordered = Map::new();
    for key in ORDER {
        if let Some(value) = operation.shift_remove(key) {
            ordered.insert(key.to_owned(), value);
        }
    }
    let is_known = |key: &str| !key.starts_with("x-");
    ordered.extend(std::mem::take(operation).into_iter().filter(|(key, _)| is_known(key)));
    *operation = ordered;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        let operation = json!({
            "responses": {"200": {"description": "Done."}, "409": {"description": "", "content": {"application/json": {}}}},
            "operationId": "AController_get", "tags": ["A"], "x-mark": 1, "security": [{"bearer": []}],
            "parameters": [{"name": "ids", "in": "query", "x-vapi-style": "comma"}]
        });
        let mut document = json!({"info": {"version": "7"}, "paths": {"/a/{id}": {"get": operation}}, "components": {"schemas": {
            "ServerMessage": {"type": "object", "x-copy-of": "A"}, "ServerMessageResponse": {}
        }}});
        let docs: Docs = toml::from_str("[handles]\nAController = 'The letter.'").unwrap();
        run(&mut document, &docs, true);
        document
    }

    #[test]
    fn every_operation_has_the_errors_of_the_api() {
        let document = document();
        let responses = &document["paths"]["/a/{id}"]["get"]["responses"];
        let statuses: Vec<_> = responses.as_object().unwrap().keys().collect();
        assert_eq!(statuses, ["200", "400", "401", "404", "409", "429", "500"]);
        assert_eq!(responses["404"], json!({"$ref": "#/components/responses/NotFound"}));
        let shared = &document["components"]["responses"]["NotFound"]["content"]["application/json"];
        assert_eq!(shared["schema"], reference::to("Error"));
        assert_eq!(shared["example"]["error"], "Not Found");
        assert_eq!(responses["409"]["content"]["application/json"], json!({}));
    }

    #[test]
    fn marks_go_and_tags_and_webhooks_come() {
        let document = document();
        assert_eq!(document["info"]["version"], "7");
        assert_eq!(document["tags"], json!([{"name": "A", "description": "The letter."}]));
        let operation = document["paths"]["/a/{id}"]["get"].as_object().unwrap();
        let keys: Vec<_> = operation.keys().collect();
        assert_eq!(keys, ["operationId", "tags", "parameters", "responses"]);
        assert_eq!(
            operation["parameters"],
            json!([{"name": "ids", "in": "query", "style": "form", "explode": false}])
        );
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["ServerMessage"], json!({"type": "object"}));
        assert!(document["x-webhooks"]["serverMessage"]["post"].is_object());
    }
}
