//! Calls by hand: the routes below `/emulator/calls/{id}` that speak, answer and act in a call.

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_DISPOSITION;
use serde_json::{Value, json};

use crate::admin::calls;
use crate::calls::by_hand::{self, Refusal};
use crate::http::response::Response;
use crate::script::{Pickup, ToolUse};
use crate::state::State;
use crate::state::command::Command;

/// The actions, each a route with `POST`.
pub(crate) const ACTIONS: [&str; 8] = [
    "answer",
    "say",
    "interrupt",
    "tools",
    "transfer",
    "handoff",
    "control",
    "hang-up",
];

/// Performs an action in a call; `None` if there is no such action.
pub(crate) async fn act(state: &State, id: &str, action: &str, body: &Bytes) -> Option<Response> {
    if !ACTIONS.contains(&action) {
        return None;
    }
    let read = match body.is_empty() {
        true => Ok(json!({})),
        false => serde_json::from_slice::<Value>(body),
    };
    let Ok(sent) = read else {
        return Some(Response::bad_request("the body is not JSON"));
    };
    let command = match command(action, &sent) {
        Ok(command) => command,
        Err(problem) => return Some(Response::bad_request(problem)),
    };
    if action == "hang-up" {
        return calls::hang_up(state, id, command).await;
    }
    let result = by_hand::act(state, id, command, sent["wait"] != false).await;
    Some(match result {
        Ok(messages) => {
            let stored = calls::find(state, id)?;
            let body = json!({
                "reply": by_hand::reply(&messages),
                "messages": messages,
                "summary": calls::summary(state, &stored),
                "byHand": by_hand::describe(state, id),
            });
            Response::json(StatusCode::OK, &body)
        }
        Err(Refusal::NotFound) => return None,
        Err(refusal) => Response::error(StatusCode::CONFLICT, refusal.message(id)),
    })
}

fn command(action: &str, sent: &Value) -> Result<Command, String> {
    let text = |name: &str| sent[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    Ok(match action {
        "answer" => Command::Answer {
            pickup: match text("as").unwrap_or("customer") {
                "customer" => Pickup::Customer,
                "voicemail" => Pickup::Voicemail,
                "busy" => Pickup::Nobody("customer-busy".to_owned()),
                "no-answer" => Pickup::Nobody("customer-did-not-answer".to_owned()),
                reason => Pickup::Nobody(reason.to_owned()),
            },
            by_hand: sent["byHand"] != false,
        },
        "say" => Command::CustomerSays {
            text: text("text").ok_or("text must be a string")?.to_owned(),
            interrupts: sent["interrupts"] == true,
        },
        "interrupt" => match text("text") {
            Some(text) => Command::CustomerSays {
                text: text.to_owned(),
                interrupts: true,
            },
            None => Command::Interrupt,
        },
        "tools" => Command::CallTools(match sent["tools"].as_array() {
            Some(tools) if !tools.is_empty() => tools.iter().map(tool).collect::<Result<_, _>>()?,
            _ => vec![tool(sent)?],
        }),
        "hang-up" => match text("by").unwrap_or("assistant") {
            "customer" => Command::Leave("customer-ended-call"),
            "assistant" => Command::End,
            _ => return Err("by must be customer or assistant".to_owned()),
        },
        // The messages of live control.
        "control" => Command::of(sent)?,
        other => {
            let mut message = sent.clone();
            message["type"] = json!(other);
            Command::of(&message)?
        }
    })
}

fn tool(sent: &Value) -> Result<ToolUse, String> {
    let arguments = match &sent["arguments"] {
        Value::Null => json!({}),
        Value::Object(arguments) => json!(arguments),
        _ => return Err("arguments must be an object".to_owned()),
    };
    Ok(ToolUse {
        name: sent["tool"].as_str().ok_or("tool must be a string")?.to_owned(),
        arguments,
        result: sent["result"].as_str().map(str::to_owned),
        made_by_model: None,
    })
}

/// Responds with the script that plays a call again.
pub(crate) fn script(state: &State, id: &str) -> Option<Response> {
    let script = by_hand::script(state, id)?;
    let text = format!("{script:#}\n");
    // Ids of calls are made here, so the name is safe.
    let name = format!("attachment; filename=\"call-{id}.json\"");
    let response = Response::bytes(StatusCode::OK, "application/json; charset=utf-8", text);
    Some(response.with_header(CONTENT_DISPOSITION, &name))
}
