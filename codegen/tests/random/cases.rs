//! Small documents, each with one construct that generated code once did not compile for.

use serde_json::{Value, json};

fn document(operation: Value, schemas: Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Case", "version": "1"},
        "paths": {"/thing": {"get": operation}},
        "components": {"schemas": schemas}
    })
}

fn response(content: Value) -> Value {
    json!({"operationId": "ThingController_findOne", "responses": {"200": {"description": "", "content": content}}})
}

fn json_of(schema: Value) -> Value {
    response(json!({"application/json": {"schema": schema}}))
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

/// The documents, by the names of their modules.
pub fn cases() -> Vec<(&'static str, Value)> {
    let text = json!({"type": "string"});
    let mut deep = object(json!({"end": text}));
    for _ in 0..40 {
        deep = object(json!({"p": deep}));
    }
    let list = json!({"type": "array", "items": text});
    let query = |name: &str, style: &str, explode: bool, schema: &Value| json!({"name": name, "in": "query", "style": style, "explode": explode, "schema": schema});
    let mut styles = json_of(text.clone());
    styles["parameters"] = json!([
        query("comma", "form", false, &list),
        query("space", "spaceDelimited", false, &list),
        query("pipe", "pipeDelimited", false, &list),
        query("deep", "deepObject", true, &reference("Filter")),
        query("properties", "form", true, &json!({"type": "object"})),
        query("into_repeatable", "form", true, &text)
    ]);
    let mut styled_download = response(json!({"audio/wav": {}}));
    styled_download["parameters"] = json!([query("comma", "form", false, &list)]);
    let mut keyword = json_of(text.clone());
    keyword["operationId"] = json!("AController_type");
    let pets = json!({
        "oneOf": [reference("Cat"), reference("Dog")],
        "discriminator": {"propertyName": "kind"},
        "properties": {"id": text},
        "required": ["id"]
    });
    let pet = object(json!({"kind": text}));
    vec![
        (
            "text",
            document(response(json!({"text/plain": {"schema": text}})), json!({})),
        ),
        (
            "events",
            document(response(json!({"text/event-stream": {}})), json!({})),
        ),
        ("audio", document(response(json!({"audio/wav": {}})), json!({}))),
        (
            "styles",
            document(styles, json!({"Filter": object(json!({"x": text}))})),
        ),
        ("styled_download", document(styled_download, json!({}))),
        (
            "itself",
            document(
                json_of(reference("Node")),
                json!({"Node": {"oneOf": [reference("Node"), reference("Leaf")]}, "Leaf": pet}),
            ),
        ),
        ("keyword", document(keyword, json!({}))),
        ("deep", document(json_of(deep), json!({}))),
        (
            "beside",
            document(json_of(reference("Pet")), json!({"Pet": pets, "Cat": pet, "Dog": pet})),
        ),
        (
            "signs",
            document(
                json_of(json!({"type": "string", "enum": ["+1", "-1", "+7", "-7", "7"]})),
                json!({}),
            ),
        ),
        ("three_one", three_one()),
    ]
}

/// A document of OpenAPI 3.1, with a webhook whose message no operation reaches.
fn three_one() -> Value {
    let mut document = document(
        json_of(reference("Thing")),
        json!({
            "Thing": {"type": ["object", "null"], "properties": {
                "kind": {"const": "thing"},
                "size": {"type": ["integer", "null"], "exclusiveMinimum": 0},
                "either": {"type": ["string", "number"], "examples": ["a", 1]},
                "next": {"$ref": "#/components/schemas/Thing", "description": "d"},
                "more": {"$ref": "#/components/schemas/Event", "properties": {"x": true}},
                "data": {"type": "string", "contentEncoding": "base64"},
                "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}
            }},
            "Event": {"type": "object", "properties": {"name": {"type": "string"}}}
        }),
    );
    document["openapi"] = json!("3.1.0");
    document["webhooks"] = json!({"thing-ended": {"post": {"requestBody": {"content": {"application/json": {
        "schema": {"type": "object", "properties": {"thing": reference("Thing")}}
    }}}}}});
    document
}
