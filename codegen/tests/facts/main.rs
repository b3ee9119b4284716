//! The facts that a snapshot keeps of a document, and the prose that it drops.

mod upstream;

use serde_json::{Value, json};
use vapi_codegen::facts::{facts, to_text};

/// Returns the facts of a document whose only schema is `schema`.
fn schema_facts(schema: Value) -> Value {
    facts(&json!({"components": {"schemas": {"A": schema}}}))["components"]["schemas"]["A"].clone()
}

/// Returns the facts of a document whose only operation is `operation`.
fn operation_facts(operation: Value) -> Value {
    facts(&json!({"paths": {"/a": {"get": operation}}}))["paths"]["/a"]["get"].clone()
}

/// Equal, and in the same order: comparing values alone would not see the order of keys.
#[track_caller]
fn assert_same_text(left: &Value, right: &Value) {
    assert_eq!(to_text(left), to_text(right));
}

#[test]
fn the_prose_of_a_schema_goes() {
    let schema = json!({
        "type": "string", "description": "A name.", "title": "Name", "example": "Ann", "examples": ["Ann"],
        "default": "Ann", "externalDocs": {"url": "https://example.com"}, "x-internal": true
    });
    assert_same_text(&schema_facts(schema), &json!({"type": "string"}));
}

#[test]
fn a_default_without_words_is_a_fact() {
    let kept = |schema: Value| schema_facts(schema).get("default").is_some();
    assert!(kept(json!({"type": "number", "default": 0.5})));
    assert!(kept(json!({"type": "boolean", "default": false})));
    assert!(kept(json!({"type": "string", "enum": ["a", "b"], "default": "a"})));
    assert!(kept(
        json!({"type": "array", "items": {"type": "string", "enum": ["a"]}, "default": ["a"]})
    ));
    assert!(kept(
        json!({"type": "array", "items": {"type": "string"}, "default": []})
    ));
    assert!(!kept(
        json!({"type": "array", "items": {"type": "string"}, "default": ["Well."]})
    ));
    assert!(!kept(json!({"type": "string", "default": "You are helpful."})));
    assert!(!kept(
        json!({"type": "object", "default": {"text": "You are helpful."}})
    ));
    assert!(!kept(json!({"type": "string", "nullable": true, "default": null})));
}

#[test]
fn properties_that_are_named_like_prose_stay() {
    let schema = json!({
        "type": "object",
        "required": ["title", "description"],
        "properties": {
            "x-id": {"type": "string"},
            "title": {"type": "string", "title": "Title", "default": "None"},
            "summary": {"type": "string", "description": "In short."},
            "examples": {"type": "array", "items": {"type": "string", "example": "One."}},
            "description": {"type": "string", "description": "At length."},
            "default": {"description": "What to do.", "$ref": "#/components/schemas/B"}
        }
    });
    assert_same_text(
        &schema_facts(schema),
        &json!({
            "type": "object",
            "required": ["description", "title"],
            "properties": {
                "default": {"$ref": "#/components/schemas/B"},
                "description": {"type": "string"},
                "examples": {"type": "array", "items": {"type": "string"}},
                "summary": {"type": "string"},
                "title": {"type": "string"},
                "x-id": {"type": "string"}
            }
        }),
    );
}

#[test]
fn schemas_and_mappings_that_are_named_like_prose_stay() {
    let document = json!({"components": {"schemas": {
        "title": {"oneOf": [], "discriminator": {
            "mapping": {"x-y": "#/b", "default": "#/a"}, "propertyName": "description", "description": "Which."
        }},
        "example": {"enum": ["title", "default", "description"]}
    }}});
    assert_same_text(
        &facts(&document)["components"]["schemas"],
        &json!({
            "example": {"enum": ["title", "default", "description"]},
            "title": {
                "discriminator": {"propertyName": "description", "mapping": {"default": "#/a", "x-y": "#/b"}},
                "oneOf": []
            }
        }),
    );
}

#[test]
fn prose_goes_at_any_depth() {
    let schema = json!({
        "allOf": [{"oneOf": [{"items": {"additionalProperties": {"description": "d", "type": "string"}}}]}],
        "anyOf": [{"not": {"title": "t", "type": "null"}}],
        "description": "d"
    });
    assert_same_text(
        &schema_facts(schema),
        &json!({
            "allOf": [{"oneOf": [{"items": {"additionalProperties": {"type": "string"}}}]}],
            "anyOf": [{"not": {"type": "null"}}]
        }),
    );
}

#[test]
fn odd_facts_stay_as_upstream_says_them() {
    let schema = json!({
        "type": "enum", "required": true, "enum": [], "properties": {"a": false, "b": []},
        "additionalProperties": true, "nullable": "yes", "const": {"b": 1.5, "a": "x"}, "maximum": 1e3
    });
    assert_same_text(
        &schema_facts(schema),
        &json!({
            "type": "enum", "nullable": "yes", "enum": [], "maximum": 1000.0, "required": true,
            "properties": {"a": false, "b": []}, "additionalProperties": true, "const": {"a": "x", "b": 1.5}
        }),
    );
}

