//! The log of received requests.

use http::StatusCode;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::http::response::Response;
use crate::state::State;
use crate::state::request_log::ReceivedRequest;

pub(crate) fn show(state: &State) -> Response {
    let requests = state.request_log.lock().all();
    Response::json(StatusCode::OK, &requests.iter().map(to_json).collect())
}

pub(crate) fn clear(state: &State) -> Response {
    state.request_log.lock().clear();
    show(state)
}

fn to_json(request: &ReceivedRequest) -> Value {
    let headers = request.headers.iter().map(|(name, value)| {
        // Keys are left out: these routes need none and should not reveal any.
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
