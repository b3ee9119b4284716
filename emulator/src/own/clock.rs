//! The emulator's clock: what it says, and how it is moved.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::bad_request;
use crate::answer::Answer;
use crate::span;
use crate::world::World;

/// Milliseconds since 1970, and how many of them the real clock is behind.
pub(super) fn told(world: &World) -> Value {
    json!({ "now": world.clock.now(), "ahead": world.clock.ahead() })
}

pub(super) fn show(world: &World) -> Answer {
    Answer::json(StatusCode::OK, &told(world))
}

/// `{"advance": "60s"}`: answers when every call has lived up to then.
pub(super) async fn advance(world: &World, body: &Bytes) -> Answer {
    let asked = serde_json::from_slice::<Value>(body).unwrap_or_default();
    match asked["advance"].as_str().map(span::parse) {
        Some(Ok(by)) => {
            world.agenda.advance(&world.clock, by).await;
            show(world)
        }
        Some(Err(problem)) => bad_request(format!("advance: {problem}")),
        None => bad_request(r#"advance must say how far: {"advance": "60s"}"#),
    }
}
