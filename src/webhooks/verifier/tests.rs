use std::time::{Duration, SystemTime};

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::*;

const KEY: &str = "correct horse";
const BODY: &[u8] = r#"{"message":{"type":"tool-calls","note":"{url} é"}}"#.as_bytes();
const TIME: &str = "1790000000";

// The signatures are those of Python's `hmac` and `base64`, and the first and second also those of OpenSSL:
//
//     hmac.new(b"correct horse", b"1790000000." + body, "sha256").hexdigest()
//     printf '%s' "1790000000.$body" | openssl dgst -sha256 -hmac 'correct horse'
//     printf '%s' "$body" | openssl dgst -sha512 -hmac 'correct horse' -binary | base64 -w0
const SHA256_HEX: &str = "85b2cc8dfe97ed9a9dc7b6cf6dfa3988f021dc048023d1baa6bb20353ffd3b3d";
const SHA512_BASE64: &str = "MKgvX+EKYcYv6vFj6f8KstAN+Bb7EoDUma6uM7OcPi6b386vLx7ze26aUZ5T2KNLzmoGThM02aLi2BlsZtg1fg==";
// Of `POST https://example.com/vapi?x=1`, a line feed, and the body.
const SHA1_OF_REQUEST: &str = "dc15e9c79b494174d37e0535b21fc2dfba408ea5";
// Of `msg_7.1790000000.` and the body, by the key `c2l4dGVlbiBieXRlcyBvciBzbw==`.
const SVIX: &str = "XDMGGqyPzlP9579HB2XfqOsf8Iv6Y4cjmfoumqf5Dzc=";
// Of `1790000000123.` and the body.
const OF_MILLISECONDS: &str = "b7bcfb2a62a465ab0eaeba370a9b2385b51ff64464ca03b8fe61862171fe66ce";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

