//! Simulation runs: queued, running, ended on the emulator's clock. An item is a call of its own, which follows the script
//! for the simulation or its assistant.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::api::calls::{CONCURRENCY_LIMIT, place_in_background};
use crate::api::context::RequestContext;
use crate::api::jobs::outcome::results;
use crate::api::jobs::{Job, change_resource, chats, hooks, picked, resources, start};
use crate::api::resources::new_resource;
use crate::calls::view;
use crate::http::query::Query;
use crate::http::response::Response;
use crate::script::{CallResults, Script};
use crate::state::State;
use crate::state::command::Command;
use crate::state::scripts::Candidate;
use crate::state::timers::ActivityGuard;
use crate::text::{ids, timestamp};

const RUNS: &str = "/eval/simulation/run";

/// The number of simulated calls at a time: each needs two of the organization's calls.
const CONCURRENT: usize = CONCURRENCY_LIMIT / 2;

/// Starts a run, with an item for each simulation and iteration.
pub(crate) fn create(context: &RequestContext<'_>) -> Response {
    let state = context.state;
    let mut sent = context.body.as_object().cloned().unwrap_or_default();
    sent.insert("status".into(), json!("queued"));
    let mut run = new_resource(context, sent);
    run["queuedAt"] = run["createdAt"].clone();
    let id = run["id"].as_str().unwrap_or_default().to_owned();
    let below = format!("{RUNS}/{id}/item");
    let iterations = run["iterations"].as_u64().unwrap_or(1).clamp(1, 100);
    let mut items = Vec::new();
    for entry in run["simulations"].as_array().into_iter().flatten() {
        for simulation in simulations(state, context.organization, entry) {
            for iteration in 1..=iterations {
                items.push(item(context, &run, &simulation, iteration));
            }
        }
    }
    let item_ids: Vec<Value> = items.iter().map(|item| item["id"].clone()).collect();
    run["itemCounts"] = counts(&items);
    let mut store = state.store.lock();
    for item in items {
        store.collection_mut(context.organization, &below).insert(item);
    }
    store.collection_mut(context.organization, RUNS).insert(run.clone());
    drop(store);
    start(state, context.organization, RUNS, &id);
    run["simulationRunItemIds"] = Value::Array(item_ids);
    run["url"] = json!(format!("{}{RUNS}/{id}", state.server_address.url()));
    context.success(&run)
}

/// Cancels a run and all its items that have not ended.
pub(crate) fn cancel(context: &RequestContext<'_>) -> Response {
    let (state, id) = (context.state, context.parameter("id"));
    for item in resources(state, context.organization, &format!("{RUNS}/{id}/item")) {
        cancel_one(context, id, item["id"].as_str().unwrap_or_default());
    }
    let now = timestamp::format(state.clock.now());
    let ended = change_resource(state, (context.organization, RUNS, id), |run| {
        if run["status"] != "ended" {
            run["status"] = json!("ended");
            run["endedAt"] = json!(now);
            run["endedReason"] = json!("canceled");
        }
    });
    if ended.is_none() {
        return context.item_not_found();
    }
    count(state, context.organization, id);
    let run = state.stored(context.organization, RUNS, &json!(id)).unwrap_or_default();
    context.success(&run)
}

/// Cancels one item.
pub(crate) fn cancel_item(context: &RequestContext<'_>) -> Response {
    let (run, id) = (context.parameter("id"), context.parameter("itemId"));
    let Some(item) = cancel_one(context, run, id) else {
        return context.item_not_found();
    };
    count(context.state, context.organization, run);
    context.success(&item)
}

fn cancel_one(context: &RequestContext<'_>, run: &str, id: &str) -> Option<Value> {
    let (state, below) = (context.state, format!("{RUNS}/{run}/item"));
    let now = timestamp::format(state.clock.now());
    let item = change_resource(state, (context.organization, &below, id), |item| {
        if !has_ended(item) {
            item["status"] = json!("canceled");
            item["canceledAt"] = json!(now);
        }
        item.clone()
    })?;
    if let Some(call) = item["callId"].as_str().filter(|_| item["status"] == "canceled") {
        crate::calls::control::enqueue(state, call, Command::End);
    }
    Some(item)
}

