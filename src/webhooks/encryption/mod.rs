//! Arguments that Vapi encrypts before it sends them: the `encryptedPaths` of a server.
//!
//! The crate `rsa` is not used: the time that it takes to decrypt tells something of the key (RUSTSEC-2023-0071).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::model::Secret;
use crate::{Error, Result};

/// The private key of a credential with an `encryptionPlan`, by which `RSA-OAEP-256` is undone.
///
/// Clones share the key.
#[derive(Clone)]
pub struct DecryptionKey(Arc<OaepPrivateDecryptingKey>);

impl DecryptionKey {
    /// Reads a key from the text of a PEM file with `BEGIN PRIVATE KEY`, which is PKCS #8, without a password.
    ///
    /// # Errors
    ///
    /// The text is not such a key. One with `BEGIN RSA PRIVATE KEY` is converted by `openssl pkcs8 -topk8 -nocrypt`.
    pub fn from_pem(pem: &str) -> Result<Self> {
        let encoded: String = pem
            .split_once("-----BEGIN PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
            .map(|(encoded, _)| encoded.split_ascii_whitespace().collect())
            .ok_or_else(|| Error::config("the decryption key is not PEM with `BEGIN PRIVATE KEY`"))?;
        let der = STANDARD
            .decode(encoded)
            .map_err(|_| Error::config("the decryption key is not base64"))?;
        let key = PrivateDecryptingKey::from_pkcs8(&der)
            .map_err(|error| Error::config(format!("the decryption key is not an RSA key in PKCS #8: {error}")))?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| Error::config("the decryption key cannot decrypt"))?;
        Ok(DecryptionKey(Arc::new(key)))
    }

    /// Decrypts a text as Vapi sends it, in base64.
    ///
    /// # Errors
    ///
    /// The text is not base64, or was not encrypted for this key.
    pub fn decrypt(&self, encrypted: &str) -> Result<Secret, DecryptionError> {
        let encrypted = STANDARD
            .decode(encrypted.trim())
            .map_err(|_| DecryptionError("the value is not base64"))?;
        let mut decrypted = vec![0; self.0.min_output_size()];
        let decrypted = self
            .0
            .decrypt(&OAEP_SHA256_MGF1SHA256, &encrypted, &mut decrypted, None)
            .map_err(|_| DecryptionError("the value was not encrypted for this key"))?;
        let decrypted = std::str::from_utf8(decrypted).map_err(|_| DecryptionError("the value is not text"))?;
        Ok(Secret::new(decrypted))
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKey({} bits)", self.0.key_size_bits())
    }
}

/// A value that cannot be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecryptionError(&'static str);

impl fmt::Display for DecryptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for DecryptionError {}

/// An argument of a tool that is encrypted on its way. Its path stands in the `encryptedPaths` of the tool's server.
///
/// In the schema of the tool it is text, which the model writes and Vapi encrypts.
///
/// # Examples
///
/// ```
/// use serde::Deserialize;
/// use vapi::webhooks::{DecryptionKey, Encrypted, Verifier, Webhooks};
///
/// #[derive(Deserialize)]
/// struct Pay {
///     card: Encrypted,
/// }
///
/// fn webhooks(verifier: Verifier, key: DecryptionKey) -> Webhooks {
///     Webhooks::new(verifier).on_tool("pay", move |pay: Pay, _| {
///         let key = key.clone();
///         async move {
///             let card = pay.card.decrypt(&key)?;
///             Ok(format!("paid with the card that ends in {}", &card.expose()[12..]))
///         }
///     })
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Encrypted(String);

impl Encrypted {
    /// Decrypts the value.
    ///
    /// # Errors
    ///
    /// The same as of [`DecryptionKey::decrypt`].
    pub fn decrypt(&self, key: &DecryptionKey) -> Result<Secret, DecryptionError> {
        key.decrypt(&self.0)
    }
}

