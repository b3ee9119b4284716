//! Lets pages of every origin use the API, as the API itself does: browser clients of Vapi call it across origins.
//!
//! The emulator's own routes are left out, see [`crate::admin`].

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

use crate::http::response::Response;

/// What browsers let a page read beside the body; the rest of what matters they show anyway.
const EXPOSED: &str = "etag, location, retry-after, x-request-id, x-ratelimit-reset";

/// The answer to a browser that asks whether it may send a request, for any path of the API.
pub(crate) fn preflight(request: &Parts) -> Option<Response> {
    let headers = &request.headers;
    let asks = request.method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asks {
        return None;
    }
    // `*` does not cover `authorization`, so that the headers are named: those that are asked for.
    let wanted = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let wanted = wanted.unwrap_or(HeaderValue::from_static("authorization, content-type"));
    let mut response = Response::empty(StatusCode::NO_CONTENT);
    let headers = &mut response.headers;
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"),
    );
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.insert(VARY, HeaderValue::from_static("access-control-request-headers"));
    Some(response)
}

/// Opens an answer to every origin. Errors too: a page must see a 429 as a 429, not as a network failure.
pub(crate) fn open(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}