/// Returns the simulations of the organization that run at this time.
pub(crate) fn concurrency(context: &RequestContext<'_>) -> Response {
    let store = context.state.store.lock();
    let of_organization = store.all().filter(|(organization, collection, item)| {
        *organization == context.organization
            && collection.starts_with(RUNS)
            && collection.ends_with("/item")
            && ["running", "evaluating"].contains(&item["status"].as_str().unwrap_or_default())
    });
    let active = of_organization.count();
    drop(store);
    context.success(&json!({
        "orgId": context.organization,
        "concurrencyLimit": CONCURRENT,
        "activeSimulations": active,
        "availableToStart": CONCURRENT.saturating_sub(active),
        "createdAt": null,
        "updatedAt": null,
        "isDefault": true,
    }))
}

/// Adds the summary that pages of runs have.
pub(crate) fn summarize(run: &mut Value) {
    let entries = run["simulations"].as_array().cloned().unwrap_or_default();
    let of_entries = |name: &str| entries.iter().find_map(|entry| entry[name].as_str());
    let (kind, id) = match of_entries("simulationSuiteId").or(of_entries("suiteId")) {
        Some(suite) => ("suite", Some(suite)),
        None => match of_entries("simulationId") {
            Some(simulation) => ("simulation", Some(simulation)),
            None => ("adHoc", None),
        },
    };
    let simulations: Vec<&Value> = entries.iter().map(|entry| &entry["simulationId"]).collect();
    let mut source = json!({
        "type": kind,
        "name": of_entries("name").unwrap_or("Simulations"),
        "linkable": id.is_some(),
        "simulationIds": simulations.into_iter().filter(|id| id.is_string()).collect::<Vec<_>>(),
    });
    if let Some(id) = id {
        source["id"] = json!(id);
    }
    run["summary"] = json!({ "simulationCount": run["itemCounts"]["distinctSimulationTotal"], "source": source });
}

/// Returns whether a run passes the filters of its list that are not properties: its target, and how it ended.
pub(crate) fn is_wanted(query: &Query, run: &Value) -> bool {
    let target = &run["target"];
    let counts = |name: &str| run["itemCounts"][name].as_u64().unwrap_or_default();
    let has_ended = run["status"] == "ended";
    let passes = has_ended && counts("total") > 0 && counts("passed") == counts("total");
    query.iter().all(|(name, value)| match (name.as_str(), value.as_str()) {
        ("targetType", kind) => target["type"] == kind,
        ("targetId", id) => target["assistantId"] == id || target["squadId"] == id,
        ("filterStatus", "running") => !has_ended,
        ("filterStatus", "passed") => passes,
        ("filterStatus", "failed") => has_ended && !passes,
        _ => true,
    })
}

/// Returns the simulations of an entry of a run: `{simulationId, simulation, scenario, personality}`.
fn simulations(state: &State, organization: &str, entry: &Value) -> Vec<Value> {
    let stored = |collection: &str, id: &Value| state.stored(organization, collection, id).unwrap_or_default();
    let one = |id: &Value| {
        let simulation = stored("/eval/simulation", id);
        json!({
            "simulationId": id,
            "scenario": stored("/eval/simulation/scenario", &simulation["scenarioId"]),
            "personality": stored("/eval/simulation/personality", &simulation["personalityId"]),
            "simulation": simulation,
        })
    };
    if entry["type"] == "simulationSuite" {
        let id = ["simulationSuiteId", "suiteId"]
            .into_iter()
            .find(|name| entry[*name].is_string());
        let suite = stored("/eval/simulation/suite", &entry[id.unwrap_or_default()]);
        return suite["simulationIds"]
            .as_array()
            .into_iter()
            .flatten()
            .map(one)
            .collect();
    }
    if entry["simulationId"].is_string() {
        return vec![one(&entry["simulationId"])];
    }
    let inline_or_stored = |name: &str| {
        let inline = entry[name].clone();
        if inline.is_object() {
            return inline;
        }
        stored(&format!("/eval/simulation/{name}"), &entry[format!("{name}Id")])
    };
    vec![json!({
        "simulationId": ids::uuid(),
        "scenario": inline_or_stored("scenario"),
        "personality": inline_or_stored("personality"),
        "simulation": picked(entry, &["name"]),
    })]
}

