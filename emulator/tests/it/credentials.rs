//! Credentials, and the authentication of webhooks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, start_with};
use crate::receiver::{Received, Receiver};

const STEP: Duration = Duration::from_secs(10);

async fn start() -> Vapi {
    start_with(Emulator::builder().call_step(STEP)).await
}

/// Returns the first webhook to a server with these properties.
async fn delivered(vapi: &Vapi, receiver: &Receiver, server: Value) -> Received {
    let mut server = server;
    server["url"] = json!(receiver.url);
    let assistant = json!({ "server": server, "serverMessages": ["end-of-call-report"] });
    vapi.create("/call", json!({ "assistant": assistant })).await;
    vapi.emulator.advance(3 * STEP).await;
    receiver.all().pop().expect("a delivery")
}

async fn delivered_with(plan: Value) -> Received {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let credential = json!({ "provider": "webhook", "name": "hook", "authenticationPlan": plan });
    let id = vapi.create("/credential", credential).await;
    delivered(&vapi, &receiver, json!({ "credentialId": id })).await
}

#[tokio::test]
async fn a_credential_must_be_one() {
    let vapi = start().await;
    assert_eq!(vapi.post("/credential", json!({})).await.0, 400);
    let (status, body) = vapi.post("/credential", json!({ "provider": "webhook" })).await;
    assert_eq!(status, 400, "{body}");
    // The document has one kind of credential whose provider is optional.
    let trunk = json!({ "gateways": [{ "ip": "192.0.2.1" }] });
    assert_eq!(vapi.post("/credential", trunk).await.0, 400);
    assert_eq!(
        vapi.post("/credential", json!({ "provider": "openai", "apiKey": "k" }))
            .await
            .0,
        201
    );
    let anonymous = vapi.without_token(reqwest::Method::GET, "/credential");
    assert_eq!(crate::client::answer(anonymous).await.0, 401);
}

#[tokio::test]
async fn the_secret_of_old_is_sent_as_it_is() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let sent = delivered(&vapi, &receiver, json!({ "secret": "s3cret" })).await;
    assert_eq!(sent.header("x-vapi-secret"), Some("s3cret"));
}

#[tokio::test]
async fn headers_of_the_user_are_sent() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let sent = delivered(
        &vapi,
        &receiver,
        json!({ "headers": { "X-Mine": "yes", "X-Number": 7 } }),
    )
    .await;
    assert_eq!(
        (sent.header("x-mine"), sent.header("x-number")),
        (Some("yes"), Some("7"))
    );
}

#[tokio::test]
async fn a_bearer_token_is_sent_where_it_is_wanted() {
    let sent = delivered_with(json!({ "type": "bearer", "token": "t0ken" })).await;
    assert_eq!(sent.header("authorization"), Some("Bearer t0ken"));
    let plan = json!({ "type": "bearer", "token": "t0ken", "headerName": "X-Key", "bearerPrefixEnabled": false });
    let sent = delivered_with(plan).await;
    assert_eq!(
        (sent.header("x-key"), sent.header("authorization")),
        (Some("t0ken"), None)
    );
}

#[tokio::test]
async fn a_delivery_is_signed() {
    let plan = json!({ "type": "hmac", "secretKey": "k", "algorithm": "sha256", "signaturePrefix": "sha256=" });
    let sent = delivered_with(plan).await;
    let time = sent.header("x-timestamp").expect("a time");
    assert!(time.parse::<u64>().is_ok_and(|time| time > 1_700_000_000), "{time}");
    let signature = sent.header("x-signature").expect("a signature");
    let hex = signature.strip_prefix("sha256=").expect("the prefix");
    assert!(
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{signature}"
    );
}

#[tokio::test]
async fn a_signature_without_a_time_is_that_of_the_body() {
    let plan = json!({
        "type": "hmac", "secretKey": "k", "algorithm": "sha256", "includeTimestamp": false,
        "payloadFormat": "{method} fixed",
    });
    let sent = delivered_with(plan).await;
    // hmac.new(b"k", b"POST fixed", "sha256").hexdigest() in Python
    let expected = "d2d97b6cadfe7a540bbe0f2804c57b72639cb1c5056fab8bd447d7d7e372311e";
    assert_eq!(sent.header("x-signature"), Some(expected));
    assert_eq!(sent.header("x-timestamp"), None);
}

#[tokio::test]
async fn an_access_token_is_fetched_again_after_it_expires() {
    let asked = Arc::new(Mutex::new(Vec::<Bytes>::new()));
    let forms = asked.clone();
    let issuer = Receiver::answering(move |sent| {
        let mut forms = forms.lock().expect("no panic");
        forms.push(sent.body.clone());
        let token = format!("token-{}", forms.len());
        Some((
            200,
            json!({ "access_token": token, "token_type": "bearer", "expires_in": 3600 }),
        ))
    })
    .await;
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let plan = json!({
        "type": "oauth2", "url": format!("{}/token", issuer.url), "clientId": "me", "clientSecret": "p&ss", "scope": "a b",
    });
    let credential = json!({ "provider": "custom-credential", "authenticationPlan": plan });
    let id = vapi.create("/credential", credential).await;
    let mut tokens = Vec::new();
    for pause in [0, 60, 3600] {
        vapi.emulator.advance(Duration::from_secs(pause)).await;
        let sent = delivered(&vapi, &receiver, json!({ "credentialId": id })).await;
        tokens.push(sent.header("authorization").expect("a token").to_owned());
    }
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    assert_eq!(
        asked.lock().expect("no panic")[0],
        "grant_type=client_credentials&client_id=me&client_secret=p%26ss&scope=a%20b"
    );
}

#[tokio::test]
async fn without_its_credential_nothing_is_delivered() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let server = json!({ "url": receiver.url, "credentialId": "lost" });
    vapi.create("/call", json!({ "assistant": { "server": server } })).await;
    vapi.emulator.advance(3 * STEP).await;
    assert!(receiver.all().is_empty());
    let sent = vapi.emulator.webhooks();
    assert_eq!(sent[0].error.as_deref(), Some("there is no credential lost"));
}
