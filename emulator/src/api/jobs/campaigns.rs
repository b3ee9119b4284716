//! Campaigns: they call their contacts, a few at a time, and end.

use std::sync::Arc;

use http::Method;
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::api::calls::{CONCURRENCY_LIMIT, place_in_background};
use crate::api::context::RequestContext;
use crate::api::jobs::{Job, change_resource, picked, resources, start};
use crate::api::resources::{self as plain, new_resource};
use crate::calls::launch::script_for;
use crate::http::response::Response;
use crate::state::State;
use crate::state::call::CallStatus;
use crate::state::timers::ActivityGuard;
use crate::state::webhook_server::WebhookServer;
use crate::text::{ids, timestamp};
use crate::webhooks;
use crate::webhooks::signature::Subject;
use crate::webhooks::{Delivery, OutgoingMessage, Reply};

const CAMPAIGNS: &str = "/campaign";

/// The properties of a campaign that its calls have.
const OF_CALLS: [&str; 5] = [
    "assistantId",
    "assistantOverrides",
    "squadId",
    "squadOverrides",
    "workflowId",
];

/// Starts a campaign.
pub(crate) fn create(context: &RequestContext<'_>) -> Response {
    let (state, organization) = (context.state, context.organization);
    let mut sent = context.body.as_object().cloned().unwrap_or_default();
    if let Some(model) = sent.remove("duplicateFromCampaignId")
        && let Some(model) = state.stored(organization, CAMPAIGNS, &model)
    {
        let names = [
            "customers",
            "dialPlan",
            "phoneNumberId",
            "maxConcurrency",
            "predialPlan",
            "server",
            "serverMessages",
        ];
        for (name, value) in picked(&model, &[&OF_CALLS[..], &names[..]].concat()) {
            sent.entry(name).or_insert(value);
        }
    }
    let later = earliest(&sent).is_some_and(|earliest| earliest > state.clock.now());
    sent.insert("status".into(), json!(if later { "scheduled" } else { "in-progress" }));
    let campaign = new_resource(context, sent);
    let id = campaign["id"].as_str().unwrap_or_default().to_owned();
    let contacts = contacts(organization, &campaign);
    let mut store = state.store.lock();
    // The list shows the newest first, and the first contact is the first to be called.
    for contact in contacts.into_iter().rev() {
        store.collection_mut(organization, &below(&id)).insert(contact);
    }
    store.collection_mut(organization, CAMPAIGNS).insert(campaign.clone());
    drop(store);
    start(state, organization, CAMPAIGNS, &id);
    context.success(&campaign)
}

/// Updates a campaign. One that ends or is canceled calls nobody else.
pub(crate) fn update(context: &RequestContext<'_>) -> Response {
    let (state, organization, id) = (context.state, context.organization, context.parameter("id"));
    let before = state.stored(organization, CAMPAIGNS, &json!(id)).unwrap_or_default();
    let response = plain::update(context);
    // An update can only end it.
    let stops = context.body["status"].is_string();
    let was_running = ["scheduled", "in-progress"].contains(&before["status"].as_str().unwrap_or_default());
    if !stops || !was_running {
        return response;
    }
    let was = before["status"].as_str().unwrap_or_default();
    let reason = json!(format!("campaign.{was}.ended-by-user"));
    skip_pending(state, organization, id);
    let changed = change_resource(state, (organization, CAMPAIGNS, id), |campaign| {
        campaign["endedReason"] = reason;
        campaign.clone()
    });
    match changed {
        Some(campaign) => context.shaped(as_of_now(context, campaign)),
        None => response,
    }
}

/// Returns a campaign with its counters and calls as they are now.
pub(crate) fn as_of_now(context: &RequestContext<'_>, mut campaign: Value) -> Value {
    let (state, organization) = (context.state, context.organization);
    let Some(id) = campaign["id"].as_str().map(str::to_owned) else {
        return campaign;
    };
    let contacts = resources(state, organization, &below(&id));
    let records = state.calls.lock();
    let mut calls = Map::new();
    let (mut queued, mut in_progress, mut ended, mut voicemail, mut connected) = (0, 0, 0, 0, 0);
    for contact in &contacts {
        let Some(call) = contact["callId"].as_str() else {
            continue;
        };
        let Some(record) = records.get(call) else { continue };
        match record.status {
            CallStatus::Scheduled | CallStatus::Queued => queued += 1,
            CallStatus::Ended => ended += 1,
            CallStatus::Ringing | CallStatus::InProgress | CallStatus::Forwarding => in_progress += 1,
        }
        voicemail += usize::from(record.ended_reason == "voicemail");
        connected += usize::from(record.started.is_some());
        let mut shown =
            json!({ "id": call, "status": record.status.name(), "customer": { "number": contact["number"] } });
        if record.is_over() {
            shown["endedReason"] = json!(record.ended_reason);
        }
        calls.insert(call.to_owned(), shown);
    }
    drop(records);
    let with = |status: &str| contacts.iter().filter(|contact| contact["status"] == status).count();
    let pending = with("contact.pending");
    // Only where the document has them.
    if context.operation.path.starts_with("/v2/") && context.operation.method == Method::GET {
        campaign["contactCounters"] = json!({
            "pending": pending,
            "dispatched": with("contact.dispatched"),
            "completed": with("contact.completed"),
            "failed": with("contact.failed"),
            "skipped": with("contact.skipped"),
            "predialFailed": with("contact.predial-failed"),
        });
        campaign["callMetrics"] = json!({ "dialed": calls.len(), "connected": connected });
    }
    campaign["callsCounterScheduled"] = json!(pending);
    campaign["callsCounterQueued"] = json!(queued);
    campaign["callsCounterInProgress"] = json!(in_progress);
    campaign["callsCounterEnded"] = json!(ended);
    campaign["callsCounterEndedVoicemail"] = json!(voicemail);
    campaign["calls"] = Value::Object(calls);
    campaign
}

