//! Signatures by HMAC, with everything that a credential can set.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

use super::VerificationError;
use super::header_secret::{header_name, required};
use super::payload_format::{BODY_ALONE, Part, PayloadFormat, Placeholder, WITH_TIMESTAMP};
use super::replays::Replays;
use crate::model::Secret;
use crate::{Error, Result};

/// Padding is written, and not required.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Milliseconds since 1970 have been more than this since 1973. Seconds will be in the year 5138.
const LEAST_MILLISECONDS: u64 = 100_000_000_000;
/// The signatures of one header that are looked at. Svix sends one for each secret that is valid.
const MAX_SIGNATURES: usize = 8;

/// A hash function of HMAC signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HmacAlgorithm {
    /// SHA-1. For HMAC it is still safe.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// The unit of the time in a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimestampUnit {
    /// Seconds or milliseconds since 1970, told apart by their size.
    #[default]
    Any,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

/// The encoding of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureEncoding {
    Hex,
    Base64,
}

/// The settings of an HMAC credential, for [`Verifier::hmac`](super::Verifier::hmac).
///
/// The defaults are those of the API: the header `x-signature` has the signature of `{timestamp}.{body}` in hexadecimal digits, and
/// `x-timestamp` the time.
///
/// ```
/// use std::time::Duration;
///
/// use vapi::webhooks::{HmacAlgorithm, HmacScheme, Verifier};
///
/// # fn main() -> vapi::Result<()> {
/// let scheme = HmacScheme::new(HmacAlgorithm::Sha256, "a-long-random-key")
///     .signature_header("x-hub-signature-256")
///     .signature_prefix("sha256=")
///     .tolerance(Duration::from_secs(60));
/// let verifier = Verifier::hmac(scheme)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HmacScheme {
    /// Or the name of one that is not known here.
    algorithm: Result<HmacAlgorithm, String>,
    secret: Secret,
    secret_is_base64: bool,
    signature_header: String,
    signature_prefix: String,
    encoding: Result<SignatureEncoding, String>,
    payload_format: Option<String>,
    includes_timestamp: bool,
    timestamp_header: String,
    timestamp_unit: TimestampUnit,
    message_id_header: Option<String>,
    url: Option<String>,
    tolerance: Duration,
    max_remembered: Option<usize>,
}

impl HmacScheme {
    /// Creates a scheme with the defaults of the API.
    pub fn new(algorithm: HmacAlgorithm, secret: impl Into<Secret>) -> Self {
        HmacScheme {
            algorithm: Ok(algorithm),
            secret: secret.into(),
            secret_is_base64: false,
            signature_header: "x-signature".to_owned(),
            signature_prefix: String::new(),
            encoding: Ok(SignatureEncoding::Hex),
            payload_format: None,
            includes_timestamp: true,
            timestamp_header: "x-timestamp".to_owned(),
            timestamp_unit: TimestampUnit::Any,
            message_id_header: None,
            url: None,
            tolerance: Duration::from_secs(300),
            max_remembered: None,
        }
    }

    pub(super) fn with_algorithm_named(name: &str, secret: impl Into<Secret>) -> Self {
        let algorithm = match name {
            "sha1" => Ok(HmacAlgorithm::Sha1),
            "sha256" => Ok(HmacAlgorithm::Sha256),
            "sha512" => Ok(HmacAlgorithm::Sha512),
            other => Err(other.to_owned()),
        };
        HmacScheme {
            algorithm,
            ..HmacScheme::new(HmacAlgorithm::Sha256, secret)
        }
    }

    pub(super) fn encoding_named(mut self, name: &str) -> Self {
        self.encoding = match name {
            "hex" => Ok(SignatureEncoding::Hex),
            "base64" => Ok(SignatureEncoding::Base64),
            other => Err(other.to_owned()),
        };
        self
    }

    /// Sets the secret to be base64, with or without Svix's `whsec_` before it.
    #[must_use]
    pub fn secret_is_base64(mut self) -> Self {
        self.secret_is_base64 = true;
        self
    }

    /// Sets the header that has the signature.
    #[must_use]
    pub fn signature_header(mut self, name: impl Into<String>) -> Self {
        self.signature_header = name.into();
        self
    }

