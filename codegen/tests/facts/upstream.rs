//! Snapshots of real documents: no fact is lost, no sentence is kept.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vapi_codegen::facts::{facts, to_text};

/// A document and what a pull makes of it.
struct Pulled {
    name: String,
    original: Value,
    text: String,
    snapshot: Value,
}

/// Every document of the directory `VAPI_UPSTREAM`, by name.
fn upstream() -> Vec<Pulled> {
    let directory = std::env::var_os("VAPI_UPSTREAM").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/upstream"),
        PathBuf::from,
    );
    let mut paths: Vec<_> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no document in {}", directory.display());
    paths.iter().map(|path| pull(path)).collect()
}

fn pull(path: &Path) -> Pulled {
    let original: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let text = to_text(&facts(&original));
    Pulled {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        snapshot: serde_json::from_str(&text).unwrap(),
        original,
        text,
    }
}

/// The facts of a document as sentences, read without any of the code that makes snapshots.
#[derive(Default)]
struct Sentences(BTreeSet<String>);

impl Sentences {
    fn of(document: &Value) -> BTreeSet<String> {
        let mut sentences = Sentences::default();
        sentences.document(document);
        sentences.0
    }

    fn say(&mut self, sentence: String) {
        assert!(self.0.insert(sentence.clone()), "said twice: {sentence}");
    }

    fn document(&mut self, document: &Value) {
        self.say(format!("openapi = {}", document["openapi"]));
        self.say(format!("version = {}", document["info"]["version"]));
        for (index, server) in list(&document["servers"]).iter().enumerate() {
            self.say(format!("server {index} = {}", server["url"]));
        }
        for (name, scheme) in object(&document["components"]["securitySchemes"]) {
            for (key, value) in object(scheme) {
                if key != "description" {
                    self.say(format!("security scheme {name} {key} = {value}"));
                }
            }
        }
        for (path, item) in object(&document["paths"]) {
            for (method, operation) in object(item) {
                self.operation(&format!("{path} {method}"), operation);
            }
        }
        for (name, schema) in object(&document["components"]["schemas"]) {
            self.say(format!("schema {name}"));
            self.schema(&format!("schema {name}"), schema);
        }
    }

    fn operation(&mut self, at: &str, operation: &Value) {
        for (key, value) in object(operation) {
            match key.as_str() {
                "summary" | "description" => {}
                "parameters" => self.parameters(at, value),
                "requestBody" => {
                    self.say(format!("{at} body required = {}", value["required"]));
                    self.content(&format!("{at} body"), &value["content"]);
                }
                "responses" => {
                    for (status, response) in object(value) {
                        self.say(format!("{at} responds {status}"));
                        self.content(&format!("{at} {status}"), &response["content"]);
                    }
                }
                _ => self.say(format!("{at} {key} = {value}")),
            }
        }
    }

    fn parameters(&mut self, at: &str, parameters: &Value) {
        self.say(format!("{at} has {} parameters", list(parameters).len()));
        for (index, parameter) in list(parameters).iter().enumerate() {
            let key = |parameter: &Value| (parameter["in"].clone(), parameter["name"].clone());
            let (place, name) = key(parameter);
            let earlier = &list(parameters)[..index];
            let nth = earlier.iter().filter(|it| key(it) == key(parameter)).count();
            let at = format!("{at} parameter {place} {name} #{nth}");
            self.schema(&at, parameter);
            self.schema(&format!("{at} schema"), &parameter["schema"]);
        }
    }

    fn content(&mut self, at: &str, content: &Value) {
        for (media_type, entry) in object(content) {
            self.say(format!("{at} {media_type}"));
            self.schema(&format!("{at} {media_type}"), &entry["schema"]);
        }
    }

