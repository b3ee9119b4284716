//! Proof that a request comes from Vapi.

mod error;
mod header_secret;
mod hmac;
mod payload_format;
mod plan;
mod replays;
#[cfg(test)]
mod tests;

pub use error::VerificationError;
pub use header_secret::BearerScheme;
pub use hmac::{HmacAlgorithm, HmacScheme, TimestampUnit};

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderMap, HeaderValue};

use self::header_secret::HeaderSecret;
use self::hmac::HmacVerifier;
use crate::Result;
use crate::model::Secret;

/// A check that a request comes from Vapi and that its body is unchanged.
///
/// It is made once, and clones share it.
///
/// | setting at Vapi | verifier |
/// | --- | --- |
/// | `server.secret` of an assistant, a phone number or a tool | [`Verifier::secret`] |
/// | `server.credentialId`, a credential of type `bearer` | [`Verifier::bearer`] |
/// | `server.credentialId`, a credential of type `hmac` | [`Verifier::hmac`] |
/// | `server.credentialId`, a credential of type `oauth2` | [`Verifier::custom`]: only who issues the tokens can check them |
///
/// # Examples
///
/// ```
/// use vapi::webhooks::Verifier;
///
/// # fn main() -> vapi::Result<()> {
/// let verifier = Verifier::secret("a-long-random-secret")?;
///
/// // In a test, the twin of the check writes the headers of a request.
/// let body = br#"{"message":{"type":"hang"}}"#;
/// let headers = verifier.sign(body);
/// assert!(verifier.verify(&headers, body).is_ok());
/// assert!(verifier.verify(&Default::default(), body).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier(Arc<Scheme>);

type Check = dyn Fn(&HeaderMap, &[u8]) -> Result<(), String> + Send + Sync;

enum Scheme {
    None,
    HeaderSecret(HeaderSecret),
    Hmac(Box<HmacVerifier>),
    AnyOf(Vec<Verifier>),
    Custom(Box<Check>),
}

impl Verifier {
    fn new(scheme: Scheme) -> Self {
        Verifier(Arc::new(scheme))
    }

    /// Creates a verifier that accepts every request. Anybody who knows the URL can then pretend to be Vapi.
    pub fn none() -> Self {
        Verifier::new(Scheme::None)
    }

    /// Creates a verifier of the header `X-Vapi-Secret`, which has the secret of a server as it is.
    ///
    /// # Errors
    ///
    /// The secret is empty, or no header can have it.
    pub fn secret(secret: impl Into<Secret>) -> Result<Self> {
        let secret = HeaderSecret::vapi_secret(&secret.into())?;
        Ok(Verifier::new(Scheme::HeaderSecret(secret)))
    }

    /// Creates a verifier of a bearer token. It takes the token, a [`BearerScheme`] with another header or prefix, or a
    /// [`BearerAuthenticationPlan`](crate::types).
    ///
    /// # Errors
    ///
    /// The token is empty, or no header can have it.
    pub fn bearer(scheme: impl Into<BearerScheme>) -> Result<Self> {
        let secret = HeaderSecret::bearer(&scheme.into())?;
        Ok(Verifier::new(Scheme::HeaderSecret(secret)))
    }

    /// Creates a verifier of signatures. It takes an [`HmacScheme`], or an [`HmacAuthenticationPlan`](crate::types).
    ///
    /// # Errors
    ///
    /// A part of the scheme is missing or impossible: the secret is empty or not base64, the algorithm is not known, the signed text
    /// does not contain the body, or contains what requests do not have.
    pub fn hmac(scheme: impl Into<HmacScheme>) -> Result<Self> {
        let verifier = HmacVerifier::new(scheme.into())?;
        Ok(Verifier::new(Scheme::Hmac(Box::new(verifier))))
    }

