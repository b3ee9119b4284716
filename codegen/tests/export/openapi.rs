//! The rules of OpenAPI 3.0.3, written down once more, for a check that shares no code with the export.
//!
//! A JSON Schema has what can be said of each object by itself: every object is closed, but for extensions. What concerns several
//! places (references, ids, parameters of paths, discriminators) is checked one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Returns what is wrong with a document, with JSON pointers; nothing if it is valid.
pub fn problems(document: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(&meta_schema()).unwrap();
    let mut problems: Vec<String> = validator
        .iter_errors(document)
        .map(|error| {
            let text: String = error.to_string().chars().take(300).collect();
            format!("{}: {text}", error.instance_path())
        })
        .collect();
    references(document, "", document, &mut problems);
    operations(document, &mut problems);
    if let Err(error) = serde_json::from_value::<openapiv3::OpenAPI>(document.clone()) {
        problems.push(format!("openapiv3: {error}"));
    }
    problems
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// A reference with nothing beside it, or what `name` is.
fn reference_or(name: &str) -> Value {
    json!({
        "if": {"type": "object", "required": ["$ref"]},
        "then": {"properties": {"$ref": {"type": "string", "pattern": "^#/components/"}}, "maxProperties": 1},
        "else": reference(name)
    })
}

/// An object with these members and extensions, and with no others.
fn closed(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object", "required": required, "properties": properties,
        "patternProperties": {"^x-": true}, "additionalProperties": false
    })
}

fn map(of: Value) -> Value {
    json!({"type": "object", "additionalProperties": of})
}

fn list(of: Value) -> Value {
    json!({"type": "array", "minItems": 1, "items": of})
}

