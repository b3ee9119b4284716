//! The router: each request goes to the emulator's own routes, the API, the pages, or the artifacts.

use std::sync::Arc;

use bytes::Bytes;
use http::header::ALLOW;
use http::request::Parts;
use http::{Method, StatusCode};

use crate::api::dispatch;
use crate::artifacts::downloads;
use crate::calls::control;
use crate::fault::Exchange;
use crate::http::cors;
use crate::http::response::Response;
use crate::openapi::routes::Route;
use crate::state::State;
use crate::state::request_log::ReceivedRequest;
use crate::storage::Storage;
use crate::{admin, ui};

/// Responds to a request to the host of the API.
pub(crate) async fn api(state: &Arc<State>, storage: &Storage, request: Parts, body: Bytes) -> Exchange {
    if admin::is_admin_path(request.uri.path()) {
        let response = admin::respond(state, &request, &body).await;
        return Exchange::Response(match request.method {
            Method::GET | Method::HEAD => response,
            _ => storage.saved(state, response).await,
        });
    }
    let refused = cors::refusal(&state.server_address, &state.settings.allowed_origins, &request);
    if let Some(response) = refused.or_else(|| cors::preflight(&request)) {
        return Exchange::Response(response);
    }
    let mut exchange = match dispatch::respond(state, storage, &request, &body).await {
        Some(exchange) => exchange,
        None => Exchange::Response(no_operation(state, &request)),
    };
    if let Exchange::Response(response) = &mut exchange {
        cors::open(&mut response.headers, &request.headers);
    }
    exchange
}

/// Responds to a request for which the document has no operation: a page, or an error.
fn no_operation(state: &State, request: &Parts) -> Response {
    let (method, path) = (&request.method, request.uri.path());
    let message = format!("Cannot {method} {path}");
    if let Route::WrongMethod(allowed) = state.routes.find(method, path) {
        let allowed: Vec<&str> = allowed.iter().map(Method::as_str).collect();
        return Response::error(StatusCode::METHOD_NOT_ALLOWED, message).with_header(ALLOW, &allowed.join(", "));
    }
    ui::page(state, request).unwrap_or_else(|| Response::error(StatusCode::NOT_FOUND, message))
}

/// Responds to a request to the second host: the control address of a call, or an artifact.
pub(crate) async fn downloads(state: &State, storage: &Storage, request: &Parts, body: &Bytes) -> Response {
    state
        .request_log
        .lock()
        .push(|| ReceivedRequest::new(request, body, None));
    if let Some(refusal) = cors::refusal(&state.server_address, &state.settings.allowed_origins, request) {
        return refusal;
    }
    let response = match control::controlled_call(&request.method, request.uri.path()) {
        Some(id) => control::respond(state, id, body).await,
        None => downloads::respond(state, &request.uri, &request.headers),
    };
    let mut response = storage.saved(state, response).await;
    cors::open(&mut response.headers, &request.headers);
    response
}
