//! The errors that a caller gets.

use std::error::Error as _;
use std::time::Duration;

use vapi::http::{Method, StatusCode};

use crate::support::*;

async fn error_of(reply: Reply) -> vapi::Error {
    let server = Server::replying([reply]).await;
    let vapi = client(&server);
    get(&vapi, "t-1").max_retries(0).await.unwrap_err()
}

#[tokio::test]
async fn an_api_error_is_one_sentence_with_its_message() {
    let body = r#"{"message":"Couldn't find it.","error":"Not Found","statusCode":404}"#;
    let error = error_of(Reply::json(404, body).header("x-request-id", "req-9")).await;
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: 404 Not Found: Couldn't find it. (request id req-9)"
    );
    assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
    assert_eq!(error.messages(), ["Couldn't find it."]);
    assert_eq!(error.reason(), Some("Not Found"));
    assert_eq!(error.request_id(), Some("req-9"));
    assert_eq!(error.operation(), Some("ThingController_findOne"));
    assert_eq!(error.path(), Some("/thing/{id}"));
    assert_eq!(error.attempts(), 1);
    assert_eq!(error.body(), Some(body.as_bytes()));
}

#[tokio::test]
async fn an_invalid_request_has_one_message_for_each_problem() {
    let body = r#"{"message":["a should not exist","b must be a string"],"error":"Bad Request","statusCode":400}"#;
    let error = error_of(Reply::json(400, body)).await;
    assert!(error.is_bad_request());
    assert_eq!(error.messages(), ["a should not exist", "b must be a string"]);
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: 400 Bad Request: a should not exist; b must be a string"
    );
}

#[tokio::test]
async fn each_status_has_its_predicate() {
    type Predicate = fn(&vapi::Error) -> bool;
    let table: [(u16, Predicate); 9] = [
        (400, vapi::Error::is_bad_request),
        (401, vapi::Error::is_unauthorized),
        (402, vapi::Error::is_payment_required),
        (403, vapi::Error::is_forbidden),
        (404, vapi::Error::is_not_found),
        (409, vapi::Error::is_conflict),
        (429, vapi::Error::is_rate_limited),
        (500, vapi::Error::is_server),
        (503, vapi::Error::is_server),
    ];
    for (status, predicate) in table {
        let error = error_of(Reply::empty(status)).await;
        assert!(predicate(&error), "{status}");
        let holding = table.iter().filter(|(_, predicate)| predicate(&error)).count();
        assert_eq!(holding, if status >= 500 { 2 } else { 1 }, "{status}");
    }
}

#[tokio::test]
async fn a_page_of_a_proxy_gives_its_title() {
    let page = "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>";
    let error = error_of(Reply::new(403, "text/html; charset=UTF-8", page)).await;
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: 403 Forbidden: Attention Required! | Cloudflare"
    );
}

