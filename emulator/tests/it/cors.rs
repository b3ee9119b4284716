//! CORS: pages of this machine may use the API; only the emulator's own pages may change the emulator.

use reqwest::Method;
use serde_json::json;
use vapi_emulator::{Emulator, Fault};

use crate::client::{answer, start, start_with};

const ELSEWHERE: &str = "http://app.example:3000";

/// An origin of this machine, as a development server has.
const HERE: &str = "http://localhost:5173";

#[tokio::test]
async fn preflight_allows_a_token_and_json_from_this_machine() {
    let vapi = start().await;
    let response = vapi
        .without_token(Method::OPTIONS, "/call")
        .header("origin", HERE)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,x-client-id",
        )
        .send()
        .await
        .expect("a response");
    assert_eq!(response.status(), 204);
    let header = |name: &str| response.headers()[name].to_str().expect("text");
    assert_eq!(header("access-control-allow-origin"), HERE);
    assert_eq!(
        header("access-control-allow-headers"),
        "authorization,content-type,x-client-id"
    );
    assert_eq!(
        header("access-control-allow-methods"),
        "GET, HEAD, POST, PUT, PATCH, DELETE"
    );
}

#[tokio::test]
async fn a_page_reads_answers_and_errors_alike() {
    let vapi = start_with(Emulator::builder().allow_origin(ELSEWHERE)).await;
    for origin in [HERE, ELSEWHERE] {
        vapi.emulator
            .fault(Fault::on("AssistantController_findAll").rate_limit("7").times(1));
        for (path, status) in [
            ("/assistant", 429),
            ("/assistant", 200),
            ("/nothing", 404),
            ("/api-json", 200),
        ] {
            let response = vapi.request(Method::GET, path).header("origin", origin).send().await;
            let response = response.expect("a response");
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()["access-control-allow-origin"], origin, "{path}");
            let exposed = response.headers()["access-control-expose-headers"]
                .to_str()
                .expect("text");
            assert!(exposed.contains("retry-after"), "{exposed}");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_the_api() {
    let vapi = start().await;
    let id = vapi.create("/assistant", json!({ "name": "Ada" })).await;
    let assistant = format!("/assistant/{id}");
    for origin in [ELSEWHERE, "https://localhost.evil.example", "null"] {
        // None of these needs a preflight, except for the token.
        for (method, path) in [
            (Method::GET, assistant.as_str()),
            (Method::POST, "/assistant"),
            (Method::POST, "/call"),
            (Method::DELETE, assistant.as_str()),
        ] {
            let request = vapi.request(method, path).header("origin", origin);
            let response = request.body(r#"{"name":"Eve"}"#).send().await.expect("a response");
            assert_eq!(response.status(), 403, "{origin} {path}");
            assert!(!response.headers().contains_key("access-control-allow-origin"));
            let body = response.text().await.expect("text");
            assert!(body.contains(&format!("--allow-origin {origin}")), "{body}");
        }
        let preflight = vapi.without_token(Method::OPTIONS, "/call").header("origin", origin);
        let preflight = preflight.header("access-control-request-method", "POST").send().await;
        let preflight = preflight.expect("a response");
        assert_eq!(preflight.status(), 403);
        assert!(!preflight.headers().contains_key("access-control-allow-origin"));
    }
    let (_, all) = vapi.get("/assistant").await;
    assert_eq!(all.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_site_that_names_this_machine_cannot_use_the_api() {
    let vapi = start().await;
    let get = |host: &str| answer(vapi.request(Method::GET, "/assistant").header("host", host.to_owned()));
    let (status, body) = get("rebound.example:8080").await;
    assert_eq!(status, 403);
    let message = body["message"].as_str().expect("a sentence");
    assert!(
        message.contains("--allow-origin http://rebound.example:8080"),
        "{message}"
    );
    for host in ["localhost:8080", "127.0.0.1", "[::1]:8080", "vapi:8080"] {
        assert_eq!(get(host).await.0, 200, "{host}");
    }
    let allowed = start_with(Emulator::builder().allow_origin("http://rebound.example:8080")).await;
    let request = allowed
        .request(Method::GET, "/assistant")
        .header("host", "rebound.example:8080");
    assert_eq!(answer(request).await.0, 200);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_control_a_call() {
    let vapi = start().await;
    let (_, call) = vapi
        .post("/call", json!({ "assistantId": "a", "phoneNumberId": "p" }))
        .await;
    let url = call["monitor"]["controlUrl"].as_str().expect("a URL");
    let request = vapi.elsewhere(Method::POST, url).header("origin", ELSEWHERE);
    let (status, _) = answer(request.body(r#"{"type":"end-call"}"#)).await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_change_the_emulator() {
    let vapi = start().await;
    let own = vapi.emulator.base_url();
    let port = own.rsplit(':').next().expect("a port");
    let advance = |header: &'static str, value: &str| {
        let request = vapi.request(Method::POST, "/emulator/clock");
        answer(request.header(header, value).json(&json!({ "advance": "1s" })))
    };
    for origin in [
        ELSEWHERE,
        "null",
        "http://127.0.0.1",
        "http://localhost:1",
        &own.replace("http", "https"),
    ] {
        let (status, body) = advance("origin", origin).await;
        assert_eq!(status, 403, "{origin}");
        assert_eq!(body["message"], "Pages of other origins cannot change the emulator");
    }
    assert_eq!(advance("sec-fetch-site", "cross-site").await.0, 403);
    assert_eq!(advance("sec-fetch-site", "same-site").await.0, 403);
    assert_eq!(advance("sec-fetch-site", "same-origin").await.0, 200);
    assert_eq!(advance("origin", &own).await.0, 200);
    let (status, _) = answer(
        vapi.request(Method::POST, "/emulator/clock")
            .header("host", format!("localhost:{port}"))
            .header("origin", format!("http://localhost:{port}"))
            .json(&json!({ "advance": "1s" })),
    )
    .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn preflight_does_not_allow_the_emulators_own_routes() {
    let vapi = start().await;
    let preflight = vapi
        .without_token(Method::OPTIONS, "/emulator/clock")
        .header("origin", ELSEWHERE)
        .header("access-control-request-method", "POST");
    let response = preflight.send().await.expect("a response");
    assert_eq!(response.status(), 403);
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    let read = vapi
        .without_token(Method::GET, "/emulator/calls")
        .header("origin", ELSEWHERE);
    let response = read.send().await.expect("a response");
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_foreign_host_name_is_refused() {
    let vapi = start().await;
    let html = |path: &str, host: &str| {
        let request = vapi.without_token(Method::GET, path).header("accept", "text/html");
        answer(request.header("host", host.to_owned()))
    };
    for path in [
        "/",
        "/emulator",
        "/emulator/calls",
        "/emulator/requests",
        "/emulator/events",
    ] {
        assert_eq!(html(path, "rebound.example:80").await.0, 403, "{path}");
    }
    assert_eq!(html("/", "localhost:8080").await.0, 200);
    assert_eq!(html("/emulator/calls", "[::1]:8080").await.0, 200);
    assert_eq!(html("/emulator/calls", "vapi:8080").await.0, 403);
    // The API accepts all hosts: another container may call it by a name.
    let (status, _) = answer(vapi.request(Method::GET, "/assistant").header("host", "vapi:8080")).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn an_emulator_on_all_addresses_accepts_names_of_its_network() {
    let vapi = start_with(Emulator::builder().host([0, 0, 0, 0].into())).await;
    for (host, status) in [
        ("10.0.0.6:8080", 200),
        ("vapi:8080", 200),
        ("localhost:8080", 200),
        ("rebound.example", 403),
    ] {
        let request = vapi.without_token(Method::GET, "/emulator").header("host", host);
        assert_eq!(answer(request).await.0, status, "{host}");
    }
}
