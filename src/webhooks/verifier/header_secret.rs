//! A secret that comes in a header as it is: `X-Vapi-Secret`, or a bearer token.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::VerificationError;
use crate::model::Secret;
use crate::{Error, Result};

/// A bearer token with its header and prefix, for [`Verifier::bearer`](super::Verifier::bearer).
///
/// ```
/// use vapi::webhooks::BearerScheme;
///
/// let scheme = BearerScheme::new("a-long-random-token").header("x-hook-token").prefix("");
/// ```
#[derive(Clone, Debug)]
pub struct BearerScheme {
    token: Secret,
    header: String,
    prefix: String,
}

impl BearerScheme {
    /// Creates a scheme with `Authorization: Bearer <token>`.
    pub fn new(token: impl Into<Secret>) -> Self {
        BearerScheme {
            token: token.into(),
            header: "authorization".to_owned(),
            prefix: "Bearer ".to_owned(),
        }
    }

    /// Sets the header that has the token.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>) -> Self {
        self.header = name.into();
        self
    }

    /// Sets the text before the token, with the space that follows it. Upper and lower case are the same. An empty text is no prefix.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }
}

impl From<&str> for BearerScheme {
    fn from(token: &str) -> Self {
        BearerScheme::new(token)
    }
}

impl From<String> for BearerScheme {
    fn from(token: String) -> Self {
        BearerScheme::new(token)
    }
}

impl From<Secret> for BearerScheme {
    fn from(token: Secret) -> Self {
        BearerScheme::new(token)
    }
}

/// A header whose value is a prefix and a secret.
pub(super) struct HeaderSecret {
    header: HeaderName,
    prefix: String,
    /// Digests are compared, so that the time tells nothing of the secret, its length included.
    digest: [u8; 32],
    value: HeaderValue,
}

impl HeaderSecret {
    pub(super) fn vapi_secret(secret: &Secret) -> Result<Self> {
        HeaderSecret::new("x-vapi-secret", "", secret)
    }

    pub(super) fn bearer(scheme: &BearerScheme) -> Result<Self> {
        HeaderSecret::new(&scheme.header, &scheme.prefix, &scheme.token)
    }

    fn new(header: &str, prefix: &str, secret: &Secret) -> Result<Self> {
        let header = header_name(header)?;
        let secret = secret.expose();
        if secret.trim().is_empty() {
            // An empty secret would accept everyone. It is usually a variable that is not set.
            return Err(Error::config("the secret of a webhook verifier is empty"));
        }
        if secret.trim() != secret {
            return Err(Error::config(
                "the secret of a webhook verifier begins or ends with white space, which no header does",
            ));
        }
        let mut value = HeaderValue::from_str(&format!("{prefix}{secret}"))
            .map_err(|_| Error::config("the secret of a webhook verifier has characters that no header has"))?;
        value.set_sensitive(true);
        Ok(HeaderSecret {
            header,
            prefix: prefix.to_owned(),
            digest: Sha256::digest(secret.as_bytes()).into(),
            value,
        })
    }

    pub(super) fn verify(&self, headers: &HeaderMap) -> Result<(), VerificationError> {
        let value = required(headers, &self.header)?;
        let Some(secret) = strip_prefix(value, self.prefix.as_bytes()) else {
            return Err(VerificationError::Malformed {
                header: self.header.clone(),
                problem: "does not begin with the prefix",
            });
        };
        let digest: [u8; 32] = Sha256::digest(secret).into();
        if bool::from(digest.ct_eq(&self.digest)) {
            return Ok(());
        }
        Err(VerificationError::Mismatch {
            header: self.header.clone(),
        })
    }

    pub(super) fn sign(&self, headers: &mut HeaderMap) {
        headers.insert(self.header.clone(), self.value.clone());
    }
}

impl fmt::Debug for HeaderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderSecret")
            .field("header", &self.header)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// Returns the name of a header as a program or a credential wrote it.
pub(super) fn header_name(name: &str) -> Result<HeaderName> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Error::config(format!("`{name}` of a webhook verifier cannot be the name of a header")))
}

/// Returns the value of a header. One that is present and empty counts as missing: Vapi sends `X-Vapi-Secret` so if there is no
/// secret.
pub(super) fn required<'a>(headers: &'a HeaderMap, header: &HeaderName) -> Result<&'a [u8], VerificationError> {
    match headers.get(header).map(|value| value.as_bytes().trim_ascii()) {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(VerificationError::Missing { header: header.clone() }),
    }
}

fn strip_prefix<'a>(value: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (given, rest) = value.split_at_checked(prefix.len())?;
    given.eq_ignore_ascii_case(prefix).then_some(rest)
}
