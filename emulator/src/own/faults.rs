//! Faults that a test asks for over HTTP, and those that are left.

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::bad_request;
use crate::answer::Answer;
use crate::fault_text;
use crate::world::World;

pub(super) fn show(world: &World, status: StatusCode) -> Answer {
    Answer::json(status, &world.faults.lock().told())
}

/// One fault or a list of them; all or none.
pub(super) fn add(world: &World, body: &Bytes) -> Answer {
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
    show(world, StatusCode::CREATED)
}

pub(super) fn clear(world: &World) -> Answer {
    world.faults.lock().clear();
    show(world, StatusCode::OK)
}
