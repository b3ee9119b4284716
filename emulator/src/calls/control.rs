//! Live control: commands to a running call, over its `monitor.controlUrl` or its socket.

use bytes::Bytes;
use http::Method;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::http::response::Response;
use crate::state::State;
use crate::state::command::{Command, SentCommand};

/// Returns the id of the call that a request to `/{id}/control` controls.
pub(crate) fn controlled_call<'a>(method: &Method, path: &'a str) -> Option<&'a str> {
    let id = path.strip_prefix('/')?.strip_suffix("/control")?;
    (*method == Method::POST && !id.contains('/')).then_some(id)
}

/// Responds to a `POST` to the control address.
pub(crate) async fn respond(state: &State, id: &str, body: &Bytes) -> Response {
    let Ok(message) = serde_json::from_slice::<Value>(body) else {
        return Response::bad_request("the body is not JSON");
    };
    let command = match Command::of(&message) {
        Ok(command) => command,
        Err(problem) => return Response::bad_request(problem),
    };
    if send_command(state, id, command).await {
        Response::json(StatusCode::OK, &json!({ "success": true }))
    } else {
        Response::not_found(&format!("Call {id}"))
    }
}

/// Sends a command to a call and waits until it is executed. Returns false if the call has ended.
pub(crate) async fn send_command(state: &State, id: &str, command: Command) -> bool {
    let Some(done) = enqueue(state, id, command) else {
        return false;
    };
    // The driver drops its end when the command is executed, which is an error here.
    let _ = done.await;
    true
}

/// Sends a command, and advances the clock until the assistant has had its turn. Returns false if the call has ended.
pub(crate) async fn send_and_advance(state: &State, id: &str, command: Command) -> bool {
    let Some(done) = enqueue(state, id, command) else {
        return false;
    };
    state.timers.advance_until(&state.clock, done).await;
    true
}

/// Sends a command without waiting for it. Returns the receiver of its end; `None` if the call has ended.
pub(crate) fn enqueue(state: &State, id: &str, command: Command) -> Option<oneshot::Receiver<()>> {
    let (taken, done) = oneshot::channel();
    let sent = SentCommand {
        command,
        taken,
        guard: state.timers.activity_guard(),
    };
    let records = state.calls.lock();
    let record = records.get(id).filter(|record| !record.is_over())?;
    record.commands.send(sent).ok()?;
    Some(done)
}

impl Command {
    /// Reads a control message. The error is the one of the API.
    pub fn of(message: &Value) -> Result<Command, String> {
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
            Some("say") => Command::Say {
                // The web client sends `message`.
                text: text("content")
                    .or_else(|| text("message"))
                    .ok_or("content must be a string")?,
                ends: flag("endCallAfterSpoken")?,
                interrupts: flag("interruptAssistantEnabled")?,
            },
            Some("add-message") => {
                let triggers = message["triggerResponseEnabled"].is_null() || flag("triggerResponseEnabled")?;
                let added = &message["message"];
                let role = added["role"].as_str().unwrap_or_default();
                if !["system", "user", "assistant", "tool", "function", "developer"].contains(&role) {
                    return Err(
                        "message.role must be one of: system, user, assistant, tool, function, developer".into(),
                    );
                }
                let content = added["content"].as_str().ok_or("message.content must be a string")?;
                Command::Add {
                    role: role.to_owned(),
                    text: content.to_owned(),
                    triggers,
                }
            }
            Some("control") => match message["control"].as_str() {
                Some("mute-assistant") => Command::MuteAssistant(true),
                Some("unmute-assistant") => Command::MuteAssistant(false),
                Some("mute-customer") => Command::MuteCustomer(true),
                Some("unmute-customer") => Command::MuteCustomer(false),
                Some("say-first-message") => Command::SayFirstMessage,
                _ => {
                    let known = "mute-assistant, unmute-assistant, mute-customer, unmute-customer, say-first-message";
                    return Err(format!("control must be one of: {known}"));
                }
            },
            // Older socket clients send `hangup`.
            Some("end-call" | "hangup") => Command::End,
            Some("transfer") => Command::Transfer {
                destination: destination(message, &[("number", "number"), ("sip", "sipUri"), ("assistant", "")])?,
                text: text("content"),
            },
            Some("handoff") => Command::Handoff {
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
                Command::Transport(sent.clone())
            }
            _ => return Err("type must be a message that controls a call".into()),
        })
    }
}

/// Returns a destination of one of these types, which must have the property that its type needs.
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