    fn schema(&mut self, at: &str, schema: &Value) {
        for (key, value) in object(schema) {
            match key.as_str() {
                "description" | "title" | "example" | "examples" | "schema" => {}
                "default" => {
                    let listed = [&schema["enum"], &schema["items"]["enum"]];
                    let is_listed = |text: &Value| listed.iter().any(|values| list(values).contains(text));
                    let has_words = |value: &Value| !value.is_boolean() && !value.is_number() && !is_listed(value);
                    let is_prose = match value {
                        Value::Array(values) => values.iter().any(has_words),
                        value => has_words(value),
                    };
                    if !is_prose {
                        self.say(format!("{at} is {value} when left out"));
                    }
                }
                "properties" => {
                    for (name, property) in object(value) {
                        self.say(format!("{at} property {name}"));
                        self.schema(&format!("{at} property {name}"), property);
                    }
                }
                "required" if value.is_array() => {
                    for name in list(value) {
                        // A name that is listed twice is still one fact.
                        self.0.insert(format!("{at} requires {name}"));
                    }
                }
                "enum" => self.say(format!("{at} is one of {value}")),
                "oneOf" | "anyOf" | "allOf" => {
                    for (index, variant) in list(value).iter().enumerate() {
                        self.say(format!("{at} {key} {index}"));
                        self.schema(&format!("{at} {key} {index}"), variant);
                    }
                }
                "items" | "not" | "additionalProperties" if value.is_object() => {
                    self.say(format!("{at} {key}"));
                    self.schema(&format!("{at} {key}"), value);
                }
                "discriminator" => {
                    self.say(format!("{at} told apart by {}", value["propertyName"]));
                    for (tag, schema) in object(&value["mapping"]) {
                        self.say(format!("{at} tag {tag} = {schema}"));
                    }
                }
                _ => {
                    assert!(!value.is_object(), "{at} {key} is more than one fact");
                    self.say(format!("{at} {key} = {value}"));
                }
            }
        }
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Collects every string of `value`, and those of its descriptions, summaries and titles apart.
fn strings<'v>(value: &'v Value, all: &mut BTreeSet<&'v str>, prose: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => {
            all.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, all, prose)),
        Value::Object(entries) => {
            for (key, value) in entries {
                all.insert(key);
                if let ("description" | "summary" | "title", Value::String(text)) = (key.as_str(), value) {
                    prose.insert(text);
                }
                strings(value, all, prose);
            }
        }
        _ => {}
    }
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn a_snapshot_states_the_same_facts_as_the_document() {
    for document in upstream() {
        let before = Sentences::of(&document.original);
        let after = Sentences::of(&document.snapshot);
        let lost: Vec<_> = before.difference(&after).take(10).collect();
        let invented: Vec<_> = after.difference(&before).take(10).collect();
        assert!(
            lost.is_empty() && invented.is_empty(),
            "{}: lost {lost:#?}, invented {invented:#?}",
            document.name
        );
        println!("{}: {} facts", document.name, before.len());
    }
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn a_snapshot_keeps_no_sentence() {
    let mut looked_for = 0;
    for document in upstream() {
        let (mut prose, mut kept) = (BTreeSet::new(), BTreeSet::new());
        strings(&document.original, &mut BTreeSet::new(), &mut prose);
        strings(&document.snapshot, &mut kept, &mut BTreeSet::new());
        let kept = kept.into_iter().collect::<Vec<_>>().join("\n");

        let sentences = prose
            .iter()
            .flat_map(|text| text.split(['\n', '.']))
            .map(str::trim)
            .filter(|sentence| sentence.chars().count() >= 30 && sentence.contains(' '));
        for sentence in sentences {
            assert!(!kept.contains(sentence), "{}: {sentence}", document.name);
            looked_for += 1;
        }
    }
    assert!(looked_for > 500, "only {looked_for} sentences");
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn pulling_a_snapshot_changes_nothing() {
    for document in upstream() {
        let again = to_text(&facts(&document.snapshot));
        assert!(again == document.text, "{} changes", document.name);
    }
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn the_snapshot_is_that_of_the_newest_document() {
    let documents = upstream();
    let newest = documents
        .iter()
        .find(|document| document.name == "2026-08-18.json")
        .expect("the document that the snapshot is of");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/openapi.json");
    let committed = fs::read_to_string(path).unwrap();
    assert!(committed == newest.text, "spec/openapi.json is not {}", newest.name);
}

#[test]
fn the_snapshot_of_this_repository_has_all_operations_and_schemas() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/openapi.json");
    let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let sentences = Sentences::of(&document);

    let operations = sentences.iter().filter(|it| it.contains(" operationId = "));
    assert_eq!(operations.count(), 137);
    assert_eq!(object(&document["components"]["schemas"]).count(), 981);

    for fact in [
        r#"/call post operationId = "CallController_create""#,
        r##"/call post body application/json $ref = "#/components/schemas/CreateCallDTO""##,
        r#"/call/{id} get parameter "path" "id" #0 required = true"#,
        r#"schema CreateCallDTO property assistantId type = "string""#,
    ] {
        assert!(sentences.contains(fact), "{fact}");
    }
}
