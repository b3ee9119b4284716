//! Chats in Vapi's and OpenAI's formats: whole, or word by word as server-sent events.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::api::announcements::announce_in;
use crate::api::chat_turn::{ChatTurn, Simulated};
use crate::api::context::RequestContext;
use crate::api::resources::new_resource;
use crate::api::sessions;
use crate::http::response::Response;
use crate::openapi::plan::Role;
use crate::state::State;
use crate::text::ids;

/// Responds to `POST /chat`.
pub(crate) async fn create(context: &RequestContext<'_>) -> Response {
    respond(context, Format::Chat).await
}

/// Responds to `POST /chat/responses`, the format of OpenAI's Responses API.
pub(crate) async fn create_response(context: &RequestContext<'_>) -> Response {
    let item_id = format!("msg_{}", ids::uuid());
    respond(context, Format::OpenAi { item_id }).await
}

/// Holds a chat that no client asked for, but a simulation. Returns it with its output, which is the given one or that of the
/// assistant, or the reason why there is none; `None` if the document has no chats.
pub(super) async fn hold(
    state: &Arc<State>,
    organization: &str,
    body: Value,
    answer: Option<String>,
    tool_mocks: &Map<String, Value>,
) -> Option<Result<Value, String>> {
    let operations = state.document.operations().iter().zip(&state.plans);
    // The one for browsers opens a session.
    let operation = operations
        .filter(|(_, plan)| plan.role == Role::Chat)
        .max_by_key(|(operation, _)| operation.wants_public_key)?;
    let context = RequestContext::in_background(state, organization, operation, &body);
    let (chat, messages) = new_chat(&context);
    let turn = ChatTurn::of(&context, &chat, &messages);
    let says = |text: String| vec![json!({ "role": "assistant", "content": text })];
    let output = match (answer, turn) {
        (Some(answer), _) => says(answer),
        (None, None) => says(echo(&chat)),
        (None, Some(turn)) => {
            let tool_mocks = tool_mocks.clone();
            match turn.simulated(Simulated { tool_mocks }).run(&mut |_, _| {}).await {
                Ok(output) => output,
                Err(error) => return Some(Err(error.message())),
            }
        }
    };
    let collection = context.collection();
    Some(Ok(remember(state, organization, &collection, chat, messages, output)))
}

/// The format of the response to a chat.
#[derive(Clone)]
enum Format {
    Chat,
    OpenAi { item_id: String },
}

impl Format {
    /// Returns the event for a piece of text, which belongs to the message with this index.
    fn delta(&self, chat: &Value, index: usize, delta: &str) -> Value {
        match self {
            Format::Chat => {
                // The id of the event is the id of the chat, which `previousChatId` accepts.
                let path = format!("chat.output[{index}].content");
                let mut event = json!({ "id": chat["id"], "path": path, "delta": delta });
                if let Some(session) = chat.get("sessionId") {
                    event["sessionId"] = session.clone();
                }
                event
            }
            Format::OpenAi { item_id } => with(
                &place(item_id),
                json!({ "type": "response.output_text.delta", "delta": delta }),
            ),
        }
    }

    /// Returns the last events of a stream.
    fn end(&self, state: &State, chat: &Value) -> Vec<Value> {
        match self {
            Format::Chat => Vec::new(),
            Format::OpenAi { item_id } => vec![
                with(
                    &place(item_id),
                    json!({ "type": "response.output_text.done", "text": reply(chat) }),
                ),
                json!({ "type": "response.completed", "response": open_ai_response(state, chat, item_id) }),
            ],
        }
    }

    /// Returns the event of an error within a stream.
    fn error(&self, message: &str) -> Value {
        match self {
            Format::Chat => json!({ "error": message }),
            Format::OpenAi { .. } => {
                json!({ "type": "error", "code": "server_error", "message": message, "param": null })
            }
        }
    }

    fn whole(&self, context: &RequestContext<'_>, chat: Value) -> Response {
        match self {
            Format::Chat => context.shaped(chat),
            Format::OpenAi { item_id } => context.success(&open_ai_response(context.state, &chat, item_id)),
        }
    }
}

fn place(item_id: &str) -> Value {
    json!({ "item_id": item_id, "output_index": 0, "content_index": 0 })
}

fn open_ai_response(state: &State, chat: &Value, item_id: &str) -> Value {
    json!({
        "id": chat["id"],
        "object": "response",
        "created_at": state.clock.now() / 1000,
        "status": "completed",
        "error": null,
        "output": [{
            "id": item_id,
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{ "type": "output_text", "text": reply(chat), "annotations": [] }],
        }],
    })
}

/// Returns the last text of the assistant.
fn reply(chat: &Value) -> &str {
    let output = chat["output"].as_array().into_iter().flatten();
    let mut texts = output.rev().filter(|message| message["role"] == "assistant");
    texts
        .find_map(|message| message["content"].as_str())
        .unwrap_or_default()
}

