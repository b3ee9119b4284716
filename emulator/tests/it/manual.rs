//! The requests of the vendor's manual go through, but for those that are known to be wrong.
//!
//! `VAPI_PAYLOADS` names a directory of JSON files with an `index.tsv`; without it, that is `../shared/payloads`.

use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start_with};

/// Requests of the manual that are refused: the start of the file's name, and why.
const REFUSED: [(&str, &str); 9] = [
    (
        "Assistant-update-inbound-support-821",
        "an update replaces the whole model, which needs its provider",
    ),
    ("PATCH-monitoring-issue-", "it names no issue"),
    ("PATCH-workflow-", "workflows have left the API"),
    ("PhoneNumber-create-", "it does not say whose number it is"),
    (
        "POST-knowledge-base-",
        "knowledge bases of the first version have left the API",
    ),
    ("POST-workflow-", "workflows have left the API"),
    (
        "Squad-create-ecommerce-order-management-21",
        "tools of an assistant belong to its model",
    ),
    (
        "Squad-create-legacy-migration-139",
        "the document calls it `membersOverrides`",
    ),
    (
        "Tool-create-",
        "the older form of `server.url`, which the document dropped",
    ),
];

fn directory() -> PathBuf {
    match std::env::var_os("VAPI_PAYLOADS") {
        Some(directory) if !directory.is_empty() => directory.into(),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/payloads"),
    }
}

/// Sends a request of the manual: to a resource of its kind where it changes one.
async fn send(vapi: &Vapi, kind: &str, body: &Value) -> (u16, Value) {
    let (method, path) = match kind.strip_prefix("request:") {
        Some(id) => {
            let operations = vapi.emulator.operations();
            let operation = operations
                .iter()
                .find(|operation| operation.id == id)
                .expect("an operation");
            (operation.method.clone(), operation.path.clone())
        }
        None => {
            let (method, path) = kind
                .trim_start_matches("request-undocumented:")
                .split_once(' ')
                .expect("a path");
            let path = path.split(' ').next().unwrap_or_default();
            (method.parse().expect("a method"), path.to_owned())
        }
    };
    let path = match path.strip_suffix("/{id}") {
        None => path,
        Some(collection) => {
            let mut created = match collection {
                "/phone-number" => json!({ "provider": "vapi" }),
                "/eval/simulation/scenario" => json!({ "name": "A", "instructions": "B", "evaluations": [] }),
                "/eval/simulation/personality" => {
                    json!({ "name": "A", "assistant": { "model": { "provider": "openai", "model": "gpt-4o" } } })
                }
                _ => json!({}),
            };
            if collection == "/phone-number" {
                created["provider"] = json!("vapi");
            }
            format!("{collection}/{}", vapi.create(collection, created).await)
        }
    };
    let key = if path == "/call/web" {
        vapi.emulator.public_key()
    } else {
        vapi.emulator.api_key().to_owned()
    };
    let request = vapi.without_token(method.clone(), &path).bearer_auth(key);
    answer(if method == Method::GET {
        request
    } else {
        request.json(body)
    })
    .await
}

#[tokio::test]
#[ignore = "needs ../shared/payloads"]
async fn the_requests_of_the_manual_go_through() {
    let directory = directory();
    let index = std::fs::read_to_string(directory.join("index.tsv")).expect("an index");
    let vapi = start_with(Emulator::builder()).await;
    let (mut taken, mut refused, mut unexpected) = (0, Vec::new(), Vec::new());
    for line in index.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (file, kind, origin) = (columns[0], columns[1], columns[4]);
        if !kind.starts_with("request") || origin != "documented" {
            continue;
        }
        let body = std::fs::read(directory.join(file)).expect("a file");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let (status, response) = send(&vapi, kind, &body).await;
        let name = file.rsplit('/').next().unwrap_or_default();
        match REFUSED.iter().find(|(start, _)| name.starts_with(start)) {
            _ if status < 400 => taken += 1,
            Some((start, reason)) => {
                println!("{name}: {}; {reason}", response["message"]);
                refused.push(*start);
            }
            None => unexpected.push(format!("{name}: {status} {}", response["message"])),
        }
    }
    println!("{taken} requests go through");
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    assert!(taken > 45, "{taken}");
    let unused: Vec<_> = REFUSED.iter().filter(|(start, _)| !refused.contains(start)).collect();
    assert!(unused.is_empty(), "these are no longer refused: {unused:?}");
}