#[test]
fn the_order_of_enum_values_and_variants_is_kept() {
    let schema = json!({"enum": ["b", "a"], "oneOf": [{"type": "string"}, {"type": "number"}]});
    assert_same_text(&schema_facts(schema.clone()), &schema);
}

#[test]
fn an_operation_keeps_what_a_client_must_know() {
    let operation = json!({
        "summary": "Gets.", "description": "Gets it.", "operationId": "get", "tags": ["B", "A"], "deprecated": true,
        "security": [{"bearer": []}],
        "requestBody": {"description": "It.", "required": true, "content": {
            "multipart/form-data": {"schema": {"title": "T", "type": "object"}, "examples": {"one": {"value": 1}}}
        }},
        "responses": {
            "404": {"$ref": "#/components/responses/NotFound", "description": "Not found."},
            "200": {"description": "It.", "headers": {
                "x-request-id": {"description": "Id.", "schema": {"type": "string", "example": "1"}}
            }},
            "default": {}
        }
    });
    assert_same_text(
        &operation_facts(operation),
        &json!({
            "operationId": "get", "tags": ["B", "A"], "deprecated": true, "security": [{"bearer": []}],
            "requestBody": {"required": true, "content": {"multipart/form-data": {"schema": {"type": "object"}}}},
            "responses": {
                "200": {"description": "", "headers": {"x-request-id": {"schema": {"type": "string"}}}},
                "404": {"$ref": "#/components/responses/NotFound"},
                "default": {"description": ""}
            }
        }),
    );
}

#[test]
fn parameters_are_sorted_by_place_and_name() {
    let operation = json!({"parameters": [
        {"in": "query", "name": "b", "schema": {"type": "string", "default": "x"}, "description": "B."},
        {"in": "query", "name": "a", "allOf": [{"description": "d", "type": "string"}], "example": "x"},
        {"in": "path", "name": "z", "required": true},
        {"in": "query", "name": "b", "schema": {"type": "number"}}
    ]});
    assert_same_text(
        &operation_facts(operation),
        &json!({"parameters": [
            {"name": "z", "in": "path", "required": true},
            {"name": "a", "in": "query", "allOf": [{"type": "string"}]},
            {"name": "b", "in": "query", "schema": {"type": "string"}},
            {"name": "b", "in": "query", "schema": {"type": "number"}}
        ]}),
    );
}

#[test]
fn the_document_itself_keeps_version_servers_and_security() {
    let document = json!({
        "x-generator": "x", "externalDocs": {"url": "https://example.com"},
        "tags": [{"name": "Calls", "description": "About calls."}],
        "components": {
            "securitySchemes": {
                "oauth": {"type": "oauth2", "flows": {"implicit": {"scopes": {"read": "Reads."}, "authorizationUrl": "/o"}}},
                "bearer": {"type": "http", "scheme": "bearer", "description": "Get a key."}
            },
            "examples": {"one": {"value": 1}}
        },
        "security": [{"bearer": []}],
        "servers": [{"description": "EU.", "url": "https://{r}.example.com", "variables": {"r": {
            "description": "Where.", "enum": ["eu", "us"], "default": "eu"
        }}}],
        "info": {"version": "1.0", "title": "An API", "description": "An API.", "contact": {"name": "Ann"}},
        "paths": {"x-a": {}, "/b": {"summary": "B."}, "/a": {}},
        "openapi": "3.0.0"
    });
    assert_same_text(
        &facts(&document),
        &json!({
            "openapi": "3.0.0",
            "info": {"title": "Vapi", "version": "1.0"},
            "servers": [{"url": "https://{r}.example.com", "variables": {"r": {
                "default": "eu", "enum": ["eu", "us"]
            }}}],
            "security": [{"bearer": []}],
            "tags": [{"name": "Calls"}],
            "paths": {"/a": {}, "/b": {}},
            "components": {"securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "oauth": {"type": "oauth2", "flows": {"implicit": {
                    "authorizationUrl": "/o", "scopes": {"read": ""}
                }}}
            }}
        }),
    );
}

#[test]
fn the_text_has_one_fact_a_line() {
    let schema = json!({
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"$ref": "#/b"}, "b": {"$ref": "#/b", "nullable": true}, "c \"d\"": {}}
    });
    let text = r##"{
 "type": "object",
 "required": [
  "a",
  "b"
 ],
 "properties": {
  "a": {"$ref": "#/b"},
  "b": {
   "$ref": "#/b",
   "nullable": true
  },
  "c \"d\"": {}
 }
}
"##;
    assert_eq!(to_text(&schema_facts(schema)), text);
}
