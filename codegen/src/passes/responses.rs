//! Responses: progenitor asserts that an operation has at most one type of success and one of error.
//!
//! The one that says most becomes the response of every success, as `2XX`: which of 200 and 201 is sent says nothing, and
//! progenitor turns the range into a match on all of them. Declared errors go, since of a declared status progenitor keeps
//! only what its schema says, and of an undeclared one the body.

use serde_json::{Map, Value, json};

use super::Changes;
use crate::document::for_each_operation;

const ANY_SUCCESS: &str = "2XX";

/// Leaves every operation one response, for any success.
pub fn run(document: &mut Value, changes: &mut Changes) {
    for_each_operation(document, &mut |_, _, base, operation| {
        let empty = Map::new();
        let declared = operation.get("responses").and_then(Value::as_object).unwrap_or(&empty);
        let chosen = choose(declared);
        let success = match chosen {
            Some((_, response)) => success_of(response),
            None => json!({"description": ""}),
        };
        let status = chosen.map(|(status, _)| status.to_owned());
        let responses = json!({ANY_SUCCESS: success});
        if operation.get("responses") == Some(&responses) {
            return;
        }
        operation.insert("responses".to_owned(), responses);
        let change = match status {
            Some(status) => format!("{status} stands for every success, the others are dropped"),
            None => "no success is declared: an empty one".to_owned(),
        };
        changes.note(format!("{base}/responses"), change);
    });
}

/// Returns the success that says most; of two that say the same, 200, else the first.
pub(crate) fn choose(declared: &Map<String, Value>) -> Option<(&str, &Value)> {
    let successes = || declared.iter().filter(|(status, _)| status.starts_with('2'));
    let rank = |status: &str, response: &Value| (says(response), status == "200");
    let mut best: Option<(&str, &Value)> = None;
    for (status, response) in successes() {
        if best.is_none_or(|(known, of_known)| rank(status, response) > rank(known, of_known)) {
            best = Some((status, response));
        }
    }
    best.or_else(|| {
        declared
            .get_key_value("default")
            .map(|(status, response)| (status.as_str(), response))
    })
}

/// Ranks a response by what it says of its body: a schema of something, of anything, some content, nothing.
fn says(response: &Value) -> u8 {
    match body(response) {
        None => 0,
        Some((_, Body::Other(_))) => 1,
        Some((schema, Body::Json)) if is_vague(&schema) => 2,
        Some((_, Body::Json)) => 3,
    }
}

fn is_vague(schema: &Value) -> bool {
    let says = [
        "$ref",
        "oneOf",
        "anyOf",
        "allOf",
        "items",
        "enum",
        "additionalProperties",
    ]
    .iter()
    .any(|key| schema.get(key).is_some());
    let has_properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .is_some_and(|properties| !properties.is_empty());
    let is_scalar = matches!(
        schema.get("type").and_then(Value::as_str),
        Some("string" | "number" | "integer" | "boolean" | "array")
    );
    !says && !has_properties && !is_scalar
}

enum Body {
    Json,
    /// Text or bytes, with the media type.
    Other(String),
}

/// Returns the schema of the body, and how it is to be read.
fn body(response: &Value) -> Option<(Value, Body)> {
    let content = response.get("content")?.as_object()?;
    let schema = |entry: &Value| entry.get("schema").cloned().unwrap_or_else(|| json!({}));
    content
        .iter()
        .find(|(media_type, _)| is_json(media_type))
        .map(|(_, entry)| (schema(entry), Body::Json))
        .or_else(|| other_content(content).map(|(media_type, entry)| (schema(entry), Body::Other(media_type))))
}

/// The content to read where none is JSON: text rather than bytes, and a media type that is one.
fn other_content(content: &Map<String, Value>) -> Option<(String, &Value)> {
    let text = content.iter().find(|(media_type, _)| media_type.starts_with("text/"));
    let (media_type, entry) = text.or_else(|| content.iter().next())?;
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let is_form = media_type.starts_with("multipart/") || media_type == "application/x-www-form-urlencoded";
    let media_type = match media_type.contains('/') && !is_form {
        true => media_type,
        false => "application/octet-stream",
    };
    Some((media_type.to_owned(), entry))
}

