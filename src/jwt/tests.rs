use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::{Claims, Token, TokenTag, claims};
use crate::{BearerToken, TokenSource};

const KEY: &str = "a-private-key";

// The tokens are made by Python:
//
//     b64 = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
//     signed = b64(b'{"alg":"HS256","typ":"JWT"}') + "." + b64(claims)
//     signed + "." + b64(hmac.new(b"a-private-key", signed.encode(), "sha256").digest())

/// `{"orgId":"org-1","token":{"tag":"public","restrictions":{"enabled":true,"allowedOrigins":["https://example.com"],
/// "allowedAssistantIds":["a-1","a-2"],"allowTransientAssistant":false}},"iat":1700000000,"exp":1700000600}`, without spaces.
const PUBLIC: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJvcmdJZCI6Im9yZy0xIiwidG9rZW4iOnsidGFnIjoicHVibGljIiwicmVzdHJpY3Rpb25zIjp7ImVuYWJsZWQiOnRydWUsImFsbG93ZWRPcmlnaW5zIjpbImh0dHBzOi8vZXhhbXBsZS5jb20iXSwiYWxsb3dlZEFzc2lzdGFudElkcyI6WyJhLTEiLCJhLTIiXSwiYWxsb3dUcmFuc2llbnRBc3Npc3RhbnQiOmZhbHNlfX0sImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwNjAwfQ.fajCCB9R85dIOzG9B_NPdDICV2EzRQUjq3-xHmnXAbs";
/// `{"orgId":"org-1","token":{"tag":"private"},"iat":1700000000,"exp":1700003600}`
const PRIVATE: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJvcmdJZCI6Im9yZy0xIiwidG9rZW4iOnsidGFnIjoicHJpdmF0ZSJ9LCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.0_y1pn1Wd5uzyFOD0FMEgNnbgGRfkURXNVSqC9Tayh4";
/// The same claims, with `{"alg":"none","typ":"JWT"}` and signed all the same.
const WITHOUT_ALGORITHM: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJvcmdJZCI6Im9yZy0xIiwidG9rZW4iOnsidGFnIjoicHJpdmF0ZSJ9LCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.Z3_UtxSHrFTQfkSLzeTOUw_avLxBcg-djOc20avwIvM";
/// `{"orgId":"org-1","token":{"tag":"partner"},"exp":4102444800}`
const PARTNER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJvcmdJZCI6Im9yZy0xIiwidG9rZW4iOnsidGFnIjoicGFydG5lciJ9LCJleHAiOjQxMDI0NDQ4MDB9.iMevHmS_IlTQKfeLP8_wuM6Cn9HeEYtlgJZ7hgTstUo";

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

#[test]
fn tokens_are_those_of_an_independent_implementation() {
    let public = Token::public("org-1")
        .allow_assistant("a-1")
        .allow_assistant("a-2")
        .origin("https://example.com")
        .expires_in(Duration::from_secs(600));
    let token = public.sign_at(KEY, at(1_700_000_000)).unwrap();
    assert_eq!(token.expose(), PUBLIC);
    assert_eq!(token.expires_at(), Some(at(1_700_000_600)));
    let token = Token::private("org-1").sign_at(KEY, at(1_700_000_000)).unwrap();
    assert_eq!(token.into_string(), PRIVATE);
}

#[test]
fn a_token_is_verified_with_its_key() {
    let claims = Claims::verified_at(PUBLIC, KEY, at(1_700_000_599)).unwrap();
    assert_eq!((claims.org_id.as_str(), &claims.tag), ("org-1", &TokenTag::Public));
    let restrictions = claims.restrictions.unwrap();
    assert_eq!(restrictions.allowed_assistant_ids, ["a-1", "a-2"]);
    assert_eq!(restrictions.allow_transient_assistant, Some(false));

    let mut changed = PUBLIC.to_owned();
    changed.replace_range(60..61, if &PUBLIC[60..61] == "A" { "B" } else { "A" });
    let truncated = &PUBLIC[..PUBLIC.len() - 1];
    for (token, key, now, sentence) in [
        (PUBLIC, KEY, 1_700_000_600, "the token has expired"),
        (PUBLIC, "another-key", 0, "the token is signed with another key"),
        (&changed, KEY, 0, "the token is signed with another key"),
        (truncated, KEY, 0, "the text is not a JSON Web Token"),
        (WITHOUT_ALGORITHM, KEY, 0, "the token is not signed with HS256"),
        ("a-private-key", KEY, 0, "the text is not a JSON Web Token"),
        ("a.b.c.d", KEY, 0, "the text is not a JSON Web Token"),
    ] {
        let error = Claims::verified_at(token, key, at(now)).unwrap_err();
        assert!(error.is_invalid_input());
        assert_eq!(error.to_string(), sentence);
    }
}