/// Returns the contacts of a new campaign in the order in which they are called.
fn contacts(organization: &str, campaign: &Value) -> Vec<Value> {
    let own = campaign["customers"].as_array().into_iter().flatten();
    let own = own.map(|customer| (customer, &campaign["phoneNumberId"]));
    let planned = campaign["dialPlan"].as_array().into_iter().flatten().flat_map(|entry| {
        let customers = entry["customers"].as_array().into_iter().flatten();
        customers.map(move |customer| (customer, &entry["phoneNumberId"]))
    });
    let all = own.chain(planned).enumerate();
    all.map(|(position, (customer, line))| {
        json!({
            "id": ids::uuid(),
            "orgId": organization,
            "createdAt": campaign["createdAt"],
            "updatedAt": campaign["createdAt"],
            "campaignId": campaign["id"],
            "position": position,
            "status": "contact.pending",
            "number": customer["number"].as_str().or_else(|| customer["sipUri"].as_str()).unwrap_or_default(),
            "name": customer["name"],
            "customer": customer,
            "phoneNumberId": line,
        })
    })
    .map(without_nulls)
    .collect()
}

fn without_nulls(mut contact: Value) -> Value {
    if let Some(contact) = contact.as_object_mut() {
        contact.retain(|_, value| !value.is_null());
    }
    contact
}

pub(super) async fn run(job: &mut Job) -> Option<()> {
    let campaign = job.resource()?;
    let schedule = campaign
        .as_object()
        .map(|campaign| (earliest(campaign), latest(campaign)));
    let (earliest, latest) = schedule.unwrap_or_default();
    if campaign["status"] == "scheduled" {
        job.wait_until(earliest.unwrap_or_default()).await;
        job.change(|campaign| {
            if campaign["status"] == "scheduled" {
                campaign["status"] = json!("in-progress");
            }
        })?;
    }
    let concurrency = campaign["maxConcurrency"]
        .as_u64()
        .and_then(|most| usize::try_from(most).ok());
    let concurrency = concurrency.unwrap_or(CONCURRENCY_LIMIT).max(1);
    let mut active = JoinSet::new();
    // Those that were called before a restart.
    for contact in with_status(job, "contact.dispatched") {
        active.spawn(follow(contact_job(job, &contact)));
    }
    loop {
        let is_late = latest.is_some_and(|latest| job.state.clock.now() > latest);
        if is_late {
            skip_pending(&job.state, &job.organization, &job.id);
        }
        while active.len() < concurrency && !is_late && job.resource()?["status"] == "in-progress" {
            let Some(contact) = with_status(job, "contact.pending").into_iter().next() else {
                break;
            };
            if let Some(status) = refusal(job, &contact).await {
                let key = contact["id"].as_str().unwrap_or_default();
                change_resource(&job.state, (&job.organization, &below(&job.id), key), |contact| {
                    contact["status"] = json!(status);
                });
                continue;
            }
            dial(job, &contact)?;
            active.spawn(follow(contact_job(job, &contact)));
        }
        if !job.wait_for_part(&mut active).await {
            break;
        }
    }
    job.change(|campaign| {
        if campaign["status"] == "in-progress" {
            campaign["status"] = json!("ended");
            campaign["endedReason"] = json!("campaign.ended.success");
        }
    })
}

fn contact_job(job: &Job, contact: &Value) -> Job {
    job.part("contacts", contact["id"].as_str().unwrap_or_default().to_owned())
}

