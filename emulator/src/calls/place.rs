//! `POST /call`: a call, or a batch of them, and what is downloaded of one later.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::assistant;
use super::conversation::Conversation;
use super::driver::Birth;
use super::life::{Life, State};
use super::read::has_artifacts;
use crate::answer::Answer;
use crate::moment;
use crate::resources::{Asked, add, new_resource};
use crate::script::{Candidate, Script};
use crate::world::World;

/// How many calls an organization may have at once, as a new account has.
const CONCURRENCY_LIMIT: usize = 10;

/// `POST /call`: a call, or with `customers` a batch of them.
pub(crate) fn place(asked: &Asked<'_>) -> Answer {
    let mut sent = asked.body.as_object().cloned().unwrap_or_default();
    let Some(Value::Array(customers)) = sent.remove("customers") else {
        if let Some(problem) = customer_problem(asked, &asked.body["customer"]) {
            return Answer::error(StatusCode::BAD_REQUEST, vec![format!("customer.{problem}")]);
        }
        let mut call = place_one(asked, sent);
        call["subscriptionLimits"] = subscription_limits(asked);
        return asked.success(&call);
    };
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for customer in customers {
        match customer_problem(asked, &customer) {
            Some(problem) => errors.push(json!({ "customer": customer, "error": problem })),
            None => {
                let mut sent = sent.clone();
                // A customer's own overrides replace those of the batch.
                if let Some(overrides) = customer.get("assistantOverrides") {
                    sent.insert("assistantOverrides".into(), overrides.clone());
                }
                sent.insert("customer".into(), customer);
                results.push(place_one(asked, sent));
            }
        }
    }
    let limits = subscription_limits(asked);
    asked.success(&json!({ "results": results, "errors": errors, "subscriptionLimits": limits }))
}

fn place_one(asked: &Asked<'_>, sent: Map<String, Value>) -> Value {
    let world = asked.world;
    let over_websocket = sent
        .get("transport")
        .is_some_and(|transport| transport["provider"] == "vapi.websocket");
    let earliest = sent
        .get("schedulePlan")
        .and_then(|plan| plan["earliestAt"].as_str())
        .and_then(moment::parse);
    let mut call = new_resource(asked, sent);
    let id = call["id"].as_str().unwrap_or_default().to_owned();
    let created = call["createdAt"].as_str().and_then(moment::parse);
    let created = created.unwrap_or_else(|| world.clock.now());
    let in_browser = asked.operation.wants_public_key;
    call["type"] = json!(match () {
        () if in_browser => "webCall",
        () if over_websocket => "vapi.websocketCall",
        () => "outboundPhoneCall",
    });
    call["monitor"] = json!({
        "listenUrl": world.links.websocket(&format!("/{id}/listen")),
        "controlUrl": world.links.plain(&format!("/{id}/control")),
    });
    if over_websocket {
        call["transport"]["websocketCallUrl"] = json!(world.links.websocket(&format!("/{id}/transport")));
    } else if in_browser {
        call["webCallUrl"] = json!(world.links.plain(&format!("/{id}")));
        call["transport"] = json!({ "provider": "daily", "callUrl": call["webCallUrl"] });
    } else {
        call["phoneCallProvider"] = json!("vapi");
        call["phoneCallTransport"] = json!("pstn");
    }
    let queued = earliest.unwrap_or(created).max(created);
    let state = if queued > created {
        State::Scheduled
    } else {
        State::Queued
    };
    call["status"] = json!(state.name());
    add(asked, &mut world.store.lock(), call.clone());
    let assistant = assistant::of_call(world, asked.organization, &call).unwrap_or_default();
    bring_to_life(
        world,
        Placed {
            id: &id,
            organization: asked.organization,
            inbound: false,
            state,
            created,
            queued,
            script: script_for(world, &call, &assistant),
        },
    );
    call
}

/// A call whose resource is stored.
pub(super) struct Placed<'a> {
    pub id: &'a str,
    pub organization: &'a str,
    pub inbound: bool,
    pub state: State,
    pub created: i64,
    pub queued: i64,
    pub script: Option<Arc<Script>>,
}

/// From here on the call has a driver.
pub(super) fn bring_to_life(world: &World, placed: Placed<'_>) {
    let (notes, orders) = mpsc::unbounded_channel();
    let outcome = placed.script.as_ref().map(|script| Arc::new(script.outcome.clone()));
    let life = Life {
        organization: placed.organization.to_owned(),
        state: placed.state,
        since: placed.created,
        queued: placed.queued,
        inbound: placed.inbound,
        started: None,
        ended_reason: String::new(),
        conversation: Conversation::default(),
        assistant: Arc::default(),
        activations: Vec::new(),
        learned: Map::new(),
        transfers: Vec::new(),
        outcome: outcome.unwrap_or_default(),
        connected: false,
        notes,
    };
    world.lives.lock().insert(placed.id.to_owned(), life);
    // Fails only while the emulator stops.
    let _ = world.births.send(Birth {
        id: placed.id.into(),
        organization: placed.organization.to_owned(),
        inbound: placed.inbound,
        queued: placed.queued,
        script: placed.script,
        notes: orders,
        busy: world.agenda.busy(),
    });
}

/// The script that a call gets; one for the next call is used up.
pub(super) fn script_for(world: &World, call: &Value, assistant: &Value) -> Option<Arc<Script>> {
    let customer = &call["customer"];
    world.scripts.lock().take(&Candidate {
        assistant_id: call["assistantId"].as_str(),
        assistant_name: assistant["name"].as_str(),
        customer: customer["number"].as_str().or_else(|| customer["sipUri"].as_str()),
        phone_number_id: call["phoneNumberId"].as_str(),
    })
}

fn customer_problem(asked: &Asked<'_>, customer: &Value) -> Option<&'static str> {
    let unchecked = asked.world.settings.lenient || customer["numberE164CheckEnabled"] == false;
    let number = customer["number"].as_str().filter(|_| !unchecked)?;
    let digits = number.strip_prefix('+').unwrap_or_default();
    let is_e164 =
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    (!is_e164).then_some("number must be a valid phone number in the E.164 format")
}

fn subscription_limits(asked: &Asked<'_>) -> Value {
    let lives = asked.world.lives.lock();
    let of_organization = lives.values().filter(|life| life.organization == asked.organization);
    let active = of_organization
        .filter(|life| (State::Queued..State::Ended).contains(&life.state))
        .count();
    json!({
        // The limit is told, not enforced: a test that dials eleven customers should see eleven calls.
        "concurrencyBlocked": false,
        "concurrencyLimit": CONCURRENCY_LIMIT,
        "remainingConcurrentCalls": CONCURRENCY_LIMIT.saturating_sub(active),
    })
}

/// `GET /call/{id}/mono-recording` and its siblings: a redirect to where the artifact can be fetched without a token.
pub(crate) fn download(asked: &Asked<'_>) -> Answer {
    let (id, kind) = (
        asked.parameter("id"),
        asked.operation.path.rsplit('/').next().unwrap_or_default(),
    );
    if !has_artifacts(asked.world, id) {
        return Answer::not_found(&format!("{} of call {id}", kind.replace('-', " ")));
    }
    let extension = match kind {
        "pcap" => "pcap",
        "call-logs" => "jsonl.gz",
        "video-recording" => "mp4",
        _ => "wav",
    };
    let location = asked.world.links.signed(&format!("/{id}/{kind}.{extension}"));
    Answer::bytes(
        StatusCode::FOUND,
        "text/plain; charset=utf-8",
        format!("Found. Redirecting to {location}"),
    )
    .with_header(http::header::LOCATION, &location)
}