    /// Creates a verifier from the `authenticationPlan` of a credential, as it was sent when the credential was created.
    ///
    /// # Errors
    ///
    /// The plan is of type `oauth2`, for which there is [`Verifier::custom`], or of one that is not known, or
    /// [`hmac`](Self::hmac) or [`bearer`](Self::bearer) refuse it.
    #[cfg(vapi_type = "AuthenticationPlan")]
    pub fn from_plan(plan: &crate::types::AuthenticationPlan) -> Result<Self> {
        let plan = crate::by_name::to_value(plan).unwrap_or_default();
        match plan.get("type").and_then(serde_json::Value::as_str) {
            Some("bearer") => Verifier::bearer(plan::bearer(&plan)),
            Some("hmac") => Verifier::hmac(plan::hmac(&plan)),
            other => Err(crate::Error::config(format!(
                "a webhook verifier cannot be made from a plan of type `{}`",
                other.unwrap_or_default()
            ))),
        }
    }

    /// Creates a verifier that accepts what any of these accepts: the old and the new secret, while Vapi is told the new one.
    ///
    /// Of an empty list, nothing is accepted.
    pub fn any_of(verifiers: impl IntoIterator<Item = Verifier>) -> Self {
        Verifier::new(Scheme::AnyOf(verifiers.into_iter().collect()))
    }

    /// Creates a verifier of the program's own, for the tokens of its own OAuth 2 server. The check returns the reason why it refuses a
    /// request.
    ///
    /// Secrets must be compared in constant time.
    pub fn custom(check: impl Fn(&HeaderMap, &[u8]) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Verifier::new(Scheme::Custom(Box::new(check)))
    }

    /// Verifies a request by its headers and its whole body, as they came.
    ///
    /// # Errors
    ///
    /// The request is not from Vapi, or was changed, or is too old.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), VerificationError> {
        self.verify_at(SystemTime::now(), headers, body)
    }

    /// Verifies a request as if it came at this time.
    ///
    /// # Errors
    ///
    /// The same as of [`verify`](Self::verify).
    pub fn verify_at(&self, now: SystemTime, headers: &HeaderMap, body: &[u8]) -> Result<(), VerificationError> {
        match &*self.0 {
            Scheme::None => Ok(()),
            Scheme::HeaderSecret(secret) => secret.verify(headers),
            Scheme::Hmac(hmac) => hmac.verify(headers, body, now),
            Scheme::Custom(check) => check(headers, body).map_err(VerificationError::Custom),
            Scheme::AnyOf(verifiers) => {
                let mut reasons = Vec::new();
                for verifier in verifiers {
                    match verifier.verify_at(now, headers, body) {
                        Ok(()) => return Ok(()),
                        Err(reason) => reasons.push(reason),
                    }
                }
                Err(VerificationError::NoneOf(reasons))
            }
        }
    }

    /// Returns the headers that Vapi adds to a request with this body, for tests of a server.
    ///
    /// Of [`any_of`](Self::any_of), the first one signs. [`custom`](Self::custom) does not know how.
    pub fn sign(&self, body: &[u8]) -> HeaderMap {
        self.sign_at(SystemTime::now(), body)
    }

    /// Returns the headers that Vapi adds to a request that it sends at this time.
    pub fn sign_at(&self, now: SystemTime, body: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        // Vapi sends it always, empty if there is no secret.
        headers.insert("x-vapi-secret", HeaderValue::from_static(""));
        self.add_signature(&mut headers, body, now);
        headers
    }

    fn add_signature(&self, headers: &mut HeaderMap, body: &[u8], now: SystemTime) {
        match &*self.0 {
            Scheme::None | Scheme::Custom(_) => {}
            Scheme::HeaderSecret(secret) => secret.sign(headers),
            Scheme::Hmac(hmac) => hmac.sign(headers, body, now),
            Scheme::AnyOf(verifiers) => {
                if let Some(first) = verifiers.first() {
                    first.add_signature(headers, body, now);
                }
            }
        }
    }
}

/// Shows the kinds of checks, and no secrets.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Scheme::None => f.write_str("None"),
            Scheme::HeaderSecret(secret) => secret.fmt(f),
            Scheme::Hmac(hmac) => hmac.fmt(f),
            Scheme::AnyOf(verifiers) => f.debug_tuple("AnyOf").field(verifiers).finish(),
            Scheme::Custom(_) => f.write_str("Custom"),
        }
    }
}
