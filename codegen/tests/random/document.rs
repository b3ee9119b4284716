//! Strategies for OpenAPI 3.0 documents: every construct that a schema or an operation can hold, with names in any script.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

/// Names that mean something to Rust, to the generator or to OpenAPI, that differ in little, or that are in other scripts.
#[rustfmt::skip]
const NAMES: [&str; 72] = [
    "id", "name", "type", "Type", "types", "self", "Self", "super", "crate", "async", "await", "dyn", "gen", "try", "match", "as",
    "fn", "new", "extra", "body", "client", "path", "query", "header", "json", "value", "limit", "page", "results", "metadata",
    "createdAtLe", "Option", "String", "Vec", "Box", "Value", "Map", "Number", "Secret", "Timestamp", "Result", "From", "Into",
    "Default", "Clone", "Unknown", "Shape", "Kind", "apiKey", "a-b", "a_b", "aB", "A B", "a.b", "a2b", "2a", "1", "_", "-", "+1",
    "-1", "x-name", "日本", "größe", "имя", "½", "🦀", "$ref", "it's", "a\"b", "properties", "enum",
];

/// Names that a component can have.
const COMPONENTS: [&str; 20] = [
    "Call",
    "CallDTO",
    "call",
    "Create_Call.Dto",
    "CreateCallDTO",
    "UpdateCallDTO",
    "Option",
    "Vec",
    "String",
    "Value",
    "Map",
    "Self",
    "type",
    "1st",
    "A-B",
    "AB",
    "A.B",
    "_",
    "Client",
    "Result",
];

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(NAMES.to_vec()).prop_map(str::to_owned),
        2 => "[a-z][a-zA-Z0-9]{0,7}",
        1 => "\\PC{0,4}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(NAMES.to_vec()).prop_map(str::to_owned),
        "[+-]?[0-9]{1,2}",
        "[a-zA-Z]{1,6}[-_ ./:+][a-z0-9]{0,4}",
        "\\PC{0,5}",
        select(vec![
            "",
            " ",
            "*/",
            "//",
            "`",
            "{}",
            "\n",
            "\\",
            "# Head\n```\ncode",
            "https://a.b/c?d=e",
            "<b>"
        ])
        .prop_map(str::to_owned),
    ]
}

fn object(members: Vec<(&str, Option<Value>)>) -> Value {
    let members = members
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(members.collect())
}

fn with(mut schema: Value, more: Value) -> Value {
    if let (Some(schema), Value::Object(more)) = (schema.as_object_mut(), more) {
        schema.extend(more);
    }
    schema
}

/// Returns the keys that can stand on any schema.
fn remarks() -> impl Strategy<Value = Value> {
    let flag = || weighted(0.1, any::<bool>().prop_map(Value::from));
    (
        (flag(), flag(), flag(), flag()),
        weighted(0.2, text().prop_map(Value::from)),
        weighted(0.1, text().prop_map(Value::from)),
        weighted(
            0.1,
            select(vec![json!(null), json!(1), json!("a"), json!([]), json!({"a": 1})]),
        ),
        weighted(0.1, select(vec![json!(null), json!(true), json!("example")])),
    )
        .prop_map(
            |((nullable, deprecated, read_only, write_only), description, title, default, example)| {
                object(vec![
                    ("nullable", nullable),
                    ("deprecated", deprecated),
                    ("readOnly", read_only),
                    ("writeOnly", write_only),
                    ("description", description),
                    ("title", title),
                    ("default", default),
                    ("example", example),
                    ("x-internal", None),
                ])
            },
        )
}

