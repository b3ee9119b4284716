//! The export of the snapshot and of the vendor's documents: valid, whole, and cut to a part.

mod openapi;
mod upstream;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use vapi_codegen::document::{for_each_operation, for_each_schema};
use vapi_codegen::export::{Examples, Options, UNDOCUMENTED, Version, export};
use vapi_codegen::prepare::Config;
use vapi_codegen::reference;

fn spec() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec")
}

fn options() -> Options {
    Options {
        config: Config::read(&spec()).unwrap(),
        examples: Examples::read(&spec()).unwrap(),
        ..Options::default()
    }
}

fn snapshot() -> Value {
    serde_json::from_str(&std::fs::read_to_string(spec().join("openapi.json")).unwrap()).unwrap()
}

fn whole(version: Version) -> Value {
    let options = Options { version, ..options() };
    export(&snapshot(), &options).unwrap()
}

/// Returns the schemas and examples of all bodies, with their places.
fn bodies(document: &mut Value) -> Vec<(String, Value, Option<Value>)> {
    let mut found = Vec::new();
    for_each_operation(document, &mut |_, _, base, operation| {
        let body = operation.get("requestBody").map(|body| ("request".to_owned(), body));
        let responses = operation["responses"].as_object().into_iter().flatten();
        let responses = responses.map(|(status, response)| (status.clone(), response));
        for (place, holder) in body.into_iter().chain(responses) {
            for (media_type, entry) in holder["content"].as_object().into_iter().flatten() {
                let place = format!("{base} {place} {media_type}");
                found.push((place, entry["schema"].clone(), entry.get("example").cloned()));
            }
        }
    });
    found
}

/// Compiles a schema with the components that it reaches.
fn validator(document: &Value, schema: &Value) -> Validator {
    let components = document["components"]["schemas"].as_object().unwrap();
    let mut targets = Vec::new();
    reference::targets(schema, &mut targets);
    let reached = reference::reach(targets, components);
    let components: Map<String, Value> = components
        .iter()
        .filter(|(name, _)| reached.contains(*name))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let root = json!({"allOf": [schema], "components": {"schemas": components}});
    jsonschema::draft202012::new(&root).unwrap()
}

/// Returns what is wrong with the examples of a document of 3.1, whose schemas are JSON Schemas.
fn example_problems(document: &mut Value) -> Vec<String> {
    let mut problems = Vec::new();
    let (mut schemas, mut examples) = (Map::new(), Map::new());
    for (place, schema, example) in bodies(document) {
        match (schema, example) {
            (Value::Null, _) if place.ends_with("*/*") => {}
            (Value::Null, _) => problems.push(format!("{place} has no schema")),
            (_, None) => problems.push(format!("{place} has no example")),
            (schema, Some(example)) => {
                let text = example.to_string();
                if text.contains("\"string\"") && !text.contains("\"type\":\"string\"") {
                    problems.push(format!("{place} says \"string\""));
                }
                schemas.insert(place.clone(), schema);
                examples.insert(place, example);
            }
        }
    }
    // All at once, since compiling a large schema for each example takes most of the time.
    let components = json!({"schemas": document["components"]["schemas"]});
    let all = json!({"type": "object", "properties": schemas, "components": components});
    let validator = jsonschema::draft202012::new(&all).unwrap();
    let examples = Value::Object(examples);
    let misfits = validator.iter_errors(&examples);
    problems.extend(misfits.map(|error| format!("{}: {error}", error.instance_path())));
    problems
}