fn item(context: &RequestContext<'_>, run: &Value, simulation: &Value, iteration: u64) -> Value {
    let state = context.state;
    let mut item = json!({
        "id": ids::uuid(),
        "orgId": context.organization,
        "createdAt": timestamp::format(state.clock.stamp()),
        "updatedAt": run["createdAt"],
        "queuedAt": run["createdAt"],
        "status": "queued",
        "runId": run["id"],
        "simulationId": simulation["simulationId"],
        "iterationNumber": iteration,
    });
    for name in ["scenario", "personality"] {
        if simulation[name]["id"].is_string() {
            item[format!("{name}Id")] = simulation[name]["id"].clone();
        }
    }
    if !simulation["scenario"]["hooks"].is_null() {
        item["hooks"] = simulation["scenario"]["hooks"].clone();
    }
    if run["transport"].is_object() {
        item["configurations"] = json!({ "transport": run["transport"] });
    }
    let mut metadata = picked(simulation, &["simulation", "scenario", "personality"]);
    metadata.extend(picked(&run["target"], &["assistant", "squad"]));
    for (name, collection) in [("assistant", "/assistant"), ("squad", "/squad")] {
        let stored = state.stored(context.organization, collection, &run["target"][format!("{name}Id")]);
        metadata.extend(stored.map(|stored| (name.to_owned(), stored)));
    }
    item["metadata"] = Value::Object(metadata);
    item
}

pub(super) async fn run(job: &mut Job) -> Option<()> {
    if job.resource()?["status"] == "queued" {
        job.wait_a_step().await;
        let now = job.now();
        job.change(|run| {
            if run["status"] == "queued" {
                run["status"] = json!("running");
                run["startedAt"] = now;
            }
        })?;
    }
    let mut left: VecDeque<String> = resources(&job.state, &job.organization, &below(job))
        .iter()
        .filter(|item| !has_ended(item))
        .filter_map(|item| item["id"].as_str().map(str::to_owned))
        .collect();
    let mut active = JoinSet::new();
    loop {
        while active.len() < CONCURRENT {
            let Some(id) = left.pop_front() else { break };
            active.spawn(simulate(job.part("item", id), job.resource()?));
        }
        if !job.wait_for_part(&mut active).await {
            break;
        }
        count(&job.state, &job.organization, &job.id);
    }
    let now = job.now();
    job.change(|run| {
        if run["status"] != "ended" {
            run["status"] = json!("ended");
            run["endedAt"] = now;
        }
    })
}

/// Runs one item. Returns the guard of its last activity.
async fn simulate(mut job: Job, run: Value) -> Option<ActivityGuard> {
    // Ends early if the item is deleted or canceled meanwhile.
    let _ = simulate_item(&mut job, &run).await;
    if job
        .resource()
        .is_some_and(|item| has_ended(&item) && item["callId"].is_string())
    {
        hooks::ended(&job);
    }
    job.guard.take()
}

