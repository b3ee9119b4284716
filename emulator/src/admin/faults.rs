//! Faults over HTTP.

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use crate::fault::syntax;
use crate::http::response::Response;
use crate::state::State;

pub(crate) fn show(state: &State, status: StatusCode) -> Response {
    Response::json(status, &state.faults.lock().to_json())
}

/// Adds one fault or a list of faults; all or none.
pub(crate) fn add(state: &State, body: &Bytes) -> Response {
    let requested = match serde_json::from_slice(body) {
        Ok(Value::Array(faults)) => faults,
        Ok(fault) => vec![fault],
        Err(error) => return Response::bad_request(format!("The body is not valid JSON: {error}")),
    };
    let read = |fault: &Value| {
        let fault = syntax::of_json(fault)?;
        syntax::check_target(&fault, &state.document).map(|()| fault)
    };
    match requested.iter().map(read).collect::<Result<Vec<_>, _>>() {
        Ok(read) => {
            let mut faults = state.faults.lock();
            read.into_iter().for_each(|fault| faults.add(fault));
        }
        Err(error) => return Response::bad_request(error.to_string()),
    }
    show(state, StatusCode::CREATED)
}

pub(crate) fn clear(state: &State) -> Response {
    state.faults.lock().clear();
    show(state, StatusCode::OK)
}
