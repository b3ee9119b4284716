//! The form and the signature of a token: three parts in base64, the last one made by HMAC with SHA-256.
//!
//! The crate `jsonwebtoken` is not used: it brings all algorithms and a second implementation of TLS's cryptography, and here there is one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::error::{Error, Result};

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Longer texts are no tokens of this API, and are not decoded.
const LONGEST: usize = 64 << 10;

/// Returns the token with these claims, which are JSON.
///
/// # Errors
///
/// The key cannot be used.
pub(super) fn sign(claims: &[u8], private_key: &str) -> Result<String> {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
    let signature = mac(private_key, &signed)?.finalize().into_bytes();
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// A token, taken apart.
pub(super) struct Parts<'a> {
    algorithm: String,
    pub(super) claims: Vec<u8>,
    /// The part of the token that is signed.
    signed: &'a str,
    signature: Vec<u8>,
}

/// Takes a token apart.
///
/// # Errors
///
/// The text does not have the form of a token.
pub(super) fn parts(token: &str) -> Result<Parts<'_>> {
    let refuse = || Error::input("the text is not a JSON Web Token");
    if token.len() > LONGEST {
        return Err(refuse());
    }
    let (signed, signature) = token.rsplit_once('.').ok_or_else(refuse)?;
    let (header, claims) = signed.split_once('.').ok_or_else(refuse)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| refuse());
    let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| refuse())?;
    Ok(Parts {
        algorithm: header.alg,
        claims: decoded(claims)?,
        signed,
        signature: decoded(signature)?,
    })
}

impl Parts<'_> {
    /// Checks the signature, in a time that does not depend on where it differs.
    ///
    /// # Errors
    ///
    /// The signature is of another key or of another algorithm.
    pub(super) fn verify(&self, private_key: &str) -> Result<()> {
        if self.algorithm != "HS256" {
            return Err(Error::input("the token is not signed with HS256"));
        }
        mac(private_key, self.signed)?
            .verify_slice(&self.signature)
            .map_err(|_| Error::input("the token is signed with another key"))
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

fn mac(private_key: &str, signed: &str) -> Result<Hmac<Sha256>> {
    // HMAC takes keys of any length: there is no error in fact.
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(private_key.as_bytes());
    let mac = mac.map_err(|_| Error::input("the private key cannot be used"))?;
    Ok(mac.chain_update(signed))
}
