//! The interactive reference of the document that is served: Scalar, whose script the crate of its makers carries.

use std::sync::OnceLock;

use bytes::Bytes;
use http::request::Parts;
use serde_json::{Map, Value};

use super::{html, secured, tagged};
use crate::answer::Answer;
use crate::sample;
use crate::world::World;

const JS: &str = "text/javascript; charset=utf-8";

pub(super) fn page(world: &World) -> Answer {
    // Downloads redirect to the second listener. Styles are set by the script, inline; data: holds its icons.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         font-src 'self' data:; media-src 'self' blob:; connect-src 'self' {}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        world.links.plain("")
    );
    secured(html(include_str!("reference.html")), &policy)
}

pub(super) fn file(world: &World, request: &Parts, name: &str) -> Option<Answer> {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    let (content_type, bytes) = match name {
        "examples.json" => ("application/json; charset=utf-8", examples(world)),
        "reference.css" => ("text/css; charset=utf-8", text(include_str!("reference.css"))),
        "reference.js" => (JS, text(include_str!("reference.js"))),
        "scalar.js" => (JS, scalar()?),
        _ => return None,
    };
    Some(tagged(request, content_type, bytes))
}

/// The smallest request body that each operation takes.
fn examples(world: &World) -> Bytes {
    let operations = world.document.operations().iter();
    let examples: Map<String, Value> = operations
        .filter_map(|operation| {
            let schema = &operation.request.as_ref()?.schema;
            let body = sample::minimal(&world.document, schema, world.clock.now());
            Some((operation.id.clone(), body))
        })
        .collect();
    Bytes::from(Value::Object(examples).to_string())
}

fn scalar() -> Option<Bytes> {
    // The crate gives a copy of its five megabytes each time.
    static SCRIPT: OnceLock<Option<Bytes>> = OnceLock::new();
    SCRIPT
        .get_or_init(|| scalar_api_reference::get_asset("scalar.js").map(Bytes::from))
        .clone()
}
