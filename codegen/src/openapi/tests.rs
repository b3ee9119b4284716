use openapiv3::{OpenAPI, Parameter, PathItem, ReferenceOr};
use serde_json::{Value, json};

use super::read;

/// Returns the document as serde's parsers read it, without what progenitor ignores.
fn by_serde(document: &Value) -> Option<OpenAPI> {
    let mut openapi: OpenAPI = serde_json::from_value(document.clone()).ok()?;
    openapi.servers.clear();
    openapi.security = None;
    openapi.tags.clear();
    openapi.external_docs = None;
    openapi.info.contact = None;
    openapi.info.license = None;
    for item in openapi.paths.paths.values_mut() {
        if let ReferenceOr::Item(item) = item {
            strip_item(item);
        }
    }
    if let Some(components) = &mut openapi.components {
        components.examples.clear();
        components.headers.clear();
        components.security_schemes.clear();
        components.links.clear();
        components.callbacks.clear();
    }
    Some(openapi)
}

fn strip_item(item: &mut PathItem) {
    item.summary = None;
    item.description = None;
    item.servers.clear();
    let Some(operation) = &mut item.post else { return };
    operation.servers.clear();
    operation.callbacks.clear();
    operation.security = None;
    operation.external_docs = None;
    for parameter in &mut operation.parameters {
        if let ReferenceOr::Item(Parameter::Query { parameter_data, .. } | Parameter::Path { parameter_data, .. }) =
            parameter
        {
            parameter_data.examples.clear();
        }
    }
    let mut media_types = Vec::new();
    if let Some(ReferenceOr::Item(body)) = &mut operation.request_body {
        media_types.extend(body.content.values_mut());
    }
    let responses = operation
        .responses
        .responses
        .values_mut()
        .chain(&mut operation.responses.default);
    for response in responses {
        if let ReferenceOr::Item(response) = response {
            response.headers.clear();
            response.links.clear();
            media_types.extend(response.content.values_mut());
        }
    }
    for media_type in media_types {
        media_type.example = None;
        media_type.examples.clear();
        media_type.encoding.clear();
    }
}

/// Returns a document with each key that openapiv3 knows.
fn whole() -> Value {
    serde_json::from_str(WHOLE).unwrap()
}

const WHOLE: &str = r##"{
    "openapi": "3.0.0",
    "info": {
        "title": "T", "version": "1", "description": "d", "termsOfService": "t",
        "contact": {"name": "n", "url": "u", "email": "e"}, "license": {"name": "n", "url": "u"}
    },
    "servers": [{"url": "u", "description": "d", "variables": {"v": {"enum": ["a"], "default": "a", "description": "d"}}}],
    "tags": [{"name": "t", "description": "d", "externalDocs": {"url": "u", "description": "d"}}],
    "security": [{"bearer": ["scope"]}],
    "externalDocs": {"url": "u"},
    "paths": {"/a/{id}": {
        "summary": "s", "description": "d", "servers": [{"url": "u"}],
        "parameters": [{"$ref": "#/components/parameters/P"}],
        "post": {
            "operationId": "a", "summary": "s", "description": "d", "tags": ["t"], "deprecated": true,
            "externalDocs": {"url": "u"}, "security": [{}], "servers": [{"url": "u"}],
            "callbacks": {"c": {"{$url}": {"get": {"responses": {}}}}},
            "parameters": [
                {
                    "name": "q", "in": "query", "description": "d", "required": true, "deprecated": true,
                    "style": "deepObject", "allowReserved": true, "allowEmptyValue": true, "explode": true,
                    "example": 1, "examples": {"e": {"summary": "s", "description": "d", "value": 1, "externalValue": "u"}},
                    "schema": {"type": "string"}
                },
                {"name": "c", "in": "path", "style": "label", "content": {"text/plain": {"schema": {}}}, "schema": {}}
            ],
            "requestBody": {"description": "d", "required": true, "content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/Object"}, "example": 1, "examples": {"e": {"$ref": "x"}},
                "encoding": {"a": {"contentType": "t", "headers": {}, "style": "form", "explode": true, "allowReserved": true}}
            }}},
            "responses": {
                "default": {"$ref": "#/components/responses/R"},
                "4xx": {"description": "d", "content": {"application/json": {"schema": {}}}},
                "200": {
                    "description": "d",
                    "headers": {"h": {
                        "description": "d", "style": "simple", "required": true, "deprecated": true, "example": 1,
                        "examples": {}, "schema": {}
                    }},
                    "links": {"l": {
                        "operationId": "a", "description": "d", "requestBody": 1, "parameters": {"a": 1}, "server": {"url": "u"}
                    }}
                }
            }
        }
    }},
    "components": {
        "parameters": {"P": {"name": "p", "in": "header", "schema": {}}, "C": {"name": "c", "in": "cookie", "schema": {}}},
        "responses": {"R": {"description": ""}},
        "requestBodies": {"B": {"content": {}}},
        "examples": {"E": {}},
        "headers": {"H": {"schema": {}}},
        "links": {"L": {"operationRef": "a"}},
        "callbacks": {"C": {}},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "f", "description": "d"},
            "key": {"type": "apiKey", "in": "query", "name": "n"},
            "open": {"type": "openIdConnect", "openIdConnectUrl": "u"},
            "oauth": {"type": "oauth2", "flows": {
                "implicit": {"authorizationUrl": "u", "refreshUrl": "u", "scopes": {"s": "d"}},
                "password": {"tokenUrl": "u", "scopes": {}},
                "clientCredentials": {"tokenUrl": "u", "scopes": {}},
                "authorizationCode": {"authorizationUrl": "u", "tokenUrl": "u", "scopes": {}}
            }}
        },
        "schemas": {
            "Object": {
                "type": "object", "required": ["a"], "properties": {"a": {}, "b": {"$ref": "x"}},
                "additionalProperties": {"type": "boolean", "enum": [true]}, "minProperties": 1, "maxProperties": 2,
                "nullable": true, "readOnly": true, "writeOnly": true, "deprecated": true, "example": {}, "default": 5,
                "title": "t", "description": "d", "externalDocs": {"url": "u"},
                "discriminator": {"propertyName": "a", "mapping": {"a": "b"}}
            },
            "String": {
                "type": "string", "format": "date-time", "pattern": "p", "enum": ["a", null], "minLength": 1, "maxLength": 2
            },
            "Number": {
                "type": "number", "format": "double", "enum": [1, 2.5], "minimum": 1, "maximum": 2.5, "multipleOf": 0.5,
                "exclusiveMinimum": true, "exclusiveMaximum": false
            },
            "Integer": {
                "type": "integer", "format": "int8", "enum": [1], "minimum": 1, "maximum": 2, "multipleOf": 1,
                "exclusiveMinimum": true, "exclusiveMaximum": false
            },
            "Array": {"type": "array", "items": {"$ref": "x"}, "minItems": 1, "maxItems": 2, "uniqueItems": true},
            "OneOf": {"oneOf": [{}], "description": "d"},
            "AllOf": {"allOf": [{"$ref": "x"}]},
            "AnyOf": {"anyOf": [{}]},
            "Not": {"not": {}},
            "Any": {"type": "object", "oneOf": [{}], "allOf": [], "anyOf": [], "not": {"$ref": "x"}, "items": {}}
        }
    }
}"##;