fn scalar() -> impl Strategy<Value = Value> {
    let formats = vec![
        "date-time",
        "date",
        "time",
        "uuid",
        "byte",
        "binary",
        "email",
        "uri",
        "ipv4",
        "ipv6",
        "ip",
        "hostname",
        "password",
        "secret",
        "int32",
        "decimal",
    ];
    let string = (
        weighted(0.4, select(formats).prop_map(Value::from)),
        weighted(0.1, (0..3_u8).prop_map(Value::from)),
        weighted(0.1, (3..9_u8).prop_map(Value::from)),
        weighted(0.1, select(vec!["^a+$", "[", "(?=x)", ""]).prop_map(Value::from)),
    )
        .prop_map(|(format, min, max, pattern)| {
            object(vec![
                ("type", Some(json!("string"))),
                ("format", format),
                ("minLength", min),
                ("maxLength", max),
                ("pattern", pattern),
            ])
        });
    let formats = vec!["int32", "int64", "uint8", "uint64", "float", "double", "big"];
    let number = (
        select(vec!["integer", "number"]),
        weighted(0.4, select(formats).prop_map(Value::from)),
        weighted(0.2, (-5..5_i64).prop_map(Value::from)),
        weighted(0.2, select(vec![json!(1), json!(300), json!(1e30), json!(0.5)])),
        weighted(0.1, any::<bool>().prop_map(Value::from)),
        weighted(0.1, select(vec![json!(2), json!(0.01)])),
    )
        .prop_map(|(kind, format, min, max, exclusive, multiple)| {
            object(vec![
                ("type", Some(json!(kind))),
                ("format", format),
                ("minimum", min),
                ("maximum", max),
                ("exclusiveMinimum", exclusive.clone()),
                ("exclusiveMaximum", exclusive),
                ("multipleOf", multiple),
            ])
        });
    let values = prop_oneof![
        6 => vec(text().prop_map(Value::from), 1..6).prop_map(|values| json!({"type": "string", "enum": values})),
        1 => vec((-3..3_i64).prop_map(Value::from), 1..4).prop_map(|values| json!({"type": "integer", "enum": values})),
        1 => vec(select(vec![json!(0.5), json!(1), json!(-1.0)]), 1..3).prop_map(|values| json!({"type": "number", "enum": values})),
        1 => Just(json!({"type": "boolean", "enum": [true]})),
        1 => vec(text().prop_map(Value::from), 1..3)
            .prop_map(|values| json!({"enum": values.into_iter().chain([Value::Null]).collect::<Vec<_>>()})),
    ];
    prop_oneof![
        3 => string,
        2 => number,
        1 => Just(json!({"type": "boolean"})),
        1 => Just(json!({"type": "object"})),
        1 => Just(json!({})),
        3 => values,
    ]
}

/// A reference; `resolve` gives it a name that the document has.
fn reference() -> impl Strategy<Value = Value> {
    any::<Index>().prop_map(|index| json!({"$ref": index.index(1000)}))
}

fn properties(child: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let additional = prop_oneof![2 => any::<bool>().prop_map(Value::from), 1 => child.clone()];
    (
        vec((name(), child), 0..5),
        vec(any::<bool>(), 5),
        weighted(0.15, additional),
        weighted(0.1, (0..3_u8).prop_map(Value::from)),
        any::<bool>(),
    )
        .prop_map(|(properties, required, additional, count, typed)| {
            let required: Vec<&String> = properties
                .iter()
                .zip(required)
                .filter_map(|((name, _), required)| required.then_some(name))
                .collect();
            let required = (!required.is_empty()).then(|| json!(required));
            let properties: Map<String, Value> = properties.iter().cloned().collect();
            object(vec![
                ("type", typed.then(|| json!("object"))),
                ("properties", Some(Value::Object(properties))),
                ("required", required),
                ("additionalProperties", additional),
                ("maxProperties", count),
            ])
        })
}

