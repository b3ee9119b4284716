//! Calls as the page shows them: of every organization, newest first, each in a line, one in full.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{bad_request, clock, webhooks};
use crate::answer::Answer;
use crate::calls::control::Order;
use crate::document::Operation;
use crate::plan::{Plan, Role};
use crate::resources::Asked;
use crate::world::World;
use crate::{calls, ids, moment};

/// More than anybody scrolls through.
const MOST: usize = 5000;

/// The operation that places calls; a document may have none.
pub(super) fn placing(world: &World) -> Option<(&Operation, &Plan)> {
    let mut operations = world.document.operations().iter().zip(&world.plans);
    operations.find(|(_, plan)| plan.role == Role::PlaceCall)
}

pub(super) fn list(world: &World) -> Answer {
    let Some((_, plan)) = placing(world) else {
        return Answer::json(
            StatusCode::OK,
            &json!({ "calls": [], "total": 0, "clock": clock::told(world) }),
        );
    };
    let mut stored = world.store.lock().everywhere(&plan.collection);
    let total = stored.len();
    // Stamps are unique and of one length, so that their order is that of time.
    stored.sort_unstable_by(|a, b| b["createdAt"].as_str().cmp(&a["createdAt"].as_str()));
    stored.truncate(MOST);
    let calls: Vec<Value> = stored.iter().map(|call| summary(world, call)).collect();
    Answer::json(
        StatusCode::OK,
        &json!({ "calls": calls, "total": total, "clock": clock::told(world) }),
    )
}

pub(super) fn one(world: &World, id: &str) -> Option<Answer> {
    let stored = find(world, id)?;
    let body = json!({
        "summary": summary(world, &stored),
        "turns": turns(world, &stored),
        "webhooks": webhooks::of_call(world, id),
        "call": calls::as_of_now(world, stored),
        "clock": clock::told(world),
    });
    Some(Answer::json(StatusCode::OK, &body))
}

/// The call with this id as it was stored, whoever's it is.
pub(super) fn find(world: &World, id: &str) -> Option<Value> {
    let (_, plan) = placing(world)?;
    world.store.lock().anywhere(&plan.collection, id)
}

pub(super) async fn hang_up(world: &World, id: &str) -> Option<Answer> {
    // One that is over already is as it should be.
    calls::control::give(world, id, Order::End).await;
    one(world, id)
}

/// `{assistantId?, number?, name?, greeting?}`: a call of the assistant's organization, or else of the key that is told.
pub(super) fn place(world: &World, body: &Bytes) -> Answer {
    let Some((operation, plan)) = placing(world) else {
        return Answer::error(StatusCode::NOT_FOUND, "The document has no operation that places calls");
    };
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return bad_request("The body is not valid JSON");
    };
    let text = |name: &str| asked[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    let mut call = Map::new();
    let mut organization = ids::organization(&world.here.key);
    match text("assistantId") {
        Some(id) => {
            let Some(assistant) = world.store.lock().anywhere("/assistant", id) else {
                return Answer::not_found(&format!("Assistant {id}"));
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
    calls::place(&Asked {
        world,
        operation,
        plan,
        organization: &organization,
        parameters: &Vec::new(),
        query: &[],
        body: &Value::Object(call),
    })
}

/// `{phoneNumberId, from}`: a customer dials a number, whoever's it is.
pub(super) fn come_in(world: &World, body: &Bytes) -> Answer {
    let asked = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let text = |name: &str| asked[name].as_str().filter(|text| !text.is_empty());
    let (Some(phone_number_id), Some(from)) = (text("phoneNumberId"), text("from")) else {
        return bad_request("phoneNumberId and from must be strings");
    };
    let phone_number = world.store.lock().anywhere("/phone-number", phone_number_id);
    let owner = phone_number.as_ref().and_then(|number| number["orgId"].as_str());
    owner
        .and_then(|owner| calls::inbound::arrive(world, owner, phone_number_id, from))
        .map_or_else(
            || Answer::not_found(&format!("Phone number {phone_number_id}")),
            |call| Answer::json(StatusCode::CREATED, &call),
        )
}

/// Assistants of every organization, to choose one for a call.
pub(super) fn assistants(world: &World) -> Answer {
    let stored = world.store.lock().everywhere("/assistant");
    let assistants: Vec<Value> = stored
        .iter()
        .map(|assistant| json!({ "id": assistant["id"], "name": assistant["name"], "firstMessage": assistant["firstMessage"] }))
        .collect();
    Answer::json(StatusCode::OK, &json!(assistants))
}

/// A call in a line, from what is stored and what its life has come to. Moments are milliseconds since 1970.
pub(super) fn summary(world: &World, stored: &Value) -> Value {
    let at = |name: &str| stored[name].as_str().and_then(moment::parse);
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
    if let Some(life) = world.lives.lock().get(stored["id"].as_str().unwrap_or_default()) {
        summary["status"] = json!(life.state.name());
        summary["startedAt"] = json!(life.started);
        summary["cost"] = json!(life.cost());
        if life.is_over() {
            summary["endedAt"] = json!(life.since);
            summary["endedReason"] = json!(life.ended_reason);
        }
        assistant = life.assistant["name"].as_str().map(str::to_owned);
        let learned = life.learned.get("assistantId").and_then(Value::as_str);
        assistant_id = learned.map(str::to_owned).or(assistant_id);
    }
    // Until it is answered, a call only says who is to talk.
    let inline = || {
        let mut inline = ["assistantOverrides", "assistant", "squad"].into_iter();
        inline.find_map(|property| stored[property]["name"].as_str().map(str::to_owned))
    };
    let by_id = || {
        let id = assistant_id?;
        let stored = world.store.lock().anywhere("/assistant", &id);
        let name = stored.and_then(|assistant| assistant["name"].as_str().map(str::to_owned));
        Some(name.unwrap_or(id))
    };
    summary["assistant"] = json!(assistant.or_else(inline).or_else(by_id));
    summary
}

/// What was said and done so far, in words.
fn turns(world: &World, stored: &Value) -> Vec<Value> {
    let lives = world.lives.lock();
    let life = lives.get(stored["id"].as_str().unwrap_or_default());
    let messages = match life {
        Some(life) => Some(&life.conversation.messages),
        None => stored["artifact"]["messages"].as_array(),
    };
    let turns = messages
        .into_iter()
        .flatten()
        .map(|message| json!({ "role": message["role"], "at": message["time"], "text": in_words(message) }));
    turns.collect()
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