/// Appends the pointers of all values in `value`.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                pointers(value, &crate::document::pointer(at, key), out);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{at}/{index}"), out);
            }
        }
        _ => {}
    }
}

#[test]
fn each_key_is_read_as_serde_reads_it() {
    assert_eq!(read(&whole()).unwrap(), by_serde(&whole()).unwrap());
}

#[test]
fn each_wrong_value_is_refused_where_serde_refuses_it() {
    let mut places = Vec::new();
    pointers(&whole(), "", &mut places);
    let strange = [json!(null), json!(true), json!(2.5), json!("x"), json!([{}]), json!({})];
    // openapiv3 takes it for no response.
    let more_lenient = "/paths/~1a~1{id}/post/responses/default";
    for (place, value) in places
        .iter()
        .flat_map(|place| strange.iter().map(move |value| (place, value)))
    {
        let mut document = whole();
        *document.pointer_mut(place).unwrap() = value.clone();
        match (read(&document), by_serde(&document)) {
            (Ok(read), Some(expected)) => assert_eq!(read, expected, "{place} as {value}"),
            (Err(misfit), None) => assert!(
                misfit.pointer.starts_with(place) || place.starts_with(&misfit.pointer),
                "{place} as {value} and not {misfit:?}"
            ),
            (Err(_), Some(_)) if place == more_lenient && value.is_null() => {}
            (read, expected) => panic!("{place} as {value}: {read:?} and not {expected:?}"),
        }
    }
}

#[test]
fn each_missing_key_is_refused_where_serde_refuses_it() {
    let mut places = Vec::new();
    pointers(&whole(), "", &mut places);
    for (holder, key) in places.iter().filter_map(|place| place.rsplit_once('/')) {
        let mut document = whole();
        let key = key.replace("~1", "/");
        if let Some(object) = document.pointer_mut(holder).and_then(Value::as_object_mut) {
            object.shift_remove(&key);
            let read = read(&document);
            assert_eq!(
                read.as_ref().ok(),
                by_serde(&document).as_ref(),
                "{holder} without {key}"
            );
            if let Err(misfit) = read {
                assert_eq!(misfit.pointer, holder);
            }
        }
    }
}

#[test]
fn extensions_of_schemas_are_left_out() {
    let mut document = whole();
    document["components"]["schemas"]["Not"] = json!({"not": {}, "x-name": "N"});
    assert_eq!(read(&document).unwrap(), by_serde(&whole()).unwrap());
}

#[test]
fn the_smallest_wrong_part_is_named() {
    let misfit = |place: &str, value: Value| {
        let mut document = whole();
        *document.pointer_mut(place).unwrap() = value;
        let misfit = read(&document).unwrap_err();
        format!("{}: {}", misfit.pointer, misfit.problem)
    };
    assert_eq!(
        misfit("/components/schemas/Object/properties/a", json!({"description": 5})),
        "/components/schemas/Object/properties/a/description: expected a string, found 5"
    );
    assert_eq!(
        misfit("/components/parameters/P", json!({"name": "p", "in": "body"})),
        "/components/parameters/P/in: expected `query` or `header` or `path` or `cookie`, found \"body\""
    );
    assert_eq!(
        misfit(
            "/paths/~1a~1{id}/post/parameters/0",
            json!({"in": "query", "schema": {}})
        ),
        "/paths/~1a~1{id}/post/parameters/0: `name` is missing"
    );
    assert_eq!(
        misfit("/components/schemas/String/minLength", json!(-1)),
        "/components/schemas/String/minLength: expected a whole number from 0, found -1"
    );
}
