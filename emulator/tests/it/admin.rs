//! The emulator's own routes, for tests in any language.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start, start_with};
use crate::receiver::Receiver;

async fn ours(vapi: &Vapi, method: Method, path: &str, body: Value) -> (u16, Value) {
    answer(vapi.without_token(method, path).json(&body)).await
}

#[tokio::test]
async fn a_fault_can_be_asked_for_over_http() {
    let vapi = start().await;
    let fault = json!({ "on": "GET /assistant", "status": 429, "retryAfter": 2, "times": 1 });
    let told = json!([{ "on": "GET /assistant", "status": 429, "headers": { "retry-after": "2" }, "times": 1 }]);
    assert_eq!(
        ours(&vapi, Method::POST, "/emulator/faults", fault).await,
        (201, told.clone())
    );
    assert_eq!(
        ours(&vapi, Method::GET, "/emulator/faults", Value::Null).await,
        (200, told)
    );
    assert_eq!(vapi.get("/assistant").await.0, 429);
    assert_eq!(vapi.get("/assistant").await.0, 200);
    assert_eq!(
        ours(&vapi, Method::GET, "/emulator/faults", Value::Null).await,
        (200, json!([]))
    );
}

#[tokio::test]
async fn faults_can_be_called_off_over_http() {
    let vapi = start().await;
    let faults = json!([{ "on": "*", "status": 500 }, { "on": "*", "reset": true }]);
    assert_eq!(ours(&vapi, Method::POST, "/emulator/faults", faults).await.0, 201);
    assert_eq!(vapi.get("/assistant").await.0, 500);
    assert_eq!(
        ours(&vapi, Method::DELETE, "/emulator/faults", Value::Null).await,
        (200, json!([]))
    );
    assert_eq!(vapi.get("/assistant").await.0, 200);
}

#[tokio::test]
async fn one_invalid_fault_refuses_the_whole_list() {
    let vapi = start().await;
    for (fault, sentence) in [
        (
            json!({ "on": "GET /nothing", "status": 500 }),
            "the document has no operation `GET /nothing`; name one by its id or as `POST /call`",
        ),
        (
            json!({ "status": 700 }),
            "`700` is not a status of a response; use 200 to 599",
        ),
        (json!({ "status": [500] }), "status must be a string, a number or true"),
        (json!("500"), "a fault must be an object"),
    ] {
        let list = json!([{ "status": 500 }, fault]);
        let (status, body) = ours(&vapi, Method::POST, "/emulator/faults", list).await;
        assert_eq!((status, body["message"].as_str()), (400, Some(sentence)));
    }
    assert_eq!(vapi.get("/assistant").await.0, 200);
}

#[tokio::test]
async fn a_header_makes_one_request_go_wrong() {
    let vapi = start().await;
    let faulty = |text: &'static str| vapi.request(Method::GET, "/assistant").header("X-Emulator-Fault", text);
    let response = faulty("status=429, retry-after=2").send().await.expect("a response");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"2".parse().expect("a header"))
    );
    assert!(faulty("reset").send().await.is_err());
    let (status, body) = answer(faulty("explode")).await;
    assert_eq!(status, 400);
    assert!(
        body["message"]
            .as_str()
            .expect("a sentence")
            .starts_with("x-emulator-fault: `explode` is not an item of a fault")
    );
    assert_eq!(vapi.get("/assistant").await.0, 200);
}

#[tokio::test]
async fn a_call_is_scripted_and_lived_over_http() {
    let vapi = start_with(Emulator::builder().call_step(Duration::from_secs(10))).await;
    let receiver = Receiver::start().await;
    let scripts = json!({ "scripts": [{ "steps": [{ "customer": "Hi." }], "ends": "silence-timed-out" }] });
    assert_eq!(
        ours(&vapi, Method::POST, "/emulator/scripts", scripts).await,
        (201, json!({ "added": 1 }))
    );
    let assistant = json!({ "server": { "url": receiver.url } });
    let id = vapi.create("/call", json!({ "assistant": assistant })).await;
    ours(&vapi, Method::POST, "/emulator/clock", json!({ "advance": "60s" })).await;
    let call = vapi.get(&format!("/call/{id}")).await.1;
    assert_eq!(call["artifact"]["transcript"], "User: Hi.\n");
    assert_eq!(
        receiver.of_type("end-of-call-report")[0]["endedReason"],
        "silence-timed-out"
    );
}

#[tokio::test]
async fn scripts_can_be_taken_back_over_http() {
    let vapi = start_with(Emulator::builder().call_step(Duration::from_secs(10))).await;
    let busy = json!([{ "answer": "busy" }]);
    assert_eq!(ours(&vapi, Method::POST, "/emulator/scripts", busy).await.0, 201);
    assert_eq!(
        ours(&vapi, Method::DELETE, "/emulator/scripts", Value::Null).await.0,
        204
    );
    let id = vapi.create("/call", json!({ "assistant": {} })).await;
    vapi.emulator.advance(Duration::from_secs(60)).await;
    assert_eq!(
        vapi.get(&format!("/call/{id}")).await.1["endedReason"],
        "customer-ended-call"
    );
}

