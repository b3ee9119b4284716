//! Protection of the emulator's own routes, pages and sockets against pages of other sites.
//!
//! A page of another site can send requests to this address and can resolve its own name to this machine. Browsers
//! reveal both in `Origin` and `Host`. Other programs can send any headers and are accepted.

use std::net::IpAddr;

use http::header::{HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{Method, StatusCode};

use crate::http::response::Response;
use crate::http::server_address::ServerAddress;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Returns the refusal of a request; `None` if the request is allowed.
pub(crate) fn refusal(server: &ServerAddress, request: &Parts) -> Option<Response> {
    let refuse = |message: &str| Some(Response::error(StatusCode::FORBIDDEN, message));
    let text = |name: HeaderName| request.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let Some(host) = text(HOST).or_else(|| request.uri.authority().map(Authority::as_str)) else {
        return refuse("The request names no host");
    };
    let is_socket_path = host
        .parse()
        .is_ok_and(|host: Authority| is_own_host(host.host(), server.listens_on));
    if !is_socket_path {
        return refuse("The emulator responds only under its own address and the names of this machine");
    }
    let reads = request.method == Method::GET || request.method == Method::HEAD;
    let from_elsewhere = match text(ORIGIN) {
        Some(origin) => !origin
            .strip_prefix("http://")
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host)),
        None => text(FETCH_SITE).is_some_and(|site| site != "same-origin" && site != "none"),
    };
    if from_elsewhere && !reads {
        return refuse("Pages of other origins cannot change the emulator");
    }
    None
}

/// Returns whether a request comes from no page or from a page of this machine, on any port. Browsers do not guard a
/// socket after it is open.
pub(crate) fn is_from_this_machine(server: &ServerAddress, request: &Parts) -> bool {
    let Some(origin) = request.headers.get(ORIGIN) else {
        return true;
    };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    authority
        .and_then(|(_, authority)| authority.parse().ok())
        .is_some_and(|authority: Authority| is_own_host(authority.host(), server.listens_on))
}

/// Returns whether a host is loopback, by name or number, or the address of the listener. Names that anybody can
/// register are refused. Names without a dot are given by a local network, as in container networks.
pub(crate) fn is_own_host(host: &str, listening: IpAddr) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || address == listening || listening.is_unspecified(),
        Err(_) => {
            let name = host.trim_end_matches('.').to_ascii_lowercase();
            let in_the_network = !listening.is_loopback() && !name.is_empty() && !name.contains('.');
            name == "localhost" || name.ends_with(".localhost") || in_the_network
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_the_bound_address_are_accepted() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        for host in [
            "localhost",
            "LOCALHOST.",
            "vapi.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
        ] {
            assert!(is_own_host(host, loopback), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "vapi",
            "10.0.0.5",
            "0.0.0.0",
            "",
        ] {
            assert!(!is_own_host(host, loopback), "{host}");
        }
        assert!(is_own_host("10.0.0.5", IpAddr::from([10, 0, 0, 5])));
        assert!(!is_own_host("10.0.0.6", IpAddr::from([10, 0, 0, 5])));
        // With an unspecified address any IP address may belong to this machine; names still do not.
        assert!(is_own_host("10.0.0.6", IpAddr::from([0, 0, 0, 0])));
        assert!(is_own_host("vapi", IpAddr::from([0, 0, 0, 0])));
        assert!(!is_own_host("evil.example", IpAddr::from([0, 0, 0, 0])));
        assert!(!is_own_host("", IpAddr::from([0, 0, 0, 0])));
    }
}
