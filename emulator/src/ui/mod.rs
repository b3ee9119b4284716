//! The pages: the live view of calls at `/`, the API reference at `/docs`, and the document.
//!
//! The files are written by hand and served unchanged. They load nothing from elsewhere, and their content security
//! policy forbids it.

#[cfg(feature = "reference")]
mod reference;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderName, IF_NONE_MATCH};
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::json;
use serde_json::value::RawValue;

use crate::http::response::Response;
use crate::http::same_origin;
use crate::state::State;

/// True if `/docs` is available.
pub(crate) const HAS_REFERENCE: bool = cfg!(feature = "reference");

const JSON: &str = "application/json; charset=utf-8";

/// Allows files of this server only, and no inline script or style: text of a caller cannot become one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Returns a page or the document; `None` for other paths.
pub(crate) fn page(state: &State, request: &Parts) -> Option<Response> {
    if request.method != Method::GET && request.method != Method::HEAD {
        return None;
    }
    let for_people = |page: Response| same_origin::refusal(&state.server_address, request).unwrap_or(page);
    match request.uri.path() {
        "/" if wants_html(request) => Some(for_people(secured(html(include_str!("index.html")), POLICY))),
        "/" => Some(Response::json(
            StatusCode::OK,
            &json!({
                "name": "vapi-emulator",
                "document": "/api-json",
                "reference": if HAS_REFERENCE { Some("/docs") } else { None },
                "operations": state.document.documented().count(),
            }),
        )),
        #[cfg(feature = "reference")]
        "/docs" => Some(for_people(reference::page(state))),
        "/api-json" | "/api/openapi.json" => Some(tagged(request, JSON, state.document.text())),
        _ => None,
    }
}

/// Returns a file of the pages.
pub(crate) fn file(request: &Parts, name: &str) -> Option<Response> {
    const JS: &str = "text/javascript; charset=utf-8";
    const CSS: &str = "text/css; charset=utf-8";
    let (content_type, text) = match name {
        "base.css" => (CSS, include_str!("base.css")),
        "controls.css" => (CSS, include_str!("controls.css")),
        "calls.css" => (CSS, include_str!("calls.css")),
        "calls.js" => (JS, include_str!("calls.js")),
        "detail.js" => (JS, include_str!("detail.js")),
        "dialogs.js" => (JS, include_str!("dialogs.js")),
        "dom.js" => (JS, include_str!("dom.js")),
        "hand.css" => (CSS, include_str!("hand.css")),
        "hand.js" => (JS, include_str!("hand.js")),
        "format.js" => (JS, include_str!("format.js")),
        "json.js" => (JS, include_str!("json.js")),
        "list.js" => (JS, include_str!("list.js")),
        "icon.svg" => ("image/svg+xml", include_str!("icon.svg")),
        #[cfg(feature = "reference")]
        _ => return reference::file(request, name).map(|file| secured(file, POLICY)),
        #[cfg(not(feature = "reference"))]
        _ => return None,
    };
    Some(secured(
        tagged(request, content_type, Bytes::from_static(text.as_bytes())),
        POLICY,
    ))
}

/// Returns what the page of the reference asks for.
#[cfg_attr(
    not(feature = "reference"),
    expect(unused_variables, reason = "nothing is asked for")
)]
pub(crate) fn reference_data(state: &State, request: &Parts, segments: &[&str]) -> Option<Response> {
    #[cfg(feature = "reference")]
    return reference::data(state, request, segments);
    #[cfg(not(feature = "reference"))]
    None
}

/// Returns the document with this emulator as its only server, for tools that send requests to it. `/api-json` stays
/// byte for byte as read.
pub(crate) fn document_from_here(state: &State, request: &Parts) -> Response {
    let text = state.document.text();
    let Ok(mut document) = serde_json::from_slice::<BTreeMap<&str, &RawValue>>(&text) else {
        return tagged(request, JSON, text);
    };
    // The requested host, since a machine has several names.
    let host = request
        .headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.map_or_else(|| state.server_address.address.to_string(), str::to_owned);
    let servers = json!([{ "url": format!("http://{host}"), "description": "vapi-emulator" }]);
    let Ok(servers) = serde_json::value::to_raw_value(&servers) else {
        return tagged(request, JSON, text);
    };
    document.insert("servers", &servers);
    let members = document.iter().map(|(name, value)| format!("{}:{value}", json!(name)));
    let members: Vec<String> = members.collect();
    tagged(request, JSON, Bytes::from(format!("{{{}}}", members.join(","))))
}

fn html(text: &'static str) -> Response {
    Response::bytes(StatusCode::OK, "text/html; charset=utf-8", text).with_header(CACHE_CONTROL, "no-cache")
}

fn wants_html(request: &Parts) -> bool {
    let accepts = request.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accept| accept.contains("text/html"))
}

/// Returns bytes with an ETag, or a 304 if the client has them.
fn tagged(request: &Parts, content_type: &'static str, bytes: Bytes) -> Response {
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let known = request.headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let is_known = known.is_some_and(|known| {
        let mut tags = known.split(',').map(|known| known.trim().trim_start_matches("W/"));
        tags.any(|known| known == tag || known == "*")
    });
    let response = if is_known {
        Response::empty(StatusCode::NOT_MODIFIED)
    } else {
        Response::bytes(StatusCode::OK, content_type, bytes)
    };
    response.with_header(ETAG, &tag).with_header(CACHE_CONTROL, "no-cache")
}

fn secured(response: Response, policy: &str) -> Response {
    response
        .with_header(CONTENT_SECURITY_POLICY, policy)
        .with_header(HeaderName::from_static("x-content-type-options"), "nosniff")
        .with_header(HeaderName::from_static("referrer-policy"), "no-referrer")
        .with_header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin")
        .with_header(HeaderName::from_static("cross-origin-resource-policy"), "same-origin")
}
