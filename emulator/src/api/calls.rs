//! Calls: `POST /call` for one call or a batch, and redirects to their artifacts.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::context::RequestContext;
use crate::api::resources::{add, new_resource};
use crate::calls::assistant;
use crate::calls::launch::{StoredCall, launch, script_for};
use crate::calls::view::has_artifacts;
use crate::http::response::Response;
use crate::openapi::plan::Role;
use crate::script::Script;
use crate::state::State;
use crate::state::call::CallStatus;
use crate::text::timestamp;

/// The number of concurrent calls of an organization, as a new account has.
pub(super) const CONCURRENCY_LIMIT: usize = 10;

/// Places one call. Returns the response and the id of the call, if it was placed.
pub(crate) fn place_single(context: &RequestContext<'_>) -> (Response, Option<String>) {
    if let Some(problem) = customer_problem(context, &context.body["customer"]) {
        return (Response::bad_request(vec![format!("customer.{problem}")]), None);
    }
    let mut call = place_one(context, context.body.as_object().cloned().unwrap_or_default());
    call["subscriptionLimits"] = subscription_limits(context);
    let id = call["id"].as_str().map(str::to_owned);
    (context.success(&call), id)
}

/// Places a call, or with `customers` a batch of calls.
pub(crate) fn place(context: &RequestContext<'_>) -> Response {
    let mut sent = context.body.as_object().cloned().unwrap_or_default();
    let Some(Value::Array(customers)) = sent.remove("customers") else {
        return place_single(context).0;
    };
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for customer in customers {
        match customer_problem(context, &customer) {
            Some(problem) => errors.push(json!({ "customer": customer, "error": problem })),
            None => {
                let mut sent = sent.clone();
                // Overrides of a customer replace those of the batch.
                if let Some(overrides) = customer.get("assistantOverrides") {
                    sent.insert("assistantOverrides".into(), overrides.clone());
                }
                sent.insert("customer".into(), customer);
                results.push(place_one(context, sent));
            }
        }
    }
    let limits = subscription_limits(context);
    context.success(&json!({ "results": results, "errors": errors, "subscriptionLimits": limits }))
}

fn place_one(context: &RequestContext<'_>, sent: Map<String, Value>) -> Value {
    place_with(context, sent, script_for)
}

/// Places a call that no client asked for, but a campaign or a simulation, and returns its id; `None` if the document has
/// no operation that places such calls.
pub(super) fn place_in_background(
    state: &Arc<State>,
    organization: &str,
    in_browser: bool,
    sent: Map<String, Value>,
    script: impl FnOnce(&State, &Value, &Value) -> Option<Arc<Script>>,
) -> Option<String> {
    let mut operations = state.document.operations().iter().zip(&state.plans);
    let operation = operations
        .find(|(operation, plan)| plan.role == Role::PlaceCall && operation.wants_public_key == in_browser)?;
    let context = RequestContext::in_background(state, organization, operation, &Value::Null);
    let call = place_with(&context, sent, script);
    call["id"].as_str().map(str::to_owned)
}

fn place_with(
    context: &RequestContext<'_>,
    sent: Map<String, Value>,
    script: impl FnOnce(&State, &Value, &Value) -> Option<Arc<Script>>,
) -> Value {
    let state = context.state;
    let over_websocket = sent
        .get("transport")
        .is_some_and(|transport| transport["provider"] == "vapi.websocket");
    let earliest = sent
        .get("schedulePlan")
        .and_then(|plan| plan["earliestAt"].as_str())
        .and_then(timestamp::parse);
    let mut call = new_resource(context, sent);
    let id = call["id"].as_str().unwrap_or_default().to_owned();
    let created = call["createdAt"].as_str().and_then(timestamp::parse);
    let created = created.unwrap_or_else(|| state.clock.now());
    let in_browser = context.operation.wants_public_key;
    call["type"] = json!(match () {
        () if in_browser => "webCall",
        () if over_websocket => "vapi.websocketCall",
        () => "outboundPhoneCall",
    });
    call["monitor"] = json!({
        "listenUrl": state.links.websocket(&format!("/{id}/listen")),
        "controlUrl": state.links.plain(&format!("/{id}/control")),
    });
    if over_websocket {
        call["transport"]["websocketCallUrl"] = json!(state.links.websocket(&format!("/{id}/transport")));
    } else if in_browser {
        call["webCallUrl"] = json!(state.links.plain(&format!("/{id}")));
        call["transport"] = json!({ "provider": "daily", "callUrl": call["webCallUrl"] });
    } else {
        call["phoneCallProvider"] = json!("vapi");
        call["phoneCallTransport"] = json!("pstn");
        if call["phoneCallProviderBypassEnabled"] == true {
            call["phoneCallProvider"] = json!("twilio");
            call["phoneCallProviderDetails"] =
                json!({ "twiml": twiml(&state.links.websocket(&format!("/{id}/media"))) });
        }
    }
    let queued = earliest.unwrap_or(created).max(created);
    let status = if queued > created {
        CallStatus::Scheduled
    } else {
        CallStatus::Queued
    };
    call["status"] = json!(status.name());
    add(context, &mut state.store.lock(), call.clone());
    let assistant = assistant::of_call(state, context.organization, &call).unwrap_or_default();
    launch(
        state,
        StoredCall {
            id: &id,
            organization: context.organization,
            inbound: false,
            status,
            created,
            queued,
            script: script(state, &call, &assistant),
        },
    );
    call
}

/// Returns the instructions for the user's own provider, which connect a call that it places.
fn twiml(url: &str) -> String {
    format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="{url}"/></Connect></Response>"#)
}

fn customer_problem(context: &RequestContext<'_>, customer: &Value) -> Option<&'static str> {
    let unchecked = context.state.settings.lenient || customer["numberE164CheckEnabled"] == false;
    let number = customer["number"].as_str().filter(|_| !unchecked)?;
    let digits = number.strip_prefix('+').unwrap_or_default();
    let is_e164 =
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    (!is_e164).then_some(
        "number must be a valid phone number in the E.164 format. Hot tip, you may be missing the country code (Eg. US: +1).",
    )
}

fn subscription_limits(context: &RequestContext<'_>) -> Value {
    let records = context.state.calls.lock();
    let of_organization = records
        .values()
        .filter(|record| record.organization == context.organization);
    let active = of_organization
        .filter(|record| (CallStatus::Queued..CallStatus::Ended).contains(&record.status))
        .count();
    json!({
        // The limit is reported, not enforced: a test that calls eleven customers should see eleven calls.
        "concurrencyBlocked": false,
        "concurrencyLimit": CONCURRENCY_LIMIT,
        "remainingConcurrentCalls": CONCURRENCY_LIMIT.saturating_sub(active),
    })
}

/// Responds to `GET /call/{id}/mono-recording` and the like with a redirect to a signed link.
pub(crate) fn download(context: &RequestContext<'_>) -> Response {
    let (id, kind) = (
        context.parameter("id"),
        context.operation.path.rsplit('/').next().unwrap_or_default(),
    );
    if !has_artifacts(context.state, id) {
        return Response::not_found(&format!("{} of call {id}", kind.replace('-', " ")));
    }
    let extension = match kind {
        "pcap" => "pcap",
        "call-logs" => "jsonl.gz",
        "video-recording" => "mp4",
        _ => "wav",
    };
    let location = context.state.links.signed(&format!("/{id}/{kind}.{extension}"));
    Response::bytes(
        StatusCode::FOUND,
        "text/plain; charset=utf-8",
        format!("Found. Redirecting to {location}"),
    )
    .with_header(http::header::LOCATION, &location)
}
