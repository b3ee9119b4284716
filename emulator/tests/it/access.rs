//! Access: tokens, methods, paths and documents.

use reqwest::Method;
use serde_json::json;
use vapi_emulator::Emulator;

use crate::client::{answer, start, start_with};

#[tokio::test]
async fn a_request_without_a_token_is_unauthorized() {
    let vapi = start().await;
    let (status, body) = answer(vapi.without_token(Method::GET, "/assistant")).await;
    assert_eq!(status, 401);
    assert_eq!(body["statusCode"], 401);
    assert_eq!(body["error"], "Unauthorized");
    assert!(body["message"].is_string());
}

#[tokio::test]
async fn basic_auth_is_no_token() {
    let vapi = start().await;
    let request = vapi
        .without_token(Method::GET, "/assistant")
        .basic_auth("user", Some("password"));
    assert_eq!(answer(request).await.0, 401);
}

#[tokio::test]
async fn a_token_sees_only_its_own_organization() {
    let vapi = start().await;
    let id = vapi.create("/assistant", json!({ "name": "Mine" })).await;
    let path = format!("/assistant/{id}");
    let foreign = vapi.without_token(Method::GET, &path).bearer_auth("somebody-else");
    assert_eq!(answer(foreign).await.0, 404);
    assert_eq!(vapi.get(&path).await.0, 200);
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_not_found() {
    let vapi = start().await;
    let (status, body) = vapi.get("/nothing/here").await;
    assert_eq!(status, 404);
    assert_eq!(
        body,
        json!({ "message": "Cannot GET /nothing/here", "error": "Not Found", "statusCode": 404 })
    );
}

#[tokio::test]
async fn a_method_that_a_path_lacks_is_not_allowed() {
    let vapi = start().await;
    let response = vapi
        .request(Method::PUT, "/assistant")
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), 405);
    let mut allowed: Vec<&str> = response.headers()["allow"]
        .to_str()
        .expect("text")
        .split(", ")
        .collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "POST"]);
}

#[tokio::test]
async fn a_literal_segment_wins_over_a_parameter() {
    let vapi = start().await;
    vapi.get("/eval/run").await;
    vapi.get("/eval/anything").await;
    let operations: Vec<_> = vapi
        .emulator
        .requests()
        .into_iter()
        .map(|request| request.operation_id)
        .collect();
    assert_eq!(
        operations,
        [
            Some("EvalController_getRunsPaginated".to_owned()),
            Some("EvalController_get".to_owned())
        ]
    );
}

#[tokio::test]
async fn the_document_is_served_at_both_addresses_without_a_token() {
    let vapi = start().await;
    for path in ["/api-json", "/api/openapi.json"] {
        let (status, document) = answer(vapi.without_token(Method::GET, path)).await;
        assert_eq!(status, 200);
        assert_eq!(
            document["paths"]["/call"]["post"]["operationId"],
            "CallController_create"
        );
    }
}

#[tokio::test]
async fn requests_are_kept_for_the_test_to_look_at() {
    let vapi = start_with(Emulator::builder().api_key("key-1")).await;
    vapi.patch("/assistant/some%2Fid?x=a%20b&x=c+d", json!({ "name": "A" }))
        .await;
    let requests = vapi.emulator.requests();
    let request = &requests[0];
    assert_eq!(request.method, Method::PATCH);
    assert_eq!(request.path, "/assistant/some%2Fid");
    assert_eq!(
        request.query,
        [("x".to_owned(), "a b".to_owned()), ("x".to_owned(), "c d".to_owned())]
    );
    assert_eq!(request.header("authorization"), Some("Bearer key-1"));
    assert_eq!(request.json(), Some(json!({ "name": "A" })));
    assert_eq!(request.operation_id.as_deref(), Some("AssistantController_update"));
}

#[tokio::test]
async fn only_the_most_recent_requests_are_kept() {
    let vapi = start_with(Emulator::builder().keep_requests(2)).await;
    for id in ["a", "b", "c"] {
        vapi.get(&format!("/call/{id}")).await;
    }
    let paths: Vec<_> = vapi
        .emulator
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert_eq!(paths, ["/call/b", "/call/c"]);
}

#[tokio::test]
async fn many_emulators_run_beside_each_other() {
    let (one, other) = (start().await, start().await);
    one.create("/assistant", json!({})).await;
    assert_eq!(one.get("/assistant").await.1.as_array().map(Vec::len), Some(1));
    assert_eq!(other.get("/assistant").await.1.as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn dropping_an_emulator_frees_its_port() {
    let emulator = Emulator::start().await;
    let port = emulator
        .base_url()
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .expect("a port");
    drop(emulator);
    let again = Emulator::builder()
        .port(port)
        .start()
        .await
        .expect("the port is free again");
    assert_eq!(again.base_url(), format!("http://127.0.0.1:{port}"));
}

#[tokio::test]
async fn another_document_can_be_served() {
    let document = json!({
        "openapi": "3.0.0",
        "paths": {
            "/v1/calls": { "post": {
                "operationId": "CallController_create",
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/CreateCallDto" } } } },
                "responses": { "201": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/CallDto" } } } } },
            } },
        },
        "components": { "schemas": {
            "CreateCallDto": { "type": "object", "required": ["to"], "properties": { "to": { "type": "string" } } },
            "CallDto": { "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } },
        } },
    });
    let vapi = start_with(Emulator::builder().spec(document.to_string())).await;
    let (status, call) = vapi.post("/v1/calls", json!({ "to": "+15555550123" })).await;
    assert_eq!(status, 201);
    assert!(call["id"].is_string());
    assert_eq!(vapi.get("/assistant").await.0, 404);
}

#[tokio::test]
async fn a_document_that_is_none_says_so() {
    let error = Emulator::builder()
        .spec("<html>")
        .start()
        .await
        .expect_err("no document");
    assert!(error.to_string().starts_with("the document is not JSON"), "{error}");
    let error = Emulator::builder().spec("{}").start().await.expect_err("no document");
    assert_eq!(error.to_string(), "the document has no `paths`");
    let circle = json!({
        "paths": {},
        "components": { "schemas": { "A": { "allOf": [{ "$ref": "#/components/schemas/A" }] } } },
    });
    let error = Emulator::builder()
        .spec(circle.to_string())
        .start()
        .await
        .expect_err("a circle");
    assert_eq!(
        error.to_string(),
        "the schema A includes itself through #/components/schemas/A"
    );
}
