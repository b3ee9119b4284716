//! Keeps other sites' pages away from what is meant for the person on this machine: the emulator's own routes and pages,
//! and the sockets of calls.
//!
//! A page of another site can send requests here, and can make its own name resolve to this machine; browsers tell on
//! both, in `Origin` and `Host`. Programs other than browsers send what they like and are let in.

use std::net::IpAddr;

use http::header::{HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::uri::Authority;
use http::{Method, StatusCode};

use crate::http::response::Response;
use crate::http::server_address::ServerAddress;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why the request is not served, if it isn't.
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
        return refuse("The emulator answers here only under its own address and the names of this machine");
    }
    let reads = request.method == Method::GET || request.method == Method::HEAD;
    let from_elsewhere = match text(ORIGIN) {
        Some(origin) => !origin
            .strip_prefix("http://")
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host)),
        None => text(FETCH_SITE).is_some_and(|site| site != "same-origin" && site != "none"),
    };
    if from_elsewhere && !reads {
        return refuse("Pages of other origins can't change the emulator");
    }
    None
}

/// Whether the request is from no page, or from one of this machine, on whatever port: a socket is no longer guarded by
/// the browser once it is open.
pub(crate) fn is_from_this_machine(server: &ServerAddress, request: &Parts) -> bool {
    let Some(origin) = request.headers.get(ORIGIN) else {
        return true;
    };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    authority
        .and_then(|(_, authority)| authority.parse().ok())
        .is_some_and(|authority: Authority| is_own_host(authority.host(), server.listens_on))
}

/// Loopback, by name or number, or the address that is listened on. A name that anybody can register is never one; one
/// without a dot is given by the network, as containers have them.
fn is_own_host(host: &str, listening: IpAddr) -> bool {
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
    fn only_this_machine_and_the_bound_address_are_us() {
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
        // Listening everywhere: any number is an address of this machine, names still are not.
        assert!(is_own_host("10.0.0.6", IpAddr::from([0, 0, 0, 0])));
        assert!(is_own_host("vapi", IpAddr::from([0, 0, 0, 0])));
        assert!(!is_own_host("evil.example", IpAddr::from([0, 0, 0, 0])));
        assert!(!is_own_host("", IpAddr::from([0, 0, 0, 0])));
    }
}
