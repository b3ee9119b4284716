//! Simulation runs, from queued to ended.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, answer, start_strict};
use crate::model_server::ModelServer;
use crate::receiver::Receiver;

const STEP: Duration = Duration::from_secs(10);
/// A little more than a step.
const ON: Duration = Duration::from_secs(11);

struct Setup {
    vapi: Vapi,
    assistant: String,
    simulation: String,
}

/// Returns an assistant and a simulation whose scenario expects that a table was booked.
async fn setup() -> Setup {
    let vapi = start_strict(Emulator::builder().call_step(STEP)).await;
    let assistant = vapi
        .create("/assistant", json!({ "name": "Ada", "firstMessage": "Hello!" }))
        .await;
    let simulation = simulation(&vapi, "Books a table").await;
    Setup {
        vapi,
        assistant,
        simulation,
    }
}

async fn simulation(vapi: &Vapi, name: &str) -> String {
    let booked = json!({ "name": "booked", "schema": { "type": "boolean" } });
    let scenario = json!({
        "name": name,
        "instructions": "Book a table for two.",
        "evaluations": [{ "structuredOutput": booked, "comparator": "=", "value": true }],
    });
    let scenario = vapi.create("/eval/simulation/scenario", scenario).await;
    let personality = json!({ "name": "Calm", "assistant": { "model": { "provider": "openai", "model": "gpt-4o" } } });
    let personality = vapi.create("/eval/simulation/personality", personality).await;
    let body = json!({ "name": name, "scenarioId": scenario, "personalityId": personality });
    vapi.create("/eval/simulation", body).await
}

impl Setup {
    /// Asserts that the document declares the response.
    #[track_caller]
    fn assert_declared(&self, operation: &str, response: &Value) {
        let problems = self.vapi.emulator.response_problems(operation, response);
        assert_eq!(problems, Vec::<String>::new());
    }

    async fn run(&self, simulations: Value, more: Value) -> Value {
        let mut body = json!({
            "simulations": simulations,
            "target": { "type": "assistant", "assistantId": self.assistant },
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name.as_str()] = value.clone();
        }
        let (status, run) = self.vapi.post("/eval/simulation/run", body).await;
        assert_eq!(status, 201, "{run}");
        run
    }

    fn one(&self) -> Value {
        json!([{ "type": "simulation", "simulationId": self.simulation }])
    }

    async fn read(&self, run: &Value) -> Value {
        let id = run["id"].as_str().expect("an id");
        self.vapi.get(&format!("/eval/simulation/run/{id}")).await.1
    }

    async fn items(&self, run: &Value) -> Vec<Value> {
        let id = run["id"].as_str().expect("an id");
        let (_, items) = self.vapi.get(&format!("/eval/simulation/run/{id}/item")).await;
        items.as_array().expect("a list").clone()
    }

    async fn finish(&self) {
        self.vapi.emulator.advance(Duration::from_secs(3600)).await;
    }
}

#[tokio::test]
async fn a_run_is_queued_then_running_then_ended() {
    let setup = setup().await;
    let run = setup.run(setup.one(), json!({})).await;
    assert_eq!(run["status"], "queued");
    let items = setup.items(&run).await;
    assert_eq!(run["simulationRunItemIds"], json!([items[0]["id"]]));
    assert_eq!(items[0]["status"], "queued");
    setup.vapi.emulator.advance(ON).await;
    assert_eq!(setup.read(&run).await["status"], "running");
    let items = setup.items(&run).await;
    assert_eq!(items[0]["status"], "running");
    let (_, call) = setup
        .vapi
        .get(&format!("/call/{}", items[0]["callId"].as_str().expect("a call")))
        .await;
    assert_eq!(
        (&call["type"], &call["assistantId"]),
        (&json!("webCall"), &json!(setup.assistant))
    );
    let (_, concurrency) = setup.vapi.get("/eval/simulation/concurrency").await;
    assert_eq!(
        (&concurrency["activeSimulations"], &concurrency["availableToStart"]),
        (&json!(1), &json!(4))
    );
    setup.finish().await;
    let ended = setup.read(&run).await;
    assert_eq!(ended["status"], "ended");
    assert!(ended["startedAt"].as_str() < ended["endedAt"].as_str(), "{ended}");
    assert_eq!(
        ended["itemCounts"],
        json!({
            "total": 1, "queued": 0, "running": 0, "passed": 1, "failed": 0, "canceled": 0,
            "distinctSimulationTotal": 1, "distinctSimulationFailed": 0,
        })
    );
    setup.assert_declared("SimulationRunController_findOne", &ended);
}

