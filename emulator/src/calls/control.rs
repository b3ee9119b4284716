//! Live control: what can be said to a call while it lasts, over its `monitor.controlUrl` or its socket.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::agenda::Busy;
use crate::answer::Answer;
use crate::world::World;

/// What a call is told to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    Say {
        text: String,
        /// Then the call is over.
        ends: bool,
        /// Whatever the assistant is saying breaks off.
        interrupts: bool,
    },
    SayFirstMessage,
    Add {
        role: String,
        text: String,
    },
    MuteAssistant(bool),
    MuteCustomer(bool),
    End,
    Transfer {
        destination: Value,
        text: Option<String>,
    },
    Handoff {
        destination: Value,
        text: Option<String>,
    },
    /// To the carrier; there is none.
    Transport(Value),
    /// The socket of the call is there.
    Connect,
    /// The customer has said something over the socket.
    Hear,
    /// The customer is gone, for this reason.
    Leave(&'static str),
}

/// An order on its way to the driver of a call.
#[derive(Debug)]
pub(crate) struct Note {
    pub order: Order,
    /// Dropped once the order was taken.
    pub taken: oneshot::Sender<()>,
    pub busy: Busy,
}

/// `POST` to the control address.
pub(crate) async fn answer(world: &World, id: &str, body: &Bytes) -> Answer {
    let Ok(message) = serde_json::from_slice::<Value>(body) else {
        return Answer::error(StatusCode::BAD_REQUEST, "the body is not JSON");
    };
    let order = match Order::of(&message) {
        Ok(order) => order,
        Err(problem) => return Answer::error(StatusCode::BAD_REQUEST, problem),
    };
    if give(world, id, order).await {
        Answer::json(StatusCode::OK, &json!({ "success": true }))
    } else {
        Answer::not_found(&format!("Call {id}"))
    }
}

/// Gives an order to a call and waits until it is taken; false if there is no such call any more.
pub(crate) async fn give(world: &World, id: &str, order: Order) -> bool {
    let Some(done) = hand_over(world, id, order) else {
        return false;
    };
    // An error is the good news: the other end is dropped when the order is carried out.
    let _ = done.await;
    true
}

fn hand_over(world: &World, id: &str, order: Order) -> Option<oneshot::Receiver<()>> {
    let (taken, done) = oneshot::channel();
    let note = Note {
        order,
        taken,
        busy: world.agenda.busy(),
    };
    let lives = world.lives.lock();
    let life = lives.get(id).filter(|life| !life.is_over())?;
    life.notes.send(note).ok()?;
    Some(done)
}

impl Order {
    /// Reads a control message; an error is what the API would complain about.
    pub fn of(message: &Value) -> Result<Order, String> {
        let text = |name: &str| {
            message[name]
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let flag = |name: &str| match &message[name] {
            Value::Null => Ok(false),
            Value::Bool(flag) => Ok(*flag),
            _ => Err(format!("{name} must be a boolean value")),
        };
        Ok(match message["type"].as_str() {
            Some("say") => Order::Say {
                // The web client says `message`.
                text: text("content")
                    .or_else(|| text("message"))
                    .ok_or("content must be a string")?,
                ends: flag("endCallAfterSpoken")?,
                interrupts: flag("interruptAssistantEnabled")?,
            },
            Some("add-message") => {
                flag("triggerResponseEnabled")?;
                let added = &message["message"];
                let role = added["role"].as_str().unwrap_or_default();
                if !["system", "user", "assistant", "tool", "function", "developer"].contains(&role) {
                    return Err(
                        "message.role must be one of: system, user, assistant, tool, function, developer".into(),
                    );
                }
                let content = added["content"].as_str().ok_or("message.content must be a string")?;
                Order::Add {
                    role: role.to_owned(),
                    text: content.to_owned(),
                }
            }
            Some("control") => match message["control"].as_str() {
                Some("mute-assistant") => Order::MuteAssistant(true),
                Some("unmute-assistant") => Order::MuteAssistant(false),
                Some("mute-customer") => Order::MuteCustomer(true),
                Some("unmute-customer") => Order::MuteCustomer(false),
                Some("say-first-message") => Order::SayFirstMessage,
                _ => {
                    let known = "mute-assistant, unmute-assistant, mute-customer, unmute-customer, say-first-message";
                    return Err(format!("control must be one of: {known}"));
                }
            },
            // The second is what a call over a socket is told by older clients.
            Some("end-call" | "hangup") => Order::End,
            Some("transfer") => Order::Transfer {
                destination: destination(message, &[("number", "number"), ("sip", "sipUri"), ("assistant", "")])?,
                text: text("content"),
            },
            Some("handoff") => Order::Handoff {
                destination: destination(message, &[("assistant", ""), ("squad", "")])?,
                text: text("content"),
            },
            Some("send-transport-message") => {
                let sent = &message["message"];
                let complete = match sent["transport"].as_str() {
                    Some("vapi.sip") => matches!(sent["sipVerb"].as_str(), Some("INFO" | "MESSAGE" | "NOTIFY")),
                    Some("twilio") => sent["twiml"].is_string(),
                    _ => false,
                };
                if !complete {
                    return Err("message must be one of vapi.sip with a sipVerb, or twilio with twiml".into());
                }
                Order::Transport(sent.clone())
            }
            _ => return Err("type must be a message that controls a call".into()),
        })
    }
}

/// A destination of one of these types, each with the property that it needs.
fn destination(message: &Value, types: &[(&str, &str)]) -> Result<Value, String> {
    let destination = &message["destination"];
    let kind = destination["type"].as_str().unwrap_or_default();
    let Some((_, needs)) = types.iter().find(|(name, _)| *name == kind) else {
        let names: Vec<&str> = types.iter().map(|(name, _)| *name).collect();
        return Err(format!("destination.type must be one of: {}", names.join(", ")));
    };
    if !needs.is_empty() && destination[*needs].as_str().is_none_or(str::is_empty) {
        return Err(format!("destination.{needs} must be a string"));
    }
    Ok(destination.clone())
}
