//! The reference of the served document at `/docs`. The page asks for what it shows: the list of operations, one operation, one
//! schema. A renderer of whole documents took seconds for this one.

mod catalog;
mod example;
mod operation;
mod schema;
mod sentences;

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;
use serde_json::Value;

use crate::http::response::Response;
use crate::state::State;
use crate::ui::{html, secured, tagged};

const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

pub(crate) fn page(state: &State) -> Response {
    // Downloads redirect to the second listener. A recording is played from memory.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src blob:; connect-src 'self' {}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        state.links.plain("")
    );
    secured(html(include_str!("reference.html")), &policy)
}

pub(crate) fn file(request: &Parts, name: &str) -> Option<Response> {
    let (content_type, text) = match name {
        "reference.css" => (CSS, include_str!("reference.css")),
        "reference.js" => (JS, include_str!("reference.js")),
        "reference-operation.js" => (JS, include_str!("operation.js")),
        "reference-schema.js" => (JS, include_str!("schema.js")),
        "reference-try.js" => (JS, include_str!("try.js")),
        _ => return None,
    };
    Some(tagged(request, content_type, Bytes::from_static(text.as_bytes())))
}

/// Returns what the page asks for; `None` for what the document lacks.
pub(crate) fn data(state: &State, request: &Parts, segments: &[&str]) -> Option<Response> {
    let value = match segments {
        [] => catalog::catalog(state),
        ["operations", id] => operation::operation(state, id)?,
        ["schemas", name] => schema::named(state.document.corrected(), name)?,
        _ => return None,
    };
    Some(json(request, &value))
}

fn json(request: &Parts, value: &Value) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => tagged(request, "application/json; charset=utf-8", Bytes::from(bytes)),
        Err(_) => Response::error(StatusCode::INTERNAL_SERVER_ERROR, "the reference cannot be written"),
    }
}