fn union(child: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let tagged = vec((text(), properties(child.clone())), 1..4).prop_map(|branches| {
        let branches = branches.into_iter().map(|(value, mut branch)| {
            branch["properties"]["type"] = json!({"type": "string", "enum": [value]});
            branch["required"] = json!(["type"]);
            branch
        });
        branches.collect::<Vec<_>>()
    });
    let requires =
        vec(name(), 1..3).prop_map(|names| names.into_iter().map(|name| json!({"required": [name]})).collect());
    let branches = prop_oneof![
        3 => vec(prop_oneof![child.clone(), reference()], 0..5),
        2 => vec(reference(), 1..4),
        2 => tagged,
        1 => requires,
    ];
    let discriminator = (name(), weighted(0.5, vec((text(), any::<Index>()), 0..4))).prop_map(|(property, mapping)| {
        let mapping = mapping.map(|mapping| {
            let mapping = mapping
                .into_iter()
                .map(|(value, target)| (value, json!(target.index(1000))));
            Value::Object(mapping.collect())
        });
        object(vec![("propertyName", Some(json!(property))), ("mapping", mapping)])
    });
    (
        select(vec!["oneOf", "anyOf"]),
        branches,
        weighted(0.3, discriminator),
        weighted(0.2, properties(child)),
    )
        .prop_map(|(keyword, branches, discriminator, beside)| {
            let union = object(vec![(keyword, Some(json!(branches))), ("discriminator", discriminator)]);
            with(beside.unwrap_or_else(|| json!({})), union)
        })
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => scalar(), 2 => reference()].boxed();
    leaf.prop_recursive(4, 24, 4, |child| {
        let child = child.boxed();
        let array = (child.clone(), weighted(0.2, any::<bool>().prop_map(Value::from))).prop_map(|(items, unique)| {
            object(vec![
                ("type", Some(json!("array"))),
                ("items", Some(items)),
                ("uniqueItems", unique.clone()),
                ("minItems", unique.map(|_| json!(1))),
            ])
        });
        let part = prop_oneof![child.clone(), reference(), properties(child.clone())];
        let all_of = (vec(part, 1..4), weighted(0.2, properties(child.clone())))
            .prop_map(|(parts, beside)| with(beside.unwrap_or_else(|| json!({})), json!({"allOf": parts})));
        let not = (child.clone(), child.clone()).prop_map(|(schema, not)| with(schema, json!({"not": not})));
        let schema = prop_oneof![4 => properties(child.clone()), 2 => array, 3 => union(child), 2 => all_of, 1 => not];
        (schema, remarks()).prop_map(|(schema, remarks)| with(schema, remarks))
    })
}

fn content() -> impl Strategy<Value = Value> {
    let media_types = vec![
        "application/json",
        "application/json",
        "application/json",
        "application/json; charset=utf-8",
        "application/problem+json",
        "*/*",
        "text/plain",
        "text/event-stream",
        "text/csv",
        "application/octet-stream",
        "audio/wav",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "application/xml",
        "image/*",
    ];
    vec((select(media_types), weighted(0.9, schema())), 1..3).prop_map(|content| {
        let content = content
            .into_iter()
            .map(|(kind, schema)| (kind.to_owned(), object(vec![("schema", schema)])));
        Value::Object(content.collect())
    })
}

fn parameter() -> impl Strategy<Value = Value> {
    let styles = vec![
        "form",
        "simple",
        "spaceDelimited",
        "pipeDelimited",
        "deepObject",
        "label",
        "matrix",
    ];
    let flag = || weighted(0.3, any::<bool>().prop_map(Value::from));
    (
        name(),
        select(vec!["query", "query", "query", "header", "path", "cookie"]),
        weighted(0.4, select(styles).prop_map(Value::from)),
        (flag(), flag(), flag()),
        prop_oneof![9 => schema().prop_map(|schema| ("schema", schema)), 1 => content().prop_map(|content| ("content", content))],
        weighted(0.2, text().prop_map(Value::from)),
    )
        .prop_map(|(name, place, style, (explode, required, reserved), (key, schema), description)| {
            object(vec![
                ("name", Some(json!(name))),
                ("in", Some(json!(place))),
                ("style", style),
                ("explode", explode),
                ("required", required),
                ("allowReserved", reserved),
                (key, Some(schema)),
                ("description", description),
            ])
        })
}

