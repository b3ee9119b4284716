//! The hooks of simulations: requests to the user's servers when an item starts and ends.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start_strict};
use crate::receiver::Receiver;

const STEP: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(3600);

async fn start() -> Vapi {
    start_strict(Emulator::builder().call_step(STEP)).await
}

/// Starts a run of one simulation whose scenario has these hooks.
async fn run(vapi: &Vapi, hooks: Value, transport: &str) -> Value {
    let assistant = vapi
        .create("/assistant", json!({ "name": "Ada", "firstMessage": "Hello!" }))
        .await;
    let scenario = json!({ "name": "Greets", "instructions": "Say hello.", "evaluations": [], "hooks": hooks });
    let scenario = vapi.create("/eval/simulation/scenario", scenario).await;
    let personality = json!({ "name": "Calm", "assistant": { "model": { "provider": "openai", "model": "gpt-4o" } } });
    let personality = vapi.create("/eval/simulation/personality", personality).await;
    let simulation = json!({ "name": "Greets", "scenarioId": scenario, "personalityId": personality });
    let simulation = vapi.create("/eval/simulation", simulation).await;
    let body = json!({
        "simulations": [{ "type": "simulation", "simulationId": simulation }],
        "target": { "type": "assistant", "assistantId": assistant },
        "transport": { "provider": transport },
    });
    let (status, run) = vapi.post("/eval/simulation/run", body).await;
    assert_eq!(status, 201, "{run}");
    run
}

fn hook(event: &str, action: Value) -> Value {
    let mut action = action;
    action["type"] = json!("webhook");
    json!({ "on": event, "do": [action] })
}

fn bodies(receiver: &Receiver) -> Vec<Value> {
    let received = receiver.all().into_iter();
    received
        .map(|one| serde_json::from_slice(&one.body).expect("JSON"))
        .collect()
}

async fn item(vapi: &Vapi, run: &Value) -> Value {
    let (id, item) = (
        run["id"].as_str().expect("an id"),
        run["simulationRunItemIds"][0].as_str().expect("an item"),
    );
    vapi.get(&format!("/eval/simulation/run/{id}/item/{item}")).await.1
}

#[tokio::test]
async fn hooks_run_when_an_item_starts_and_ends() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let server = json!({ "server": { "url": receiver.url, "headers": { "x-test": "1" } } });
    let mut with_transcript = server.clone();
    with_transcript["include"] = json!({ "transcript": true });
    let hooks = json!([
        hook("simulation.run.started", server),
        hook("simulation.run.ended", with_transcript),
    ]);
    let run = run(&vapi, hooks, "vapi.websocket").await;
    vapi.emulator.advance(STEP + Duration::from_secs(1)).await;
    let running = item(&vapi, &run).await;
    let [started] = &bodies(&receiver)[..] else {
        panic!("one hook")
    };
    let listen = &started["calls"]["listenUrl"];
    assert!(listen.as_str().expect("a URL").starts_with("ws://"), "{started}");
    let mut expected = json!({
        "type": "simulation.run.started", "simulationId": running["simulationId"], "runId": run["id"],
        "simulationRunItemId": running["id"], "iterationNumber": 1, "isSimulation": true,
        "calls": { "targetCallId": running["callId"], "listenUrl": listen },
    });
    assert_eq!(*started, expected);
    assert_eq!(receiver.all()[0].header("x-test"), Some("1"));
    vapi.emulator.advance(LONG).await;
    let ended = item(&vapi, &run).await;
    let more = json!({
        "type": "simulation.run.ended", "canceled": false, "endedReason": "customer-ended-call",
        "startedAt": ended["startedAt"], "endedAt": ended["completedAt"],
        "transcript": ended["metadata"]["call"]["transcript"],
    });
    for (name, value) in more.as_object().expect("an object") {
        expected[name.as_str()] = value.clone();
    }
    assert_eq!(bodies(&receiver)[1..], [expected]);
    assert!(
        ended["metadata"]["hooks"]["simulation.run.ended"]["sentAt"].is_string(),
        "{ended}"
    );
}

#[tokio::test]
async fn a_canceled_item_runs_the_hooks_of_its_end() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let hooks = json!([hook(
        "simulation.run.ended",
        json!({ "server": { "url": receiver.url } })
    )]);
    let run = run(&vapi, hooks, "vapi.websocket").await;
    vapi.emulator.advance(STEP + Duration::from_secs(1)).await;
    let path = format!("/eval/simulation/run/{}", run["id"].as_str().expect("an id"));
    assert_eq!(answer(vapi.request(Method::PATCH, &path)).await.0, 200);
    vapi.emulator.advance(LONG).await;
    let [ended] = &bodies(&receiver)[..] else {
        panic!("one hook")
    };
    assert_eq!(
        (&ended["canceled"], &ended["endedAt"], &ended["transcript"]),
        (&json!(true), &item(&vapi, &run).await["canceledAt"], &Value::Null)
    );
}

#[tokio::test]
async fn hooks_without_a_server_go_to_the_organization() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let org = format!("/org/{}", vapi.emulator.org_id());
    assert_eq!(
        vapi.patch(&org, json!({ "server": { "url": receiver.url } })).await.0,
        200
    );
    let hooks = json!([hook("simulation.run.started", json!({}))]);
    run(&vapi, hooks, "vapi.websocket").await;
    vapi.emulator.advance(STEP + Duration::from_secs(1)).await;
    let kinds: Vec<Value> = bodies(&receiver).into_iter().map(|body| body["type"].clone()).collect();
    assert!(kinds.contains(&json!("simulation.run.started")), "{kinds:?}");
}

#[tokio::test]
async fn simulations_by_chat_have_no_hooks() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let server = json!({ "server": { "url": receiver.url } });
    let hooks = json!([
        hook("simulation.run.started", server.clone()),
        hook("simulation.run.ended", server),
    ]);
    let run = run(&vapi, hooks, "vapi.webchat").await;
    vapi.emulator.advance(LONG).await;
    assert_eq!(item(&vapi, &run).await["status"], "passed");
    assert_eq!(bodies(&receiver), Vec::<Value>::new());
}