#[tokio::test]
async fn an_item_passes_by_default_and_shows_its_call() {
    let setup = setup().await;
    let run = setup.run(setup.one(), json!({})).await;
    setup.finish().await;
    let item = setup.items(&run).await.remove(0);
    assert_eq!(item["status"], "passed");
    assert_eq!(item["results"]["passed"], true);
    assert_eq!(item["results"]["evaluations"][0]["name"], "booked");
    assert_eq!(item["results"]["evaluations"][0]["extractedValue"], true);
    let transcript = item["metadata"]["call"]["transcript"].as_str().expect("a transcript");
    assert!(transcript.starts_with("AI: Hello!\n"), "{transcript}");
    assert_eq!(item["metadata"]["scenario"]["name"], "Books a table");
    setup.assert_declared("SimulationRunController_findItem", &item);
}

#[tokio::test]
async fn a_script_decides_what_was_extracted() {
    let setup = setup().await;
    let script = Script::new()
        .for_simulation("Books a table")
        .assistant_greets()
        .customer_says("A table for two, please.")
        .assistant_says("We are full.")
        .structured_output("so-1", "booked", json!(false));
    setup.vapi.emulator.script(script);
    let run = setup.run(setup.one(), json!({})).await;
    setup.finish().await;
    let item = setup.items(&run).await.remove(0);
    assert_eq!(item["status"], "failed");
    assert_eq!(item["results"]["evaluations"][0]["extractedValue"], false);
    assert!(item["failedAt"].is_string(), "{item}");
    let transcript = item["metadata"]["call"]["transcript"].as_str().expect("a transcript");
    assert!(transcript.ends_with("AI: We are full.\n"), "{transcript}");
    assert_eq!(setup.read(&run).await["itemCounts"]["failed"], 1);
}

#[tokio::test]
async fn an_unsuccessful_call_fails_its_simulation() {
    let setup = setup().await;
    setup
        .vapi
        .emulator
        .script(Script::new().for_assistant("Ada").success("false"));
    let run = setup.run(setup.one(), json!({})).await;
    setup.finish().await;
    assert_eq!(setup.items(&run).await[0]["results"]["evaluations"][0]["passed"], false);
    assert_eq!(setup.read(&run).await["itemCounts"]["failed"], 1);
}

#[tokio::test]
async fn a_script_for_a_simulation_is_for_no_other_call() {
    let setup = setup().await;
    setup.vapi.emulator.script(
        Script::new()
            .for_simulation("Books a table")
            .never_starts("pipeline-error"),
    );
    let line = setup.vapi.create("/phone-number", json!({ "provider": "vapi" })).await;
    let call = json!({
        "assistantId": setup.assistant, "phoneNumberId": line, "customer": { "number": "+15555550101" },
    });
    let id = setup.vapi.create("/call", call).await;
    setup.finish().await;
    let (_, call) = setup.vapi.get(&format!("/call/{id}")).await;
    assert_eq!(call["endedReason"], "customer-ended-call");
}

#[tokio::test]
async fn a_suite_is_expanded_and_iterations_repeat_it() {
    let setup = setup().await;
    let other = simulation(&setup.vapi, "Cancels").await;
    let suite = json!({ "name": "Tables", "simulationIds": [setup.simulation, other], "targetAssignments": [] });
    let suite = setup.vapi.create("/eval/simulation/suite", suite).await;
    let entry = json!([{ "type": "simulationSuite", "simulationSuiteId": suite }]);
    let run = setup.run(entry, json!({ "iterations": 4 })).await;
    assert_eq!(run["simulationRunItemIds"].as_array().map(Vec::len), Some(8));
    setup.vapi.emulator.advance(ON).await;
    // Five calls at a time.
    assert_eq!(setup.read(&run).await["itemCounts"]["running"], 5);
    setup.finish().await;
    let ended = setup.read(&run).await;
    assert_eq!(
        (&ended["status"], &ended["itemCounts"]["passed"]),
        (&json!("ended"), &json!(8))
    );
    assert_eq!(ended["itemCounts"]["distinctSimulationTotal"], 2);
}

fn by_chat() -> Value {
    json!({ "transport": { "provider": "vapi.webchat" } })
}

