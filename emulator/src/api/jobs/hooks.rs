//! The hooks of a simulation: requests to the user's servers when an item has started and when it has ended. Simulations by
//! chat have none.

use serde_json::{Value, json};

use crate::api::jobs::{Job, picked};
use crate::calls::view;
use crate::state::webhook_server::WebhookServer;
use crate::webhooks;
use crate::webhooks::Delivery;
use crate::webhooks::signature::Subject;

const STARTED: &str = "simulation.run.started";
const ENDED: &str = "simulation.run.ended";

/// Runs the hooks of an item whose call was placed.
pub(super) fn started(job: &Job) -> Option<()> {
    run(job, STARTED, |_| json!({}))
}

/// Runs the hooks of an item that has ended, whatever its outcome.
pub(super) fn ended(job: &Job) -> Option<()> {
    run(job, ENDED, |item| {
        let call = call(job, item);
        let mut more = picked(&call, &["endedReason"]);
        more.extend(picked(item, &["startedAt", "failureReason"]));
        more.insert("canceled".into(), json!(item["status"] == "canceled"));
        let ended_at = ["completedAt", "canceledAt"].map(|name| &item[name]);
        if let Some(at) = ended_at.into_iter().find(|at| at.is_string()) {
            more.insert("endedAt".into(), at.clone());
        }
        let artifact = picked(&call["artifact"], &["transcript", "messages", "recordingUrl"]);
        json!({ "always": more, "if included": artifact })
    })
}

/// Runs the hooks for an event, once for each item.
fn run(job: &Job, event: &str, more: impl FnOnce(&Value) -> Value) -> Option<()> {
    let item = job.resource()?;
    let hooks = item["hooks"].as_array().into_iter().flatten();
    let actions: Vec<&Value> = hooks
        .filter(|hook| hook["on"] == event)
        .flat_map(|hook| hook["do"].as_array().into_iter().flatten())
        .filter(|action| action["type"] == "webhook")
        .collect();
    if actions.is_empty() || !item["metadata"]["hooks"][event].is_null() {
        return None;
    }
    let now = job.now();
    job.change(|item| item["metadata"]["hooks"][event] = json!({ "sentAt": now }))?;
    let more = more(&item);
    for action in actions {
        let of_organization = || webhooks::for_phone_number(&job.state, &job.organization, &Value::Null);
        let Some(server) = WebhookServer::of(action).or_else(of_organization) else {
            continue;
        };
        let delivery = Delivery {
            state: job.state.clone(),
            organization: job.organization.clone(),
            subject: Subject::Simulation(job.id.as_str().into()),
        };
        delivery.start_bare(server, body(job, event, &item, &more, &action["include"]));
    }
    Some(())
}

/// Returns the body of a hook's request. It is no message, so nothing is around it.
fn body(job: &Job, event: &str, item: &Value, more: &Value, include: &Value) -> Value {
    let monitor = call(job, item)["monitor"].clone();
    let mut body = json!({
        "type": event,
        "simulationId": item["simulationId"],
        "runId": item["runId"],
        "simulationRunItemId": item["id"],
        "iterationNumber": item["iterationNumber"],
        "isSimulation": true,
        "calls": { "targetCallId": item["callId"], "listenUrl": monitor["listenUrl"] },
    });
    let always = more["always"].as_object().into_iter().flatten();
    let included = more["if included"].as_object().into_iter().flatten();
    for (name, value) in always.chain(included.filter(|(name, _)| include[name.as_str()] == true)) {
        body[name.as_str()] = value.clone();
    }
    body
}

/// Returns the call of an item as it is now; null without one.
fn call(job: &Job, item: &Value) -> Value {
    let stored = job.state.stored(&job.organization, "/call", &item["callId"]);
    stored.map_or(Value::Null, |call| view::as_of_now(&job.state, call))
}
