//! Calls for the live view: those of all organizations, newest first, as summaries and in full.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::admin::{clock, webhooks};
use crate::api;
use crate::api::context::RequestContext;
use crate::calls::{by_hand, control, inbound, view};
use crate::http::response::Response;
use crate::openapi::document::Operation;
use crate::openapi::plan::{Plan, Role};
use crate::script::Pickup;
use crate::state::State;
use crate::state::command::Command;
use crate::text::{ids, timestamp};

/// The largest number of listed calls.
const MOST: usize = 5000;

/// Returns the operation that places calls; `None` if the document has none.
pub(crate) fn place_call_operation(state: &State) -> Option<(&Operation, &Plan)> {
    let mut operations = state.document.operations().iter().zip(&state.plans);
    operations.find(|(_, plan)| plan.role == Role::PlaceCall)
}

pub(crate) fn list(state: &State) -> Response {
    let Some((_, plan)) = place_call_operation(state) else {
        return Response::json(
            StatusCode::OK,
            &json!({ "calls": [], "total": 0, "clock": clock::to_json(state) }),
        );
    };
    let mut stored = state.store.lock().everywhere(&plan.collection);
    let total = stored.len();
    // Stamps are unique and of one length, so their order is that of time.
    stored.sort_unstable_by(|a, b| b["createdAt"].as_str().cmp(&a["createdAt"].as_str()));
    stored.truncate(MOST);
    let calls: Vec<Value> = stored.iter().map(|call| summary(state, call)).collect();
    Response::json(
        StatusCode::OK,
        &json!({ "calls": calls, "total": total, "clock": clock::to_json(state) }),
    )
}

pub(crate) fn one(state: &State, id: &str) -> Option<Response> {
    let stored = find(state, id)?;
    let body = json!({
        "summary": summary(state, &stored),
        "turns": conversation_lines(state, &stored),
        "webhooks": webhooks::of_call(state, id),
        "byHand": by_hand::describe(state, id),
        "call": view::as_of_now(state, stored),
        "clock": clock::to_json(state),
    });
    Some(Response::json(StatusCode::OK, &body))
}

/// Returns the stored call with an id, of any organization.
pub(crate) fn find(state: &State, id: &str) -> Option<Value> {
    let (_, plan) = place_call_operation(state)?;
    state.store.lock().anywhere(&plan.collection, id)
}

pub(crate) async fn hang_up(state: &State, id: &str, command: Command) -> Option<Response> {
    // A call that has ended already needs no command.
    control::send_command(state, id, command).await;
    one(state, id)
}

/// Places a test call: `{assistantId?, number?, name?, greeting?, byHand?}`. It belongs to the organization of the assistant,
/// else to that of the emulator's key. By hand, it is answered at once by the person who placed it.
pub(crate) fn place_test_call(state: &Arc<State>, body: &Bytes) -> Response {
    let Some((operation, plan)) = place_call_operation(state) else {
        return Response::error(StatusCode::NOT_FOUND, "The document has no operation that places calls");
    };
    let Ok(requested) = serde_json::from_slice::<Value>(body) else {
        return Response::bad_request("The body is not valid JSON");
    };
    let text = |name: &str| requested[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    let mut call = Map::new();
    let mut organization = ids::organization(&state.server_address.key);
    match text("assistantId") {
        Some(id) => {
            let Some(assistant) = state.store.lock().anywhere("/assistant", id) else {
                return Response::not_found(&format!("Assistant {id}"));
            };
            if let Some(owner) = assistant["orgId"].as_str() {
                owner.clone_into(&mut organization);
            }
            call.insert("assistantId".into(), json!(id));
            if let Some(greeting) = text("greeting") {
                call.insert("assistantOverrides".into(), json!({ "firstMessage": greeting }));
            }
        }
        None => {
            let greeting = text("greeting").unwrap_or("Hello! This is a test call.");
            let assistant = json!({ "name": "Test assistant", "firstMessage": greeting });
            call.insert("assistant".into(), assistant);
        }
    }
    let customer = [("number", text("number")), ("name", text("name"))];
    let customer: Map<String, Value> = customer
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))))
        .collect();
    if !customer.is_empty() {
        call.insert("customer".into(), Value::Object(customer));
    }
    let (response, placed) = api::place_single(&RequestContext {
        state,
        operation,
        plan,
        organization: &organization,
        parameters: &Vec::new(),
        query: &[],
        body: &Value::Object(call),
    });
    if requested["byHand"] == true
        && let Some(id) = placed
    {
        // The page waits for no turn: it shows them as they come.
        let pickup = Pickup::Customer;
        control::enqueue(state, &id, Command::Answer { pickup, by_hand: true });
    }
    response
}

