//! Webhooks of a call and their responses. Bodies are sent one at a time: those of a long call add up to megabytes.

use std::collections::HashMap;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use crate::http::response::Response;
use crate::state::State;
use crate::state::webhook_log::SentWebhook;

/// Returns the summaries of all attempts, oldest first.
pub(crate) fn of_call(state: &State, call: &str) -> Vec<Value> {
    let named = named(state, call);
    named.iter().map(|(id, webhook)| line(id, webhook)).collect()
}

/// Responds with one attempt in full.
pub(crate) fn one(state: &State, call: &str, id: &str) -> Option<Response> {
    let named = named(state, call);
    let (_, webhook) = named.iter().find(|(name, _)| name == id)?;
    let headers = webhook
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]));
    let mut full = line(id, webhook);
    full["url"] = json!(webhook.url);
    full["headers"] = headers.collect();
    full["request"] = readable(&webhook.body);
    full["response"] = readable(&webhook.response);
    Some(Response::json(StatusCode::OK, &full))
}

/// Returns the attempts of a call with stable names, whatever is added or dropped later.
fn named(state: &State, call: &str) -> Vec<(String, SentWebhook)> {
    let mut alike: HashMap<String, usize> = HashMap::new();
    let sent = state.webhooks.lock().all();
    let of_call = sent.into_iter().filter(|webhook| webhook.call_id == call);
    of_call
        .map(|webhook| {
            let name = format!("{}-{}-{}", webhook.at, webhook.message_type, webhook.attempt);
            let seen = alike.entry(name.clone()).or_default();
            *seen += 1;
            (format!("{name}-{seen}"), webhook)
        })
        .collect()
}

fn line(id: &str, webhook: &SentWebhook) -> Value {
    json!({
        "id": id,
        "type": webhook.message_type,
        "at": webhook.at,
        "what": what(webhook),
        "status": webhook.status,
        "error": webhook.error,
        "took": webhook.duration.as_secs_f64() * 1000.0,
        "attempt": webhook.attempt,
    })
}

/// Returns the detail that distinguishes a message from others of its type.
fn what(webhook: &SentWebhook) -> Option<String> {
    let of_interest = ["status-update", "speech-update", "transcript", "tool-calls"];
    if !of_interest.contains(&webhook.message_type.as_str()) {
        return None;
    }
    let message = webhook.message();
    let text = |name: &str| message[name].as_str().map(str::to_owned);
    match webhook.message_type.as_str() {
        "status-update" => text("status"),
        "speech-update" => Some(format!("{} {}", text("role")?, text("status")?)),
        "transcript" => text("transcript"),
        _ => {
            let calls = message["toolCallList"].as_array()?.iter();
            let names = calls.filter_map(|call| call["function"]["name"].as_str().or_else(|| call["name"].as_str()));
            Some(names.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Returns JSON unchanged, anything else as text.
fn readable(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
}