#[tokio::test]
async fn a_chat_simulation_is_a_session_of_chats() {
    let setup = setup().await;
    let script = Script::new()
        .for_simulation("Books a table")
        .customer_says("A table, please.")
        .assistant_says("For how many?")
        .customer_says("For four.");
    setup.vapi.emulator.script(script);
    let run = setup.run(setup.one(), by_chat()).await;
    setup.finish().await;
    let item = setup.items(&run).await.remove(0);
    assert_eq!((&item["status"], &item["callId"]), (&json!("passed"), &Value::Null));
    assert_eq!(setup.vapi.get("/call").await.1, json!([]));
    let session = item["sessionId"].as_str().expect("a session");
    let (_, session) = setup.vapi.get(&format!("/session/{session}")).await;
    let said = |role: &str, text: &str| json!({ "role": role, "content": text });
    let messages = json!([
        said("user", "A table, please."),
        said("assistant", "For how many?"),
        said("user", "For four."),
        said("assistant", "You said: For four."),
    ]);
    assert_eq!(
        (&session["messages"], &session["assistantId"]),
        (&messages, &json!(setup.assistant))
    );
    assert_eq!(
        item["metadata"]["call"],
        json!({
            "messages": messages,
            "transcript": "User: A table, please.\nAI: For how many?\nUser: For four.\nAI: You said: For four.\n",
        })
    );
    let (_, chats) = setup.vapi.get("/chat").await;
    assert_eq!(chats["metadata"]["totalItems"], 2);
    setup.assert_declared("SimulationRunController_findItem", &item);
}

#[tokio::test]
async fn a_chat_simulation_asks_the_model_of_the_assistant() {
    let setup = setup().await;
    let model = ModelServer::saying(&["Booked."]).await;
    let path = format!("/assistant/{}", setup.assistant);
    let (status, changed) = setup
        .vapi
        .patch(&path, json!({ "model": model.model(json!({})) }))
        .await;
    assert_eq!(status, 200, "{changed}");
    let run = setup.run(setup.one(), by_chat()).await;
    setup.finish().await;
    let item = setup.items(&run).await.remove(0);
    assert_eq!(item["metadata"]["call"]["messages"][1]["content"], "Booked.");
    assert_eq!(model.bodies().len(), 1);
}

#[tokio::test]
async fn a_chat_simulation_fails_with_its_model() {
    let setup = setup().await;
    let path = format!("/assistant/{}", setup.assistant);
    let model = json!({ "provider": "custom-llm", "url": "http://127.0.0.1:1/v1", "model": "none" });
    setup.vapi.patch(&path, json!({ "model": model })).await;
    let run = setup.run(setup.one(), by_chat()).await;
    setup.finish().await;
    let item = setup.items(&run).await.remove(0);
    assert_eq!((&item["status"], &item["results"]), (&json!("failed"), &Value::Null));
    assert!(
        item["failureReason"].is_string() && item["failedAt"].is_string(),
        "{item}"
    );
    assert_eq!(setup.read(&run).await["itemCounts"]["failed"], 1);
}

#[tokio::test]
async fn a_scenario_replaces_the_results_of_tools() {
    let setup = setup().await;
    let receiver = Receiver::start().await;
    let tools = ["book", "look"].map(|name| json!({ "type": "function", "function": { "name": name } }));
    let model = json!({ "provider": "openai", "model": "gpt-4o", "tools": tools });
    let path = format!("/assistant/{}", setup.assistant);
    let change = json!({ "model": model, "server": { "url": receiver.url } });
    assert_eq!(setup.vapi.patch(&path, change).await.0, 200);
    let (_, scenarios) = setup.vapi.get("/eval/simulation/scenario").await;
    let scenario = scenarios[0]["id"].as_str().expect("a scenario");
    let mocks = json!({ "toolMocks": [
        { "toolName": "book", "result": "Booked.", "enabled": true },
        { "toolName": "look", "result": "Never.", "enabled": false },
    ] });
    let path = format!("/eval/simulation/scenario/{scenario}");
    assert_eq!(setup.vapi.patch(&path, mocks).await.0, 200);
    let script = Script::new()
        .calls_tool("book", json!({}))
        .calls_tool("look", json!({}));
    setup.vapi.emulator.script(script);
    let run = setup.run(setup.one(), json!({})).await;
    setup.finish().await;
    let item = setup.items(&run).await.remove(0);
    let messages = item["metadata"]["call"]["messages"].as_array().expect("messages");
    let results: Vec<&Value> = messages
        .iter()
        .filter(|message| message["role"] == "tool_call_result")
        .map(|message| &message["result"])
        .collect();
    assert_eq!(results, ["Booked.", "No result returned."]);
    let asked = receiver.of_type("tool-calls");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["toolCallList"][0]["function"]["name"], "look");
}

