//! Chats in Vapi's and OpenAI's formats: whole, or word by word as server-sent events.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::api::context::RequestContext;
use crate::api::resources::new_resource;
use crate::api::sessions;
use crate::http::response::Response;
use crate::text::ids;

/// Responds to `POST /chat`.
pub(crate) fn create(context: &RequestContext<'_>) -> Response {
    let (chat, reply) = remember(context);
    if context.body["stream"] != true {
        return context.shaped(chat);
    }
    let events = pieces(&reply).map(|delta| {
        // The id of the event is the id of the chat, which `previousChatId` accepts.
        let mut event = json!({ "id": chat["id"], "path": "chat.output[0].content", "delta": delta });
        if let Some(session) = chat.get("sessionId") {
            event["sessionId"] = session.clone();
        }
        event
    });
    event_stream(events.collect())
}

/// Responds to `POST /chat/responses`, the format of OpenAI's Responses API.
pub(crate) fn create_response(context: &RequestContext<'_>) -> Response {
    let (chat, reply) = remember(context);
    let item_id = format!("msg_{}", ids::uuid());
    let response = json!({
        "id": chat["id"],
        "object": "response",
        "created_at": context.state.clock.now() / 1000,
        "status": "completed",
        "error": null,
        "output": [{
            "id": item_id,
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{ "type": "output_text", "text": reply, "annotations": [] }],
        }],
    });
    if context.body["stream"] != true {
        return context.success(&response);
    }
    let place = json!({ "item_id": item_id, "output_index": 0, "content_index": 0 });
    let mut events: Vec<Value> = pieces(&reply)
        .map(|delta| with(&place, json!({ "type": "response.output_text.delta", "delta": delta })))
        .collect();
    events.push(with(
        &place,
        json!({ "type": "response.output_text.done", "text": reply }),
    ));
    events.push(json!({ "type": "response.completed", "response": response }));
    event_stream(events)
}

/// Stores a chat and returns it with the assistant's reply.
fn remember(context: &RequestContext<'_>) -> (Value, String) {
    let mut sent = context.body.as_object().cloned().unwrap_or_default();
    sent.remove("stream");
    let input = match sent.remove("input") {
        Some(Value::Array(messages)) => messages,
        Some(text) => vec![json!({ "role": "user", "content": text })],
        None => Vec::new(),
    };
    let said = input
        .iter()
        .rev()
        .find_map(|message| message["content"].as_str())
        .unwrap_or_default();
    let reply = if said.is_empty() {
        "Hello!".to_owned()
    } else {
        format!("You said: {said}")
    };
    let output = json!([{ "role": "assistant", "content": reply }]);
    let before = previous_messages(context, &sent);
    let replies = output.as_array().into_iter().flatten();
    sent.insert(
        "messages".into(),
        before.iter().chain(&input).chain(replies).cloned().collect(),
    );
    sent.insert("input".into(), Value::Array(input));
    sent.insert("output".into(), output);
    sent.insert("cost".into(), json!(0.0001));
    sessions::open(context, &mut sent);
    let chat = new_resource(context, sent);
    sessions::remember(context.state, context.organization, &chat);
    context
        .state
        .insert(context.organization, &context.collection(), chat.clone());
    (chat, reply)
}

/// Returns the messages so far: of the chat before, else of the session.
fn previous_messages(context: &RequestContext<'_>, sent: &Map<String, Value>) -> Vec<Value> {
    let named = |name: &str, collection: &str| {
        let stored = context.state.stored(context.organization, collection, sent.get(name)?);
        stored?["messages"].as_array().cloned()
    };
    named("previousChatId", &context.collection())
        .or_else(|| named("sessionId", sessions::SESSIONS))
        .unwrap_or_default()
}

/// Splits a reply into words, each with the space before it.
fn pieces(reply: &str) -> impl Iterator<Item = &str> {
    let starts = reply.match_indices(' ').map(|(at, _)| at).chain([reply.len()]);
    let mut from = 0;
    starts
        .filter_map(move |at| reply.get(std::mem::replace(&mut from, at)..at))
        .filter(|piece| !piece.is_empty())
}

fn with(base: &Value, more: Value) -> Value {
    let mut event = base.clone();
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    event
}

fn event_stream(events: Vec<Value>) -> Response {
    let data = events
        .into_iter()
        .map(|event| event.to_string())
        .chain(["[DONE]".to_owned()]);
    Response::pieces(
        "text/event-stream; charset=utf-8",
        data.map(|data| Bytes::from(format!("data: {data}\n\n"))),
    )
}