fn is_json(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || kind.ends_with("+json") || kind == "*/*" || kind == "application/*"
}

fn success_of(response: &Value) -> Value {
    let description = response.get("description").and_then(Value::as_str).unwrap_or_default();
    match body(response) {
        None => json!({"description": description}),
        Some((schema, Body::Json)) => {
            json!({"description": description, "content": {"application/json": {"schema": schema}}})
        }
        Some((_, Body::Other(media_type))) => {
            json!({"description": description, "content": {media_type: {
                "schema": {"type": "string", "format": "binary"}
            }}})
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::run;
    use crate::passes::testing::{leaves_alone, repair_operation};

    fn json_of(schema: Value) -> Value {
        json!({"description": "", "content": {"application/json": {"schema": schema}}})
    }

    #[test]
    fn the_success_that_says_most_answers_all_and_errors_go() {
        let call = json_of(json!({"$ref": "#/components/schemas/Call"}));
        let (after, places) = repair_operation(
            run,
            json!({"responses": {
                "201": json_of(json!({"type": "object"})),
                "200": call,
                "202": {"description": ""},
                "404": {"description": "gone"},
                "default": {"description": ""}
            }}),
        );
        assert_eq!(after, json!({"responses": {"2XX": call}}));
        assert_eq!(places, ["/paths/~1a~1{id}/get/responses"]);
    }

    #[test]
    fn of_two_that_say_as_much_200_answers() {
        let (after, _) = repair_operation(
            run,
            json!({"responses": {"201": json_of(json!({"type": "string"})), "200": json_of(json!({"type": "number"}))}}),
        );
        assert_eq!(after["responses"], json!({"2XX": json_of(json!({"type": "number"}))}));
    }

    #[test]
    fn an_array_says_more_than_a_free_object() {
        let array = json_of(json!({"type": "array", "items": {}}));
        let (after, _) = repair_operation(
            run,
            json!({"responses": {"200": json_of(json!({"type": "object"})), "201": array}}),
        );
        assert_eq!(after["responses"], json!({"2XX": array}));
    }

    #[test]
    fn json_has_many_names_and_other_content_keeps_its_type() {
        let (after, _) = repair_operation(
            run,
            json!({"responses": {"200": {"content": {"text/html": {}, "application/json; charset=utf-8": {}}}}}),
        );
        assert_eq!(after["responses"], json!({"2XX": json_of(json!({}))}));
        let (after, _) = repair_operation(run, json!({"responses": {"200": {"content": {"text/csv": {}}}}}));
        assert_eq!(
            after["responses"],
            json!({"2XX": {"description": "", "content": {"text/csv": {
                "schema": {"type": "string", "format": "binary"}
            }}}})
        );
        let (after, _) = repair_operation(
            run,
            json!({"responses": {"200": {"content": {"audio/wav": {}, "text/event-stream; charset=utf-8": {}}}}}),
        );
        assert!(after["responses"]["2XX"]["content"].get("text/event-stream").is_some());
    }

    #[test]
    fn without_a_success_the_default_answers_or_nothing_does() {
        let (after, _) = repair_operation(
            run,
            json!({"responses": {"default": json_of(json!({"type": "string"}))}}),
        );
        assert_eq!(after["responses"], json!({"2XX": json_of(json!({"type": "string"}))}));
        let (after, _) = repair_operation(run, json!({"responses": {"404": {"description": ""}}}));
        assert_eq!(after["responses"], json!({"2XX": {"description": ""}}));
    }

    #[test]
    fn one_answer_for_every_success_is_left_alone() {
        leaves_alone(
            run,
            json!({"paths": {"/a": {
                "get": {"responses": {"2XX": json_of(json!({"type": "string"}))}},
                "delete": {"responses": {"2XX": {"description": "d"}}}
            }}}),
        );
    }
}