#[test]
fn a_tag_of_tomorrow_is_kept() {
    let claims = Claims::verified(PARTNER, KEY).unwrap();
    assert_eq!(claims.tag, TokenTag::Unknown("partner".to_owned()));
    assert_eq!(claims.issued_at, None);
}

#[test]
fn the_expiry_of_a_foreign_token_is_read() {
    let token = BearerToken::from_jwt(PARTNER).unwrap();
    assert_eq!(token.expires_at(), Some(at(4_102_444_800)));
    let claims = r#"{"orgId":"o","token":{"tag":"public"},"exp":1700000000.5}"#;
    let token = super::signature::sign(claims.as_bytes(), KEY).unwrap();
    assert_eq!(
        BearerToken::from_jwt(token).unwrap().expires_at(),
        Some(at(1_700_000_000))
    );
    assert!(BearerToken::from_jwt("not-a-token").is_err());
}

#[test]
fn each_mistake_in_a_token_has_its_sentence() {
    let lifetime = "its lifetime is shorter than a second, or longer than a clock can tell";
    for (token, key, why) in [
        (Token::public(" "), KEY, "the id of the organization is empty"),
        (Token::public("o"), "", "the private key is empty"),
        (Token::public("o").expires_in(Duration::from_millis(999)), KEY, lifetime),
        (Token::public("o").expires_in(Duration::MAX), KEY, lifetime),
    ] {
        let error = token.sign(key).unwrap_err();
        assert_eq!(error.to_string(), format!("the token cannot be signed: {why}"));
    }
}

#[tokio::test]
async fn debug_output_has_neither_key_nor_token() {
    let source = Token::private("org-1").source(KEY);
    let token = source.token().await.unwrap();
    let shown = format!("{source:?} {token:?}");
    assert!(shown.contains("org-1"), "{shown}");
    assert!(!shown.contains(KEY) && !shown.contains("eyJ"), "{shown}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".*", key in ".*") {
        let _ = Claims::unverified(&text);
        prop_assert!(Claims::verified(&text, &key).is_err());
    }

    #[test]
    fn any_three_parts_are_read_or_refused(
        header in prop_oneof![Just(r#"{"alg":"HS256"}"#.to_owned()), ".*"],
        claims in prop_oneof![
            r#"\{"orgId":"[a-z]*","token":\{"tag":"[a-z]*"\},"exp":-?[0-9]{1,30}(\.[0-9]+)?(e[0-9]{1,3})?\}"#,
            ".*",
        ],
        signature in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
        let token = format!("{}.{}.{}", BASE64.encode(header), BASE64.encode(claims), BASE64.encode(signature));
        let _ = BearerToken::from_jwt(token.as_str());
        prop_assert!(Claims::verified(&token, KEY).is_err());
    }

    #[test]
    fn any_token_is_read_as_it_was_signed(
        org in ".*", key in ".*", assistants in prop::collection::vec(".*", 0..3), origins in prop::collection::vec(".*", 0..3),
        transient in any::<Option<bool>>(), lifetime in any::<u64>(), now in 0..4_000_000_000_u64,
    ) {
        let mut token = Token::public(org.clone()).expires_in(Duration::from_secs(lifetime));
        token = assistants.iter().fold(token, |token, id| token.allow_assistant(id.clone()));
        token = origins.iter().fold(token, |token, origin| token.origin(origin.clone()));
        if let Some(allowed) = transient {
            token = token.allow_transient_assistant(allowed);
        }
        if let Ok(signed) = token.sign_at(&key, at(now)) {
            let read = Claims::verified_at(signed.expose(), &key, at(now)).unwrap();
            prop_assert_eq!(read.org_id, org);
            prop_assert_eq!(read.restrictions, token.restrictions);
            prop_assert_eq!(read.expires_at.and_then(claims::time), signed.expires_at());
        }
    }
}
