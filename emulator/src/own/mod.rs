//! The routes that are the emulator's own, under `/emulator/`: what its page shows and does. They are for the person on
//! this machine, so they are guarded; each family has a file.

mod calls;
mod events;
mod guard;
mod steer;
mod webhooks;

use std::sync::Arc;

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;
use crate::{page, span};

pub(crate) use guard::refusal;

pub(crate) fn is_ours(path: &str) -> bool {
    path == "/emulator" || path.starts_with("/emulator/")
}

/// The answer of a route of ours, or a refusal; `None` for a path that is somebody else's.
pub(crate) async fn answer(world: &Arc<World>, request: &Parts, body: &Bytes) -> Option<Answer> {
    if !is_ours(request.uri.path()) {
        return None;
    }
    if let Some(refusal) = refusal(world, request) {
        return Some(refusal);
    }
    if let Some(answer) = steer::answer(world, request, body).await {
        return Some(answer.with_header(CACHE_CONTROL, "no-store"));
    }
    let path = request.uri.path().strip_prefix("/emulator/")?;
    let get = request.method == Method::GET || request.method == Method::HEAD;
    let post = request.method == Method::POST;
    let segments: Vec<&str> = path.split('/').collect();
    let answer = match segments.as_slice() {
        ["page", file] if get => page::file(world, request, file),
        ["openapi.json"] if get => Some(page::document_from_here(world, request)),
        ["page"] if get => Some(about(world)),
        ["events"] if get => Some(events::stream(world)),
        ["assistants"] if get => Some(calls::assistants(world)),
        ["calls"] if get => Some(calls::list(world)),
        ["test-call"] if post => Some(calls::place(world, body)),
        ["calls", id] if get => calls::one(world, id),
        ["calls", id, "hang-up"] if post => calls::hang_up(world, id).await,
        ["calls", id, "webhooks", webhook] if get => webhooks::one(world, id, webhook),
        ["clock"] if get => Some(Answer::json(StatusCode::OK, &clock(world))),
        ["clock"] if post => Some(advance(world, body).await),
        _ => None,
    }?;
    let answer = if get { answer } else { world.kept(answer).await };
    Some(if answer.headers.contains_key(CACHE_CONTROL) {
        answer
    } else {
        answer.with_header(CACHE_CONTROL, "no-store")
    })
}

/// What the page has to know before it can do anything.
fn about(world: &World) -> Answer {
    let document = &world.document;
    Answer::json(
        StatusCode::OK,
        &json!({
            "name": "vapi-emulator",
            "version": env!("CARGO_PKG_VERSION"),
            "key": world.here.key,
            "operations": document.operations().iter().filter(|operation| operation.documented).count(),
            "reference": page::HAS_REFERENCE,
            "placesCalls": calls::placing(world).is_some(),
            "clock": clock(world),
        }),
    )
}

fn clock(world: &World) -> Value {
    json!({ "now": world.clock.now(), "ahead": world.clock.ahead() })
}

/// `{"advance": "10s"}`.
async fn advance(world: &World, body: &Bytes) -> Answer {
    let asked = serde_json::from_slice::<Value>(body).ok();
    let by = asked.as_ref().and_then(|asked| asked["advance"].as_str());
    match by.map(span::parse) {
        Some(Ok(by)) => {
            world.agenda.advance(&world.clock, by).await;
            world.kept(Answer::json(StatusCode::OK, &clock(world))).await
        }
        Some(Err(problem)) => Answer::error(StatusCode::BAD_REQUEST, format!("advance: {problem}")),
        None => {
            let message = r#"advance must say how far: {"advance": "60s"}"#;
            Answer::error(StatusCode::BAD_REQUEST, message)
        }
    }
}
