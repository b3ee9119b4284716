//! Parameters: what is missing, declared twice, or cannot be written into a path, a query or a header.
//!
//! progenitor panics on a path whose parameter is not declared, keeps one of two parameters with the same name, fails on
//! styles and cookies, and needs `Display` for what goes into a path or a header.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::property_names::field_name;
use super::{Changes, shape};
use crate::document::{for_each_operation, schemas};
use crate::reference;

/// The mark of a query parameter that is written in another way than `name=value`.
pub const STYLE: &str = "x-vapi-style";

/// Headers that the client sets itself.
const OWN_HEADERS: [&str; 3] = ["accept", "authorization", "content-type"];

/// Arguments that progenitor's code has already, besides the parameters.
const TAKEN: [&str; 2] = ["body", "header_map"];

/// The longest chain of references. A longer one is taken for a circle.
const LONGEST_CHAIN: usize = 16;

/// Leaves every operation the parameters of its path, and others that can be sent.
pub fn run(document: &mut Value, changes: &mut Changes) {
    let components = schemas(document).cloned().unwrap_or_default();
    for_each_operation(document, &mut |path, _, base, operation| {
        let template = template_names(path);
        let declared = match operation.shift_remove("parameters") {
            Some(Value::Array(declared)) => declared,
            _ => Vec::new(),
        };
        let had_any = !declared.is_empty();
        let mut taken: BTreeSet<String> = TAKEN.iter().map(ToString::to_string).collect();
        // A path cannot do without its parameters, so their names come first.
        taken.extend(template.iter().map(|name| field_name(name)));
        let mut kept = Vec::with_capacity(declared.len());
        let mut found = BTreeSet::new();
        for (index, mut parameter) in declared.into_iter().enumerate() {
            let at = format!("{base}/parameters/{index}");
            match unfit(&parameter, &template, &mut taken, &mut found) {
                Some(reason) => changes.note(at, format!("dropped: {reason}")),
                None => {
                    mend(&at, &mut parameter, &components, changes);
                    kept.push(parameter);
                }
            }
        }
        for name in template.into_iter().filter(|name| !found.contains(name)) {
            changes.note(
                format!("{base}/parameters"),
                format!("supplied: {name:?}, which the path names"),
            );
            kept.push(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
        }
        if had_any || !kept.is_empty() {
            operation.insert("parameters".to_owned(), Value::Array(kept));
        }
    });
}

/// Returns the names between braces, each once.
pub(super) fn template_names(path: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in path.split('{').skip(1) {
        let name = part.split('}').next().unwrap_or_default();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Returns the reason why the parameter cannot stay, if there is one.
fn unfit(
    parameter: &Value,
    template: &[String],
    taken: &mut BTreeSet<String>,
    found: &mut BTreeSet<String>,
) -> Option<&'static str> {
    let text = |key: &str| parameter.get(key).and_then(Value::as_str);
    let (Some(name), Some(place)) = (text("name"), text("in")) else {
        return Some("it has no name or no place");
    };
    match place {
        "path" if !template.iter().any(|known| known == name) => Some("the path does not name it"),
        "path" => (!found.insert(name.to_owned())).then_some("it is declared twice"),
        "cookie" => Some("cookies are not sent"),
        "header" if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) => Some("the client sets the header"),
        "header" if !is_header_name(name) => Some("no header can have the name"),
        "query" | "header" => {
            let own = taken.insert(field_name(name));
            (!own).then_some("another parameter has the name")
        }
        _ => Some("it has no place in a request"),
    }
}

fn is_header_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

fn mend(at: &str, parameter: &mut Value, components: &Map<String, Value>, changes: &mut Changes) {
    let Some(parameter) = parameter.as_object_mut() else {
        return;
    };
    let place = parameter
        .get("in")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let in_query = place == "query";
    if place == "path" && parameter.get("required") != Some(&Value::Bool(true)) {
        parameter.insert("required".to_owned(), json!(true));
        changes.note(format!("{at}/required"), "true: a path needs its parameters");
    }
    let mark = wire_style(parameter, components).filter(|_| in_query);
    if let Some(mark) = mark {
        parameter.shift_remove("style");
        parameter.shift_remove("explode");
        parameter.insert(STYLE.to_owned(), json!(mark));
        changes.note(format!("{at}/style"), format!("written by the client: {mark}"));
    }
    let style = if in_query { "form" } else { "simple" };
    parameter.retain(|key, value| {
        let sound = match key.as_str() {
            "required" | "deprecated" | "explode" | "allowReserved" | "allowEmptyValue" => value.is_boolean(),
            "description" => value.is_string(),
            "style" => value == style,
            "name" | "in" | "schema" => true,
            extension => extension.starts_with("x-"),
        };
        if !sound {
            changes.note(format!("{at}/{key}"), "dropped: the generator cannot express it");
        }
        sound
    });
    let schema = parameter.get("schema").cloned().unwrap_or_else(|| json!({}));
    let sendable = match schema.get("items") {
        Some(items) if in_query && schema.get("type").is_some_and(|declared| declared == "array") => {
            let item = sendable_scalar(items, false, components);
            let mut schema = schema.clone();
            schema["items"] = item;
            without_null(schema)
        }
        _ if mark.is_some() => without_null(schema.clone()),
        _ => sendable_scalar(&schema, !in_query, components),
    };
    if parameter.get("schema") != Some(&sendable) {
        parameter.insert("schema".to_owned(), sendable);
        changes.note(format!("{at}/schema"), "read as something that can be written as text");
    }
}

/// Returns the form of a query parameter, where it is not `name=value` for each value. A style that the standard does not define for the
/// schema has none.
fn wire_style(parameter: &Map<String, Value>, components: &Map<String, Value>) -> Option<&'static str> {
    let style = parameter.get("style").and_then(Value::as_str).unwrap_or("form");
    let explode = parameter
        .get("explode")
        .and_then(Value::as_bool)
        .unwrap_or(style == "form");
    let mut schema = parameter.get("schema")?;
    for _ in 0..LONGEST_CHAIN {
        match reference::target(schema).and_then(|name| components.get(name)) {
            Some(component) => schema = component,
            None => break,
        }
    }
    let kind = schema.get("type").and_then(Value::as_str)?;
    let is_union = schema.get("oneOf").is_some() || schema.get("anyOf").is_some() || schema.get("allOf").is_some();
    let is_referred = parameter.get("schema").and_then(reference::target).is_some();
    match (style, kind, explode) {
        _ if is_union => None,
        ("form", "array", false) if !is_referred => Some("comma"),
        ("spaceDelimited", "array", false) if !is_referred => Some("space"),
        ("pipeDelimited", "array", false) if !is_referred => Some("pipe"),
        ("deepObject", "object", _) => Some("deepObject"),
        ("form", "object", true) => Some("properties"),
        ("form", "object", false) => Some("comma"),
        _ => None,
    }
}

