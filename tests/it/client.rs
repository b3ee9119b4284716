//! Requests and responses on the wire, when nothing fails.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use vapi::Client;
use vapi::http::{Method, StatusCode};
use vapi::operation::QueryStyle;

use crate::support::*;

#[tokio::test]
async fn a_request_carries_the_key_and_says_who_sends_it() {
    let server = Server::replying([Reply::thing()]).await;
    get(&client(&server), "t-1").await.unwrap();
    let request = server.request();
    assert_eq!(request.header("authorization"), Some("Bearer sk-test-4f1c2a"));
    assert_eq!(request.header("user-agent"), Some("vapi-rust/0.1.0"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("api-version"), None);
}

#[tokio::test]
async fn a_product_name_can_be_added_to_the_user_agent() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = builder(&server.url).user_agent_suffix("my-app/1.2").build().unwrap();
    get(&vapi, "t-1").await.unwrap();
    assert_eq!(
        server.request().header("user-agent"),
        Some("vapi-rust/0.1.0 my-app/1.2")
    );
}

#[tokio::test]
async fn an_operation_is_sent_when_it_is_awaited() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = client(&server);
    let prepared = get(&vapi, "t-1");
    assert!(server.received().is_empty());
    assert_eq!(prepared.await.unwrap().id, "t-1");
    assert_eq!(server.request().method, "GET");
}

#[tokio::test]
async fn an_id_is_one_segment_of_the_path() {
    let server = Server::replying([Reply::thing()]).await;
    get(&client(&server), "+1 555 é").await.unwrap();
    assert_eq!(server.request().target, "/thing/%2B1%20555%20%C3%A9");
}

#[tokio::test]
async fn a_base_url_may_have_a_path() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = builder(&format!("{}/proxy/vapi/", server.url)).build().unwrap();
    get(&vapi, "t-1").await.unwrap();
    assert_eq!(server.request().target, "/proxy/vapi/thing/t-1");
}

#[tokio::test]
async fn an_id_that_changes_the_route_is_not_sent() {
    let server = Server::replying([Reply::thing()]).await;
    let error = get(&client(&server), "../org").await.unwrap_err();
    assert!(error.is_invalid_input());
    assert_eq!(error.attempts(), 0);
    assert_eq!(error.path(), Some("/thing/{id}"));
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: the path parameter `id` has '/' in it, which an id cannot have"
    );
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_path_parameter_that_was_forgotten_is_named() {
    let vapi = builder(&nowhere().await).build().unwrap();
    let error = vapi::operation::Operation::<GetThing>::new(&vapi).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: the path parameter `id` was not given"
    );
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Order {
    NewestFirst,
}

#[tokio::test]
async fn query_values_are_written_as_the_api_reads_them() {
    let server = Server::replying([Reply::thing()]).await;
    get(&client(&server), "t-1")
        .query_value("limit", 100.0)
        .query_value("page", None::<f64>)
        .query_value("idAny", vec!["a b", "c&d"])
        .query_value("sort", Order::NewestFirst)
        .query_value("force", true)
        .await
        .unwrap();
    assert_eq!(
        server.request().target,
        "/thing/t-1?limit=100&idAny=a+b&idAny=c%26d&sort=newestFirst&force=true"
    );
}

#[tokio::test]
async fn styles_of_query_values_reach_the_wire() {
    let server = Server::replying([Reply::thing()]).await;
    get(&client(&server), "t-1")
        .query_styled("ids", ["a b", "c,d"], QueryStyle::Comma)
        .query_styled(
            "filter",
            json!({"status": "ended", "name": "x&y"}),
            QueryStyle::DeepObject,
        )
        .query_styled("tags", ["x", "y|z"], QueryStyle::Pipe)
        .query_styled("none", Vec::<String>::new(), QueryStyle::Comma)
        .query_value("limit", 1)
        .await
        .unwrap();
    // Delimiters stand as they are, and the same characters in values are escaped.
    assert_eq!(
        server.request().target,
        "/thing/t-1?filter%5Bstatus%5D=ended&filter%5Bname%5D=x%26y&limit=1&ids=a%20b,c%2Cd&tags=x|y%7Cz"
    );
}

