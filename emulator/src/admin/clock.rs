//! The emulator's clock: what it says, and how it is moved.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use crate::admin::bad_request;
use crate::http::response::Response;
use crate::state::State;
use crate::text::duration;

/// Milliseconds since 1970, and how many of them the real clock is behind.
pub(crate) fn to_json(state: &State) -> Value {
    json!({ "now": state.clock.now(), "ahead": state.clock.ahead() })
}

pub(crate) fn show(state: &State) -> Response {
    Response::json(StatusCode::OK, &to_json(state))
}

/// `{"advance": "60s"}`: answers when every call has lived up to then.
pub(crate) async fn advance(state: &State, body: &Bytes) -> Response {
    let requested = serde_json::from_slice::<Value>(body).unwrap_or_default();
    match requested["advance"].as_str().map(duration::parse) {
        Some(Ok(by)) => {
            state.timers.advance(&state.clock, by).await;
            show(state)
        }
        Some(Err(problem)) => bad_request(format!("advance: {problem}")),
        None => bad_request(r#"advance must say how far: {"advance": "60s"}"#),
    }
}
