//! The live view, and the routes it reads.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start, start_with};

const STEP: Duration = Duration::from_secs(60);

/// Calls move only when the clock is advanced.
async fn start_with_slow_calls() -> Vapi {
    start_with(Emulator::builder().call_step(STEP)).await
}

async fn page(vapi: &Vapi, path: &str) -> Response {
    let request = vapi.without_token(Method::GET, path).header("accept", "text/html,*/*");
    request.send().await.expect("a response")
}

/// Returns the response of `/emulator/…`, which needs no token.
async fn ours(vapi: &Vapi, path: &str) -> Value {
    let (status, body) = answer(vapi.without_token(Method::GET, &format!("/emulator/{path}"))).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn place(vapi: &Vapi, body: Value) -> String {
    let (status, call) = vapi.post("/call", body).await;
    assert_eq!(status, 201, "{call}");
    call["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_browser_gets_a_page_and_a_program_gets_json() {
    let vapi = start().await;
    let response = page(&vapi, "/").await;
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let (status, body) = answer(vapi.without_token(Method::GET, "/").header("accept", "*/*")).await;
    assert_eq!(status, 200);
    assert_eq!(body["name"], "vapi-emulator");
    assert_eq!(body["document"], "/api-json");
}

#[tokio::test]
async fn the_page_policy_forbids_inline_scripts_and_other_origins() {
    let vapi = start().await;
    let response = page(&vapi, "/").await;
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = response.text().await.expect("text");
    for banned in ["http://", "https://", "style=", "onclick", "<script>"] {
        assert!(!html.contains(banned), "{banned}");
    }
    let files = html.split('"').filter(|text| text.starts_with("/emulator/ui/"));
    let mut count = 0;
    for file in files {
        assert_eq!(page(&vapi, file).await.status(), 200, "{file}");
        count += 1;
    }
    assert!(count >= 4, "{count}");
}

#[cfg(feature = "reference")]
#[tokio::test]
async fn the_reference_comes_whole_from_here() {
    let vapi = start().await;
    let response = page(&vapi, "/docs").await;
    assert_eq!(response.status(), 200);
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(policy.contains("style-src 'self';"), "{policy}");
    let text = response.text().await.expect("text");
    let files: Vec<&str> = text
        .split('"')
        .filter(|part| part.starts_with("/emulator/ui/"))
        .collect();
    assert!(files.len() >= 9, "{files:?}");
    for file in files {
        let script = page(&vapi, file).await;
        assert_eq!(script.status(), 200, "{file}");
        let tag = script.headers()["etag"].to_str().expect("text").to_owned();
        let again = vapi.without_token(Method::GET, file).header("if-none-match", tag);
        let again = again.send().await.expect("a response");
        assert_eq!(again.status(), 304, "{file}");
    }
}

#[tokio::test]
async fn the_document_stays_as_it_is_and_is_sent_once() {
    let vapi = start().await;
    let first = page(&vapi, "/api-json").await;
    let tag = first.headers()["etag"].to_str().expect("text").to_owned();
    let text = first.text().await.expect("text");
    assert_eq!(text, include_str!("../../openapi.json"));
    for (known, status) in [
        (tag.clone(), 304),
        (format!("\"x\", W/{tag}"), 304),
        ("\"x\"".into(), 200),
    ] {
        let request = vapi.without_token(Method::GET, "/api/openapi.json");
        let response = request
            .header("if-none-match", &known)
            .send()
            .await
            .expect("a response");
        assert_eq!(response.status(), status, "{known}");
    }
}

#[tokio::test]
async fn tools_find_the_emulator_as_the_server_of_its_document() {
    let vapi = start().await;
    let here = ours(&vapi, "openapi.json").await;
    assert_eq!(here["servers"][0]["url"], vapi.emulator.base_url());
    let mut original: Value = serde_json::from_str(include_str!("../../openapi.json")).expect("JSON");
    original["servers"] = here["servers"].clone();
    assert_eq!(here, original);
}

#[tokio::test]
async fn calls_of_every_organization_are_listed_newest_first() {
    let vapi = start_with_slow_calls().await;
    let assistant = vapi.create("/assistant", json!({ "name": "Front desk" })).await;
    let customer = json!({ "number": "+15555550123", "name": "Grace" });
    let mine = place(&vapi, json!({ "assistantId": assistant, "customer": customer })).await;
    let foreign = vapi.without_token(Method::POST, "/call").bearer_auth("somebody-else");
    let (_, foreign) = answer(foreign.json(&json!({ "assistant": { "name": "Ada" } }))).await;
    let listed = ours(&vapi, "calls").await;
    assert_eq!(listed["total"], 2);
    assert_eq!(listed["calls"][0]["id"], foreign["id"]);
    assert_eq!(listed["calls"][0]["assistant"], "Ada");
    assert_eq!(listed["calls"][0]["who"], "Unknown caller");
    let call = &listed["calls"][1];
    assert_eq!(call["id"], *mine);
    assert_eq!(call["assistant"], "Front desk");
    assert_eq!(call["who"], "Grace");
    assert_eq!(call["number"], "+15555550123");
    assert_eq!(call["status"], "queued");
    assert_eq!(call["startedAt"], Value::Null);
}

#[tokio::test]
async fn a_call_is_shown_with_what_was_said_so_far() {
    let vapi = start_with_slow_calls().await;
    let id = place(
        &vapi,
        json!({ "assistant": { "firstMessage": "<script>alert(1)</script>" } }),
    )
    .await;
    let before = ours(&vapi, &format!("calls/{id}")).await;
    assert_eq!(before["turns"], json!([]));
    assert_eq!(before["summary"]["assistant"], "Unnamed assistant");
    vapi.emulator.advance(3 * STEP).await;
    let after = ours(&vapi, &format!("calls/{id}")).await;
    assert_eq!(after["summary"]["status"], "ended");
    assert_eq!(after["summary"]["cost"], 0.0125);
    assert_eq!(after["call"]["endedReason"], "customer-ended-call");
    assert_eq!(after["turns"][0]["role"], "bot");
    assert_eq!(after["turns"][0]["text"], "<script>alert(1)</script>");
    let (status, _) = answer(vapi.without_token(Method::GET, "/emulator/calls/none")).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_answer() {
    let (vapi, hooks) = (start_with_slow_calls().await, start().await);
    // Any server works; this one refuses unknown paths.
    let url = format!("{}/hook", hooks.emulator.base_url());
    let id = place(&vapi, json!({ "assistant": { "server": { "url": url } } })).await;
    vapi.emulator.advance(3 * STEP).await;
    let shown = ours(&vapi, &format!("calls/{id}")).await;
    let deliveries = shown["webhooks"].as_array().expect("a list");
    assert_eq!(deliveries[0]["type"], "status-update");
    assert_eq!(deliveries[0]["what"], "queued");
    assert_eq!(deliveries[0]["status"], 404);
    assert_eq!(deliveries[0].get("request"), None);
    let named = deliveries[0]["id"].as_str().expect("an id");
    let delivery = ours(&vapi, &format!("calls/{id}/webhooks/{named}")).await;
    assert_eq!(delivery["url"], *url);
    assert_eq!(delivery["request"]["message"]["type"], "status-update");
    assert_eq!(delivery["response"]["message"], "Cannot POST /hook");
    let names: std::collections::HashSet<_> = deliveries.iter().map(|delivery| delivery["id"].as_str()).collect();
    assert_eq!(names.len(), deliveries.len());
}

#[tokio::test]
async fn the_page_places_and_hangs_up_a_test_call() {
    let vapi = start_with_slow_calls().await;
    let assistant = vapi.create("/assistant", json!({ "name": "Front desk" })).await;
    assert_eq!(ours(&vapi, "assistants").await[0]["name"], "Front desk");
    let test_call = vapi.without_token(Method::POST, "/emulator/test-call");
    let body = json!({ "assistantId": assistant, "number": "+15555550123", "name": "", "greeting": "Hi!" });
    let (status, call) = answer(test_call.json(&body)).await;
    assert_eq!(status, 201, "{call}");
    assert_eq!(call["assistantOverrides"], json!({ "firstMessage": "Hi!" }));
    // The organization of the assistant places the call, so that its own client sees it.
    let path = format!("/call/{}", call["id"].as_str().expect("an id"));
    assert_eq!(vapi.get(&path).await.0, 200);
    let hang_up = vapi.without_token(Method::POST, &format!("/emulator/calls{}/hang-up", &path[5..]));
    let (status, shown) = answer(hang_up).await;
    assert_eq!(status, 200);
    assert_eq!(shown["summary"]["status"], "ended");
    assert_eq!(vapi.get(&path).await.1["status"], "ended");
}

#[tokio::test]
async fn the_page_receives_an_error_for_an_invalid_number() {
    let vapi = start().await;
    let test_call = vapi.without_token(Method::POST, "/emulator/test-call");
    let (status, body) = answer(test_call.json(&json!({ "number": "12" }))).await;
    assert_eq!(status, 400);
    assert_eq!(
        body["message"],
        json!([
            "customer.number must be a valid phone number in the E.164 format. Hot tip, you may be missing the country code \
             (Eg. US: +1)."
        ])
    );
}

#[tokio::test]
async fn changes_are_told_while_they_happen() {
    let vapi = start_with_slow_calls().await;
    let mut events = page(&vapi, "/emulator/events").await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut heard = String::new();
    until(&mut events, &mut heard, |heard| heard.contains("event: clock\n")).await;
    let id = place(
        &vapi,
        json!({ "assistant": {}, "customer": { "number": "+15555550123" } }),
    )
    .await;
    until(&mut events, &mut heard, |heard| {
        heard.contains("event: calls\n") && heard.contains(&id) && heard.contains(r#""status":"queued""#)
    })
    .await;
    vapi.emulator.advance(3 * STEP).await;
    until(&mut events, &mut heard, |heard| heard.contains(r#""status":"ended""#)).await;
    vapi.delete(&format!("/call/{id}")).await;
    until(&mut events, &mut heard, |heard| {
        heard.contains(&format!(r#""gone":["{id}"]"#))
    })
    .await;
}

#[tokio::test]
async fn an_open_page_does_not_hold_up_the_end() {
    let vapi = start().await;
    let mut events = page(&vapi, "/emulator/events").await;
    let mut heard = String::new();
    until(&mut events, &mut heard, |heard| heard.contains("event: clock\n")).await;
    drop(vapi);
    let rest = async { while let Ok(Some(_)) = events.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(30), rest)
        .await
        .expect("the stream ends");
}

#[tokio::test]
async fn requests_of_the_page_are_not_logged() {
    let vapi = start().await;
    ours(&vapi, "calls").await;
    assert_eq!(vapi.emulator.requests().len(), 0);
}

/// Reads events until they are as expected.
async fn until(events: &mut Response, heard: &mut String, enough: impl Fn(&str) -> bool) {
    let read = async {
        while !enough(heard) {
            let piece = events.chunk().await.expect("a stream").expect("that goes on");
            heard.push_str(&String::from_utf8_lossy(&piece));
        }
    };
    if tokio::time::timeout(Duration::from_secs(30), read).await.is_err() {
        panic!("heard only {heard}");
    }
}
