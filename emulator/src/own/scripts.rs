//! Scripts that come over HTTP: what a file of them holds, in JSON.

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

use super::bad_request;
use crate::answer::Answer;
use crate::script::Script;
use crate::world::World;

pub(super) fn add(world: &World, body: &Bytes) -> Answer {
    match Script::from_json(&String::from_utf8_lossy(body)) {
        Ok(scripts) => {
            let mut shelf = world.scripts.lock();
            let added = scripts.len();
            scripts.into_iter().for_each(|script| shelf.add(script));
            Answer::json(StatusCode::CREATED, &json!({ "added": added }))
        }
        Err(error) => bad_request(error.to_string()),
    }
}

/// Calls that have begun keep theirs.
pub(super) fn clear(world: &World) -> Answer {
    world.scripts.lock().clear();
    Answer::empty(StatusCode::NO_CONTENT)
}
