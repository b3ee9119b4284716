//! The emulator's own routes below `/emulator`, for its pages and for tests in any language. They are not part of the
//! API, need no token and are not logged. They accept requests of this machine only. Each family of routes has a file.

mod by_hand;
mod calls;
mod clock;
mod events;
mod faults;
mod requests;
mod scripts;
mod webhooks;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::json;

use crate::http::response::Response;
use crate::http::same_origin::refusal;
use crate::state::State;
use crate::ui;

/// Returns whether a path belongs to the routes of the emulator itself.
pub(crate) fn is_admin_path(path: &str) -> bool {
    path == "/emulator" || path.starts_with("/emulator/")
}

/// Responds to a request for a path below `/emulator`.
pub(crate) async fn respond(state: &Arc<State>, request: &Parts, body: &Bytes) -> Response {
    if let Some(refusal) = refusal(&state.server_address, request) {
        return refusal;
    }
    let path = request.uri.path().strip_prefix("/emulator").unwrap_or_default();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let method = match request.method {
        Method::HEAD => "GET",
        ref other => other.as_str(),
    };
    let response = match route(state, request, method, &segments, body).await {
        Some(response) => response,
        None => not_found(request, method, &segments),
    };
    match response.headers.contains_key(CACHE_CONTROL) {
        true => response,
        false => response.with_header(CACHE_CONTROL, "no-store"),
    }
}

async fn route(state: &Arc<State>, request: &Parts, method: &str, segments: &[&str], body: &Bytes) -> Option<Response> {
    match (method, segments) {
        ("GET", [""]) => Some(about(state)),
        ("DELETE", [""]) => {
            state.reset();
            Some(about(state))
        }
        ("GET", ["ui", file]) => ui::file(request, file),
        ("GET", ["reference", rest @ ..]) => ui::reference_data(state, request, rest),
        ("GET", ["openapi.json"]) => Some(ui::document_from_here(state, request)),
        ("GET", ["events"]) => Some(events::stream(state)),
        ("GET", ["assistants"]) => Some(calls::assistants(state)),
        ("POST", ["test-call"]) => Some(calls::place_test_call(state, body)),
        ("GET", ["calls"]) => Some(calls::list(state)),
        ("POST", ["calls"]) => Some(calls::place_inbound(state, body)),
        ("GET", ["calls", id]) => calls::one(state, id),
        ("GET", ["calls", id, "script"]) => by_hand::script(state, id),
        ("POST", ["calls", id, action]) => by_hand::act(state, id, action, body).await,
        ("GET", ["calls", id, "webhooks", webhook]) => webhooks::one(state, id, webhook),
        ("GET", ["clock"]) => Some(clock::show(state)),
        ("POST", ["clock"]) => Some(clock::advance(state, body).await),
        ("POST", ["scripts"]) => Some(scripts::add(state, body)),
        ("DELETE", ["scripts"]) => Some(scripts::clear(state)),
        ("GET", ["faults"]) => Some(faults::show(state, StatusCode::OK)),
        ("POST", ["faults"]) => Some(faults::add(state, body)),
        ("DELETE", ["faults"]) => Some(faults::clear(state)),
        ("GET", ["requests"]) => Some(requests::show(state)),
        ("DELETE", ["requests"]) => Some(requests::clear(state)),
        _ => None,
    }
}

/// Returns the methods of a path; empty for a path that does not exist.
fn methods(segments: &[&str]) -> &'static str {
    match segments {
        [""] | ["requests"] => "GET, DELETE",
        ["faults"] => "GET, POST, DELETE",
        ["calls" | "clock"] => "GET, POST",
        ["scripts"] => "POST, DELETE",
        ["test-call"] => "POST",
        ["calls", _, action] if by_hand::ACTIONS.contains(action) => "POST",
        ["assistants" | "events" | "openapi.json"] => "GET",
        ["reference", ..] | ["ui" | "calls", _] | ["calls", _, "script"] | ["calls", _, "webhooks", _] => "GET",
        _ => "",
    }
}

fn not_found(request: &Parts, method: &str, segments: &[&str]) -> Response {
    let message = format!("Cannot {} {}", request.method, request.uri.path());
    let allowed = methods(segments);
    if allowed.is_empty() || allowed.split(", ").any(|allowed| allowed == method) {
        return Response::error(StatusCode::NOT_FOUND, message);
    }
    Response::error(StatusCode::METHOD_NOT_ALLOWED, message).with_header(ALLOW, allowed)
}

/// Describes the emulator and counts its resources.
fn about(state: &State) -> Response {
    Response::json(
        StatusCode::OK,
        &json!({
            "name": "vapi-emulator",
            "version": env!("CARGO_PKG_VERSION"),
            "key": state.server_address.key,
            "operations": state.document.documented().count(),
            "resources": state.store.lock().all().count(),
            "reference": ui::HAS_REFERENCE,
            "placesCalls": calls::place_call_operation(state).is_some(),
            "clock": clock::to_json(state),
        }),
    )
}