fn meta_schema() -> Value {
    let text = || json!({"type": "string"});
    let sentence = || json!({"type": "string", "pattern": "\\S"});
    let flag = || json!({"type": "boolean"});
    let schema = || reference_or("schema");
    let content = || map(reference("media_type"));
    let component = |of: Value| json!({"type": "object", "patternProperties": {"^[A-Za-z0-9._-]+$": of}, "additionalProperties": false});
    let external = || {
        closed(
            &["url"],
            json!({"url": {"type": "string", "format": "uri"}, "description": text()}),
        )
    };
    let parameter = |with: Value| {
        let mut members = json!({
            "description": sentence(), "required": flag(), "deprecated": flag(), "allowEmptyValue": flag(),
            "style": {"enum": ["matrix", "label", "form", "simple", "spaceDelimited", "pipeDelimited", "deepObject"]},
            "explode": flag(), "allowReserved": flag(), "schema": schema(), "content": content(),
            "example": true, "examples": map(true.into())
        });
        let (members, with) = (members.as_object_mut().unwrap(), with.as_object().unwrap().clone());
        members.extend(with);
        json!(members)
    };
    let mut path_item = json!({"summary": text(), "description": text(), "servers": list(reference("server")),
                               "parameters": list(reference_or("parameter"))});
    for method in ["get", "put", "post", "delete", "options", "head", "patch", "trace"] {
        path_item[method] = reference("operation");
    }
    json!({
        "$ref": "#/$defs/document",
        "$defs": {
            "document": closed(&["openapi", "info", "paths"], json!({
                "openapi": {"pattern": "^3\\.0\\.[0-3]$"}, "info": reference("info"), "servers": list(reference("server")),
                "paths": {"type": "object", "patternProperties": {"^/": reference("path_item"), "^x-": true},
                          "additionalProperties": false},
                "components": reference("components"), "security": {"type": "array", "items": reference("requirement")},
                "tags": list(reference("tag")), "externalDocs": external()
            })),
            "info": closed(&["title", "version"], json!({
                "title": sentence(), "version": sentence(), "description": text(), "termsOfService": text(),
                "contact": closed(&[], json!({"name": text(), "url": text(), "email": text()})),
                "license": closed(&["name"], json!({"name": text(), "url": text()}))
            })),
            "server": closed(&["url"], json!({
                "url": sentence(), "description": text(),
                "variables": map(closed(&["default"], json!({
                    "enum": list(text()), "default": text(), "description": text()
                })))
            })),
            "tag": closed(&["name"], json!({"name": sentence(), "description": sentence(), "externalDocs": external()})),
            "requirement": map(json!({"type": "array", "items": text()})),
            "path_item": closed(&[], path_item),
            "operation": closed(&["responses", "operationId"], json!({
                "operationId": sentence(), "tags": {"type": "array", "items": text(), "uniqueItems": true},
                "summary": sentence(), "description": sentence(), "externalDocs": external(),
                "parameters": {"type": "array", "items": reference_or("parameter")},
                "requestBody": reference_or("body"),
                "responses": {"type": "object", "minProperties": 1, "additionalProperties": false,
                              "patternProperties": {"^([1-5](\\d\\d|XX)|default)$": reference_or("response"), "^x-": true}},
                "callbacks": true, "deprecated": flag(), "security": {"type": "array", "items": reference("requirement")},
                "servers": list(reference("server"))
            })),
            "parameter": {"allOf": [
                closed(&["name", "in"], parameter(json!({
                    "name": sentence(), "in": {"enum": ["path", "query", "header", "cookie"]}
                }))),
                {"oneOf": [{"required": ["schema"]}, {"required": ["content"]}]},
                {"not": {"required": ["example", "examples"]}},
                {"if": {"properties": {"in": {"const": "path"}}},
                 "then": {"required": ["required"], "properties": {"required": {"const": true}}}}
            ]},
            "header": closed(&[], parameter(json!({}))),
            "body": closed(&["content"], json!({"description": text(), "content": content(), "required": flag()})),
            "response": closed(&["description"], json!({
                "description": sentence(), "headers": map(reference_or("header")), "content": content(), "links": true
            })),
            "media_type": {"allOf": [
                closed(&[], json!({"schema": schema(), "example": true, "examples": map(true.into()), "encoding": map(true.into())})),
                {"not": {"required": ["example", "examples"]}}
            ]},
            "components": closed(&[], json!({
                "schemas": component(schema()), "responses": component(reference_or("response")),
                "parameters": component(reference_or("parameter")), "requestBodies": component(reference_or("body")),
                "headers": component(reference_or("header")), "securitySchemes": component(reference("scheme")),
                "examples": true, "links": true, "callbacks": true
            })),
            "scheme": closed(&["type"], json!({
                "type": {"enum": ["apiKey", "http", "oauth2", "openIdConnect"]}, "description": text(), "name": text(),
                "in": {"enum": ["query", "header", "cookie"]}, "scheme": text(), "bearerFormat": text(), "flows": true,
                "openIdConnectUrl": text()
            })),
            "discriminator": closed(&["propertyName", "mapping"], json!({
                "propertyName": sentence(), "mapping": map(json!({"type": "string", "pattern": "^#/components/schemas/"}))
            })),
            "schema": {"allOf": [
                closed(&[], keywords()),
                // What else holds of a schema.
                {"if": {"required": ["type"], "properties": {"type": {"const": "array"}}}, "then": {"required": ["items"]}},
                {"if": {"required": ["nullable"]}, "then": {"required": ["type"]}},
                {"if": {"required": ["discriminator"]},
                 "then": {"anyOf": [{"required": ["oneOf"]}, {"required": ["anyOf"]}]}},
                {"if": {"required": ["exclusiveMinimum"]}, "then": {"required": ["minimum"]}},
                {"if": {"required": ["exclusiveMaximum"]}, "then": {"required": ["maximum"]}},
                {"not": {"required": ["readOnly", "writeOnly"], "properties": {"readOnly": {"const": true}, "writeOnly": {"const": true}}}}
            ]}
        }
    })
}

/// The keywords of a schema.
fn keywords() -> Value {
    let text = json!({"type": "string"});
    let sentence = json!({"type": "string", "pattern": "\\S"});
    let schema = reference_or("schema");
    let kinds = ["array", "boolean", "integer", "number", "object", "string"];
    let mut keywords = json!({
        "title": text, "description": text, "type": {"enum": kinds}, "format": sentence,
        "enum": {"type": "array", "minItems": 1, "uniqueItems": true},
        "multipleOf": {"type": "number", "exclusiveMinimum": 0},
        "pattern": {"type": "string", "format": "regex", "not": {"pattern": "^/.*/[a-z]*$"}},
        "required": {"type": "array", "minItems": 1, "items": text, "uniqueItems": true},
        "properties": map(schema.clone()), "additionalProperties": {"anyOf": [{"type": "boolean"}, schema.clone()]},
        "discriminator": reference("discriminator")
    });
    let mut add = |names: &[&str], of: Value| {
        for name in names {
            keywords[name] = of.clone();
        }
    };
    add(
        &["deprecated", "exclusiveMaximum", "exclusiveMinimum", "nullable"],
        json!({"type": "boolean"}),
    );
    add(&["readOnly", "uniqueItems", "writeOnly"], json!({"type": "boolean"}));
    add(&["minimum", "maximum"], json!({"type": "number"}));
    let count = json!({"type": "integer", "minimum": 0});
    add(
        &[
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
        ],
        count,
    );
    add(&["default", "example", "externalDocs", "xml"], json!(true));
    add(&["items", "not"], schema.clone());
    add(&["allOf", "anyOf", "oneOf"], list(schema));
    keywords
}