async fn respond(context: &RequestContext<'_>, format: Format) -> Response {
    let (chat, messages) = new_chat(context);
    let streams = context.body["stream"] == true;
    let output = match ChatTurn::of(context, &chat, &messages) {
        Some(turn) if streams => return stream_turn(context, turn, chat, messages, format).await,
        Some(turn) => match turn.run(&mut |_, _| {}).await {
            Ok(output) => output,
            Err(error) => return Response::error(StatusCode::BAD_GATEWAY, error.message()),
        },
        None => vec![json!({ "role": "assistant", "content": echo(&chat) })],
    };
    let chat = remember(
        context.state,
        context.organization,
        &context.collection(),
        chat,
        messages,
        output,
    );
    if !streams {
        return format.whole(context, chat);
    }
    let mut events: Vec<Value> = pieces(reply(&chat))
        .map(|delta| format.delta(&chat, 0, delta))
        .collect();
    events.extend(format.end(context.state, &chat));
    event_stream(events)
}

/// Streams the turn of a model while it comes. An error before the first text is a response of its own.
async fn stream_turn(
    context: &RequestContext<'_>,
    turn: ChatTurn,
    mut chat: Value,
    messages: Vec<Value>,
    format: Format,
) -> Response {
    let (said, mut hears) = mpsc::unbounded_channel();
    let result = tokio::spawn(async move {
        let mut on_text = |index: usize, text: &str| {
            let _ = said.send((index, text.to_owned()));
        };
        turn.run(&mut on_text).await
    });
    // `None` if the turn has ended without a text.
    let first = hears.recv().await;
    if first.is_none() {
        // The task cannot be canceled, and does not panic.
        let output = match result.await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Response::error(StatusCode::BAD_GATEWAY, error.message()),
            Err(_) => return Response::error(StatusCode::INTERNAL_SERVER_ERROR, "The chat ended early"),
        };
        let chat = remember(
            context.state,
            context.organization,
            &context.collection(),
            chat,
            messages,
            output,
        );
        return event_stream(format.end(context.state, &chat));
    }
    let (frames, receiver) = mpsc::channel(16);
    let (state, organization, collection) = (
        context.state.clone(),
        context.organization.to_owned(),
        context.collection(),
    );
    tokio::spawn(async move {
        let mut next = first;
        while let Some((index, text)) = next {
            // A client that is gone does not end the chat.
            let _ = frames.send(data(&format.delta(&chat, index, &text).to_string())).await;
            next = hears.recv().await;
        }
        let last = match result.await {
            Ok(Ok(output)) => {
                chat = remember(&state, &organization, &collection, chat, messages, output);
                format.end(&state, &chat)
            }
            Ok(Err(error)) => vec![format.error(&error.message())],
            Err(_) => vec![format.error("The chat ended early.")],
        };
        let last = last.iter().map(Value::to_string).chain(["[DONE]".to_owned()]);
        for event in last {
            let _ = frames.send(data(&event)).await;
        }
    });
    Response::live(EVENT_STREAM, receiver)
}

/// Returns a new chat without its output, and the messages before the output.
fn new_chat(context: &RequestContext<'_>) -> (Value, Vec<Value>) {
    let mut sent = context.body.as_object().cloned().unwrap_or_default();
    sent.remove("stream");
    let input = match sent.remove("input") {
        Some(Value::Array(messages)) => messages,
        Some(text) => vec![json!({ "role": "user", "content": text })],
        None => Vec::new(),
    };
    let mut messages = previous_messages(context, &sent);
    messages.extend(input.iter().cloned());
    sent.insert("input".into(), Value::Array(input));
    sent.insert("cost".into(), json!(0.0001));
    sessions::open(context, &mut sent);
    (new_resource(context, sent), messages)
}

/// Stores a chat with its output.
fn remember(
    state: &Arc<State>,
    organization: &str,
    collection: &str,
    mut chat: Value,
    mut messages: Vec<Value>,
    output: Vec<Value>,
) -> Value {
    messages.extend(output.iter().cloned());
    chat["messages"] = Value::Array(messages);
    chat["output"] = Value::Array(output);
    sessions::remember(state, organization, &chat);
    state.insert(organization, collection, chat.clone());
    announce_in(state, organization, collection, "created", &chat);
    chat
}

/// Returns the reply of an assistant whose model the emulator cannot ask.
fn echo(chat: &Value) -> String {
    let input = chat["input"].as_array().into_iter().flatten();
    let said = input.rev().find_map(|message| message["content"].as_str());
    match said.filter(|said| !said.is_empty()) {
        Some(said) => format!("You said: {said}"),
        None => "Hello!".to_owned(),
    }
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

const EVENT_STREAM: &str = "text/event-stream; charset=utf-8";

fn event_stream(events: Vec<Value>) -> Response {
    let events = events
        .into_iter()
        .map(|event| event.to_string())
        .chain(["[DONE]".to_owned()]);
    Response::pieces(EVENT_STREAM, events.map(|event| data(&event)))
}

fn data(event: &str) -> Bytes {
    Bytes::from(format!("data: {event}\n\n"))
}
