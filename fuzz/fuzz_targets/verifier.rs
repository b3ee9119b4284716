//! Any headers and any body, for verifiers of each kind. They have no way to know the keys, so nothing is accepted.
#![no_main]

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use vapi::webhooks::{BearerScheme, HmacAlgorithm, HmacScheme, Verifier};

/// The names that verifiers look at.
const NAMES: [&str; 8] = [
    "x-vapi-secret",
    "authorization",
    "x-signature",
    "x-timestamp",
    "svix-signature",
    "svix-timestamp",
    "svix-id",
    "x-other",
];

static VERIFIERS: LazyLock<Vec<Verifier>> = LazyLock::new(|| {
    let key = "a key that nobody guesses: 5e0c9f81b7d24a63";
    let svix = HmacScheme::new(HmacAlgorithm::Sha512, key)
        .signature_header("svix-signature")
        .signature_prefix("v1,")
        .signature_is_base64()
        .timestamp_header("svix-timestamp")
        .message_id_header("svix-id")
        .payload_format("{svix-id}.{timestamp}.{body}")
        .refuse_replays(100);
    vec![
        Verifier::secret(key).unwrap(),
        Verifier::bearer(BearerScheme::new(key)).unwrap(),
        Verifier::hmac(HmacScheme::new(HmacAlgorithm::Sha256, key)).unwrap(),
        Verifier::hmac(HmacScheme::new(HmacAlgorithm::Sha1, key).without_timestamp()).unwrap(),
        Verifier::hmac(svix).unwrap(),
    ]
});

fuzz_target!(|input: (Vec<(u8, Vec<u8>)>, Vec<u8>)| {
    let (pairs, body) = input;
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.append(HeaderName::from_static(NAMES[usize::from(name) % NAMES.len()]), value);
        }
    }
    for verifier in VERIFIERS.iter() {
        let refused = verifier.verify(&headers, &body).unwrap_err();
        let _ = refused.to_string();
        // Its own signature is accepted, whatever the body.
        verifier.verify(&verifier.sign(&body), &body).unwrap();
    }
});