/// Creates an inbound call to a number of any organization: `{phoneNumberId, from}`.
pub(crate) fn place_inbound(state: &State, body: &Bytes) -> Response {
    let requested = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let text = |name: &str| requested[name].as_str().filter(|text| !text.is_empty());
    let (Some(phone_number_id), Some(from)) = (text("phoneNumberId"), text("from")) else {
        return Response::bad_request("phoneNumberId and from must be strings");
    };
    let phone_number = state.store.lock().anywhere("/phone-number", phone_number_id);
    let owner = phone_number.as_ref().and_then(|number| number["orgId"].as_str());
    owner
        .and_then(|owner| inbound::create(state, owner, phone_number_id, from))
        .map_or_else(
            || Response::not_found(&format!("Phone number {phone_number_id}")),
            |call| Response::json(StatusCode::CREATED, &call),
        )
}

/// Lists the assistants of all organizations, for the dialog of a test call.
pub(crate) fn assistants(state: &State) -> Response {
    let stored = state.store.lock().everywhere("/assistant");
    let assistants: Vec<Value> = stored
        .iter()
        .map(|assistant| json!({ "id": assistant["id"], "name": assistant["name"], "firstMessage": assistant["firstMessage"] }))
        .collect();
    Response::json(StatusCode::OK, &json!(assistants))
}

/// Returns the summary of a call. Times are milliseconds since 1970.
pub(crate) fn summary(state: &State, stored: &Value) -> Value {
    let at = |name: &str| stored[name].as_str().and_then(timestamp::parse);
    let customer = &stored["customer"];
    let number = customer["number"].as_str().or_else(|| customer["sipUri"].as_str());
    let unnamed = match stored["type"].as_str() {
        Some("webCall") => "Web call",
        Some("vapi.websocketCall") => "Websocket call",
        _ => "Unknown caller",
    };
    let mut summary = json!({
        "id": stored["id"],
        "status": stored["status"],
        "type": stored["type"],
        "who": customer["name"].as_str().or(number).unwrap_or(unnamed),
        "number": number,
        "createdAt": at("createdAt"),
        "startedAt": at("startedAt"),
        "endedAt": at("endedAt"),
        "endedReason": stored["endedReason"],
        "cost": stored["cost"],
    });
    let mut assistant_id = stored["assistantId"].as_str().map(str::to_owned);
    let mut assistant = None;
    if let Some(record) = state.calls.lock().get(stored["id"].as_str().unwrap_or_default()) {
        summary["status"] = json!(record.status.name());
        summary["startedAt"] = json!(record.started);
        summary["cost"] = json!(record.cost());
        if record.is_over() {
            summary["endedAt"] = json!(record.since);
            summary["endedReason"] = json!(record.ended_reason);
        }
        assistant = record.assistant["name"].as_str().map(str::to_owned);
        let learned = record.learned.get("assistantId").and_then(Value::as_str);
        assistant_id = learned.map(str::to_owned).or(assistant_id);
    }
    // Before the call is answered, only its request names the assistant.
    let inline = || {
        let mut inline = ["assistantOverrides", "assistant", "squad"].into_iter();
        inline.find_map(|property| stored[property]["name"].as_str().map(str::to_owned))
    };
    let by_id = || {
        let id = assistant_id?;
        let stored = state.store.lock().anywhere("/assistant", &id);
        let name = stored.and_then(|assistant| assistant["name"].as_str().map(str::to_owned));
        Some(name.unwrap_or(id))
    };
    let unnamed_inline = || stored["assistant"].is_object().then(|| "Unnamed assistant".to_owned());
    summary["assistant"] = json!(assistant.or_else(inline).or_else(by_id).or_else(unnamed_inline));
    summary
}

/// Returns the conversation so far, as text.
fn conversation_lines(state: &State, stored: &Value) -> Vec<Value> {
    let records = state.calls.lock();
    let record = records.get(stored["id"].as_str().unwrap_or_default());
    let messages = match record {
        Some(record) => Some(&record.conversation.messages),
        None => stored["artifact"]["messages"].as_array(),
    };
    let conversation_lines = messages
        .into_iter()
        .flatten()
        .map(|message| json!({ "role": message["role"], "at": message["time"], "text": in_words(message) }));
    conversation_lines.collect()
}

fn in_words(message: &Value) -> String {
    if let Some(tool_calls) = message["toolCalls"].as_array() {
        let calls = tool_calls.iter().map(|call| {
            let (name, arguments) = (&call["function"]["name"], &call["function"]["arguments"]);
            let arguments = arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned);
            format!("{}({arguments})", name.as_str().unwrap_or_default())
        });
        return calls.collect::<Vec<_>>().join("\n");
    }
    let text = ["message", "result", "content"]
        .into_iter()
        .find_map(|name| message[name].as_str());
    text.unwrap_or_default().to_owned()
}