/// Checks that each reference leads somewhere, and that discriminators do.
fn references(document: &Value, at: &str, part: &Value, problems: &mut Vec<String>) {
    match part {
        Value::Object(members) => {
            if let Some(target) = members.get("$ref").and_then(Value::as_str)
                && lookup(document, target).is_none()
            {
                problems.push(format!("{at}: {target} leads nowhere"));
            }
            if let Some(discriminator) = members.get("discriminator").filter(|value| value.is_object()) {
                problems.extend(
                    discriminator_problems(document, members, discriminator).map(|text| format!("{at}: {text}")),
                );
            }
            for (key, member) in members.iter().filter(|(key, _)| *key != "example" && *key != "default") {
                references(
                    document,
                    &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")),
                    member,
                    problems,
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                references(document, &format!("{at}/{index}"), item, problems);
            }
        }
        _ => {}
    }
}

fn lookup<'a>(document: &'a Value, target: &str) -> Option<&'a Value> {
    document.pointer(target.strip_prefix('#')?)
}

/// Returns what a discriminator says that its branches do not.
fn discriminator_problems(
    document: &Value,
    union: &Map<String, Value>,
    discriminator: &Value,
) -> impl Iterator<Item = String> {
    let branches: BTreeSet<&str> = ["oneOf", "anyOf"]
        .iter()
        .filter_map(|key| union.get(*key)?.as_array())
        .flatten()
        .filter_map(|branch| branch.get("$ref")?.as_str())
        .collect();
    let property = discriminator["propertyName"].as_str().unwrap_or_default();
    let mut problems = Vec::new();
    for (value, target) in discriminator["mapping"].as_object().into_iter().flatten() {
        let target = target.as_str().unwrap_or_default();
        let schema = lookup(document, target).unwrap_or(&Value::Null);
        if !branches.contains(target) {
            problems.push(format!("the mapping of {value} is no branch"));
        }
        if !schema["required"]
            .as_array()
            .is_some_and(|names| names.contains(&json!(property)))
        {
            problems.push(format!("{target} does not require {property}"));
        }
        let values = schema["properties"][property]["enum"].as_array();
        if !values.is_some_and(|values| values.contains(&json!(value))) {
            problems.push(format!("{target} has no {property} {value}"));
        }
    }
    problems.into_iter()
}

/// Checks ids, tags, parameters and security of operations.
fn operations(document: &Value, problems: &mut Vec<String>) {
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    let schemes = &document["components"]["securitySchemes"];
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    let mut forms: BTreeMap<String, &str> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let template: BTreeSet<&str> = path
            .split('{')
            .skip(1)
            .filter_map(|part| Some(part.split_once('}')?.0))
            .collect();
        let form = path
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        if let Some(twin) = forms.insert(form, path) {
            problems.push(format!("{path}: the same address as {twin}"));
        }
        for (method, operation) in item
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| !key.starts_with("x-"))
        {
            let at = format!("{method} {path}");
            if let Some(other) = operation["operationId"]
                .as_str()
                .and_then(|id| ids.insert(id, at.clone()))
            {
                problems.push(format!("{at}: the id of {other}"));
            }
            let mut declared = BTreeSet::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let place = (
                    parameter["in"].as_str().unwrap_or_default(),
                    parameter["name"].as_str().unwrap_or_default(),
                );
                if !declared.insert(place) {
                    problems.push(format!("{at}: declares {place:?} twice"));
                }
            }
            let of_path: BTreeSet<&str> = declared
                .iter()
                .filter(|(place, _)| *place == "path")
                .map(|(_, name)| *name)
                .collect();
            if of_path != template {
                problems.push(format!("{at}: the path has {template:?}, the parameters {of_path:?}"));
            }
            let of_operation = operation["tags"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            for tag in of_operation.filter(|tag| !tags.contains(tag)) {
                problems.push(format!("{at}: the tag {tag} is not described"));
            }
            let requirements = operation["security"].as_array().or(document["security"].as_array());
            for scheme in requirements
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .flat_map(Map::keys)
            {
                if schemes.get(scheme).is_none() {
                    problems.push(format!("{at}: there is no scheme {scheme}"));
                }
            }
            if !operation["responses"]
                .as_object()
                .is_some_and(|all| all.keys().any(|status| status.starts_with('2')))
            {
                problems.push(format!("{at}: no response is a success"));
            }
        }
    }
}
