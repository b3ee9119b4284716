//! One request from its bytes to its outcome: route, fault, token, body, rules, act.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::document::Operation;
use crate::fault::Outcome;
use crate::plan::{Plan, Role};
use crate::received::ReceivedRequest;
use crate::resources::{self, Asked};
use crate::routes::{PathParameters, Route};
use crate::world::World;
use crate::{calls, chat, cors, fault_text, ids, listing, own, page, undocumented, upload, validate};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What goes wrong with this request alone; see [`crate::fault_text`].
const FAULT: HeaderName = HeaderName::from_static("x-emulator-fault");

/// A request to the host of the API: one of the emulator's own, or one of the API.
pub(crate) async fn api(world: &Arc<World>, request: Parts, body: Bytes) -> Outcome {
    if own::is_ours(request.uri.path()) {
        return Outcome::Answer(own::answer(world, &request, &body).await);
    }
    if let Some(answer) = cors::preflight(&request) {
        return Outcome::Answer(answer);
    }
    let mut outcome = of_the_api(world, request, body).await;
    if let Outcome::Answer(answer) = &mut outcome {
        cors::open(&mut answer.headers);
    }
    outcome
}

async fn of_the_api(world: &World, request: Parts, body: Bytes) -> Outcome {
    let path = request.uri.path();
    let route = match world.routes.find(&request.method, path) {
        Route::Operation { index, parameters } => Ok((index, parameters)),
        other => Err(other),
    };
    let operation = route
        .as_ref()
        .ok()
        .map(|(index, _)| &world.document.operations()[*index]);
    world.log.lock().push(|| received(&request, &body, operation));
    let (index, parameters) = match route {
        Ok(found) => found,
        Err(other) => return Outcome::Answer(beside_the_document(world, &request, other)),
    };
    let (operation, plan) = (&world.document.operations()[index], &world.plans[index]);
    let answer = || {
        let answer = perform(world, operation, plan, &parameters, &request, &body);
        answer.with_header(REQUEST_ID, &ids::uuid())
    };
    let fault = match request.headers.get(FAULT) {
        Some(text) => match text
            .to_str()
            .map_err(|_| "it is not ASCII".to_owned())
            .and_then(|text| fault_text::of_header(text).map_err(|error| error.to_string()))
        {
            Ok(fault) => Some(fault),
            Err(problem) => {
                let message = format!("{FAULT}: {problem}");
                return Outcome::Answer(Answer::error(StatusCode::BAD_REQUEST, message));
            }
        },
        None => world.faults.lock().take(operation),
    };
    let Some(fault) = fault else {
        return Outcome::Answer(world.kept(answer()).await);
    };
    let answer = match fault.needs_answer() {
        true => Some(world.kept(answer()).await),
        false => None,
    };
    if !fault.wait().is_zero() {
        tokio::time::sleep(fault.wait()).await;
    }
    fault.spoil(answer)
}

pub(crate) fn received(request: &Parts, body: &Bytes, operation: Option<&Operation>) -> ReceivedRequest {
    ReceivedRequest {
        method: request.method.clone(),
        path: request.uri.path().to_owned(),
        query: query(request),
        headers: request.headers.clone(),
        body: body.clone(),
        operation_id: operation.map(|operation| operation.id.clone()),
    }
}

fn beside_the_document(world: &World, request: &Parts, route: Route) -> Answer {
    let (method, path) = (&request.method, request.uri.path());
    if let Route::WrongMethod(allowed) = route {
        let allowed: Vec<&str> = allowed.iter().map(Method::as_str).collect();
        return Answer::error(StatusCode::METHOD_NOT_ALLOWED, format!("Cannot {method} {path}"))
            .with_header(ALLOW, &allowed.join(", "));
    }
    let page = page::answer(world, request);
    page.unwrap_or_else(|| Answer::error(StatusCode::NOT_FOUND, format!("Cannot {method} {path}")))
}

fn perform(
    world: &World,
    operation: &Operation,
    plan: &Plan,
    parameters: &PathParameters,
    request: &Parts,
    body: &Bytes,
) -> Answer {
    let Some(token) = bearer_token(&request.headers) else {
        return Answer::error(StatusCode::UNAUTHORIZED, "Missing Authorization Header");
    };
    let (key, is_public) = undocumented::read_key(token);
    let query = query(request);
    let organization = ids::organization(key);
    let mut asked = Asked {
        world,
        operation,
        plan,
        organization: &organization,
        parameters,
        query: &query,
        body: &Value::Null,
    };
    if let Some(answer) = undocumented::wrong_key(&asked, is_public) {
        return answer;
    }
    let content_type = request
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if plan.role == Role::Upload {
        return upload::create(&asked, content_type, body);
    }
    let json = match read_json(body) {
        Ok(json) => json,
        Err(error) => {
            let message = format!("The body is not valid JSON: {error}");
            return Answer::error(StatusCode::BAD_REQUEST, message);
        }
    };
    let problems = if world.settings.lenient {
        Vec::new()
    } else {
        problems(world, operation, &query, &json)
    };
    if !problems.is_empty() {
        return Answer::error(StatusCode::BAD_REQUEST, problems);
    }
    asked.body = &json;
    undocumented::seed(&asked);
    if let Some(answer) = resources::missing_parent(&asked) {
        return answer;
    }
    match plan.role {
        Role::Create => resources::create(&asked),
        Role::Get => resources::get(&asked),
        Role::List(style) => resources::list(&asked, style),
        Role::Update => resources::update(&asked),
        Role::Delete => resources::delete(&asked),
        Role::Action => resources::act(&asked),
        Role::PlaceCall => calls::place(&asked),
        Role::Download => calls::download(&asked),
        Role::Chat => chat::create(&asked),
        Role::ChatResponse => chat::create_response(&asked),
        Role::Upload => upload::create(&asked, content_type, body),
    }
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The body as JSON; an empty one is an empty object, as the API's body parser has it.
fn read_json(body: &Bytes) -> serde_json::Result<Value> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body)
}

fn problems(world: &World, operation: &Operation, query: &listing::Query, body: &Value) -> Vec<String> {
    let mut problems = listing::problems(&world.document, operation, query);
    if let Some(request) = &operation.request {
        problems.extend(validate::problems(&world.document, &request.schema, body));
    }
    problems
}

fn query(request: &Parts) -> Vec<(String, String)> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    let pairs = request
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}
