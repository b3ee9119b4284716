//! Properties that have left the document, and the file that knows them.
//!
//! `UPDATE=1` rewrites the file from the documents in `../shared/upstream`, or in the directory that `VAPI_UPSTREAM` names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::client::start;

type Removed = BTreeMap<String, BTreeMap<String, Vec<String>>>;

#[tokio::test]
async fn a_refused_property_says_since_when_it_is_gone() {
    let vapi = start().await;
    let (status, refused) = vapi
        .post("/assistant", json!({ "backchannelingEnabled": true, "never": 1 }))
        .await;
    assert_eq!(status, 400);
    assert_eq!(
        refused["notes"],
        json!([
            "backchannelingEnabled is known from older documents of the API; the one of 2024-11-21 no longer has it."
        ])
    );
    let nested =
        json!({ "assistant": { "voice": { "provider": "11labs", "voiceId": "a", "fillerInjectionEnabled": true } } });
    let (_, refused) = vapi.post("/call", nested).await;
    assert_eq!(
        refused["notes"],
        json!([
            "assistant.voice.fillerInjectionEnabled is known from older documents of the API; the one of 2024-12-07 no longer has it."
        ])
    );
}

#[tokio::test]
async fn other_refusals_have_no_notes() {
    let vapi = start().await;
    let (_, refused) = vapi.post("/assistant", json!({ "never": 1 })).await;
    assert_eq!(refused.get("notes"), None);
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn the_file_of_removed_properties_is_that_of_the_documents() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = match std::env::var_os("VAPI_UPSTREAM") {
        Some(directory) if !directory.is_empty() => PathBuf::from(directory),
        _ => here.join("../../shared/upstream"),
    };
    let mut documents = BTreeMap::new();
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            documents.insert(path.file_stem().unwrap().to_str().unwrap().to_owned(), document);
        }
    }
    let expected = serde_json::to_string_pretty(&removed(&documents)).unwrap() + "\n";
    let file = here.join("removed.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &expected).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
}

/// Returns what has left the schemas of requests: by property and by the date of the first document without it.
fn removed(documents: &BTreeMap<String, Value>) -> Removed {
    let (_, newest) = documents.last_key_value().unwrap();
    let mut reached = BTreeSet::new();
    let operations = newest["paths"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_object)
        .flatten();
    for (_, operation) in operations {
        reach(newest, &operation["requestBody"], &mut reached);
    }
    let mut removed = Removed::new();
    for schema in &reached {
        let mut had: BTreeSet<&String> = BTreeSet::new();
        let mut left: BTreeMap<&String, &String> = BTreeMap::new();
        for (date, document) in documents {
            let Some(properties) = document["components"]["schemas"][schema]["properties"].as_object() else {
                continue;
            };
            let has: BTreeSet<&String> = properties.keys().collect();
            left.retain(|name, _| !has.contains(name));
            left.extend(had.difference(&has).map(|name| (*name, date)));
            had = has;
        }
        for (name, date) in left {
            let schemas = removed
                .entry(name.clone())
                .or_default()
                .entry(date.clone())
                .or_default();
            schemas.push(schema.clone());
        }
    }
    removed
}

fn reach(document: &Value, value: &Value, reached: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| reach(document, item, reached)),
        Value::Object(members) => {
            let name = members
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|name| name.rsplit('/').next());
            if let Some(name) = name
                && reached.insert(name.to_owned())
            {
                reach(document, &document["components"]["schemas"][name], reached);
            }
            members.values().for_each(|member| reach(document, member, reached));
        }
        _ => {}
    }
}
