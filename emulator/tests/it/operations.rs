//! Every operation of the document.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use vapi_emulator::OperationInfo;

use crate::client::{Vapi, answer, start};

/// Calls the operation with the smallest valid request.
async fn ask(vapi: &Vapi, operation: &OperationInfo, path: &str) -> (u16, Value) {
    let request = vapi.request(operation.method.clone(), path);
    let request = match (
        operation.request_content_type.as_deref(),
        vapi.emulator.minimal_request(&operation.id),
    ) {
        (Some("multipart/form-data"), _) => {
            request.multipart(Form::new().part("file", Part::bytes(b"hello").file_name("hello.txt")))
        }
        (_, Some(mut body)) => {
            // A run without a simulation has no items.
            if operation.id == "SimulationRunController_create" {
                body["simulations"] = json!([{ "type": "simulation" }]);
            }
            request.json(&body)
        }
        (_, None) => request,
    };
    answer(request).await
}

/// Returns the path with the same id for every parameter, but for those whose values the document lists.
fn naming(operation: &OperationInfo, id: &str) -> String {
    let segments = operation.path.split('/');
    let segments: Vec<&str> = segments
        .map(|segment| match segment {
            "{provider}" => "11labs",
            "{resourceName}" => "pronunciation-dictionary",
            _ if segment.starts_with('{') => id,
            _ => segment,
        })
        .collect();
    segments.join("/")
}