/// Shows nothing of the value, which is not encrypted if the path is missing at Vapi.
impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted(…)")
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Encrypted {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Encrypted".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The key is by `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`, and of no use elsewhere. The text was encrypted by
    // `openssl pkeyutl -encrypt -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 | base64 -w0`,
    // and "x" in the same way with `rsa_oaep_md:sha1`.
    const KEY: &str = include_str!("test-key.pem");
    const CARD: &str = "rkW1O0i3qrrSJSxM+XUqyvE+bhhZfHFUiNZWQNNujvgE09ZB6258SINfHy2gVIhfbtAAJcQmtiRbGAjOvIf3RCoFv71IqzQjjwxy8IBCa7lTKmFdu80JQvlJo08HwuCrPbV2Sx0jX0OVM3/5az4XHKVF816U5e4ZvNeiAk5dWMLUth/j+vpE2PMpN86IZQOSMQbcKAQ7MoDqJ2it0vJEwjYUWWcgUeX38OKP22QVY95xvBK8X3M1IlUdRMt78QkozrKL+pGAeKGlFWhcHTOY9Z8VdsrTPgdpJF+kLjcV/as7V1psa22avMxBWy8xEtl3eIMk+Vv/Ascr8Zrh1AXkIA==";
    const BY_SHA1: &str = "fhJP2NUiB05V9PEcjMk4XZUW1g6CCCOMhKSBkfAWheu0+6AfuIUv0oWUor3eISJbCngqvOG04/EMjoHA7EUOC6iFOse4D72p2R6mXWbEaFxP/CDRnfg96oIparYsICNpy/4l4OGoiRhN0njdyECTw/OCbnP2JNywP1kQoSwPid/i+XALJyUWgZFmAIMXaONlpxfamUejSvN3NW1i4+lCPeSWPrPToCgGecyVCSawpVGpfFlke96Of6u5/62IKlvQi4iyp6N1hoe9GOSnE7cw3W6Z886fcUxbyEmsE1Lpe7KSD1mQcvHaSEqXByC1NoEvFpKtyja4TlHPCV4r5AsKeQ==";

    #[test]
    fn what_openssl_encrypts_is_decrypted() {
        let key = DecryptionKey::from_pem(KEY).unwrap();
        assert_eq!(key.decrypt(CARD).unwrap().expose(), "4111 1111 1111 1111 é");
        let card: Encrypted = serde_json::from_value(CARD.into()).unwrap();
        assert_eq!(card.decrypt(&key).unwrap().expose(), "4111 1111 1111 1111 é");
    }

    #[test]
    fn other_values_are_errors() {
        let key = DecryptionKey::from_pem(KEY).unwrap();
        let not_for_this_key = "the value was not encrypted for this key";
        for (value, expected) in [
            ("4111 1111", "the value is not base64"),
            ("", not_for_this_key),
            (BY_SHA1, not_for_this_key),
            (&CARD[4..], not_for_this_key),
        ] {
            assert_eq!(key.decrypt(value).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn other_keys_are_errors() {
        for key in [
            "",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            &KEY.replace("PRIVATE", "PUBLIC"),
        ] {
            assert!(DecryptionKey::from_pem(key).unwrap_err().is_config());
        }
    }

    #[test]
    fn keys_and_values_are_not_shown() {
        let key = DecryptionKey::from_pem(KEY).unwrap();
        let value: Encrypted = serde_json::from_value("4111".into()).unwrap();
        assert_eq!(format!("{key:?} {value:?}"), "DecryptionKey(2048 bits) Encrypted(…)");
    }

    #[cfg(feature = "schemars")]
    #[test]
    fn the_model_writes_text() {
        #[derive(schemars::JsonSchema)]
        #[allow(dead_code, reason = "its schema is what counts")]
        struct Pay {
            card: Encrypted,
        }

        let schema = schemars::schema_for!(Pay);
        assert_eq!(schema.pointer("/properties/card/type"), Some(&"string".into()));
    }
}