/// Returns the schema if its values can be written as text, else a string. `Display` of a date is not how the API writes one.
fn sendable_scalar(schema: &Value, with_display: bool, components: &Map<String, Value>) -> Value {
    let mut meant = schema;
    for _ in 0..LONGEST_CHAIN {
        match reference::target(meant).and_then(|name| components.get(name)) {
            Some(component) => meant = component,
            None => break,
        }
    }
    let is_scalar = matches!(
        meant.get("type").and_then(Value::as_str),
        Some("string" | "number" | "integer" | "boolean")
    );
    let is_date = with_display && meant.get("format").is_some();
    let is_null = meant.as_object().is_some_and(shape::is_nullable) && reference::target(schema).is_some();
    if is_scalar && !is_date && !is_null {
        without_null(schema.clone())
    } else {
        json!({"type": "string"})
    }
}

/// A parameter that is not sent is left out: there is no null in a path, a query or a header.
fn without_null(mut schema: Value) -> Value {
    if let Some(keywords) = schema.as_object_mut() {
        keywords.shift_remove("nullable");
    }
    schema
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::run;
    use crate::passes::testing::{leaves_alone, repair, repair_operation};

    fn id() -> Value {
        json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}})
    }

    #[test]
    fn a_parameter_that_only_the_path_names_is_supplied() {
        let (after, places) = repair_operation(run, json!({}));
        assert_eq!(after, json!({"parameters": [id()]}));
        assert_eq!(places, ["/paths/~1a~1{id}/get/parameters"]);
    }

    #[test]
    fn parameters_that_cannot_be_sent_are_dropped() {
        let string = json!({"type": "string"});
        let (after, places) = repair_operation(
            run,
            json!({"parameters": [
                id(),
                {"name": "gone", "in": "path", "required": true, "schema": string},
                {"name": "name", "in": "query", "schema": {"type": "number"}},
                {"name": "name", "in": "query", "schema": string},
                {"name": "id", "in": "query", "schema": string},
                {"name": "body", "in": "query", "schema": string},
                {"name": "Content-Type", "in": "header", "required": true, "schema": string},
                {"name": "X Y", "in": "header", "schema": string},
                {"name": "session", "in": "cookie", "schema": string},
                {"name": "x-org", "in": "header", "schema": string},
                {"in": "query"},
                {"name": "y", "in": "nowhere"}
            ]}),
        );
        assert_eq!(
            after,
            json!({"parameters": [
                id(),
                {"name": "name", "in": "query", "schema": {"type": "number"}},
                {"name": "x-org", "in": "header", "schema": string}
            ]})
        );
        assert_eq!(places.len(), 9);
        assert_eq!(places[1], "/paths/~1a~1{id}/get/parameters/3");
    }

    #[test]
    fn what_cannot_be_written_as_text_becomes_a_string() {
        let (after, _) = repair(
            run,
            json!({
                "paths": {"/a": {"get": {"parameters": [
                    {"name": "either", "in": "query", "schema": {"oneOf": [{"type": "string"}, {"type": "number"}]}},
                    {"name": "json", "in": "query", "content": {"application/json": {}}},
                    {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "object"}}},
                    {"name": "object", "in": "query", "style": "simple", "schema": {"$ref": "#/components/schemas/O"}},
                    {"name": "since", "in": "header", "schema": {"type": "string", "format": "date-time"}},
                    {"name": "list", "in": "header", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "maybe", "in": "query", "required": "no", "schema": {"type": "number", "nullable": true}}
                ]}}},
                "components": {"schemas": {"O": {"type": "object"}}}
            }),
        );
        let string = json!({"type": "string"});
        assert_eq!(
            after["paths"]["/a"]["get"]["parameters"],
            json!([
                {"name": "either", "in": "query", "schema": string},
                {"name": "json", "in": "query", "schema": string},
                {"name": "ids", "in": "query", "schema": {"type": "array", "items": string}},
                {"name": "object", "in": "query", "schema": string},
                {"name": "since", "in": "header", "schema": string},
                {"name": "list", "in": "header", "schema": string},
                {"name": "maybe", "in": "query", "schema": {"type": "number"}}
            ])
        );
    }

    #[test]
    fn styles_of_lists_and_objects_are_written_by_the_client() {
        let strings = json!({"type": "array", "items": {"type": "string"}});
        let object = json!({"$ref": "#/components/schemas/O"});
        let (after, _) = repair(
            run,
            json!({
                "paths": {"/a": {"get": {"parameters": [
                    {"name": "a", "in": "query", "explode": false, "schema": strings},
                    {"name": "b", "in": "query", "style": "spaceDelimited", "schema": strings},
                    {"name": "c", "in": "query", "style": "pipeDelimited", "schema": strings},
                    {"name": "d", "in": "query", "style": "pipeDelimited", "explode": true, "schema": strings},
                    {"name": "e", "in": "query", "style": "deepObject", "schema": object},
                    {"name": "f", "in": "query", "schema": object},
                    {"name": "g", "in": "query", "explode": false, "schema": object}
                ]}}},
                "components": {"schemas": {"O": {"type": "object", "properties": {"x": {"type": "string"}}}}}
            }),
        );
        let parameters = after["paths"]["/a"]["get"]["parameters"].as_array().unwrap();
        let styles: Vec<&str> = parameters
            .iter()
            .map(|parameter| parameter.get("x-vapi-style").and_then(Value::as_str).unwrap_or("none"))
            .collect();
        assert_eq!(
            styles,
            ["comma", "space", "pipe", "none", "deepObject", "properties", "comma"]
        );
        assert_eq!(parameters[4]["schema"], object);
        assert!(parameters.iter().all(|parameter| parameter.get("style").is_none()));
    }

    #[test]
    fn a_path_parameter_is_required() {
        let (after, places) = repair_operation(
            run,
            json!({"parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}}]}),
        );
        assert_eq!(after, json!({"parameters": [id()]}));
        assert_eq!(places, ["/paths/~1a~1{id}/get/parameters/0/required"]);
    }

    #[test]
    fn parameters_that_can_be_sent_are_left_alone() {
        leaves_alone(
            run,
            json!({
                "paths": {"/a/{id}": {"get": {"parameters": [
                    id(),
                    {"name": "limit", "in": "query", "required": false, "description": "d", "schema": {"type": "number"}},
                    {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
                    {"name": "ids", "in": "query", "style": "form", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "order", "in": "query", "schema": {"$ref": "#/components/schemas/Order"}}
                ]}}},
                "components": {"schemas": {"Order": {"type": "string", "enum": ["ASC", "DESC"]}}}
            }),
        );
    }
}
