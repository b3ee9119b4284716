//! Values in responses that are not what the document says: listed, traced, and errors for those who want that.
#![cfg(all(
    vapi_op = "CallController_findOne",
    vapi_op = "CallController_findAll",
    vapi_type = "Call"
))]

use std::future::poll_fn;
use std::pin::Pin;

use futures_core::Stream;
use serde_json::{Value, json};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use crate::support::*;

const WRONG: &str = r#"{"id":"c","cost":"0.05","customer":{"number":15555550100},"status":"ended"}"#;

async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

#[tokio::test]
async fn a_response_lists_its_misfits_and_is_traced_once() {
    let server = Server::replying([Reply::json(200, WRONG)]).await;
    let warnings = Warnings::named("vapi.misfits");
    let _guard = tracing::subscriber::set_default(Registry::default().with(warnings.clone()));
    let response = client(&server).calls().get("c").with_response().await.unwrap();
    let misfits: Vec<String> = response.misfits().iter().map(ToString::to_string).collect();
    assert_eq!(
        misfits,
        [
            "`cost`: expected a number, found a string",
            "`customer.number`: expected a string, found a number"
        ]
    );
    let misfit = &response.misfits()[0];
    assert_eq!(
        (misfit.json_path(), misfit.expected(), misfit.found()),
        ("cost", "a number", "a string")
    );
    assert_eq!(response.cost, None);
    assert_eq!(response.extra["cost"], "0.05");
    let came: Value = serde_json::from_str(WRONG).unwrap();
    assert_eq!(serde_json::to_value(response.value()).unwrap(), came);
    let warnings = warnings.texts.lock().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for part in [
        "WARN",
        "CallController_findOne",
        "count=2",
        "`cost`: expected a number",
        "`customer.number`",
    ] {
        assert!(warnings[0].contains(part), "{part}: {}", warnings[0]);
    }
    assert!(!warnings[0].contains("0.05"), "{}", warnings[0]);
}

#[tokio::test]
async fn a_response_as_documented_has_no_misfits() {
    let server = Server::replying([Reply::json(200, r#"{"id":"c","cost":0.05,"brandNew":1}"#)]).await;
    let vapi = builder(&server.url).strict_decoding(true).build().unwrap();
    let response = vapi.calls().get("c").with_response().await.unwrap();
    assert!(response.misfits().is_empty());
}

#[tokio::test]
async fn strict_decoding_makes_the_first_misfit_an_error() {
    let server = Server::replying([Reply::json(200, WRONG)]).await;
    let vapi = builder(&server.url).strict_decoding(true).build().unwrap();
    let error = vapi.calls().get("c").await.unwrap_err();
    assert!(error.is_decode());
    assert_eq!(error.json_path(), Some("cost"));
    assert!(
        error.to_string().contains("expected a number, found a string"),
        "{error}"
    );
}

#[tokio::test]
async fn one_wrong_value_costs_a_list_nothing() {
    let body = json!([{ "id": "a" }, { "id": "b", "cost": "0.05" }, { "id": "c" }]).to_string();
    let server = Server::replying([Reply::json(200, &body), Reply::json(200, &body)]).await;
    let vapi = client(&server);
    let response = vapi.calls().list().with_response().await.unwrap();
    assert_eq!(response.len(), 3);
    assert_eq!(response.misfits()[0].json_path(), "[1].cost");
    let mut stream = vapi.calls().list().limit(3).stream();
    for id in ["a", "b"] {
        assert_eq!(next(&mut stream).await.unwrap().unwrap().id, id);
    }
}

#[tokio::test]
async fn an_unreadable_element_is_one_error_of_a_stream() {
    let body = json!([{ "id": "a" }, "b", { "cost": 1 }, { "id": "d" }]).to_string();
    let server = Server::replying([Reply::json(200, &body)]).await;
    let mut stream = client(&server).calls().list().stream();
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(match next(&mut stream).await.unwrap() {
            Ok(call) => call.id,
            Err(error) => error.json_path().unwrap().to_owned(),
        });
    }
    assert_eq!(seen, ["a", "[1]", "[2]", "d"]);
}

#[tokio::test]
async fn half_a_character_does_not_make_a_response_unreadable() {
    let body = r#"{"id":"c","name":"cut \ud83d","brandNew":["\ude00"]}"#;
    let server = Server::replying([Reply::json(200, body), Reply::json(200, body)]).await;
    let vapi = client(&server);
    let response = vapi.calls().get("c").with_response().await.unwrap();
    assert_eq!(response.name.as_deref(), Some("cut \u{fffd}"));
    assert_eq!(response.extra["brandNew"], json!(["\u{fffd}"]));
    assert_eq!(response.misfits().len(), 2);
    let own: Value = vapi.calls().get("c").json().await.unwrap();
    assert_eq!(own["name"], "cut \u{fffd}");
}

#[tokio::test]
async fn a_page_lists_the_misfits_of_all_its_items() {
    let body = json!([{ "id": "a", "cost": "1" }, { "id": "b" }, { "id": "c", "cost": [] }]).to_string();
    let server = Server::replying([Reply::json(200, &body)]).await;
    let warnings = Warnings::named("vapi.misfits");
    let _guard = tracing::subscriber::set_default(Registry::default().with(warnings.clone()));
    let page = client(&server)
        .calls()
        .list()
        .limit(3)
        .pages()
        .next()
        .await
        .unwrap()
        .unwrap();
    let paths: Vec<&str> = page.misfits().iter().map(vapi::Misfit::json_path).collect();
    assert_eq!(paths, ["[0].cost", "[2].cost"]);
    assert_eq!(warnings.texts.lock().unwrap().len(), 1);
}

/// A type of the user's with one of ours in it.
#[derive(Debug, serde::Deserialize)]
struct Wrapper {
    call: vapi::types::Call,
}

#[tokio::test]
async fn misfits_inside_a_type_of_the_user_are_traced() {
    let body = format!(r#"{{"call":{WRONG}}}"#);
    let server = Server::replying([Reply::json(200, &body), Reply::json(200, &body)]).await;
    let warnings = Warnings::named("vapi.misfits");
    let guard = tracing::subscriber::set_default(Registry::default().with(warnings.clone()));
    let get = |vapi: vapi::Client| vapi.calls().get("c").json::<Wrapper>();
    assert_eq!(get(client(&server)).await.unwrap().call.id, "c");
    let traced = warnings.texts.lock().unwrap().clone();
    assert_eq!(traced.len(), 1, "{traced:?}");
    for part in ["CallController_findOne", "count=2", "`cost`", "`customer.number`"] {
        assert!(traced[0].contains(part), "{part}: {}", traced[0]);
    }
    drop(guard);
    let strict = builder(&server.url).strict_decoding(true).build().unwrap();
    let error = get(strict).await.unwrap_err();
    assert!(error.is_decode(), "{error}");
}

#[tokio::test]
async fn the_raw_client_decodes_strictly_too() {
    let server = Server::replying([Reply::json(200, WRONG), Reply::json(200, WRONG)]).await;
    let lenient = client(&server).raw().call_controller_find_one("c").await;
    assert_eq!(lenient.unwrap().id, "c");
    let strict = builder(&server.url).strict_decoding(true).build().unwrap();
    let error = strict.raw().call_controller_find_one("c").await.unwrap_err();
    assert!(error.to_string().contains("`cost`: expected a number"), "{error}");
}