fn signed(signature: &str) -> HeaderMap {
    headers(&[("x-signature", signature), ("x-timestamp", TIME)])
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn now() -> SystemTime {
    at(1_790_000_030)
}

fn sha256() -> HmacScheme {
    HmacScheme::new(HmacAlgorithm::Sha256, KEY)
}

fn hmac(scheme: HmacScheme) -> Verifier {
    Verifier::hmac(scheme).unwrap()
}

/// Returns the text of the error, or nothing for an accepted request.
fn refusal(verifier: &Verifier, headers: &HeaderMap, body: &[u8]) -> String {
    match verifier.verify_at(now(), headers, body) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn secret_is_compared_with_its_header() {
    let verifier = Verifier::secret("s3cret").unwrap();
    let refusal = |pairs: &[(&'static str, &str)]| refusal(&verifier, &headers(pairs), BODY);
    assert_eq!(refusal(&[("X-Vapi-Secret", "s3cret")]), "");
    for wrong in ["s3cres", "s3cret2", "s3cre", "S3CRET", "Bearer s3cret"] {
        let expected = "the value of the header `x-vapi-secret` does not match";
        assert_eq!(refusal(&[("x-vapi-secret", wrong)]), expected);
    }
}

#[test]
fn present_but_empty_secret_counts_as_missing() {
    let verifier = Verifier::secret("s3cret").unwrap();
    let missing = VerificationError::Missing {
        header: HeaderName::from_static("x-vapi-secret"),
    };
    for sent in [
        headers(&[]),
        headers(&[("x-vapi-secret", "")]),
        headers(&[("x-vapi-secret", "  ")]),
    ] {
        assert_eq!(verifier.verify(&sent, BODY), Err(missing.clone()));
    }
}

#[test]
fn empty_and_impossible_secrets_are_refused() {
    for secret in ["", " ", "line\nfeed", "s3cret\n"] {
        assert!(Verifier::secret(secret).unwrap_err().is_config(), "{secret:?}");
        assert!(Verifier::bearer(secret).unwrap_err().is_config(), "{secret:?}");
    }
    let error = Verifier::hmac(HmacScheme::new(HmacAlgorithm::Sha1, "")).unwrap_err();
    assert_eq!(error.to_string(), "the HMAC secret is empty");
    let error = Verifier::bearer(BearerScheme::new("t").header("no name")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`no name` of a webhook verifier cannot be the name of a header"
    );
}

#[test]
fn bearer_header_and_prefix_can_be_chosen() {
    let usual = Verifier::bearer("t0ken").unwrap();
    assert_eq!(
        refusal(&usual, &headers(&[("authorization", "Bearer t0ken")]), BODY),
        ""
    );
    assert_eq!(
        refusal(&usual, &headers(&[("Authorization", "bearer t0ken")]), BODY),
        ""
    );
    assert_eq!(
        refusal(&usual, &headers(&[("authorization", "t0ken")]), BODY),
        "the header `authorization` does not begin with the prefix"
    );
    let own = Verifier::bearer(BearerScheme::new("t0ken").header("X-Token").prefix("")).unwrap();
    assert_eq!(refusal(&own, &headers(&[("x-token", "t0ken")]), BODY), "");
    assert_eq!(
        refusal(&own, &headers(&[("x-token", "Bearer t0ken")]), BODY),
        "the value of the header `x-token` does not match"
    );
}

#[test]
fn signatures_of_other_implementations_are_accepted() {
    let of_milliseconds = headers(&[("x-signature", OF_MILLISECONDS), ("x-timestamp", "1790000000123")]);
    let sha512 = HmacScheme::new(HmacAlgorithm::Sha512, KEY)
        .without_timestamp()
        .signature_is_base64();
    let of_request = HmacScheme::new(HmacAlgorithm::Sha1, KEY)
        .without_timestamp()
        .payload_format("{method} {url}\n{body}")
        .url("https://example.com/vapi?x=1")
        .signature_header("X-Hub-Signature")
        .signature_prefix("sha1=");
    let svix = HmacScheme::new(HmacAlgorithm::Sha256, "whsec_c2l4dGVlbiBieXRlcyBvciBzbw==")
        .secret_is_base64()
        .signature_is_base64()
        .payload_format("{svix-id}.{timestamp}.{body}")
        .signature_header("svix-signature")
        .signature_prefix("v1,")
        .timestamp_header("svix-timestamp")
        .message_id_header("svix-id");
    let svix_headers = |signatures: &str| {
        headers(&[
            ("svix-signature", signatures),
            ("svix-timestamp", TIME),
            ("svix-id", "msg_7"),
        ])
    };
    let accepted = [
        (sha256(), signed(SHA256_HEX)),
        (sha256(), signed(&SHA256_HEX.to_uppercase())),
        (sha256(), of_milliseconds.clone()),
        (sha256().timestamp_unit(TimestampUnit::Milliseconds), of_milliseconds),
        (sha256().timestamp_unit(TimestampUnit::Seconds), signed(SHA256_HEX)),
        (sha512, headers(&[("x-signature", SHA512_BASE64)])),
        (
            of_request,
            headers(&[("x-hub-signature", &format!("sha1={SHA1_OF_REQUEST}"))]),
        ),
        (svix.clone(), svix_headers(&format!("v1,{SVIX}"))),
        // Of two secrets that are valid, without padding, and with a version to come.
        (
            svix,
            svix_headers(&format!(
                "v2,{SVIX} v1,{SHA512_BASE64} v1,{}",
                SVIX.trim_end_matches('=')
            )),
        ),
    ];
    for (scheme, headers) in accepted {
        assert_eq!(refusal(&hmac(scheme.clone()), &headers, BODY), "", "{scheme:?}");
    }
}

#[test]
fn changed_requests_and_other_keys_are_refused() {
    let verifier = hmac(sha256());
    let mismatch = "the value of the header `x-signature` does not match";
    assert_eq!(refusal(&verifier, &signed(SHA256_HEX), b"{}"), mismatch);
    let other_key = hmac(HmacScheme::new(HmacAlgorithm::Sha256, "correct house"));
    assert_eq!(refusal(&other_key, &signed(SHA256_HEX), BODY), mismatch);
    let later = headers(&[("x-signature", SHA256_HEX), ("x-timestamp", "1790000001")]);
    assert_eq!(refusal(&verifier, &later, BODY), mismatch);
}

#[test]
fn signatures_must_be_whole() {
    let verifier = hmac(sha256());
    let another_length = "the header `x-signature` has another length";
    assert_eq!(refusal(&verifier, &signed(&SHA256_HEX[..62]), BODY), another_length);
    assert_eq!(
        refusal(&verifier, &signed(&format!("{SHA256_HEX}00")), BODY),
        another_length
    );
    for unreadable in [&SHA256_HEX[..63], "zz", "é"] {
        let mut headers = signed("");
        headers.insert("x-signature", HeaderValue::from_bytes(unreadable.as_bytes()).unwrap());
        assert_eq!(
            refusal(&verifier, &headers, BODY),
            "the header `x-signature` cannot be decoded"
        );
    }
    let prefixed = hmac(sha256().signature_prefix("sha256="));
    assert_eq!(
        refusal(&prefixed, &signed(SHA256_HEX), BODY),
        "the header `x-signature` does not begin with the prefix"
    );
}

#[test]
fn missing_headers_are_named() {
    let verifier = hmac(sha256());
    let without_time = headers(&[("x-signature", SHA256_HEX)]);
    assert_eq!(
        refusal(&verifier, &without_time, BODY),
        "the header `x-timestamp` is missing or empty"
    );
    assert_eq!(
        refusal(&verifier, &headers(&[("x-timestamp", TIME)]), BODY),
        "the header `x-signature` is missing or empty"
    );
}

#[test]
fn stale_and_future_requests_are_refused() {
    let verifier = hmac(sha256());
    let verify = |now| verifier.verify_at(now, &signed(SHA256_HEX), BODY);
    assert_eq!(verify(at(1_790_000_300)), Ok(()));
    assert_eq!(verify(at(1_789_999_700)), Ok(()));
    for now in [at(1_790_000_301), at(1_789_999_699)] {
        assert_eq!(
            verify(now).unwrap_err().to_string(),
            "the time in the header `x-timestamp` differs by 301 s, and 300 s are tolerated"
        );
    }
    let milliseconds = hmac(sha256().timestamp_unit(TimestampUnit::Milliseconds));
    let refusal = milliseconds.verify_at(now(), &signed(SHA256_HEX), BODY);
    assert!(matches!(refusal, Err(VerificationError::Stale { .. })), "{refusal:?}");
    let any_time = hmac(sha256().tolerance(Duration::MAX));
    assert_eq!(any_time.verify_at(at(0), &signed(SHA256_HEX), BODY), Ok(()));
}

#[test]
fn signed_times_must_be_numbers() {
    let verifier = hmac(sha256());
    let mut headers = verifier.sign_at(now(), BODY);
    // Signed by the same key, with a time that no clock shows.
    let odd = hmac(sha256().payload_format("now.{body}")).sign_at(now(), BODY);
    headers.insert("x-signature", odd["x-signature"].clone());
    headers.insert("x-timestamp", HeaderValue::from_static("now"));
    assert_eq!(
        refusal(&verifier, &headers, BODY),
        "the header `x-timestamp` is not a number of seconds or milliseconds"
    );
}

#[test]
fn replays_are_refused_if_asked_for() {
    let verifier = hmac(sha256().refuse_replays(2));
    assert_eq!(refusal(&verifier, &signed(SHA256_HEX), BODY), "");
    assert_eq!(
        verifier.verify_at(now(), &signed(SHA256_HEX), BODY),
        Err(VerificationError::Replayed)
    );
    // A request that was refused is not remembered.
    assert_ne!(refusal(&verifier, &signed(SHA256_HEX), b"{}"), "");
    let indifferent = hmac(sha256());
    assert_eq!(refusal(&indifferent, &signed(SHA256_HEX), BODY), "");
    assert_eq!(refusal(&indifferent, &signed(SHA256_HEX), BODY), "");
}

#[test]
fn several_secrets_are_accepted_while_one_is_replaced() {
    let verifier = Verifier::any_of([hmac(sha256()), Verifier::secret("old").unwrap()]);
    assert_eq!(refusal(&verifier, &signed(SHA256_HEX), BODY), "");
    assert_eq!(refusal(&verifier, &headers(&[("x-vapi-secret", "old")]), BODY), "");
    assert_eq!(
        refusal(&verifier, &headers(&[("x-vapi-secret", "older")]), BODY),
        "no verifier accepts the request: the header `x-signature` is missing or empty; \
         the value of the header `x-vapi-secret` does not match"
    );
    assert!(Verifier::any_of([]).verify(&headers(&[]), BODY).is_err());
}

#[test]
fn not_to_verify_must_be_said() {
    assert_eq!(Verifier::none().verify(&headers(&[]), BODY), Ok(()));
}

#[test]
fn schemes_that_cannot_be_verified_are_refused() {
    let refused = [
        (sha256().payload_format("{timestamp}"), "does not contain {body}"),
        (sha256().payload_format("{url}{body}"), "has {url}"),
        (sha256().payload_format("{svix-id}{body}"), "has {svix-id}"),
        (
            sha256().without_timestamp().payload_format("{timestamp}{body}"),
            "has {timestamp}",
        ),
        (
            HmacScheme::new(HmacAlgorithm::Sha1, "?").secret_is_base64(),
            "is not base64",
        ),
        (sha256().signature_header(""), "cannot be the name of a header"),
        (sha256().signature_prefix("\n"), "has characters that no header has"),
        (
            HmacScheme::with_algorithm_named("md5", KEY),
            "`md5` is not an algorithm",
        ),
        (sha256().encoding_named("base32"), "`base32` is not an encoding"),
    ];
    for (scheme, problem) in refused {
        let error = Verifier::hmac(scheme).unwrap_err();
        assert!(error.is_config() && error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn signing_is_the_twin_of_verifying() {
    let verifiers = [
        Verifier::none(),
        Verifier::secret("s3cret").unwrap(),
        Verifier::bearer(BearerScheme::new("t0ken").header("x-token")).unwrap(),
        hmac(sha256()),
        hmac(
            sha256()
                .timestamp_unit(TimestampUnit::Milliseconds)
                .signature_is_base64(),
        ),
        hmac(
            sha256()
                .message_id_header("svix-id")
                .payload_format("{svix-id}|{timestamp}|{body}|{method}")
                .signature_prefix("v1,"),
        ),
        Verifier::any_of([hmac(sha256()), Verifier::secret("old").unwrap()]),
    ];
    for verifier in verifiers {
        let headers = verifier.sign_at(now(), BODY);
        assert_eq!(refusal(&verifier, &headers, BODY), "", "{verifier:?}");
    }
}

#[test]
fn a_check_of_its_own_decides() {
    let verifier = Verifier::custom(|headers, body| match headers.get("x-own") {
        Some(_) if !body.is_empty() => Ok(()),
        _ => Err("not ours".to_owned()),
    });
    assert_eq!(refusal(&verifier, &headers(&[("x-own", "1")]), BODY), "");
    assert_eq!(refusal(&verifier, &headers(&[]), BODY), "not ours");
}

#[test]
fn secrets_are_not_shown() {
    let verifier = Verifier::any_of([
        Verifier::secret("hush-1").unwrap(),
        Verifier::bearer("hush-2").unwrap(),
        hmac(HmacScheme::new(HmacAlgorithm::Sha256, "hush-3")),
    ]);
    let scheme = HmacScheme::new(HmacAlgorithm::Sha256, "hush-4");
    let sign = Verifier::secret("hush-5").unwrap().sign(BODY);
    let refusal = verifier.verify(&sign, BODY).unwrap_err();
    let text = format!(
        "{verifier:?} {scheme:?} {:?} {refusal} {refusal:?} {sign:?}",
        BearerScheme::new("hush-6")
    );
    assert!(!text.contains("hush"), "{text}");
}

#[cfg(vapi_type = "AuthenticationPlan")]
#[test]
fn a_credential_says_how_to_verify() {
    let plan = |text: &str| serde_json::from_str::<crate::types::AuthenticationPlan>(text).unwrap();
    let hmac = plan(
        r#"{"type": "hmac", "algorithm": "sha256", "secretKey": "whsec_c2l4dGVlbiBieXRlcyBvciBzbw==", "secretIsBase64": true,
            "signatureHeader": "Svix-Signature", "timestampHeader": "Svix-Timestamp", "messageIdHeader": "Svix-Id",
            "payloadFormat": "{svix-id}.{timestamp}.{body}", "signatureEncoding": "base64", "signaturePrefix": "v1,"}"#,
    );
    let svix = headers(&[
        ("svix-signature", &format!("v1,{SVIX}")),
        ("svix-timestamp", TIME),
        ("svix-id", "msg_7"),
    ]);
    assert_eq!(refusal(&Verifier::from_plan(&hmac).unwrap(), &svix, BODY), "");
    let untimed = plan(
        r#"{"type": "hmac", "algorithm": "sha512", "secretKey": "correct horse", "includeTimestamp": false, "signatureEncoding": "base64"}"#,
    );
    let sha512 = headers(&[("x-signature", SHA512_BASE64)]);
    assert_eq!(refusal(&Verifier::from_plan(&untimed).unwrap(), &sha512, BODY), "");
    let bearer = plan(r#"{"type": "bearer", "token": "t0ken", "headerName": "x-token", "bearerPrefixEnabled": false}"#);
    let token = headers(&[("x-token", "t0ken")]);
    assert_eq!(refusal(&Verifier::from_plan(&bearer).unwrap(), &token, BODY), "");
    let unknown = plan(r#"{"type": "hmac", "algorithm": "sha3", "secretKey": "k"}"#);
    let oauth = plan(r#"{"type": "oauth2", "url": "https://example.com", "clientId": "c", "clientSecret": "s"}"#);
    for unusable in [unknown, oauth, plan(r#"{"type": "telepathy"}"#)] {
        assert!(Verifier::from_plan(&unusable).unwrap_err().is_config());
    }
}

#[cfg(vapi_type = "HmacAuthenticationPlan")]
#[test]
fn a_plan_is_a_scheme() {
    let plan: crate::types::HmacAuthenticationPlan =
        serde_json::from_str(r#"{"type": "hmac", "algorithm": "sha256", "secretKey": "correct horse"}"#).unwrap();
    let verifier = Verifier::hmac(&plan).unwrap();
    assert_eq!(refusal(&verifier, &signed(SHA256_HEX), BODY), "");
    let strict = Verifier::hmac(HmacScheme::from(&plan).tolerance(Duration::from_secs(1))).unwrap();
    assert_ne!(refusal(&strict, &signed(SHA256_HEX), BODY), "");
}

fn any_format() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("{body}".to_owned()),
        Just("{timestamp}".to_owned()),
        Just("{method}".to_owned()),
        Just("{svix-id}".to_owned()),
        "[{}a-z.é]{0,6}",
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn whatever_comes_does_not_panic(
        values in prop::collection::vec(prop::collection::vec(prop_oneof![0x20u8..0x7f, 0x80u8..=0xff], 0..80), 4),
        body in prop::collection::vec(any::<u8>(), 0..200),
        base64 in any::<bool>(),
        seconds in 0u64..u64::from(u32::MAX),
    ) {
        let names = ["x-signature", "x-timestamp", "svix-id", "x-vapi-secret"];
        let pair = |(name, value): (&'static str, Vec<u8>)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(&value).unwrap())
        };
        let headers: HeaderMap = names.into_iter().zip(values).map(pair).collect();
        let scheme = sha256().message_id_header("svix-id").refuse_replays(2);
        let scheme = if base64 { scheme.signature_is_base64() } else { scheme };
        let verifier = Verifier::any_of([hmac(scheme), Verifier::secret("s3cret").unwrap()]);
        prop_assert!(verifier.verify_at(at(seconds), &headers, &body).is_err());
    }

    #[test]
    fn what_is_signed_is_accepted_and_nothing_else(
        key in "[ -~]{1,80}",
        format in any_format(),
        body in prop::collection::vec(any::<u8>(), 0..200),
        flipped in any::<prop::sample::Index>(),
        base64 in any::<bool>(),
    ) {
        let scheme = HmacScheme::new(HmacAlgorithm::Sha512, key).message_id_header("svix-id").payload_format(format + "{body}");
        let verifier = hmac(if base64 { scheme.signature_is_base64() } else { scheme });
        let headers = verifier.sign_at(now(), &body);
        prop_assert_eq!(verifier.verify_at(now(), &headers, &body), Ok(()));
        let mut changed = body.clone();
        changed.push(0);
        let at = flipped.index(changed.len());
        changed[at] ^= 1;
        prop_assert!(verifier.verify_at(now(), &headers, &changed).is_err());
    }
}
