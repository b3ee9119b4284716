//! What a test in Rust asks of [`Emulator`](crate::Emulator), for tests in other languages: routes of the emulator's own,
//! below `/emulator`.

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::handle::{bearer_token, read_json};
use crate::script::Script;
use crate::world::World;
use crate::{calls, ids, moment};

/// The answer to a request for one of these routes; `None` for any other.
pub(crate) async fn answer(world: &World, request: &Parts, body: &Bytes) -> Option<Answer> {
    let route = request.uri.path().strip_prefix("/emulator/")?;
    if !["advance", "calls", "scripts"].contains(&route) {
        return None;
    }
    if request.method != Method::POST {
        let message = format!("Cannot {} {}", request.method, request.uri.path());
        return Some(Answer::error(StatusCode::METHOD_NOT_ALLOWED, message).with_header(http::header::ALLOW, "POST"));
    }
    let Some(token) = bearer_token(&request.headers) else {
        return Some(Answer::error(StatusCode::UNAUTHORIZED, "Missing Authorization Header"));
    };
    Some(match route {
        "advance" => advance(world, body).await,
        "calls" => {
            let body = read_json(body).unwrap_or_default();
            calls::inbound::create(world, &ids::organization(token), &body)
        }
        _ => add_scripts(world, body),
    })
}

/// `{"seconds": 60}`: answers when every call has lived up to then.
async fn advance(world: &World, body: &Bytes) -> Answer {
    let body: Value = read_json(body).unwrap_or_default();
    let seconds = body["seconds"].as_f64().unwrap_or(-1.0);
    let Ok(by) = Duration::try_from_secs_f64(seconds) else {
        let problem = "seconds must be a number not less than 0";
        return Answer::error(StatusCode::BAD_REQUEST, vec![problem.to_owned()]);
    };
    world.agenda.advance(&world.clock, by).await;
    Answer::json(StatusCode::OK, &json!({ "now": moment::format(world.clock.now()) }))
}

/// What a file of scripts holds, in JSON.
fn add_scripts(world: &World, body: &Bytes) -> Answer {
    match Script::from_json(&String::from_utf8_lossy(body)) {
        Ok(scripts) => {
            let mut shelf = world.scripts.lock();
            let added = scripts.len();
            scripts.into_iter().for_each(|script| shelf.add(script));
            Answer::json(StatusCode::CREATED, &json!({ "added": added }))
        }
        Err(error) => Answer::error(StatusCode::BAD_REQUEST, vec![error.to_string()]),
    }
}