fn operation() -> impl Strategy<Value = Value> {
    let statuses = vec!["200", "201", "202", "204", "2XX", "302", "400", "4XX", "500", "default"];
    let response = (weighted(0.8, content()), text()).prop_map(|(content, description)| {
        object(vec![("description", Some(json!(description))), ("content", content)])
    });
    let id = prop_oneof![
        (name(), name()).prop_map(|(noun, verb)| format!("{}Controller_{verb}", noun)),
        name(),
        select(vec![
            "ChatController_createChat",
            "CallController_findAll",
            "CallController_create"
        ])
        .prop_map(str::to_owned),
    ];
    (
        weighted(0.9, id),
        vec(parameter(), 0..5),
        weighted(0.4, (content(), weighted(0.6, any::<bool>().prop_map(Value::from)))),
        vec((select(statuses), response), 0..4),
        weighted(0.3, text()),
        any::<bool>(),
    )
        .prop_map(|(id, parameters, body, responses, description, deprecated)| {
            let responses: Map<String, Value> = responses
                .into_iter()
                .map(|(status, response)| (status.to_owned(), response))
                .collect();
            let body = body.map(|(content, required)| object(vec![("content", Some(content)), ("required", required)]));
            object(vec![
                ("operationId", id.map(Value::from)),
                ("parameters", Some(json!(parameters))),
                ("requestBody", body),
                ("responses", Some(Value::Object(responses))),
                ("description", description.map(Value::from)),
                ("deprecated", deprecated.then(|| json!(true))),
                ("tags", Some(json!(["a"]))),
            ])
        })
}

/// A document with one to four paths, and up to six components.
pub fn document() -> impl Strategy<Value = Value> {
    let segments = vec![
        "/call",
        "/call/{id}",
        "/v2/call",
        "/type/{type}",
        "/a/{b}/{c-d}",
        "/{日本}",
        "/x.{y}",
        "/",
    ];
    let methods = vec!["get", "post", "patch", "put", "delete", "head", "options", "trace"];
    let item = vec((select(methods), operation()), 1..3);
    let component = prop_oneof![select(COMPONENTS.to_vec()).prop_map(str::to_owned), "[A-Z][a-z]{2,6}"];
    (vec((select(segments), item), 1..5), vec((component, schema()), 1..7)).prop_map(|(paths, components)| {
        let components: BTreeMap<String, Value> = components.into_iter().collect();
        let names: Vec<String> = components.keys().cloned().collect();
        let mut items = Map::new();
        for (path, item) in paths {
            let item: Map<String, Value> = item
                .into_iter()
                .map(|(method, operation)| (method.to_owned(), operation))
                .collect();
            items.insert(path.to_owned(), Value::Object(item));
        }
        let mut document = json!({
            "openapi": "3.0.3",
            "info": {"title": "Random", "version": "1"},
            "paths": items,
            "components": {"schemas": components}
        });
        resolve(&mut document, &names);
        document
    })
}

/// Gives every reference and every target of a mapping, which are numbers so far, the name of a component.
fn resolve(node: &mut Value, names: &[String]) {
    let pick = |number: &Value| {
        let number = number.as_u64().and_then(|number| usize::try_from(number).ok())?;
        Some(json!(format!("#/components/schemas/{}", names[number % names.len()])))
    };
    match node {
        Value::Object(members) => {
            for (key, value) in members.iter_mut() {
                match (key.as_str(), &*value) {
                    ("$ref", Value::Number(_)) => *value = pick(value).unwrap_or_default(),
                    ("mapping", Value::Object(_)) => {
                        for target in value.as_object_mut().into_iter().flat_map(Map::values_mut) {
                            if let Some(name) = pick(target) {
                                *target = name;
                            }
                        }
                    }
                    _ => resolve(value, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, names)),
        _ => {}
    }
}