#[test]
fn the_export_is_valid_openapi() {
    let problems = openapi::problems(&whole(Version::V3_0));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_example_fits_its_schema() {
    let mut document = whole(Version::V3_1);
    assert!(bodies(&mut document).len() > 180);
    let problems = example_problems(&mut document);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn bodies_of_requests_refuse_unknown_properties() {
    let document = whole(Version::V3_1);
    let schema = |name: &str| validator(&document, &reference::to(name));
    let mut assistant = json!({"name": "Front desk", "voice": {"provider": "vapi", "voiceId": "Elliot"}});
    assert!(schema("CreateAssistantDTO").is_valid(&assistant));
    assistant["voice"]["unknown"] = json!(1);
    assert!(!schema("CreateAssistantDTO").is_valid(&assistant));
    assert!(schema("CreateAssistantDTOResponse").is_valid(&assistant));
    // What is changed can be cleared, and what is received can be `null`.
    assert!(schema("UpdateAssistantDTO").is_valid(&json!({"firstMessage": null, "voice": null, "server": null})));
    assert!(!schema("CreateAssistantDTO").is_valid(&json!({"firstMessage": null})));
    assert!(schema("Call").is_valid(&json!({"id": "x", "assistant": null, "endedReason": null, "unknown": 1})));
    assert!(schema("CreateChatDTO").is_valid(&json!({"input": [{"role": "user", "content": "Hello."}]})));
}

#[test]
fn the_export_says_what_the_tools_ask_for() {
    let mut document = whole(Version::V3_0);
    assert_eq!(document["openapi"], "3.0.3");
    assert_eq!(document["servers"].as_array().unwrap().len(), 3);
    let tags = document["tags"].as_array().unwrap().clone();
    assert!(
        tags.iter()
            .all(|tag| tag["description"].as_str().is_some_and(|text| text.len() > 10))
    );
    let mut ids = BTreeSet::new();
    for_each_operation(&mut document, &mut |path, _, base, operation| {
        assert!(ids.insert(operation["operationId"].to_string()), "{base}");
        for key in ["summary", "description"] {
            assert!(
                operation[key].as_str().is_some_and(|text| !text.is_empty()),
                "{base}/{key}"
            );
        }
        for status in ["401", "429", "500"] {
            assert!(operation["responses"][status]["$ref"].is_string(), "{base}/{status}");
        }
        assert_eq!(
            path.contains('{'),
            operation["responses"].get("404").is_some(),
            "{base}"
        );
        for parameter in operation
            .get("parameters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if ["limit", "page"].iter().any(|name| parameter["name"] == *name) {
                assert_eq!(parameter["schema"]["type"], "integer", "{base}");
            }
        }
    });
    assert_eq!(ids.len(), 137 + 9);
    for_each_schema(&mut document, &mut |at, schema| {
        assert!(
            schema.get("$ref").is_none() || schema.as_object().unwrap().len() == 1,
            "{at}"
        );
        if let Some(pattern) = schema["pattern"].as_str() {
            assert!(!pattern.starts_with('/'), "{at}");
        }
        let keys = schema.as_object().unwrap().keys();
        let marks = keys.filter(|key| key.starts_with("x-") && *key != UNDOCUMENTED);
        assert_eq!(marks.count(), 0, "{at}");
        assert!(schema["nullable"].is_null() || schema["type"].is_string(), "{at}");
    });
}

#[test]
fn what_the_document_forgets_is_marked() {
    let mut document = whole(Version::V3_0);
    let mut marked = BTreeSet::new();
    for_each_operation(&mut document, &mut |_, _, _, operation| {
        let id = operation["operationId"].as_str().unwrap().to_owned();
        if operation.get(UNDOCUMENTED) == Some(&json!(true)) {
            assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{id}");
            marked.insert(id);
        }
    });
    assert_eq!(
        Vec::from_iter(marked),
        [
            "AssistantController_validateBackgroundSoundUrl",
            "CallController_createWebCall",
            "ChatController_createWebChat",
            "CredentialController_create",
            "CredentialController_findAll",
            "CredentialController_findOne",
            "CredentialController_remove",
            "CredentialController_update",
            "SimulationSuiteController_duplicate",
        ]
    );
    let web_call = &document["paths"]["/call/web"]["post"];
    assert_eq!(web_call["security"], json!([{"publicKey": []}]));
    assert_eq!(web_call["tags"], json!(["Calls"]));
    assert_eq!(document["paths"]["/credential"]["post"]["tags"], json!(["Credentials"]));
    assert!(document["paths"]["/call"]["post"].get("security").is_none());
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Credential"][UNDOCUMENTED], json!(true));
    assert_eq!(
        schemas["CreateAssistantDTO"]["properties"]["messagePlan"][UNDOCUMENTED],
        json!(true)
    );
    for name in ["CreateAssistantDTO", "Call", "Error", "Null"] {
        assert!(schemas[name].get(UNDOCUMENTED).is_none(), "{name}");
    }
}

#[test]
fn every_branch_requires_its_discriminator() {
    let mut document = whole(Version::V3_0);
    let schemas = document["components"]["schemas"].clone();
    let mut found = 0;
    for_each_schema(&mut document, &mut |at, schema| {
        let Some(discriminator) = schema.get("discriminator") else {
            return;
        };
        found += 1;
        let property = discriminator["propertyName"].as_str().unwrap();
        for (value, target) in discriminator["mapping"].as_object().unwrap() {
            let name = target.as_str().unwrap().rsplit('/').next().unwrap();
            let branch = &schemas[name];
            assert!(
                branch["required"].as_array().unwrap().contains(&json!(property)),
                "{at}: {name}"
            );
            let values = branch["properties"][property]["enum"].as_array().unwrap();
            assert!(values.contains(&json!(value)), "{at}: {name}");
        }
    });
    assert!(found > 100, "{found}");
}

#[test]
fn a_tag_reaches_no_more_than_it_needs() {
    let options = Options {
        tags: vec!["Files".to_owned()],
        ..options()
    };
    let document = export(&snapshot(), &options).unwrap();
    let schemas: Vec<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    assert_eq!(schemas, ["CreateFileDTO", "Error", "File", "UpdateFileDTO"]);
    assert_eq!(document["paths"].as_object().unwrap().len(), 2);
    assert_eq!(document["tags"].as_array().unwrap().len(), 1);
    assert!(document.get("x-webhooks").is_none());
}