/// Asks the server of the campaign before a contact is called, if the campaign wants that. Returns the status of a contact
/// that is not called.
async fn refusal(job: &mut Job, contact: &Value) -> Option<&'static str> {
    let campaign = job.resource()?;
    let plan = &campaign["predialPlan"];
    if !plan.is_object() || plan["enabled"] == false {
        return None;
    }
    let phone_number = webhooks::phone_number(&job.state, &job.organization, contact);
    let of_number = || webhooks::for_phone_number(&job.state, &job.organization, &phone_number);
    let Some(server) = WebhookServer::of(&campaign).or_else(of_number) else {
        return Some("contact.predial-failed");
    };
    let shown = [
        "id",
        "orgId",
        "createdAt",
        "campaignId",
        "number",
        "name",
        "assistantOverrides",
    ];
    let message = json!({
        "type": "campaign.predial",
        "timestamp": job.state.clock.now(),
        "campaignId": campaign["id"],
        "contact": picked(contact, &shown),
        "phoneNumber": phone_number,
    });
    let reply = ask(job, server, without_nulls(message)).await;
    let response = reply.and_then(|reply| reply.json()).unwrap_or_default();
    match response["eligible"].as_bool() {
        Some(true) => None,
        Some(false) => Some("contact.skipped"),
        None => Some("contact.predial-failed"),
    }
}

/// Sends a message and waits for the reply.
async fn ask(job: &mut Job, server: WebhookServer, message: Value) -> Option<Reply> {
    let (outgoing, incoming) = mpsc::unbounded_channel();
    let (reply, replied) = oneshot::channel();
    let delivery = Delivery {
        state: job.state.clone(),
        organization: job.organization.clone(),
        subject: Subject::Campaign(job.id.as_str().into()),
    };
    // The receiver is at hand.
    let _ = outgoing.send(OutgoingMessage {
        server,
        message,
        reply: Some(reply),
        once: false,
        guard: job.guard.take().unwrap_or_else(|| job.state.timers.activity_guard()),
    });
    drop(outgoing);
    let ((), replied) = tokio::join!(delivery.run(incoming), replied);
    let (reply, guard) = replied.ok()?;
    job.guard = Some(guard);
    Some(reply)
}

/// Places the call to a contact.
fn dial(job: &Job, contact: &Value) -> Option<()> {
    let campaign = job.resource()?;
    let mut sent = picked(&campaign, &OF_CALLS);
    sent.extend(picked(contact, &["customer", "phoneNumberId"]));
    sent.insert("campaignId".into(), json!(job.id));
    for name in ["assistantOverrides", "squadOverrides"] {
        // Those of a customer replace those of the campaign, as in a batch of calls.
        sent.extend(picked(&contact["customer"], &[name]));
    }
    let call = place_in_background(&job.state, &job.organization, false, sent, script_for);
    let now = job.now();
    let key = contact["id"].as_str().unwrap_or_default();
    change_resource(&job.state, (&job.organization, &below(&job.id), key), |contact| {
        contact["dispatchedAt"] = now;
        match call {
            Some(call) => {
                contact["callId"] = json!(call);
                contact["status"] = json!("contact.dispatched");
            }
            None => contact["status"] = json!("contact.failed"),
        }
    })
}

/// Waits for the call of a contact and notes how it ended. Returns the guard of the last activity.
async fn follow(mut job: Job) -> Option<ActivityGuard> {
    if let Some(call) = job
        .resource()
        .and_then(|contact| contact["callId"].as_str().map(str::to_owned))
    {
        job.wait_for_call(&call).await;
        let state: Arc<State> = job.state.clone();
        let ended = state
            .calls
            .lock()
            .get(&call)
            .map(|record| (record.started.is_some(), record.ended_reason.clone()));
        job.change(|contact| {
            let connected = ended.as_ref().is_some_and(|(connected, _)| *connected);
            contact["status"] = json!(if connected {
                "contact.completed"
            } else {
                "contact.failed"
            });
            if let Some((_, reason)) = ended {
                contact["endedReason"] = json!(reason);
            }
        });
    }
    job.guard.take()
}

/// Returns the contacts with a status, in the order in which they are called.
fn with_status(job: &Job, status: &str) -> Vec<Value> {
    let mut contacts = resources(&job.state, &job.organization, &below(&job.id));
    contacts.reverse();
    contacts.retain(|contact| contact["status"] == status);
    contacts
}

fn skip_pending(state: &State, organization: &str, id: &str) {
    for contact in resources(state, organization, &below(id)) {
        if contact["status"] == "contact.pending" {
            let key = contact["id"].as_str().unwrap_or_default();
            change_resource(state, (organization, &below(id), key), |contact| {
                contact["status"] = json!("contact.skipped");
            });
        }
    }
}

fn below(campaign: &str) -> String {
    format!("{CAMPAIGNS}/{campaign}/contacts")
}

fn earliest(campaign: &Map<String, Value>) -> Option<i64> {
    campaign.get("schedulePlan")?["earliestAt"]
        .as_str()
        .and_then(timestamp::parse)
}

fn latest(campaign: &Map<String, Value>) -> Option<i64> {
    campaign.get("schedulePlan")?["latestAt"]
        .as_str()
        .and_then(timestamp::parse)
}