#[tokio::test]
async fn a_script_with_a_mistake_is_refused() {
    let vapi = start().await;
    let (status, body) = ours(&vapi, Method::POST, "/emulator/scripts", json!([{ "ends": 3 }])).await;
    assert_eq!(
        (status, &body["message"]),
        (400, &json!("scripts[0].ends: must be a string"))
    );
}

#[tokio::test]
async fn the_clock_can_be_moved_over_http() {
    let vapi = start_with(Emulator::builder().call_step(Duration::from_secs(600))).await;
    let id = vapi.create("/call", json!({ "assistant": {} })).await;
    let (_, before) = ours(&vapi, Method::GET, "/emulator/clock", Value::Null).await;
    let (status, after) = ours(&vapi, Method::POST, "/emulator/clock", json!({ "advance": "30m" })).await;
    assert_eq!(status, 200);
    let milliseconds = |clock: &Value| clock["now"].as_i64().expect("a number");
    assert!(milliseconds(&after) >= milliseconds(&before) + 1_800_000);
    assert_eq!(vapi.get(&format!("/call/{id}")).await.1["status"], "ended");
    for body in [
        json!({}),
        json!({ "advance": 60 }),
        json!({ "advance": "soon" }),
        json!({ "advance": "-1s" }),
    ] {
        assert_eq!(ours(&vapi, Method::POST, "/emulator/clock", body).await.0, 400);
    }
}

#[tokio::test]
async fn requests_are_told_without_their_keys() {
    let vapi = start().await;
    vapi.post("/assistant?x=1", json!({ "name": "Ada" })).await;
    let (status, requests) = ours(&vapi, Method::GET, "/emulator/requests", Value::Null).await;
    assert_eq!((status, requests.as_array().map(Vec::len)), (200, Some(1)));
    let request = &requests[0];
    assert_eq!(
        (&request["method"], &request["path"]),
        (&json!("POST"), &json!("/assistant"))
    );
    assert_eq!(request["query"], json!([["x", "1"]]));
    assert_eq!(request["body"], json!({ "name": "Ada" }));
    assert_eq!(request["operationId"], "AssistantController_create");
    assert_eq!(request["headers"]["authorization"], "(hidden)");
    assert_eq!(
        ours(&vapi, Method::DELETE, "/emulator/requests", Value::Null).await,
        (200, json!([]))
    );
}

#[tokio::test]
async fn everything_can_be_forgotten() {
    let vapi = start().await;
    let id = vapi.create("/assistant", json!({})).await;
    vapi.emulator.fault(vapi_emulator::Fault::on("GET /squad").status(500));
    let (status, about) = ours(&vapi, Method::DELETE, "/emulator", Value::Null).await;
    assert_eq!((status, &about["resources"]), (200, &json!(0)));
    assert_eq!(vapi.get(&format!("/assistant/{id}")).await.0, 404);
    assert_eq!(vapi.get("/squad").await.0, 200);
}

#[tokio::test]
async fn it_says_what_it_is() {
    let vapi = start().await;
    vapi.create("/assistant", json!({})).await;
    for path in ["/emulator", "/emulator/"] {
        let (status, about) = ours(&vapi, Method::GET, path, Value::Null).await;
        assert_eq!(
            (status, &about["name"], &about["resources"]),
            (200, &json!("vapi-emulator"), &json!(1))
        );
        assert_eq!(
            (&about["key"], &about["operations"]),
            (
                &json!(vapi.emulator.api_key()),
                &json!(vapi.emulator.operations().len())
            )
        );
    }
}

#[tokio::test]
async fn a_page_of_another_site_is_refused() {
    let vapi = start().await;
    let from = |origin: &'static str| vapi.without_token(Method::DELETE, "/emulator").header("Origin", origin);
    assert_eq!(answer(from("https://evil.example")).await.0, 403);
    assert_eq!(answer(from("null")).await.0, 403);
    assert_eq!(answer(from("http://localhost:5173")).await.0, 403);
}

#[tokio::test]
async fn what_is_not_there_is_not_there() {
    let vapi = start().await;
    assert_eq!(ours(&vapi, Method::GET, "/emulator/nothing", Value::Null).await.0, 404);
    for (method, path, allowed) in [
        (Method::PUT, "/emulator", "GET, DELETE"),
        (Method::PUT, "/emulator/faults", "GET, POST, DELETE"),
        (Method::DELETE, "/emulator/clock", "GET, POST"),
        (Method::GET, "/emulator/scripts", "POST, DELETE"),
        (Method::GET, "/emulator/test-call", "POST"),
        (Method::POST, "/emulator/events", "GET"),
    ] {
        let response = vapi.without_token(method, path).send().await.expect("a response");
        assert_eq!(
            (response.status().as_u16(), &response.headers()["allow"]),
            (405, &allowed.parse().expect("a header"))
        );
    }
    // Requests to the emulator's own routes are not requests to the API.
    assert!(vapi.emulator.requests().is_empty());
}
