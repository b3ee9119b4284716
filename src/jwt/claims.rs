//! The claims of a token.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize};

use super::signature;
use crate::error::{Error, Result};

/// The claims of a token about its bearer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Claims {
    /// The organization.
    pub org_id: String,
    /// The kind of key that the token stands for.
    pub tag: TokenTag,
    /// The limits of what the bearer may do, if there are any.
    pub restrictions: Option<Restrictions>,
    /// The time of signing, in seconds since 1970.
    pub issued_at: Option<u64>,
    /// The time at which the token expires, in seconds since 1970.
    pub expires_at: Option<u64>,
}

/// The kind of key that a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TokenTag {
    /// Web calls and web chats only.
    Public,
    /// Everything.
    Private,
    /// A tag that this version of the crate does not know.
    #[serde(untagged)]
    Unknown(String),
}

/// The limits of what the bearer of a token may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Restrictions {
    /// False if the restrictions do not apply.
    pub enabled: bool,
    /// The origins of the pages that may use the token; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_origins: Vec<String>,
    /// The saved assistants that may be used; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_assistant_ids: Vec<String>,
    /// True if an assistant may be sent along; `None` leaves that to the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_transient_assistant: Option<bool>,
}

impl Restrictions {
    pub(super) fn enabled() -> Self {
        Restrictions {
            enabled: true,
            ..Restrictions::default()
        }
    }
}

/// The claims in the order and under the names that tokens have.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    #[serde(rename = "orgId")]
    org_id: String,
    token: WireToken,
    #[serde(default, deserialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    #[serde(default, deserialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
}

/// Reads a number of seconds, which may have a fraction: other programs than this one sign tokens too.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates"
)]
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<serde_json::Number>::deserialize(deserializer)?;
    Ok(number.and_then(|number| {
        number
            .as_u64()
            .or_else(|| number.as_f64().map(|seconds| seconds as u64))
    }))
}

#[derive(Serialize, Deserialize)]
struct WireToken {
    tag: TokenTag,
    #[serde(skip_serializing_if = "Option::is_none")]
    restrictions: Option<Restrictions>,
}

impl Claims {
    /// Reads the claims of a token that others have signed, without a check of the signature: anybody can have written them.
    ///
    /// # Errors
    ///
    /// The text is not a JSON Web Token of this API.
    pub fn unverified(token: &str) -> Result<Self> {
        Self::decoded(&signature::parts(token)?.claims)
    }

    /// Reads the claims of a token that was signed with this private key and has not expired.
    ///
    /// # Errors
    ///
    /// The text is not a JSON Web Token of this API, is signed with another key or in another way than HS256, or has expired.
    pub fn verified(token: &str, private_key: &str) -> Result<Self> {
        Self::verified_at(token, private_key, SystemTime::now())
    }

    pub(super) fn verified_at(token: &str, private_key: &str, now: SystemTime) -> Result<Self> {
        let parts = signature::parts(token)?;
        parts.verify(private_key)?;
        let claims = Self::decoded(&parts.claims)?;
        if claims
            .expires_at
            .is_some_and(|expires_at| expires_at <= unix_seconds(now))
        {
            return Err(Error::input("the token has expired"));
        }
        Ok(claims)
    }

    fn decoded(json: &[u8]) -> Result<Self> {
        let wire: WireClaims = serde_json::from_slice(json)
            .map_err(|cause| Error::input(format!("the claims of the token cannot be read: {cause}")))?;
        Ok(Claims {
            org_id: wire.org_id,
            tag: wire.token.tag,
            restrictions: wire.token.restrictions,
            issued_at: wire.iat,
            expires_at: wire.exp,
        })
    }

    pub(super) fn encoded(self) -> Vec<u8> {
        let wire = WireClaims {
            org_id: self.org_id,
            token: WireToken {
                tag: self.tag,
                restrictions: self.restrictions,
            },
            iat: self.issued_at,
            exp: self.expires_at,
        };
        // Strings and numbers always serialize.
        serde_json::to_vec(&wire).unwrap_or_default()
    }
}

/// Returns a time in seconds since 1970. Before that it is 0.
pub(super) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

/// Returns the time of a number of seconds since 1970; `None` if no clock can tell it.
pub(super) fn time(seconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}
