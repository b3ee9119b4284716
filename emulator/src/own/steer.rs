//! What a test asks of the emulator itself, in any language: faults, what was received, a fresh start. No part of the API,
//! without a token, and not among the requests that are remembered.

use http::header::{ALLOW, AUTHORIZATION};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::received::ReceivedRequest;
use crate::world::World;
use crate::{fault_text, moment};

/// The answer of one of these routes; `None` for any other path.
pub(crate) async fn answer(world: &World, request: &Parts, body: &[u8]) -> Option<Answer> {
    let method = if request.method == Method::HEAD {
        &Method::GET
    } else {
        &request.method
    };
    let allowed: &str = match (request.uri.path(), method.as_str()) {
        ("/emulator", "GET") => return Some(about(world)),
        ("/emulator", "DELETE") => {
            world.reset();
            return Some(world.kept(about(world)).await);
        }
        ("/emulator", _) => "GET, DELETE",
        ("/emulator/faults", "GET") => return Some(faults(world, StatusCode::OK)),
        ("/emulator/faults", "POST") => return Some(add_faults(world, body)),
        ("/emulator/faults", "DELETE") => {
            world.faults.lock().clear();
            return Some(faults(world, StatusCode::OK));
        }
        ("/emulator/faults", _) => "GET, POST, DELETE",
        ("/emulator/requests", "GET") => return Some(requests(world)),
        ("/emulator/requests", "DELETE") => {
            world.log.lock().clear();
            return Some(requests(world));
        }
        ("/emulator/requests", _) => "GET, DELETE",
        _ => return None,
    };
    let message = format!("Cannot {} {}", request.method, request.uri.path());
    Some(Answer::error(StatusCode::METHOD_NOT_ALLOWED, message).with_header(ALLOW, allowed))
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

fn bad_request(message: String) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, message)
}
