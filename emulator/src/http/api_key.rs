//! Bearer tokens, and the private keys that they belong to.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// The prefix of a public key, which may create web calls and web chats only. The rest is the private key that it
/// belongs to.
pub(crate) const PUBLIC_KEY_PREFIX: &str = "public-";

/// Returns the private key whose organization a token belongs to, and whether the token is a public one.
pub(crate) fn read_key(token: &str) -> (&str, bool) {
    match token.strip_prefix(PUBLIC_KEY_PREFIX) {
        Some(private) if !private.is_empty() => (private, true),
        _ => (token, false),
    }
}

/// Returns the bearer token of a request, if it has one.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
