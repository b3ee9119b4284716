//! The dispatch of a request: route, fault, token, body, rules, operation.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName};
use http::request::Parts;
use serde_json::{Value, json};

use crate::api::announcements::announce_in;
use crate::api::context::RequestContext;
use crate::api::problems::problems;
use crate::api::{calls, chat, named, removed, requirements, resources, undocumented, upload};
use crate::calls::view;
use crate::fault::{Exchange, Fault, syntax};
use crate::http::api_key::Caller;
use crate::http::response::Response;
use crate::http::{api_key, query};
use crate::openapi::document::Operation;
use crate::openapi::plan::{Plan, Role, concrete};
use crate::openapi::routes::{PathParameters, Route};
use crate::state::State;
use crate::state::request_log::ReceivedRequest;
use crate::storage::Storage;
use crate::text::ids;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header with a fault for this request alone; see [`crate::fault::syntax`].
const FAULT: HeaderName = HeaderName::from_static("x-emulator-fault");

/// Responds to a request for an operation; `None` if the document has no operation for its path and method.
pub(crate) async fn respond(state: &Arc<State>, storage: &Storage, request: &Parts, body: &Bytes) -> Option<Exchange> {
    let found = match state.routes.find(&request.method, request.uri.path()) {
        Route::Operation { index, parameters } => Some((index, parameters)),
        Route::WrongMethod(_) | Route::Nothing => None,
    };
    let operation = found.as_ref().map(|(index, _)| &state.document.operations()[*index]);
    state
        .request_log
        .lock()
        .push(|| ReceivedRequest::new(request, body, operation));
    let (index, parameters) = found?;
    let (operation, plan) = (&state.document.operations()[index], &state.plans[index]);
    let fault = match requested_fault(request) {
        Ok(Some(fault)) => Some(fault),
        Ok(None) => state.faults.lock().take(operation),
        Err(problem) => return Some(Exchange::Response(Response::bad_request(problem))),
    };
    let response = async {
        let response = perform(state, operation, plan, &parameters, request, body).await;
        storage
            .saved(state, response.with_header(REQUEST_ID, &ids::uuid()))
            .await
    };
    let Some(fault) = fault else {
        return Some(Exchange::Response(response.await));
    };
    let response = match fault.needs_response() {
        true => Some(response.await),
        false => None,
    };
    if !fault.latency.is_zero() {
        tokio::time::sleep(fault.latency).await;
    }
    if response.is_none() && fault.is_error_of_server() {
        announce_failure(state, plan, &parameters, request);
    }
    Some(fault.apply(response))
}

/// Announces that a resource could not be deleted, because a fault took the place of the deletion.
fn announce_failure(state: &Arc<State>, plan: &Plan, parameters: &PathParameters, request: &Parts) {
    let token = api_key::bearer_token(&request.headers).filter(|_| plan.role == Role::Delete);
    let caller = token.and_then(|token| Caller::read(token, &mut state.keys.lock()).ok());
    let Some(caller) = caller else { return };
    let collection = concrete(&plan.collection, parameters);
    let id = parameters.iter().find(|(name, _)| *name == plan.item_key);
    let stored = id.and_then(|(_, id)| state.stored(&caller.organization, &collection, &json!(id)));
    if let Some(stored) = stored {
        let resource = view::as_of_now(state, stored);
        announce_in(state, &caller.organization, &collection, "delete.failed", &resource);
    }
}

/// Returns the fault that a request asks for in a header of its own, if it does.
fn requested_fault(request: &Parts) -> Result<Option<Fault>, String> {
    let Some(text) = request.headers.get(FAULT) else {
        return Ok(None);
    };
    let fault = match text.to_str() {
        Ok(text) => syntax::of_header(text).map_err(|error| error.to_string()),
        Err(_) => Err("it is not ASCII".to_owned()),
    };
    fault.map(Some).map_err(|problem| format!("{FAULT}: {problem}"))
}

async fn perform(
    state: &Arc<State>,
    operation: &Operation,
    plan: &Plan,
    parameters: &PathParameters,
    request: &Parts,
    body: &Bytes,
) -> Response {
    let Some(token) = api_key::bearer_token(&request.headers) else {
        return Response::error(StatusCode::UNAUTHORIZED, "Missing Authorization Header");
    };
    let caller = match Caller::read(token, &mut state.keys.lock()) {
        Ok(caller) => caller,
        Err(message) => return Response::error(StatusCode::UNAUTHORIZED, message),
    };
    if let Some(message) = caller.wrong_key(operation.wants_public_key) {
        return Response::error(StatusCode::UNAUTHORIZED, message);
    }
    let query = query::pairs(&request.uri);
    let mut context = RequestContext {
        state,
        operation,
        plan,
        organization: &caller.organization,
        parameters,
        query: &query,
        body: &Value::Null,
    };
    let content_type = request
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if plan.role == Role::Upload {
        return upload::create(&context, content_type, body);
    }
    let json = match read_json(body) {
        Ok(json) => json,
        Err(error) => {
            let message = format!("The body is not valid JSON: {error}");
            return Response::bad_request(message);
        }
    };
    let starts = matches!(plan.role, Role::PlaceCall | Role::Chat | Role::ChatResponse);
    if let Some(message) = caller.forbidden(&request.headers, starts, &json) {
        return Response::error(StatusCode::FORBIDDEN, message);
    }
    let problems = if state.settings.lenient {
        Vec::new()
    } else {
        problems(&context, &json)
    };
    if !problems.is_empty() {
        let schema = operation
            .request
            .as_ref()
            .map_or(&Value::Null, |request| &request.schema);
        let notes = removed::notes(&state.document, schema, &problems);
        return Response::noted(problems, notes);
    }
    context.body = &json;
    undocumented::seed(&context);
    if let Some(response) = resources::missing_parent(&context).or_else(|| requirements::refusal(&context)) {
        return response;
    }
    if let Some(response) = named::respond(&context) {
        return response;
    }
    match plan.role {
        Role::Create => resources::create(&context),
        Role::Get => resources::get(&context),
        Role::List(style) => resources::list(&context, style),
        Role::Update => resources::update(&context),
        Role::Delete => resources::delete(&context),
        Role::Duplicate => resources::duplicate(&context),
        Role::Action => resources::act(&context),
        Role::PlaceCall => calls::place(&context),
        Role::Download => calls::download(&context),
        Role::Chat => chat::create(&context).await,
        Role::ChatResponse => chat::create_response(&context).await,
        Role::Upload => upload::create(&context, content_type, body),
    }
}

/// Parses the body as JSON. An empty body is an empty object, as for the API's parser.
fn read_json(body: &Bytes) -> serde_json::Result<Value> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body)
}
