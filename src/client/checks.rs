//! Checks of settings, with one sentence for each mistake.

use std::net::IpAddr;

use http::HeaderValue;
use reqwest::Url;

use crate::error::{Error, Result};

pub(super) fn user_agent(suffix: Option<&str>) -> Result<HeaderValue> {
    let product = concat!("vapi-rust/", env!("CARGO_PKG_VERSION"));
    let Some(suffix) = suffix else {
        return Ok(HeaderValue::from_static(product));
    };
    HeaderValue::from_str(&format!("{product} {suffix}"))
        .map_err(|_| Error::config("the User-Agent suffix has a character that a header cannot have"))
}

pub(super) fn base_url(text: &str) -> Result<String> {
    let refuse = |why: &str| Err(Error::config(format!("the base URL {why}")));
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(cause) => return refuse(&format!("`{text}` cannot be read: {cause}")),
    };
    // The URL is not shown from here on: it may include a password.
    if !matches!(url.scheme(), "http" | "https") {
        return refuse(&format!("must start with https:// or http://, not {}:", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("has a user name or password in it: the API takes a key instead");
    }
    if url.query().is_some() {
        return refuse("has a query in it, which would be lost");
    }
    if url.fragment().is_some() {
        return refuse("has a fragment in it, which would be lost");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Returns whether requests to this URL stay on this machine.
pub(super) fn is_loopback(base_url: &str) -> bool {
    let Ok(url) = Url::parse(base_url) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts_are_known_by_name_and_address() {
        for host in [
            "localhost",
            "LOCALHOST",
            "a.localhost",
            "127.0.0.1",
            "127.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_loopback(&format!("http://{host}:8080/x")), "{host}");
        }
        for host in ["api.vapi.ai", "localhost.example", "10.0.0.1", "[::2]", "0.0.0.0"] {
            assert!(!is_loopback(&format!("http://{host}:8080/x")), "{host}");
        }
    }
}