#[tokio::test]
async fn a_body_goes_as_json() {
    let server = Server::replying([Reply::thing()]).await;
    create(&client(&server)).await.unwrap();
    let request = server.request();
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.text(), r#"{"name":"a"}"#);
}

#[tokio::test]
async fn a_request_can_have_headers_and_query_of_its_own() {
    let server = Server::replying([Reply::thing()]).await;
    get(&client(&server), "t-1")
        .header("x-trace", "42")
        .query("newOption", 7)
        .await
        .unwrap();
    let request = server.request();
    assert_eq!(request.header("x-trace"), Some("42"));
    assert_eq!(request.target, "/thing/t-1?newOption=7");
}

#[tokio::test]
async fn a_request_can_have_a_key_of_its_own() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = client(&server);
    let operation = get(&vapi, "t-1").header("authorization", "Bearer public");
    operation.await.unwrap();
    assert_eq!(server.request().header("authorization"), Some("Bearer public"));
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_refused() {
    let vapi = builder(&nowhere().await).build().unwrap();
    let error = get(&vapi, "t-1").header("x-trace", "a\nb").await.unwrap_err();
    assert!(
        error.is_invalid_input() && error.to_string().contains("`x-trace`"),
        "{error}"
    );
}

#[tokio::test]
async fn with_response_returns_status_and_headers() {
    let reply = Reply::json(201, r#"{"id":"t-1"}"#).header("x-request-id", "req-9");
    let server = Server::replying([reply]).await;
    let reply = create(&client(&server)).with_response().await.unwrap();
    assert_eq!(reply.status(), StatusCode::CREATED);
    assert_eq!(reply.request_id().as_deref(), Some("req-9"));
    assert_eq!(reply.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(reply.attempts(), 1);
    assert_eq!(reply.id, "t-1");
    assert_eq!(reply.into_value().id, "t-1");
}

#[tokio::test]
async fn a_response_decodes_as_a_type_of_the_caller() {
    let server = Server::replying([Reply::json(200, r#"{"id":"t-1","new":1}"#)]).await;
    let value: Value = get(&client(&server), "t-1").json().await.unwrap();
    assert_eq!(value, json!({ "id": "t-1", "new": 1 }));
}

#[tokio::test]
async fn an_empty_response_is_valid_if_none_is_declared() {
    let server = Server::replying([Reply::empty(204)]).await;
    delete(&client(&server), "t-1").await.unwrap();
    assert_eq!(server.request().method, "DELETE");
}

#[tokio::test]
async fn any_path_can_be_requested() {
    let server = Server::replying([Reply::json(200, r#"{"ok":true}"#)]).await;
    let vapi = client(&server);
    let response: Value = vapi
        .request(Method::POST, "/new-endpoint")
        .query("dry", true)
        .json(&json!({ "x": 1 }))
        .send()
        .await
        .unwrap();
    assert_eq!(response, json!({ "ok": true }));
    let request = server.request();
    assert_eq!(request.target, "/new-endpoint?dry=true");
    assert_eq!(request.text(), r#"{"x":1}"#);
    assert_eq!(request.header("authorization"), Some("Bearer sk-test-4f1c2a"));
}

#[tokio::test]
async fn an_id_in_any_path_is_checked_too() {
    let vapi = builder(&nowhere().await).build().unwrap();
    let request = vapi.request(Method::GET, "/new/{id}").path("id", "..");
    let error = request.send::<Value>().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /new/{id}: the path parameter `id` is `..`, which names another path"
    );
}

#[tokio::test]
async fn a_path_cannot_leave_the_host() {
    let vapi = builder(&nowhere().await).build().unwrap();
    let request = vapi.request(Method::GET, "//evil.example/x");
    assert!(request.send::<Value>().await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn raw_bytes_can_be_had() {
    let server = Server::replying([Reply::new(200, "text/plain", "as it came")]).await;
    let vapi = client(&server);
    let reply = vapi.request(Method::GET, "/x").send_raw().await.unwrap();
    assert_eq!(&reply.value()[..], b"as it came");
}

#[tokio::test]
async fn an_empty_response_to_an_untyped_request_decodes_as_null() {
    let server = Server::replying([Reply::empty(204)]).await;
    let vapi = client(&server);
    vapi.request(Method::DELETE, "/x").send::<()>().await.unwrap();
}

#[tokio::test]
async fn a_chunked_response_is_joined() {
    let reply = Reply::json(200, "").chunked(&[b"{\"id\":", b"\"t-1\"", b"}"], Duration::ZERO);
    let server = Server::replying([reply]).await;
    assert_eq!(get(&client(&server), "t-1").await.unwrap().id, "t-1");
}

#[tokio::test]
async fn a_response_can_be_streamed() {
    let pause = Duration::from_millis(20);
    let reply = Reply::new(200, "text/event-stream", "");
    let server = Server::replying([reply.chunked(&[b"data: 1\n\n", b"data: 2\n\n"], pause)]).await;
    let vapi = client(&server);
    let mut stream = create(&vapi)
        .header("accept", "text/event-stream")
        .open()
        .await
        .unwrap();
    assert_eq!(stream.content_type(), Some("text/event-stream"));
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "data: 2\n\n");
    assert!(stream.chunk().await.unwrap().is_none());
    let request = server.request();
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    assert_eq!(request.header("authorization"), Some("Bearer sk-test-4f1c2a"));
}

#[tokio::test]
async fn an_error_in_place_of_a_stream_is_read_whole() {
    let server = Server::replying([Reply::json(400, r#"{"message":"no input"}"#)]).await;
    let vapi = client(&server);
    let error = create(&vapi).open().await.unwrap_err();
    assert_eq!(error.to_string(), "ThingController_create: 400 Bad Request: no input");
}

#[tokio::test]
async fn a_compressed_response_is_requested_and_unpacked() {
    // {"id":"t-1"}
    let compressed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x4c\x51\xb2\x52\x2a\xd1\x35\x54\xaa\x05\x00\x71\xe4\x01\xd3\x0c\x00\x00\x00";
    let reply = Reply::new(200, "application/json", *compressed).header("content-encoding", "gzip");
    let server = Server::replying([reply]).await;
    assert_eq!(get(&client(&server), "t-1").await.unwrap().id, "t-1");
    assert_eq!(server.request().header("accept-encoding"), Some("gzip"));
}

#[tokio::test]
async fn a_client_of_the_users_own_is_used() {
    let server = Server::replying([Reply::thing()]).await;
    let mut headers = vapi::http::HeaderMap::new();
    headers.insert("x-mine", "yes".parse().unwrap());
    let http = vapi::http_client_builder().unwrap().default_headers(headers);
    let vapi = builder(&server.url).http_client(http.build().unwrap()).build().unwrap();
    get(&vapi, "t-1").await.unwrap();
    assert_eq!(server.request().header("x-mine"), Some("yes"));
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection() {
    let server = Server::replying([Reply::silence()]).await;
    let vapi = client(&server);
    let call = tokio::spawn(async move { get(&vapi, "t-1").await });
    server.has_received(1).await;
    call.abort();
    server.was_hung_up_on(1).await;
}

#[tokio::test]
async fn clones_share_their_connections() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = client(&server);
    get(&vapi.clone(), "t-1").await.unwrap();
    get(&vapi, "t-1").await.unwrap();
    drop(vapi);
    server.was_hung_up_on(1).await;
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn debug_output_has_no_ids_bodies_or_keys() {
    let vapi = builder("http://127.0.0.1:9").build().unwrap();
    let shown = format!(
        "{vapi:?} {:?} {:?}",
        get(&vapi, "private-id").query("q", "private-query"),
        create(&vapi).body(&json!({ "apiKey": "private-body" })),
    );
    assert!(!shown.contains("private") && !shown.contains(KEY), "{shown}");
    assert!(shown.contains("ThingController_findOne"));
}

#[test]
fn a_client_and_its_futures_can_cross_threads() {
    fn crosses<T: Send>(_: T) {}
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Client>();
    let vapi = builder("http://127.0.0.1:9").build().unwrap();
    crosses(get(&vapi, "t-1").into_future());
    crosses(get(&vapi, "t-1").with_response());
    crosses(vapi.request(Method::GET, "/x").send::<Value>());
}

#[tokio::test]
async fn an_operation_can_be_sent_from_another_task() {
    let server = Server::replying([Reply::thing()]).await;
    let operation = get(&client(&server), "a");
    let thing = tokio::spawn(async move { operation.await }).await.unwrap();
    assert_eq!(thing.unwrap().id, "t-1");
}

#[cfg(all(vapi_op = "CallController_findOne", vapi_type = "Call"))]
#[tokio::test]
async fn handles_and_waits_need_no_client_beside_them() {
    let server = Server::replying([Reply::json(200, r#"{"id":"c","status":"ended"}"#)]).await;
    let calls = client(&server).calls();
    let wait = tokio::spawn(async move { calls.wait_until_ended("c").await });
    assert_eq!(wait.await.unwrap().unwrap().id, "c");
}

/// The variables of a process cannot be set safely while it runs threads, so the test runs itself again with them.
#[test]
fn a_dead_proxy_is_named_in_the_error() {
    const NAME: &str = "a_dead_proxy_is_named_in_the_error";
    if std::env::var("HTTP_PROXY").as_deref() == Ok(DEAD_PROXY) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let vapi = builder("http://api.example").max_retries(0).build().unwrap();
        let error = runtime.block_on(get(&vapi, "a").into_future()).unwrap_err();
        assert!(error.is_connect());
        let start = "ThingController_findOne: cannot connect to the proxy http://127.0.0.1:1: ";
        assert!(error.to_string().starts_with(start), "{error}");
        return;
    }
    with_dead_proxy(NAME);
}

/// Runs a test of this file again, as a process with this proxy.
#[track_caller]
fn with_dead_proxy(test: &str) {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .envs(["HTTP_PROXY", "http_proxy"].map(|name| (name, DEAD_PROXY)))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}

/// Nothing listens on this port.
const DEAD_PROXY: &str = "http://user:password@127.0.0.1:1";

#[test]
fn a_loopback_address_is_reached_without_a_proxy() {
    const NAME: &str = "a_loopback_address_is_reached_without_a_proxy";
    if std::env::var("HTTP_PROXY").as_deref() == Ok(DEAD_PROXY) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = Server::replying([Reply::thing()]).await;
            for url in [server.url.clone(), server.url.replace("127.0.0.1", "localhost")] {
                get(&builder(&url).build().unwrap(), "a").await.unwrap();
            }
        });
        return;
    }
    with_dead_proxy(NAME);
}

#[tokio::test]
async fn a_header_that_frames_the_body_is_refused() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = client(&server);
    for name in ["content-length", "Transfer-Encoding"] {
        let error = create(&vapi).header(name, "3").await.unwrap_err();
        assert!(error.is_invalid_input());
        let name = name.to_lowercase();
        assert_eq!(
            error.to_string(),
            format!(
                "ThingController_create: the header `{name}` says how the body is sent, which this crate decides: leave it out"
            )
        );
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped() {
    let body = "\u{feff}{\"id\":\"t-1\"}";
    let server = Server::replying([Reply::json(200, body)]).await;
    let vapi = client(&server);
    assert_eq!(get(&vapi, "t-1").await.unwrap().id, "t-1");
    let request = || vapi.request(vapi::http::Method::GET, "/thing/t-1");
    assert_eq!(request().send::<Thing>().await.unwrap().id, "t-1");
    assert_eq!(&request().send_raw().await.unwrap()[..], body.as_bytes());

    let refusal = "\u{feff}{\"message\":\"no\"}";
    let server = Server::replying([Reply::json(400, refusal)]).await;
    let error = get(&client(&server), "t-1").await.unwrap_err();
    assert_eq!(error.messages(), ["no"]);
}

#[tokio::test]
async fn the_limit_of_a_response_can_be_set() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = builder(&server.url).max_response_bytes(11).build().unwrap();
    let error = get(&vapi, "t-1").await.unwrap_err();
    assert!(error.is_decode());
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: the response (200 OK) is longer than 11 bytes"
    );
    let vapi = builder(&server.url).max_response_bytes(12).build().unwrap();
    assert_eq!(get(&vapi, "t-1").await.unwrap().id, "t-1");
}

#[tokio::test]
async fn a_request_has_no_header_that_nobody_asked_for() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = client(&server);
    create(&vapi).await.unwrap();
    let request = server.request();
    let mut names: Vec<String> = request.headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.sort();
    let expected = [
        "accept",
        "accept-encoding",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    ];
    assert_eq!(names, expected);
    assert_eq!(request.text(), r#"{"name":"a"}"#);
}
