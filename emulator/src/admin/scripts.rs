//! Scripts over HTTP, in the JSON format of script files.

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

use crate::http::response::Response;
use crate::script::Script;
use crate::state::State;

pub(crate) fn add(state: &State, body: &Bytes) -> Response {
    match Script::from_json(&String::from_utf8_lossy(body)) {
        Ok(scripts) => {
            let mut shelf = state.scripts.lock();
            let added = scripts.len();
            scripts.into_iter().for_each(|script| shelf.add(script));
            Response::json(StatusCode::CREATED, &json!({ "added": added }))
        }
        Err(error) => Response::bad_request(error.to_string()),
    }
}

/// Removes all scripts. Running calls keep theirs.
pub(crate) fn clear(state: &State) -> Response {
    state.scripts.lock().clear();
    Response::empty(StatusCode::NO_CONTENT)
}
