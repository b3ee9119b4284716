//! The interactive reference of the served document: Scalar, from the crate of its makers.

use std::sync::OnceLock;

use bytes::Bytes;
use http::request::Parts;
use serde_json::{Map, Value};

use crate::http::response::Response;
use crate::openapi::sample;
use crate::state::State;
use crate::ui::{html, secured, tagged};

const JS: &str = "text/javascript; charset=utf-8";

pub(crate) fn page(state: &State) -> Response {
    // Downloads redirect to the second listener. The script sets inline styles; data: holds its icons.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         font-src 'self' data:; media-src 'self' blob:; connect-src 'self' {}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        state.links.plain("")
    );
    secured(html(include_str!("reference.html")), &policy)
}

pub(crate) fn file(state: &State, request: &Parts, name: &str) -> Option<Response> {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    let (content_type, bytes) = match name {
        "examples.json" => ("application/json; charset=utf-8", examples(state)),
        "reference.css" => ("text/css; charset=utf-8", text(include_str!("reference.css"))),
        "reference.js" => (JS, text(include_str!("reference.js"))),
        "scalar.js" => (JS, scalar()?),
        _ => return None,
    };
    Some(tagged(request, content_type, bytes))
}

/// Returns the smallest request body of each operation.
fn examples(state: &State) -> Bytes {
    let operations = state.document.operations().iter();
    let examples: Map<String, Value> = operations
        .filter_map(|operation| {
            let schema = &operation.request.as_ref()?.schema;
            let body = sample::minimal(&state.document, schema, state.clock.now());
            Some((operation.id.clone(), body))
        })
        .collect();
    Bytes::from(Value::Object(examples).to_string())
}

fn scalar() -> Option<Bytes> {
    // The crate returns a copy of five megabytes each time.
    static SCRIPT: OnceLock<Option<Bytes>> = OnceLock::new();
    SCRIPT
        .get_or_init(|| scalar_api_reference::get_asset("scalar.js").map(Bytes::from))
        .clone()
}
