//! CORS: pages of every origin may use the API, as with the API itself, since browser clients of Vapi call it across
//! origins.
//!
//! The emulator's own routes are excluded.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

use crate::http::response::Response;

/// Response headers that a page may read besides the safelisted ones.
const EXPOSED: &str = "etag, location, retry-after, x-request-id, x-ratelimit-reset";

/// Returns the response to a preflight request, for any path of the API.
pub(crate) fn preflight(request: &Parts) -> Option<Response> {
    let headers = &request.headers;
    let asks = request.method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asks {
        return None;
    }
    // `*` does not cover `authorization`, so the requested headers are named.
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

/// Allows every origin to read a response. This includes errors: a page must see a 429 as a 429, not as a network
/// failure.
pub(crate) fn open(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}