/// Returns the path with ids of new resources, each below the previous one.
async fn living(vapi: &Vapi, operation: &OperationInfo) -> String {
    let operations = vapi.emulator.operations();
    let (mut template, mut path) = (String::new(), String::new());
    for segment in operation.path.split('/').skip(1) {
        let actual = match segment {
            "{provider}" => "11labs".to_owned(),
            "{resourceName}" => "pronunciation-dictionary".to_owned(),
            _ if segment.starts_with('{') => {
                let on_collection = |method: &str| {
                    let mut operations = operations.iter();
                    operations.find(|operation| operation.path == template && operation.method == method)
                };
                let found = match on_collection("POST") {
                    Some(create) => ask(vapi, create, &path).await.1,
                    None => ask(vapi, on_collection("GET").expect("a list"), &path).await.1[0].clone(),
                };
                found["id"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{path} {found}"))
                    .to_owned()
            }
            _ => segment.to_owned(),
        };
        template = format!("{template}/{segment}");
        path = format!("{path}/{actual}");
    }
    path
}

#[tokio::test]
async fn there_are_137_of_them() {
    assert_eq!(start().await.emulator.operations().len(), 137);
}

#[tokio::test]
async fn each_answers_the_smallest_request_that_the_document_allows() {
    let vapi = start().await;
    for operation in vapi.emulator.operations() {
        let names_something = operation.path.contains('{') && !operation.path.starts_with("/provider/");
        let (status, body) = ask(&vapi, &operation, &naming(&operation, "none")).await;
        let expected = if names_something || operation.path.ends_with("/{id}") {
            404..=404
        } else {
            200..=201
        };
        assert!(
            expected.contains(&status),
            "{} {} {status} {body}",
            operation.method,
            operation.path
        );
    }
}

#[tokio::test]
async fn each_is_recognized_for_what_it_is() {
    let vapi = start().await;
    let operations = vapi.emulator.operations();
    for operation in &operations {
        ask(&vapi, operation, &naming(operation, "x")).await;
    }
    let seen: Vec<_> = vapi
        .emulator
        .requests()
        .into_iter()
        .filter_map(|request| request.operation_id)
        .collect();
    let expected: Vec<_> = operations.into_iter().map(|operation| operation.id).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn whatever_can_be_created_can_be_read_back() {
    let vapi = start().await;
    let operations = vapi.emulator.operations();
    let mut read_back = 0;
    for create in operations
        .iter()
        .filter(|operation| operation.method == "POST" && !operation.path.contains('{'))
    {
        let item = format!("{}/{{id}}", create.path);
        let Some(get) = operations
            .iter()
            .find(|operation| operation.method == "GET" && operation.path == item)
        else {
            continue;
        };
        let (status, created) = ask(&vapi, create, &create.path).await;
        let id = created["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{} {status} {created}", create.path));
        let (status, read) = ask(&vapi, get, &naming(get, id)).await;
        assert_eq!((status, &read["id"]), (200, &created["id"]), "{}", get.path);
        read_back += 1;
    }
    assert_eq!(read_back, 22);
}

/// Adds all texts of a value with the names of their properties.
fn texts(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((name.to_owned(), text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(name, item, found)),
        Value::Object(members) => members.iter().for_each(|(name, value)| texts(name, value, found)),
        _ => {}
    }
}

/// Returns the text that a sample has for a property: its name, as a sentence begins.
fn sample(name: &str) -> String {
    let mut sample = String::new();
    for letter in name.chars() {
        match letter {
            _ if sample.is_empty() => sample.extend(letter.to_uppercase()),
            _ if letter.is_uppercase() => sample.extend([' '].into_iter().chain(letter.to_lowercase())),
            _ => sample.push(letter),
        }
    }
    sample
}

#[tokio::test]
async fn none_answers_with_placeholder_text() {
    let vapi = start().await;
    let mut placeholders = Vec::new();
    for operation in vapi.emulator.operations() {
        let path = living(&vapi, &operation).await;
        vapi.emulator.clear_requests();
        let (_, body) = ask(&vapi, &operation, &path).await;
        let mut sent = Vec::new();
        // A resource shows what its creation sent.
        let creation = format!("{} ", operation.path.split("/{").next().unwrap_or_default());
        let create = vapi
            .emulator
            .operations()
            .into_iter()
            .find(|other| other.method == "POST" && creation.trim() == other.path);
        for id in [Some(operation.id.clone()), create.map(|create| create.id)]
            .into_iter()
            .flatten()
        {
            let request = vapi.emulator.minimal_request(&id).unwrap_or_default();
            texts("", &request, &mut sent);
        }
        let mut told = Vec::new();
        texts("", &body, &mut told);
        told.retain(|(name, text)| text == "string" || *text == sample(name));
        told.retain(|(_, text)| text == "string" || !sent.iter().any(|(_, sent)| sent == text));
        placeholders.extend(
            told.into_iter()
                .map(|(name, text)| format!("{}: {name} is {text:?}", operation.id)),
        );
    }
    assert_eq!(placeholders, Vec::<String>::new());
}

#[tokio::test]
async fn each_answers_as_the_document_declares() {
    let vapi = start().await;
    let mut departures = Vec::new();
    for operation in vapi.emulator.operations() {
        let path = living(&vapi, &operation).await;
        let (status, body) = ask(&vapi, &operation, &path).await;
        if operation.path.starts_with("/call/{id}/") {
            assert_eq!(status, 404, "no recording of a call that goes on");
            continue;
        }
        assert!(
            (200..=201).contains(&status),
            "{} {} {status} {body}",
            operation.method,
            operation.path
        );
        // The document types the messages of a chat as those of a call; the API sends `{role, content}`.
        if operation.id.starts_with("ChatController_") {
            continue;
        }
        let problems = vapi.emulator.response_problems(&operation.id, &body);
        departures.extend(
            problems
                .into_iter()
                .map(|problem| format!("{}: {problem}", operation.id)),
        );
    }
    // Real responses have it; the document does not. A run that has not started has neither start nor end.
    let unknown = |operation: &str, name: &str| format!("{operation}: {name} should not be null or undefined");
    let mut expected = vec!["CallController_create: property subscriptionLimits should not exist".to_owned()];
    for operation in ["EvalController_removeRun", "EvalController_getRun"] {
        expected.extend(["endedAt", "endedReason", "startedAt"].map(|name| unknown(operation, name)));
    }
    // The document does not say what an insight is, only when it was made.
    for operation in ["InsightController_preview", "InsightController_run"] {
        let ours = ["type", "timeRange", "result"];
        expected.extend(ours.map(|name| format!("{operation}: property {name} should not exist")));
    }
    assert_eq!(departures, expected);
}
