//! The routes that are the emulator's own, under `/emulator`: what its page shows and does, and what a test in any language
//! asks for. They are no part of the API, want no token, and are not among the requests that are remembered. They are for
//! whoever is on this machine, so they are guarded; each family has a file.

mod calls;
mod clock;
mod events;
mod faults;
mod guard;
mod requests;
mod scripts;
mod webhooks;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::json;

use crate::answer::Answer;
use crate::page;
use crate::world::World;

pub(crate) use guard::{comes_from_here, refusal};

pub(crate) fn is_ours(path: &str) -> bool {
    path == "/emulator" || path.starts_with("/emulator/")
}

/// The answer to a request for one of these routes, or for one that looks like it.
pub(crate) async fn answer(world: &Arc<World>, request: &Parts, body: &Bytes) -> Answer {
    if let Some(refusal) = refusal(world, request) {
        return refusal;
    }
    let path = request.uri.path().strip_prefix("/emulator").unwrap_or_default();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let method = match request.method {
        Method::HEAD => "GET",
        ref other => other.as_str(),
    };
    let answer = match route(world, request, method, &segments, body).await {
        Some(answer) => answer,
        None => not_there(request, method, &segments),
    };
    let answer = match method {
        "GET" => answer,
        _ => world.kept(answer).await,
    };
    match answer.headers.contains_key(CACHE_CONTROL) {
        true => answer,
        false => answer.with_header(CACHE_CONTROL, "no-store"),
    }
}

async fn route(world: &Arc<World>, request: &Parts, method: &str, segments: &[&str], body: &Bytes) -> Option<Answer> {
    match (method, segments) {
        ("GET", [""]) => Some(about(world)),
        ("DELETE", [""]) => {
            world.reset();
            Some(about(world))
        }
        ("GET", ["page", file]) => page::file(world, request, file),
        ("GET", ["openapi.json"]) => Some(page::document_from_here(world, request)),
        ("GET", ["events"]) => Some(events::stream(world)),
        ("GET", ["assistants"]) => Some(calls::assistants(world)),
        ("POST", ["test-call"]) => Some(calls::place(world, body)),
        ("GET", ["calls"]) => Some(calls::list(world)),
        ("POST", ["calls"]) => Some(calls::come_in(world, body)),
        ("GET", ["calls", id]) => calls::one(world, id),
        ("POST", ["calls", id, "hang-up"]) => calls::hang_up(world, id).await,
        ("GET", ["calls", id, "webhooks", webhook]) => webhooks::one(world, id, webhook),
        ("GET", ["clock"]) => Some(clock::show(world)),
        ("POST", ["clock"]) => Some(clock::advance(world, body).await),
        ("POST", ["scripts"]) => Some(scripts::add(world, body)),
        ("DELETE", ["scripts"]) => Some(scripts::clear(world)),
        ("GET", ["faults"]) => Some(faults::show(world, StatusCode::OK)),
        ("POST", ["faults"]) => Some(faults::add(world, body)),
        ("DELETE", ["faults"]) => Some(faults::clear(world)),
        ("GET", ["requests"]) => Some(requests::show(world)),
        ("DELETE", ["requests"]) => Some(requests::clear(world)),
        _ => None,
    }
}

/// What a path can be asked for; nothing for one that does not exist.
fn methods(segments: &[&str]) -> &'static str {
    match segments {
        [""] | ["requests"] => "GET, DELETE",
        ["faults"] => "GET, POST, DELETE",
        ["calls" | "clock"] => "GET, POST",
        ["scripts"] => "POST, DELETE",
        ["test-call"] | ["calls", _, "hang-up"] => "POST",
        ["assistants" | "events" | "openapi.json"] => "GET",
        ["page" | "calls", _] | ["calls", _, "webhooks", _] => "GET",
        _ => "",
    }
}

fn not_there(request: &Parts, method: &str, segments: &[&str]) -> Answer {
    let message = format!("Cannot {} {}", request.method, request.uri.path());
    let allowed = methods(segments);
    if allowed.is_empty() || allowed.split(", ").any(|allowed| allowed == method) {
        return Answer::error(StatusCode::NOT_FOUND, message);
    }
    Answer::error(StatusCode::METHOD_NOT_ALLOWED, message).with_header(ALLOW, allowed)
}

/// What the emulator is, and holds.
fn about(world: &World) -> Answer {
    Answer::json(
        StatusCode::OK,
        &json!({
            "name": "vapi-emulator",
            "version": env!("CARGO_PKG_VERSION"),
            "key": world.here.key,
            "operations": world.document.documented().count(),
            "resources": world.store.lock().all().count(),
            "reference": page::HAS_REFERENCE,
            "placesCalls": calls::placing(world).is_some(),
            "clock": clock::told(world),
        }),
    )
}

fn bad_request(message: impl Into<String>) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, message.into())
}
