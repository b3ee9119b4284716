//! The key never shows, wherever the server repeats it.

use std::fmt::Debug;

use serde_json::Value;
use vapi::http::Method;
use vapi::{Client, Error};

use crate::support::*;

/// A key that the caller gives in the place of the client's.
const OTHER: &str = "sk-other-9d3b7e";

#[track_caller]
fn shows_no_key(shown: &str) {
    assert!(!shown.contains("sk-test") && !shown.contains("sk-other"), "{shown}");
}

#[track_caller]
fn error_shows_no_key(error: &Error) {
    let texts = (error.messages(), error.reason(), error.request_id(), error.json_path());
    shows_no_key(&format!("{error} {error:?} {texts:?}"));
}

async fn error_of(reply: Reply) -> Error {
    let server = Server::replying([reply]).await;
    get(&client(&server), "t-1").max_retries(0).await.unwrap_err()
}

#[tokio::test]
async fn an_excerpt_of_a_success_shows_no_key() {
    error_shows_no_key(&error_of(Reply::new(200, "text/plain", format!("your key: {KEY}"))).await);
    let page = format!("{}{KEY}", "x".repeat(195));
    error_shows_no_key(&error_of(Reply::new(200, "text/html", page)).await);
}

#[tokio::test]
async fn an_excerpt_cut_within_the_key_shows_none_of_it() {
    for before in 180..200 {
        let page = format!("{} {KEY} and more", "x".repeat(before));
        let error = error_of(Reply::new(403, "text/plain", page)).await;
        assert!(!error.to_string().contains("sk-t"), "{error}");
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_shows_no_key() {
    error_shows_no_key(&error_of(Reply::json(200, &format!(r#"{{"id":["{KEY}"]}}"#))).await);
    error_shows_no_key(&error_of(Reply::json(200, &format!(r#"{{"id":"a","messages":"{KEY}"}}"#))).await);
    error_shows_no_key(&error_of(Reply::new(200, KEY, "not JSON")).await);
}

#[tokio::test]
async fn a_request_id_with_the_key_is_no_request_id() {
    for reply in [Reply::empty(404), Reply::json(200, "{}")] {
        let error = error_of(reply.header("x-request-id", format!("r-{KEY}"))).await;
        error_shows_no_key(&error);
        assert_eq!(error.request_id(), None);
    }
}

#[tokio::test]
async fn the_headers_of_a_response_show_no_key() {
    let reply = Reply::thing().header("x-echo", format!("Bearer {KEY}"));
    let server = Server::replying([reply]).await;
    let response = get(&client(&server), "t-1").with_response().await.unwrap();
    assert_eq!(response.headers()["x-echo"], format!("Bearer {KEY}"));
    shows_no_key(&format!("{response:?} {:?}", response.headers()));
}

#[tokio::test]
async fn a_key_in_a_caller_header_is_hidden_too() {
    let authorization = format!("Bearer {OTHER}");
    let message = format!(r#"{{"message":"no such key: {OTHER}"}}"#);
    for reply in [Reply::json(401, &message), Reply::new(200, "text/plain", OTHER)] {
        let server = Server::replying([reply.header("x-request-id", OTHER)]).await;
        let vapi = client(&server);
        let error = get(&vapi, "a")
            .header("authorization", &authorization)
            .await
            .unwrap_err();
        error_shows_no_key(&error);
        let request = vapi
            .request(Method::GET, "/thing/a")
            .header("authorization", &authorization);
        shows_no_key(&format!("{request:?}"));
        error_shows_no_key(&request.send::<Value>().await.unwrap_err());
        assert_eq!(server.received()[0].header("authorization"), Some(&*authorization));
    }
}

#[tokio::test]
async fn what_a_terminal_would_obey_is_escaped() {
    let error = error_of(Reply::json(400, r#"{"message":"a\u001b[2Jb\u202ec\nd"}"#)).await;
    assert_eq!(
        error.to_string(),
        r"ThingController_findOne: 400 Bad Request: a\u{1b}[2Jb\u{202e}c\nd"
    );
    assert_eq!(error.messages(), ["a\u{1b}[2Jb\u{202e}c\nd"]);
}

/// progenitor's errors show a whole body and all headers.
#[cfg(vapi_op = "CallController_findOne")]
mod of_the_raw_client {
    use super::*;

    async fn error_of(reply: Reply) -> impl Debug {
        let server = Server::replying([reply]).await;
        let vapi: Client = builder(&server.url).max_retries(0).build().unwrap();
        vapi.raw().call_controller_find_one("call-1").await.unwrap_err()
    }

    #[tokio::test]
    async fn an_error_of_the_raw_client_shows_no_key() {
        let body = format!(r#"{{"id":["{KEY}"]}}"#);
        for reply in [
            Reply::json(200, &body),
            Reply::json(200, KEY),
            Reply::json(401, &body).header("x-echo", KEY),
            Reply::redirect(format!("https://storage.example/?key={KEY}")),
        ] {
            let error = error_of(reply).await;
            shows_no_key(&format!("{error:?} {error:#?}"));
        }
    }
}