    /// Sets the text before the signature: `sha256=`, or `v1,` as Svix writes it.
    #[must_use]
    pub fn signature_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.signature_prefix = prefix.into();
        self
    }

    /// Sets signatures to be base64, and not hexadecimal digits.
    #[must_use]
    pub fn signature_is_base64(mut self) -> Self {
        self.encoding = Ok(SignatureEncoding::Base64);
        self
    }

    /// Sets the text that is signed. The placeholders are `{body}`, `{timestamp}`, `{method}`, `{url}` and `{svix-id}`.
    ///
    /// It must contain `{body}`. With `{url}`, [`url`](Self::url) is needed.
    #[must_use]
    pub fn payload_format(mut self, format: impl Into<String>) -> Self {
        self.payload_format = Some(format.into());
        self
    }

    /// Sets that requests have no time. Then a request that somebody overheard stays valid for ever, unless
    /// [`refuse_replays`](Self::refuse_replays) is set.
    #[must_use]
    pub fn without_timestamp(mut self) -> Self {
        self.includes_timestamp = false;
        self
    }

    /// Sets the header that has the time.
    #[must_use]
    pub fn timestamp_header(mut self, name: impl Into<String>) -> Self {
        self.timestamp_header = name.into();
        self
    }

    /// Sets the unit of the time. The API does not document its own, so by default both are accepted.
    #[must_use]
    pub fn timestamp_unit(mut self, unit: TimestampUnit) -> Self {
        self.timestamp_unit = unit;
        self
    }

    /// Sets the header that has the id of the message, `svix-id`.
    #[must_use]
    pub fn message_id_header(mut self, name: impl Into<String>) -> Self {
        self.message_id_header = Some(name.into());
        self
    }

    /// Sets the URL of this server as Vapi knows it, for a format with `{url}`. A server cannot see it: proxies change it.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Sets the time by which a request may be older, or newer, than the clock of this server. The default is 5 minutes.
    /// `Duration::MAX` switches the check off.
    ///
    /// Only a time that is signed is checked: another one proves nothing.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets that a signed request is accepted once, as long as it is among the last `remembered` ones. Each takes less than 200 bytes.
    ///
    /// A request that is too old is refused by its time anyway and is forgotten. If Vapi repeats a request after an error
    /// (`server.backoffPlan`) and does not sign it anew, the repetition is refused.
    #[must_use]
    pub fn refuse_replays(mut self, remembered: usize) -> Self {
        self.max_remembered = Some(remembered);
        self
    }
}

/// An HMAC with its key.
#[derive(Clone)]
enum Keyed {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
}

impl Keyed {
    fn new(algorithm: HmacAlgorithm, key: &[u8]) -> Option<Self> {
        // HMAC accepts keys of any length.
        Some(match algorithm {
            HmacAlgorithm::Sha1 => Keyed::Sha1(Hmac::new_from_slice(key).ok()?),
            HmacAlgorithm::Sha256 => Keyed::Sha256(Hmac::new_from_slice(key).ok()?),
            HmacAlgorithm::Sha512 => Keyed::Sha512(Hmac::new_from_slice(key).ok()?),
        })
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Keyed::Sha1(mac) => mac.update(bytes),
            Keyed::Sha256(mac) => mac.update(bytes),
            Keyed::Sha512(mac) => mac.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Keyed::Sha1(mac) => mac.finalize().into_bytes().to_vec(),
            Keyed::Sha256(mac) => mac.finalize().into_bytes().to_vec(),
            Keyed::Sha512(mac) => mac.finalize().into_bytes().to_vec(),
        }
    }
}

/// A scheme that was checked and is ready for use.
pub(super) struct HmacVerifier {
    keyed: Keyed,
    signature_header: HeaderName,
    signature_prefix: String,
    encoding: SignatureEncoding,
    format: PayloadFormat,
    timestamp_header: Option<HeaderName>,
    timestamp_unit: TimestampUnit,
    message_id_header: Option<HeaderName>,
    url: String,
    tolerance: Duration,
    replays: Option<Replays>,
}

