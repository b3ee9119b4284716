//! The proxy that the HTTP client takes from the environment, so that an error can name it.
//!
//! `reqwest` does not say whether a connection went to a proxy. It finds the proxy with the matcher that is used here, so both
//! see the same variables (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) and system settings.

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

/// The proxies of the environment at the time when the client was built.
pub(crate) struct SystemProxy(Matcher);

impl SystemProxy {
    pub(crate) fn read() -> Self {
        SystemProxy(Matcher::from_system())
    }

    /// Returns the scheme, host and port of the proxy for a URL, without its user name and password.
    pub(super) fn for_url(&self, url: &Url) -> Option<String> {
        let target = url.as_str().parse().ok()?;
        let intercept = self.0.intercept(&target)?;
        let proxy = intercept.uri();
        let host = proxy.host()?;
        let scheme = proxy.scheme_str().unwrap_or("http");
        Some(match proxy.port_u16() {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy_of(url: &str) -> Option<String> {
        let matcher = Matcher::builder()
            .https("http://user:password@proxy.example:3128")
            .no("internal.example")
            .build();
        SystemProxy(matcher).for_url(&Url::parse(url).unwrap())
    }

    #[test]
    fn the_proxy_of_a_scheme_is_named_without_its_password() {
        let proxy = proxy_of("https://api.vapi.ai/call");
        assert_eq!(proxy.as_deref(), Some("http://proxy.example:3128"));
    }

    #[test]
    fn hosts_that_need_no_proxy_have_none() {
        assert_eq!(proxy_of("https://internal.example/"), None);
        assert_eq!(proxy_of("http://api.vapi.ai/"), None);
    }
}