async fn simulate_item(job: &mut Job, run: &Value) -> Option<()> {
    let item = job.resource()?;
    if has_ended(&item) {
        return None;
    }
    let metadata = &item["metadata"];
    let script = script(&job.state, run, metadata);
    let mut scripted = script.as_ref().map(|script| script.results.clone()).unwrap_or_default();
    let now = job.now();
    job.change(|item| {
        item["status"] = json!("running");
        if item["startedAt"].is_null() {
            item["startedAt"] = now;
        }
    })?;
    count(&job.state, &job.organization, run["id"].as_str()?);
    let mocks = mocks(&metadata["scenario"]);
    if run["transport"]["provider"] == "vapi.webchat" {
        let target = target(run, metadata);
        if let Err(problem) = chats::converse(job, target, script.as_deref(), &mocks).await? {
            return fail(job, &problem);
        }
    } else {
        let call = match item["callId"].as_str() {
            Some(call) => call.to_owned(),
            None => place(job, run, metadata, script)?,
        };
        if let Some(call) = job.state.calls.lock().get_mut(&call) {
            call.tool_mocks = mocks;
        }
        hooks::started(job);
        job.wait_for_call(&call).await;
        let artifact = finished_call(&job.state, &job.organization, &call, &mut scripted);
        job.change(|item| {
            if artifact.is_object() {
                item["metadata"]["call"] = artifact;
            }
        })?;
    }
    if has_ended(&job.resource()?) {
        return None;
    }
    job.change(|item| item["status"] = json!("evaluating"))?;
    job.wait_a_step().await;
    let evaluations = metadata["scenario"]["evaluations"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let stored = |id: &Value| job.state.stored(&job.organization, "/structured-output", id);
    let outcome = results(&evaluations, &scripted, stored);
    let now = job.now();
    job.change(|item| {
        if has_ended(item) {
            return;
        }
        let passed = outcome["passed"] == true;
        item["results"] = outcome;
        item["status"] = json!(if passed { "passed" } else { "failed" });
        item["completedAt"] = now.clone();
        if !passed {
            item["failedAt"] = now;
            item["failureReason"] = json!("An evaluation did not pass.");
        }
    })
}

/// Ends an item whose conversation could not go on.
fn fail(job: &Job, problem: &str) -> Option<()> {
    let now = job.now();
    job.change(|item| {
        item["status"] = json!("failed");
        item["completedAt"] = now.clone();
        item["failedAt"] = now;
        // The document's limit.
        item["failureReason"] = json!(problem.chars().take(2000).collect::<String>());
    })
}

/// Returns the results that a scenario gives tools instead of their own, by the name of the tool.
fn mocks(scenario: &Value) -> Map<String, Value> {
    let mocks = scenario["toolMocks"].as_array().into_iter().flatten();
    let enabled = mocks.filter(|mock| mock["enabled"] != false);
    enabled
        .filter_map(|mock| Some((mock["toolName"].as_str()?.to_owned(), mock["result"].clone())))
        .collect()
}

/// Returns who is tested, as a call and a chat name it.
fn target(run: &Value, metadata: &Value) -> Map<String, Value> {
    let mut target = picked(
        &run["target"],
        &[
            "assistant",
            "assistantId",
            "squad",
            "squadId",
            "assistantOverrides",
            "squadOverrides",
        ],
    );
    if metadata["scenario"]["targetOverrides"].is_object() {
        target.insert(
            "assistantOverrides".into(),
            metadata["scenario"]["targetOverrides"].clone(),
        );
    }
    target
}

/// Places the call of an item; `None` if the document has no web calls.
fn place(job: &Job, run: &Value, metadata: &Value, script: Option<Arc<Script>>) -> Option<String> {
    let mut sent = target(run, metadata);
    if let Some(name) = metadata["scenario"]["name"].as_str() {
        // The API's limit of a call's name.
        sent.insert("name".into(), json!(name.chars().take(40).collect::<String>()));
    }
    let call = place_in_background(&job.state, &job.organization, true, sent, |_, _, _| script)?;
    job.change(|item| item["callId"] = json!(call))?;
    Some(call)
}

/// Returns the script of a simulation: one for the simulation, its scenario or the assistant.
fn script(state: &State, run: &Value, metadata: &Value) -> Option<Arc<Script>> {
    let texts = |value: &'_ Value| [value["id"].as_str(), value["name"].as_str()].map(|text| text.map(str::to_owned));
    let names: Vec<String> = [&metadata["simulation"], &metadata["scenario"]]
        .into_iter()
        .flat_map(texts)
        .flatten()
        .collect();
    state.scripts.lock().take(&Candidate {
        assistant_id: run["target"]["assistantId"].as_str(),
        assistant_name: metadata["assistant"]["name"].as_str(),
        customer: None,
        phone_number_id: None,
        simulation: names.iter().map(String::as_str).collect(),
    })
}

/// Returns what an item shows of its call, and takes the call's results.
fn finished_call(state: &State, organization: &str, call: &str, results: &mut CallResults) -> Value {
    if let Some(record) = state.calls.lock().get(call) {
        results.clone_from(&record.results);
    }
    let Some(stored) = state.stored(organization, "/call", &json!(call)) else {
        return Value::Null;
    };
    let call = view::as_of_now(state, stored);
    let mut shown: Map<String, Value> = picked(&call["artifact"], &["transcript", "messages", "recordingUrl"]);
    let monitor = picked(&call["monitor"], &["listenUrl"]);
    shown.insert("monitor".into(), Value::Object(monitor));
    Value::Object(shown)
}

fn below(job: &Job) -> String {
    format!("{RUNS}/{}/item", job.id)
}

fn has_ended(item: &Value) -> bool {
    ["passed", "failed", "canceled"].contains(&item["status"].as_str().unwrap_or_default())
}

/// Counts the items of a run again.
fn count(state: &State, organization: &str, run: &str) {
    let items = resources(state, organization, &format!("{RUNS}/{run}/item"));
    change_resource(state, (organization, RUNS, run), |run| {
        run["itemCounts"] = counts(&items)
    });
}

fn counts(items: &[Value]) -> Value {
    let with = |status: &'static str| items.iter().filter(move |item| item["status"] == status);
    let distinct = |items: &mut dyn Iterator<Item = &Value>| {
        let simulations: HashSet<String> = items.map(|item| item["simulationId"].to_string()).collect();
        simulations.len()
    };
    json!({
        "total": items.len(),
        "queued": with("queued").count(),
        "running": with("running").chain(with("evaluating")).count(),
        "passed": with("passed").count(),
        "failed": with("failed").count(),
        "canceled": with("canceled").count(),
        "distinctSimulationTotal": distinct(&mut items.iter()),
        "distinctSimulationFailed": distinct(&mut with("failed")),
    })
}