#[tokio::test]
async fn json_is_read_whatever_it_is_said_to_be() {
    for kind in ["", "text/plain", "text/html", "application/problem+json"] {
        let error = error_of(Reply::new(404, kind, r#"{"message":"no such thing"}"#)).await;
        assert_eq!(error.messages(), ["no such thing"], "{kind:?}");
        let server = Server::replying([Reply::new(200, kind, r#"{"id":"t-1"}"#)]).await;
        assert_eq!(get(&client(&server), "t-1").await.unwrap().id, "t-1", "{kind:?}");
    }
}

#[tokio::test]
async fn an_error_with_no_body_says_so() {
    let error = error_of(Reply::empty(502)).await;
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: 502 Bad Gateway, with an empty body"
    );
}

#[tokio::test]
async fn an_error_whose_body_breaks_off_still_has_its_status() {
    let error = error_of(Reply::json(500, r#"{"message":"x"}"#).cut_after(5)).await;
    assert!(error.is_server());
}

#[tokio::test]
async fn an_endless_error_body_is_cut() {
    let error = error_of(Reply::new(500, "text/plain", vec![b'x'; 3 << 20])).await;
    assert!(error.body().unwrap().len() <= 1 << 20);
    assert!(error.to_string().len() < 400);
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let error = error_of(Reply::empty(429).header("retry-after", "7")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_a_key() {
    let other = Server::replying([Reply::thing()]).await;
    let error = error_of(Reply::redirect(&other.url)).await;
    assert_eq!(error.status(), Some(StatusCode::FOUND));
    assert!(error.to_string().contains("check the base URL"), "{error}");
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn a_response_that_does_not_decode_has_a_json_path() {
    let body = r#"{"id":"t-1","messages":[{"role":"user","time":1},{"role":"bot","time":"sk-secret"}]}"#;
    let error = error_of(Reply::json(200, body).header("x-request-id", "req-9")).await;
    assert!(error.is_decode());
    assert_eq!(error.json_path(), Some("messages[1].time"));
    assert_eq!(error.status(), Some(StatusCode::OK));
    assert_eq!(error.body(), Some(body.as_bytes()));
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: the response (200 OK) is not as expected at `messages[1].time`: \
         invalid type: string, expected u64 at line 1 column 81 (request id req-9)"
    );
}

#[tokio::test]
async fn a_type_of_the_caller_has_a_json_path_too() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = client(&server);
    let error = get(&vapi, "t-1")
        .json::<std::collections::BTreeMap<String, u32>>()
        .await
        .unwrap_err();
    assert_eq!(error.json_path(), Some("id"));
}

#[tokio::test]
async fn half_a_json_is_a_decode_error() {
    let error = error_of(Reply::json(200, r#"{"id":"t-1","#)).await;
    assert!(error.is_decode());
    assert!(error.to_string().contains("EOF while parsing"), "{error}");
}

#[tokio::test]
async fn html_in_place_of_json_is_named_as_html() {
    let error = error_of(Reply::new(200, "text/html", "<html>Sign in</html>")).await;
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: the response (200 OK) is text/html, not JSON: <html>Sign in</html>"
    );
}

#[tokio::test]
async fn an_empty_success_is_said_to_be_empty() {
    let error = error_of(Reply::empty(200)).await;
    assert!(error.is_decode());
    assert!(
        error.to_string().contains("is empty where a value was expected"),
        "{error}"
    );
}

#[tokio::test]
async fn a_stream_of_events_is_never_taken_for_a_value() {
    let error = error_of(Reply::new(200, "text/event-stream", "data: {}\n\n")).await;
    assert!(error.is_decode());
    assert!(error.to_string().contains("`.stream()`"), "{error}");
}

#[tokio::test]
async fn a_compressed_response_that_was_not_requested_is_explained() {
    let server = Server::replying([Reply::json(200, "\u{1f}x").header("content-encoding", "gzip")]).await;
    // As it is without the feature `gzip`.
    let http = vapi::http_client_builder().unwrap().no_gzip().build().unwrap();
    let vapi = builder(&server.url).http_client(http).build().unwrap();
    let error = get(&vapi, "t-1").await.unwrap_err();
    assert!(error.to_string().contains("enable the cargo feature `gzip`"), "{error}");
}

#[tokio::test]
async fn no_server_is_a_connect_error() {
    let vapi = builder(&nowhere().await).max_retries(0).build().unwrap();
    let error = get(&vapi, "t-1").await.unwrap_err();
    assert!(error.is_connect() && !error.is_timeout() && !error.is_interrupted());
    let sentence = error.to_string();
    assert!(sentence.starts_with("ThingController_findOne: cannot connect to http://127.0.0.1:"));
    assert!(sentence.contains("Connection refused"), "{sentence}");
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_connection_that_breaks_is_not_a_connect_error() {
    let error = error_of(Reply::close()).await;
    assert!(error.is_interrupted() && !error.is_connect());
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_interruption() {
    let reply = Reply::json(200, r#"{"id":"t-1"}"#);
    for broken in [reply.clone().cut_after(5), reply.reset_after(5)] {
        let error = error_of(broken.clone()).await;
        assert!(error.is_interrupted(), "{broken:?}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_respond_is_a_timeout() {
    let server = Server::replying([Reply::silence()]).await;
    let vapi = client(&server);
    let limit = Duration::from_millis(200);
    let error = get(&vapi, "t-1").timeout(limit).await.unwrap_err();
    assert!(error.is_timeout() && !error.is_connect());
    assert!(error.to_string().ends_with("did not respond within 200ms"), "{error}");
}

#[tokio::test]
async fn the_time_limit_holds_for_the_body_too() {
    let server = Server::replying([Reply::thing().stalling_after(5)]).await;
    let vapi = builder(&server.url)
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    assert!(get(&vapi, "t-1").await.unwrap_err().is_timeout());
}

#[tokio::test]
async fn no_error_shows_the_key() {
    let body = format!(r#"{{"message":"no such key: {KEY}"}}"#);
    for reply in [
        Reply::json(401, &body),
        Reply::new(401, "text/plain", body.clone()),
        Reply::json(200, &body),
    ] {
        let error = error_of(reply).await;
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.contains(KEY), "{shown}");
    }
}

#[tokio::test]
async fn debug_output_has_the_length_of_the_body_alone() {
    let body = r#"{"message":"m","apiKey":"private"}"#;
    let error = error_of(Reply::json(400, body)).await;
    let shown = format!("{error:?}");
    assert!(shown.contains("body_len: Some(34)"), "{shown}");
    assert!(!shown.contains("private"), "{shown}");
}

#[tokio::test]
async fn an_untyped_request_is_named_by_method_and_path() {
    let server = Server::replying([Reply::empty(404)]).await;
    let vapi = client(&server);
    let request = vapi.request(Method::GET, "/nothing");
    let error = request.send::<()>().await.unwrap_err();
    assert_eq!(error.to_string(), "GET /nothing: 404 Not Found, with an empty body");
}
