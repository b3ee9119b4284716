//! Tokens that a private key has signed: JSON Web Tokens with HS256.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

const MALFORMED: &str = "jwt malformed";

/// Returns whether a token has the form of a JSON Web Token. Keys do not.
pub(crate) fn is_jwt(token: &str) -> bool {
    token.starts_with("eyJ") && token.matches('.').count() == 2
}

/// Returns the organization that a token names, before anybody has verified it.
///
/// # Errors
///
/// The token has another form.
pub(crate) fn organization(token: &str) -> Result<String, &'static str> {
    let claims = token.split('.').nth(1).unwrap_or_default();
    let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| MALFORMED)?;
    let claims = serde_json::from_slice::<Value>(&claims).map_err(|_| MALFORMED)?;
    Ok(claims["orgId"].as_str().unwrap_or_default().to_owned())
}

/// Returns the claims of a token that the key has signed and that has not expired.
///
/// # Errors
///
/// The token is another one; the problem in a few words. Time is real time, because whoever signs has no other.
pub(crate) fn claims(token: &str, key: &str) -> Result<Value, &'static str> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    claims_at(token, key, now.as_secs_f64())
}

fn claims_at(token: &str, key: &str, now: f64) -> Result<Value, &'static str> {
    let (signed, signature) = token.rsplit_once('.').ok_or(MALFORMED)?;
    let (header, claims) = signed.split_once('.').ok_or(MALFORMED)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| MALFORMED);
    let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).map_err(|_| MALFORMED);
    if json(header)?["alg"] != "HS256" {
        return Err("invalid algorithm");
    }
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).map_err(|_| "invalid signature")?;
    let signature = decoded(signature)?;
    mac.chain_update(signed)
        .verify_slice(&signature)
        .map_err(|_| "invalid signature")?;
    let claims = json(claims)?;
    let time = |name: &str, problem| match &claims[name] {
        Value::Null => Ok(None),
        value => value.as_f64().map(Some).ok_or(problem),
    };
    if time("nbf", "invalid nbf value")?.is_some_and(|starts_at| starts_at > now) {
        return Err("jwt not active");
    }
    if time("exp", "invalid exp value")?.is_some_and(|expires_at| expires_at <= now) {
        return Err("jwt expired");
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"orgId":"org-1","token":{"tag":"private"},"iat":1700000000,"exp":1700003600}`, signed by Python's hmac.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJvcmdJZCI6Im9yZy0xIiwidG9rZW4iOnsidGFnIjoicHJpdmF0ZSJ9LCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.0_y1pn1Wd5uzyFOD0FMEgNnbgGRfkURXNVSqC9Tayh4";

    #[test]
    fn a_token_is_verified() {
        let claims = claims_at(TOKEN, "a-private-key", 1_700_003_599.0).expect("it is sound");
        assert_eq!(claims["orgId"], "org-1");
        assert_eq!(claims_at(TOKEN, "a-private-key", 1_700_003_600.0), Err("jwt expired"));
        assert_eq!(claims_at(TOKEN, "another-key", 0.0), Err("invalid signature"));
        assert_eq!(claims_at("eyJ.eyJ.x", "k", 0.0), Err(MALFORMED));
    }
}
