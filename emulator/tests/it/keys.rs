//! Keys: any key, one key, and tokens that keys have signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start, start_with};

const INVALID: &str =
    "Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.";

/// Returns a token that a key has signed.
fn signed(key: &str, claims: &Value) -> String {
    let signed = format!(
        "{}.{}",
        BASE64.encode(r#"{"alg":"HS256"}"#),
        BASE64.encode(claims.to_string())
    );
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).expect("a key of any length");
    let signature = mac.chain_update(&signed).finalize().into_bytes();
    format!("{signed}.{}", BASE64.encode(signature))
}

async fn send(vapi: &Vapi, method: Method, path: &str, token: &str, body: Value) -> (u16, Value) {
    answer(vapi.without_token(method, path).bearer_auth(token).json(&body)).await
}

/// Returns the id of the organization of a key.
async fn organization(vapi: &Vapi, key: &str) -> String {
    let (status, created) = send(vapi, Method::POST, "/assistant", key, json!({})).await;
    assert_eq!(status, 201, "{created}");
    created["orgId"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_strict_emulator_accepts_its_own_key_only() {
    let vapi = start_with(Emulator::builder().api_key("my-key").strict_key(true)).await;
    assert_eq!(vapi.get("/assistant").await.0, 200);
    let web_call = json!({ "assistant": {} });
    let public = vapi.emulator.public_key();
    assert_eq!(
        send(&vapi, Method::POST, "/call/web", &public, web_call.clone())
            .await
            .0,
        201
    );
    let claims = json!({ "orgId": vapi.emulator.org_id(), "token": { "tag": "private" } });
    let own = signed("my-key", &claims);
    assert_eq!(send(&vapi, Method::GET, "/assistant", &own, json!({})).await.0, 200);
    let refused = json!({ "message": INVALID, "error": "Unauthorized", "statusCode": 401 });
    for (method, path, token) in [
        (Method::GET, "/assistant", "another-key"),
        (Method::GET, "/assistant", "MY-KEY"),
        (Method::POST, "/call", "another-key"),
        (Method::POST, "/call/web", "public-another-key"),
    ] {
        let response = send(&vapi, method, path, token, web_call.clone()).await;
        assert_eq!(response, (401, refused.clone()), "{path} {token}");
    }
    let foreign = signed("another-key", &json!({ "orgId": "o", "token": { "tag": "private" } }));
    assert_eq!(
        send(&vapi, Method::GET, "/assistant", &foreign, json!({})).await,
        (401, refused)
    );
}

#[tokio::test]
async fn tokens_of_every_key_in_use_are_accepted() {
    let vapi = start().await;
    let org = organization(&vapi, "a-second-key").await;
    assert_ne!(org, vapi.emulator.org_id());
    let claims = |tag: &str| json!({ "orgId": org, "token": { "tag": tag }, "exp": 4_102_444_800_u64 });
    let private = signed("a-second-key", &claims("private"));
    let (status, list) = send(&vapi, Method::GET, "/assistant", &private, json!({})).await;
    assert_eq!((status, list.as_array().map(Vec::len)), (200, Some(1)));
    let public = signed("a-second-key", &claims("public"));
    let (status, call) = send(&vapi, Method::POST, "/call/web", &public, json!({ "assistant": {} })).await;
    assert_eq!((status, &call["orgId"]), (201, &json!(org)));
    // The key of another organization has signed it.
    let forged = signed(vapi.emulator.api_key(), &claims("private"));
    let (status, problem) = send(&vapi, Method::GET, "/assistant", &forged, json!({})).await;
    assert_eq!((status, &problem["message"]), (401, &json!("invalid signature")));
}

#[tokio::test]
async fn a_public_token_starts_calls_and_chats_only() {
    let vapi = start().await;
    let claims = json!({ "orgId": vapi.emulator.org_id(), "token": { "tag": "public" } });
    let token = signed(vapi.emulator.api_key(), &claims);
    let web_call = json!({ "assistant": {} });
    assert_eq!(
        send(&vapi, Method::POST, "/call/web", &token, web_call.clone()).await.0,
        201
    );
    let chat = json!({ "input": "Hi", "assistantId": "a" });
    assert_eq!(
        send(&vapi, Method::POST, "/chat/web", &token, chat.clone()).await.0,
        201
    );
    for (method, path, body) in [
        (Method::POST, "/call", &web_call),
        (Method::POST, "/chat", &chat),
        (Method::GET, "/call", &json!({})),
        (Method::GET, "/org", &json!({})),
    ] {
        let (status, problem) = send(&vapi, method, path, &token, body.clone()).await;
        assert_eq!((status, &problem["message"]), (401, &json!(INVALID)), "{path}");
    }
}

#[tokio::test]
async fn tokens_with_wrong_claims_are_refused() {
    let vapi = start().await;
    let (key, org) = (vapi.emulator.api_key().to_owned(), vapi.emulator.org_id());
    let token = |more: Value| {
        let mut claims = json!({ "orgId": org, "token": { "tag": "private" } });
        claims
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        signed(&key, &claims)
    };
    let sound = token(json!({}));
    let (content, _) = sound.rsplit_once('.').expect("a signature");
    let unsigned = format!(
        "{}.{}.",
        BASE64.encode(r#"{"alg":"none"}"#),
        BASE64.encode(json!({ "orgId": org }).to_string())
    );
    for (token, message) in [
        (token(json!({ "exp": 1_700_000_000 })), "jwt expired"),
        (token(json!({ "exp": "soon" })), "invalid exp value"),
        (token(json!({ "nbf": 4_102_444_800_u64 })), "jwt not active"),
        (format!("{content}.AAAA"), "invalid signature"),
        (unsigned, "invalid algorithm"),
        ("eyJ.eyJ.x".to_owned(), "jwt malformed"),
    ] {
        let (status, problem) = send(&vapi, Method::GET, "/assistant", &token, json!({})).await;
        assert_eq!((status, &problem["message"]), (401, &json!(message)));
    }
}

#[tokio::test]
async fn restrictions_of_a_token_are_honored() {
    let vapi = start_with(Emulator::builder().allow_origin("*")).await;
    let token = |restrictions: Value| {
        let claims =
            json!({ "orgId": vapi.emulator.org_id(), "token": { "tag": "public", "restrictions": restrictions } });
        signed(vapi.emulator.api_key(), &claims)
    };
    let listed = json!({ "allowedAssistantIds": ["a-1"] });
    let saved_only = json!({ "allowTransientAssistant": false });
    let off = json!({ "enabled": false, "allowedAssistantIds": ["a-1"] });
    for (restrictions, body, expected) in [
        (&listed, json!({ "assistantId": "a-1" }), 201),
        (&listed, json!({ "assistantId": "a-2" }), 403),
        (&listed, json!({ "assistant": {} }), 403),
        (&listed, json!({ "squadId": "s-1" }), 403),
        (&saved_only, json!({ "assistantId": "a-2" }), 201),
        (&saved_only, json!({ "assistant": {} }), 403),
        (&off, json!({ "assistant": {} }), 201),
    ] {
        let token = token(restrictions.clone());
        let (status, response) = send(&vapi, Method::POST, "/call/web", &token, body.clone()).await;
        assert_eq!(status, expected, "{restrictions} {body} {response}");
    }
    let token = token(json!({ "allowedOrigins": ["https://example.com"] }));
    for (origin, expected) in [
        (Some("https://example.com"), 201),
        (Some("https://example.org"), 403),
        (None, 403),
    ] {
        let mut request = vapi.without_token(Method::POST, "/call/web").bearer_auth(&token);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let (status, _) = answer(request.json(&json!({ "assistantId": "a" }))).await;
        assert_eq!(status, expected, "{origin:?}");
    }
    // A token that may start one assistant may still read.
    let claims = json!({ "orgId": vapi.emulator.org_id(), "token": { "tag": "private", "restrictions": listed } });
    let private = signed(vapi.emulator.api_key(), &claims);
    assert_eq!(send(&vapi, Method::GET, "/assistant", &private, json!({})).await.0, 200);
}

#[tokio::test]
async fn a_signed_token_stands_for_a_key() {
    let vapi = start().await;
    let (key, org) = (vapi.emulator.api_key().to_owned(), vapi.emulator.org_id());
    let get = async |token: String| answer(vapi.without_token(Method::GET, "/assistant").bearer_auth(token)).await;
    let claims = |org: &str, tag: &str| json!({ "orgId": org, "token": { "tag": tag }, "exp": 4_102_444_800_u64 });
    let id = vapi.create("/assistant", json!({})).await;
    let (status, list) = get(signed(&key, &claims(&org, "private"))).await;
    assert_eq!((status, &list[0]["id"]), (200, &json!(id)));
    let expired = json!({ "orgId": org, "token": { "tag": "private" }, "exp": 1_700_000_000 });
    for (token, message) in [
        (signed("another-key", &claims(&org, "private")), "invalid signature"),
        (signed(&key, &expired), "jwt expired"),
        (signed(&key, &claims("another-org", "private")), "Invalid Key."),
        (signed(&key, &claims(&org, "public")), "Invalid Key."),
    ] {
        let (status, body) = get(token).await;
        assert_eq!(status, 401);
        let said = body["message"].as_str().expect("a message");
        assert!(said.starts_with(message), "{said}");
    }
}