impl HmacVerifier {
    pub(super) fn new(scheme: HmacScheme) -> Result<Self> {
        let algorithm = scheme
            .algorithm
            .map_err(|name| Error::config(format!("`{name}` is not an algorithm of HMAC signatures")))?;
        let encoding = scheme
            .encoding
            .map_err(|name| Error::config(format!("`{name}` is not an encoding of HMAC signatures")))?;
        let key = key(&scheme.secret, scheme.secret_is_base64)?;
        let keyed = Keyed::new(algorithm, &key).ok_or_else(|| Error::config("the HMAC secret cannot be a key"))?;
        let default = if scheme.includes_timestamp {
            WITH_TIMESTAMP
        } else {
            BODY_ALONE
        };
        let format = PayloadFormat::parse(scheme.payload_format.as_deref().unwrap_or(default));
        let timestamp_header = scheme
            .includes_timestamp
            .then(|| header_name(&scheme.timestamp_header))
            .transpose()?;
        let message_id_header = scheme.message_id_header.as_deref().map(header_name).transpose()?;
        let lacks = |placeholder, present: bool| format.contains(placeholder) && !present;
        if !format.contains(Placeholder::Body) {
            return Err(Error::config(
                "the payload format of HMAC signatures does not contain {body}",
            ));
        }
        if lacks(Placeholder::Timestamp, timestamp_header.is_some()) {
            return Err(Error::config(
                "the payload format of HMAC signatures has {timestamp}, and requests have no time",
            ));
        }
        if lacks(Placeholder::MessageId, message_id_header.is_some()) {
            return Err(Error::config(
                "the payload format of HMAC signatures has {svix-id}, and no header of message ids is set",
            ));
        }
        if lacks(Placeholder::Url, scheme.url.is_some()) {
            return Err(Error::config(
                "the payload format of HMAC signatures has {url}: set the URL of this server with `HmacScheme::url`",
            ));
        }
        HeaderValue::from_str(&scheme.signature_prefix)
            .map_err(|_| Error::config("the prefix of HMAC signatures has characters that no header has"))?;
        // A request is valid from one tolerance before its time to one after it.
        let window = (format.contains(Placeholder::Timestamp) && scheme.tolerance != Duration::MAX)
            .then(|| scheme.tolerance.saturating_mul(2));
        Ok(HmacVerifier {
            keyed,
            signature_header: header_name(&scheme.signature_header)?,
            signature_prefix: scheme.signature_prefix,
            encoding,
            format,
            timestamp_header,
            timestamp_unit: scheme.timestamp_unit,
            message_id_header,
            url: scheme.url.unwrap_or_default(),
            tolerance: scheme.tolerance,
            replays: scheme.max_remembered.map(|capacity| Replays::new(capacity, window)),
        })
    }

    pub(super) fn verify(&self, headers: &HeaderMap, body: &[u8], now: SystemTime) -> Result<(), VerificationError> {
        let given = required(headers, &self.signature_header)?;
        let timestamp = self.signed_value(headers, Placeholder::Timestamp, self.timestamp_header.as_ref())?;
        let message_id = self.signed_value(headers, Placeholder::MessageId, self.message_id_header.as_ref())?;
        let digest = self.digest(body, timestamp, message_id);
        self.compare(given, &digest)?;
        // Signed data only: an error about the time of a request that anybody could write would be misleading.
        if let Some(header) = &self.timestamp_header
            && self.format.contains(Placeholder::Timestamp)
        {
            self.check_age(header, timestamp, now)?;
        }
        if let Some(replays) = &self.replays {
            // With an id, a message that is signed anew is the same one.
            let key = if message_id.is_empty() {
                Sha256::digest(&digest)
            } else {
                Sha256::digest(message_id)
            };
            if !replays.note(key.into(), now) {
                return Err(VerificationError::Replayed);
            }
        }
        Ok(())
    }

