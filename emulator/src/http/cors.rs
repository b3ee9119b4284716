//! CORS: pages of this machine may use the API, and those of origins that the user allows.
//!
//! The API itself answers pages of every origin, since it asks for a secret key. The key of an emulator is no secret: a page of any
//! site could read transcripts, and create an assistant whose server is another program of this machine.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HOST, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, StatusCode};

use crate::http::response::Response;
use crate::http::same_origin::{is_from_this_machine, is_own_host};
use crate::http::server_address::ServerAddress;

/// Response headers that a page may read besides the safelisted ones.
const EXPOSED: &str = "etag, location, retry-after, x-request-id, x-ratelimit-reset";

/// Returns the 403 for a request of a page that may not use the API, and for one under a name that another site may own. `allowed`
/// are the origins that the user allows besides those of this machine; `*` is any.
pub(crate) fn refusal(server: &ServerAddress, allowed: &[String], request: &Parts) -> Option<Response> {
    let refuse = |message: String| Some(Response::error(StatusCode::FORBIDDEN, message));
    if allowed.iter().any(|origin| origin == "*") {
        return None;
    }
    if let Some(origin) = request.headers.get(ORIGIN) {
        let origin = origin.to_str().unwrap_or("null");
        let is_allowed = allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin));
        if !is_allowed && !is_from_this_machine(server, request) {
            return refuse(format!(
                "Pages of {origin} cannot use this emulator. The option `--allow-origin {origin}` allows them"
            ));
        }
    }
    // A site can resolve its own name to this machine; then its pages have the emulator's origin.
    let host = request.headers.get(HOST)?.to_str().unwrap_or("?");
    let name = host.parse::<Authority>();
    let name = name.as_ref().map_or(host, Authority::host);
    // Nobody can register a name without a dot. Containers have them.
    let is_own = !name.contains('.') || is_own_host(name, server.listens_on);
    let mut names = allowed.iter().filter_map(|origin| origin.split_once("://"));
    if is_own || names.any(|(_, allowed)| allowed.eq_ignore_ascii_case(host)) {
        return None;
    }
    refuse(format!(
        "This emulator does not respond under the name {host}. The option `--allow-origin http://{host}` allows it"
    ))
}

/// Returns the response to a preflight request, for any path of the API. The page must be an allowed one.
pub(crate) fn preflight(request: &Parts) -> Option<Response> {
    let headers = &request.headers;
    let asks = request.method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asks {
        return None;
    }
    let wanted = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let wanted = wanted.unwrap_or(HeaderValue::from_static("authorization, content-type"));
    let mut response = Response::empty(StatusCode::NO_CONTENT);
    open(&mut response.headers, headers);
    let headers = &mut response.headers;
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"),
    );
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.append(VARY, HeaderValue::from_static("access-control-request-headers"));
    Some(response)
}

/// Allows the page that sent the request to read a response. This includes errors: a page must see a 429 as a 429, not as a
/// network failure. The page must be an allowed one.
pub(crate) fn open(headers: &mut HeaderMap, request: &HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = request.get(ORIGIN) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}
