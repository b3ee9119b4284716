//! The emulator's clock: reading and advancing it.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use crate::http::response::Response;
use crate::state::State;
use crate::text::duration;

/// Returns the time in milliseconds since 1970, and its lead over real time.
pub(crate) fn to_json(state: &State) -> Value {
    json!({ "now": state.clock.now(), "ahead": state.clock.ahead() })
}

pub(crate) fn show(state: &State) -> Response {
    Response::json(StatusCode::OK, &to_json(state))
}

/// Advances the clock by `{"advance": "60s"}`. Responds when every call has run up to the new time.
pub(crate) async fn advance(state: &State, body: &Bytes) -> Response {
    let requested = serde_json::from_slice::<Value>(body).unwrap_or_default();
    match requested["advance"].as_str().map(duration::parse) {
        Some(Ok(by)) => {
            state.timers.advance(&state.clock, by).await;
            show(state)
        }
        Some(Err(problem)) => Response::bad_request(format!("advance: {problem}")),
        None => Response::bad_request(r#"advance must be a duration: {"advance": "60s"}"#),
    }
}
