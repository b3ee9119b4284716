//! The emulator's own routes below `/emulator`: what the library's handle does, for tests in any language. They are no part
//! of the API, need no token, and are not among the requests that are remembered.

use http::header::{ALLOW, AUTHORIZATION, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::received::ReceivedRequest;
use crate::world::World;
use crate::{fault_text, moment, span};

pub(crate) fn is_ours(path: &str) -> bool {
    path == "/emulator" || path.starts_with("/emulator/")
}

pub(crate) async fn answer(world: &World, request: &Parts, body: &[u8]) -> Answer {
    if !comes_from_here(&request.headers) {
        return Answer::error(
            StatusCode::FORBIDDEN,
            "a page of another site asked; these routes are for local tests",
        );
    }
    let method = if request.method == Method::HEAD {
        &Method::GET
    } else {
        &request.method
    };
    let allowed: &str = match (request.uri.path(), method.as_str()) {
        ("/emulator", "GET") => return about(world),
        ("/emulator", "DELETE") => {
            world.reset();
            return world.kept(about(world)).await;
        }
        ("/emulator", _) => "GET, DELETE",
        ("/emulator/faults", "GET") => return faults(world, StatusCode::OK),
        ("/emulator/faults", "POST") => return add_faults(world, body),
        ("/emulator/faults", "DELETE") => {
            world.faults.lock().clear();
            return faults(world, StatusCode::OK);
        }
        ("/emulator/faults", _) => "GET, POST, DELETE",
        ("/emulator/requests", "GET") => return requests(world),
        ("/emulator/requests", "DELETE") => {
            world.log.lock().clear();
            return requests(world);
        }
        ("/emulator/requests", _) => "GET, DELETE",
        ("/emulator/clock", "GET") => return clock(world),
        ("/emulator/clock", "POST") => return move_clock(world, body).await,
        ("/emulator/clock", _) => "GET, POST",
        (path, _) => return Answer::error(StatusCode::NOT_FOUND, format!("Cannot {} {path}", request.method)),
    };
    let message = format!("Cannot {} {}", request.method, request.uri.path());
    Answer::error(StatusCode::METHOD_NOT_ALLOWED, message).with_header(ALLOW, allowed)
}

fn about(world: &World) -> Answer {
    let told = json!({
        "name": "vapi-emulator",
        "version": env!("CARGO_PKG_VERSION"),
        "now": moment::format(world.clock.now()),
        "operations": world.document.operations().iter().filter(|operation| operation.documented).count(),
        "resources": world.store.lock().all().count(),
    });
    Answer::json(StatusCode::OK, &told)
}

fn faults(world: &World, status: StatusCode) -> Answer {
    Answer::json(status, &world.faults.lock().told())
}

/// One fault or a list of them; all or none.
fn add_faults(world: &World, body: &[u8]) -> Answer {
    let asked = match serde_json::from_slice(body) {
        Ok(Value::Array(faults)) => faults,
        Ok(fault) => vec![fault],
        Err(error) => return bad_request(format!("The body is not valid JSON: {error}")),
    };
    let read = |fault: &Value| {
        let fault = fault_text::of_json(fault)?;
        fault_text::check_target(&fault, &world.document).map(|()| fault)
    };
    match asked.iter().map(read).collect::<Result<Vec<_>, _>>() {
        Ok(read) => {
            let mut faults = world.faults.lock();
            read.into_iter().for_each(|fault| faults.add(fault));
        }
        Err(error) => return bad_request(error.to_string()),
    }
    faults(world, StatusCode::CREATED)
}

fn requests(world: &World) -> Answer {
    let requests = world.log.lock().all();
    Answer::json(StatusCode::OK, &requests.iter().map(told).collect())
}

fn told(request: &ReceivedRequest) -> Value {
    let headers = request.headers.iter().map(|(name, value)| {
        // Who may ask here needs no token, and should not learn one.
        let value = if name == AUTHORIZATION {
            "(hidden)".into()
        } else {
            String::from_utf8_lossy(value.as_bytes())
        };
        (name.to_string(), json!(value))
    });
    let text = || (!request.body.is_empty()).then(|| json!(String::from_utf8_lossy(&request.body)));
    json!({
        "method": request.method.as_str(),
        "path": request.path,
        "query": request.query.iter().map(|(name, value)| json!([name, value])).collect::<Value>(),
        "headers": Value::Object(headers.collect()),
        "body": request.json().or_else(text),
        "operationId": request.operation_id,
    })
}

fn clock(world: &World) -> Answer {
    let now = world.clock.now();
    Answer::json(
        StatusCode::OK,
        &json!({ "now": moment::format(now), "milliseconds": now }),
    )
}

async fn move_clock(world: &World, body: &[u8]) -> Answer {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return bad_request("the body is not JSON".into());
    };
    let Some(by) = body["advance"].as_str() else {
        return bad_request("advance must say how far: {\"advance\": \"60s\"}".into());
    };
    match span::parse(by) {
        Ok(by) => {
            world.clock.advance(by);
            world.kept(clock(world)).await
        }
        Err(problem) => bad_request(format!("advance: {problem}")),
    }
}

fn bad_request(message: String) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, message)
}

/// Whether the request is not from a web page, or from one of this machine: any page in a browser can send requests to
/// 127.0.0.1.
pub(crate) fn comes_from_here(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let host = host_name(origin.1);
    let asked = headers.get(HOST).and_then(|host| host.to_str().ok()).map(host_name);
    matches!(host, "localhost" | "127.0.0.1" | "[::1]") || asked == Some(host)
}

fn host_name(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}