    /// Returns the value of a header that is signed, or nothing for one that is not.
    fn signed_value<'a>(
        &self,
        headers: &'a HeaderMap,
        placeholder: Placeholder,
        header: Option<&HeaderName>,
    ) -> Result<&'a [u8], VerificationError> {
        match header {
            Some(header) if self.format.contains(placeholder) => required(headers, header),
            _ => Ok(&[]),
        }
    }

    fn digest(&self, body: &[u8], timestamp: &[u8], message_id: &[u8]) -> Vec<u8> {
        let mut mac = self.keyed.clone();
        for part in self.format.parts() {
            mac.update(match part {
                Part::Text(text) => text.as_bytes(),
                Part::Placeholder(Placeholder::Body) => body,
                Part::Placeholder(Placeholder::Timestamp) => timestamp,
                // Vapi posts all of its messages.
                Part::Placeholder(Placeholder::Method) => b"POST",
                Part::Placeholder(Placeholder::Url) => self.url.as_bytes(),
                Part::Placeholder(Placeholder::MessageId) => message_id,
            });
        }
        mac.finish()
    }

    /// Compares signatures, of which there may be several with spaces between them, as Svix writes them.
    fn compare(&self, given: &[u8], digest: &[u8]) -> Result<(), VerificationError> {
        let malformed = |problem| VerificationError::Malformed {
            header: self.signature_header.clone(),
            problem,
        };
        let mut reason = malformed("does not begin with the prefix");
        let prefix = self.signature_prefix.trim_ascii().as_bytes();
        for signature in given.split(u8::is_ascii_whitespace).take(MAX_SIGNATURES) {
            let Some(encoded) = signature.strip_prefix(prefix) else {
                continue;
            };
            match self.decode(encoded) {
                None => reason = malformed("cannot be decoded"),
                Some(decoded) if decoded.len() != digest.len() => reason = malformed("has another length"),
                Some(decoded) if bool::from(decoded.ct_eq(digest)) => return Ok(()),
                Some(_) => {
                    reason = VerificationError::Mismatch {
                        header: self.signature_header.clone(),
                    };
                }
            }
        }
        Err(reason)
    }

    fn decode(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        match self.encoding {
            SignatureEncoding::Hex => from_hex(encoded),
            SignatureEncoding::Base64 => BASE64.decode(encoded).ok(),
        }
    }

    fn check_age(&self, header: &HeaderName, timestamp: &[u8], now: SystemTime) -> Result<(), VerificationError> {
        if self.tolerance == Duration::MAX {
            return Ok(());
        }
        let digits = std::str::from_utf8(timestamp).ok();
        let Some(number) = digits.and_then(|digits| digits.parse::<u64>().ok()) else {
            return Err(VerificationError::Malformed {
                header: header.clone(),
                problem: "is not a number of seconds or milliseconds",
            });
        };
        let sent = match self.timestamp_unit {
            TimestampUnit::Any if number < LEAST_MILLISECONDS => Duration::from_secs(number),
            TimestampUnit::Seconds => Duration::from_secs(number),
            TimestampUnit::Any | TimestampUnit::Milliseconds => Duration::from_millis(number),
        };
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let difference = now.abs_diff(sent);
        if difference > self.tolerance {
            return Err(VerificationError::Stale {
                header: header.clone(),
                difference,
                tolerance: self.tolerance,
            });
        }
        Ok(())
    }

    pub(super) fn sign(&self, headers: &mut HeaderMap, body: &[u8], now: SystemTime) {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let timestamp = match self.timestamp_unit {
            TimestampUnit::Milliseconds => since.as_millis().to_string(),
            TimestampUnit::Any | TimestampUnit::Seconds => since.as_secs().to_string(),
        };
        let message_id = format!("msg_{:032x}", fastrand::u128(..));
        let digest = self.digest(body, timestamp.as_bytes(), message_id.as_bytes());
        let encoded = match self.encoding {
            SignatureEncoding::Hex => to_hex(&digest),
            SignatureEncoding::Base64 => BASE64.encode(&digest),
        };
        let signature = format!("{}{encoded}", self.signature_prefix);
        let mut set = |header: &HeaderName, text: String| {
            // The prefix was checked, and the rest is ASCII.
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(header.clone(), value);
            }
        };
        set(&self.signature_header, signature);
        if let Some(header) = &self.timestamp_header {
            set(header, timestamp);
        }
        if let Some(header) = &self.message_id_header {
            set(header, message_id);
        }
    }
}

impl fmt::Debug for HmacVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HmacVerifier")
            .field("signature_header", &self.signature_header)
            .field("format", &self.format)
            .field("tolerance", &self.tolerance)
            .finish_non_exhaustive()
    }
}

fn key(secret: &Secret, is_base64: bool) -> Result<Vec<u8>> {
    let secret = secret.expose();
    let key = if is_base64 {
        let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
        BASE64
            .decode(encoded)
            .map_err(|_| Error::config("the HMAC secret is not base64"))?
    } else {
        secret.as_bytes().to_vec()
    };
    if key.is_empty() {
        // Anybody can sign with it. It is usually a variable that is not set.
        return Err(Error::config("the HMAC secret is empty"));
    }
    Ok(key)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let digit = |letter: u8| char::from(letter).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    pairs.iter().map(byte).collect()
}
