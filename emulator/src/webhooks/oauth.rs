//! Access tokens for servers behind OAuth 2, fetched with the client credentials grant and kept until they expire.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::state::State;
use crate::state::clock::whole_milliseconds;
use crate::webhooks::client;

/// The timeout of the token's server.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A token is no longer used this long before it expires.
const EARLY: Duration = Duration::from_secs(10);

/// The lifetime of a token that states none.
const LIFETIME: Duration = Duration::from_secs(3600);

/// All characters except the unreserved ones of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns the value of `Authorization` for a credential, from a valid or a new token.
pub(crate) async fn authorization(state: &State, credential: &str, plan: &Value) -> Result<String, String> {
    let now = state.clock.now();
    if let Some(token) = state.tokens.lock().get(credential, now) {
        return Ok(token);
    }
    let (token, lifetime) = fetch(&state.settings.allowed_hosts, plan)
        .await
        .map_err(|error| format!("no access token: {error}"))?;
    let until = now + whole_milliseconds(lifetime.saturating_sub(EARLY));
    state.tokens.lock().insert(credential, token.clone(), until);
    Ok(token)
}

async fn fetch(allowed_hosts: &[String], plan: &Value) -> Result<(String, Duration), String> {
    let text = |name: &str| plan[name].as_str().filter(|text| !text.is_empty());
    let required = |name: &'static str| text(name).ok_or_else(|| format!("the oauth2 credential has no {name}"));
    let mut form = vec![
        ("grant_type", "client_credentials"),
        ("client_id", required("clientId")?),
        ("client_secret", required("clientSecret")?),
    ];
    form.extend(text("scope").map(|scope| ("scope", scope)));
    let pairs: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ESCAPED)))
        .collect();
    let headers = HeaderMap::from_iter([
        (
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        ),
        (ACCEPT, HeaderValue::from_static("application/json")),
    ]);
    let response = client::post(
        allowed_hosts,
        required("url")?,
        headers,
        Bytes::from(pairs.join("&")),
        TIMEOUT,
    )
    .await;
    let response = response.map_err(|error| error.to_string())?;
    if !(200..300).contains(&response.status) {
        return Err(format!("its server responded with {}", response.status));
    }
    let response: Value =
        serde_json::from_slice(&response.body).map_err(|_| "the response of its server is not JSON")?;
    let token = response["access_token"]
        .as_str()
        .ok_or("the response has no access_token")?;
    let kind = response["token_type"]
        .as_str()
        .filter(|kind| !kind.eq_ignore_ascii_case("bearer"));
    let lifetime = response["expires_in"].as_f64();
    let lifetime = lifetime.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok((
        format!("{} {token}", kind.unwrap_or("Bearer")),
        lifetime.unwrap_or(LIFETIME),
    ))
}