#[tokio::test]
async fn suggestions_name_what_did_not_pass() {
    let setup = setup().await;
    let script = Script::new().structured_output("so-1", "booked", json!(false));
    setup.vapi.emulator.script(script);
    let run = setup.run(setup.one(), json!({})).await;
    let (id, item) = (
        run["id"].as_str().expect("an id"),
        run["simulationRunItemIds"][0].as_str().expect("an item"),
    );
    let path = format!("/eval/simulation/run/{id}/item/{item}/generate?force=false");
    let (status, early) = setup.vapi.post(&path, json!({})).await;
    assert_eq!(status, 201, "{early}");
    assert_eq!(early["analysis"], "The simulation has not ended.");
    setup.finish().await;
    let (status, suggestions) = setup.vapi.post(&format!("{path}&persist=false"), json!({})).await;
    assert_eq!(status, 201, "{suggestions}");
    assert_eq!(suggestions["analysis"], "One evaluation did not pass.");
    assert_eq!(
        suggestions["systemPromptSuggestions"][0]["issue"],
        "`booked` was false, and = true is expected."
    );
    assert_eq!(setup.items(&run).await[0]["improvementSuggestions"], Value::Null);
    setup.vapi.post(&path, json!({})).await;
    let item = setup.items(&run).await.remove(0);
    assert_eq!(item["improvementSuggestions"], suggestions);
    setup.assert_declared("SimulationRunController_findItem", &item);
}

#[tokio::test]
async fn a_canceled_run_ends_its_calls() {
    let setup = setup().await;
    let run = setup.run(setup.one(), json!({})).await;
    setup.vapi.emulator.advance(ON).await;
    let call = setup.items(&run).await[0]["callId"].clone();
    let path = format!("/eval/simulation/run/{}", run["id"].as_str().expect("an id"));
    let (status, canceled) = answer(setup.vapi.request(Method::PATCH, &path)).await;
    assert_eq!((status, &canceled["status"]), (200, &json!("ended")));
    assert_eq!(canceled["itemCounts"]["canceled"], 1);
    setup.vapi.emulator.advance(Duration::ZERO).await;
    let (_, call) = setup
        .vapi
        .get(&format!("/call/{}", call.as_str().expect("a call")))
        .await;
    assert_eq!(call["status"], "ended");
    setup.finish().await;
    assert_eq!(setup.items(&run).await[0]["status"], "canceled");
}

#[tokio::test]
async fn one_item_can_be_canceled_alone() {
    let setup = setup().await;
    let run = setup.run(setup.one(), json!({ "iterations": 2 })).await;
    let (id, item) = (
        run["id"].as_str().expect("an id"),
        run["simulationRunItemIds"][0].as_str().expect("an item"),
    );
    let path = format!("/eval/simulation/run/{id}/item/{item}");
    let (status, canceled) = answer(setup.vapi.request(Method::PATCH, &path)).await;
    assert_eq!((status, &canceled["status"]), (200, &json!("canceled")));
    setup.finish().await;
    let counts = setup.read(&run).await["itemCounts"].clone();
    assert_eq!((&counts["canceled"], &counts["passed"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn runs_are_filtered_by_target_and_outcome() {
    let setup = setup().await;
    setup.run(setup.one(), json!({})).await;
    let count = async |query: String| {
        let (_, runs) = setup.vapi.get(&format!("/eval/simulation/run?{query}")).await;
        runs.as_array().map(Vec::len)
    };
    assert_eq!(count("filterStatus=running".to_owned()).await, Some(1));
    setup.finish().await;
    assert_eq!(count("filterStatus=running".to_owned()).await, Some(0));
    assert_eq!(count("filterStatus=passed".to_owned()).await, Some(1));
    assert_eq!(
        count(format!("targetType=assistant&targetId={}", setup.assistant)).await,
        Some(1)
    );
    assert_eq!(count(format!("targetId={}", setup.simulation)).await, Some(0));
}

#[tokio::test]
async fn a_page_of_runs_has_their_summaries() {
    let setup = setup().await;
    setup.run(setup.one(), json!({})).await;
    let (_, page) = setup.vapi.get("/eval/simulation/run?page=1").await;
    assert_eq!(
        page["results"][0]["summary"],
        json!({
            "simulationCount": 1,
            "source": {
                "type": "simulation", "id": setup.simulation, "name": "Simulations", "linkable": true,
                "simulationIds": [setup.simulation],
            },
        })
    );
}
