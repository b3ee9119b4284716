//! Signed tokens, as the local Vapi takes them: from a browser, and renewed by the client.
#![cfg(all(feature = "jwt", vapi_op = "CallController_createWebCall"))]

use std::time::Duration;

use vapi::Client;
use vapi::jwt::{Claims, Token, TokenTag};
use vapi::types::{CreateAssistantDto, CreateWebCallDto};
use vapi_emulator::Emulator;

use crate::support::*;

async fn with_token(local: &Emulator, token: &Token) -> Client {
    let signed = token.sign(local.api_key()).unwrap();
    builder(&local.base_url()).api_key(signed.expose()).build().unwrap()
}

#[tokio::test]
async fn a_public_token_creates_a_web_call() {
    let (local, vapi) = local().await;
    let assistant = vapi.assistants().create(CreateAssistantDto::new()).await.unwrap();
    let token = Token::public(local.org_id())
        .allow_assistant(&assistant.id)
        .expires_in(Duration::from_secs(60));
    let browser = with_token(&local, &token).await;

    let call = browser
        .calls()
        .create_web(CreateWebCallDto::new().assistant_id(&assistant.id))
        .await
        .unwrap();
    assert_eq!(call.assistant_id.as_deref(), Some(assistant.id.as_str()));
    assert_eq!(call.org_id, Some(local.org_id()));

    let other = CreateWebCallDto::new().assistant(CreateAssistantDto::new());
    assert!(browser.calls().create_web(other).await.unwrap_err().is_forbidden());
    assert!(browser.calls().list().await.unwrap_err().is_unauthorized());
}

#[tokio::test]
async fn a_token_is_good_for_its_origin_only() {
    let (local, _) = local().await;
    let token = Token::public(local.org_id()).origin("https://example.com");
    let browser = with_token(&local, &token).await;
    let request = CreateWebCallDto::new().assistant(CreateAssistantDto::new());
    let from = |origin| browser.calls().create_web(request.clone()).header("origin", origin);
    assert!(from("https://example.com").await.is_ok());
    assert!(from("https://example.org").await.unwrap_err().is_forbidden());
}

#[tokio::test]
async fn a_private_token_stands_for_the_key() {
    let (local, vapi) = local().await;
    let created = vapi.assistants().create(CreateAssistantDto::new()).await.unwrap();
    let source = Token::private(local.org_id()).source(local.api_key());
    let client = builder(&local.base_url()).token_source(source).build().unwrap();
    assert_eq!(client.assistants().get(&created.id).await.unwrap().id, created.id);

    let requests = local.requests();
    let sent = requests.last().unwrap().header("authorization").unwrap();
    let claims = Claims::verified(sent.strip_prefix("Bearer ").unwrap(), local.api_key()).unwrap();
    assert_eq!((claims.org_id, claims.tag), (local.org_id(), TokenTag::Private));

    let forged = Token::private(local.org_id()).source("another-key");
    let client = builder(&local.base_url()).token_source(forged).build().unwrap();
    let error = client.assistants().list().await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!(error.attempts(), 2, "the second attempt has a new token");
}
