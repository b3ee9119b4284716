//! The operations and properties of `spec/additions.json`, which the vendor's document lacks.
#![cfg(vapi_op = "CredentialController_create")]

use serde_json::{Value, json};
use vapi::Client;
use vapi::types::{
    CreateAssistantDto, CreateCredentialDto, CreateEndCallToolDto, CreateSimulationSuiteDto, CreateToolDto,
    CreateWebCallDto, CreateWebChatDto, CreateWebhookCredentialDto, HmacAuthenticationPlan,
    HmacAuthenticationPlanAlgorithm, MessagePlan, OpenAiFunction, UpdateOtherCredentialDto, UpdateWebhookCredentialDto,
    ValidateBackgroundSoundUrlDto,
};
use vapi_emulator::Emulator;

use crate::support::*;

/// Returns a client with the public key of the local Vapi.
fn in_browser(local: &Emulator) -> Client {
    builder(&local.base_url()).api_key(local.public_key()).build().unwrap()
}

fn body_of(request: &Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn webhook() -> CreateWebhookCredentialDto {
    let plan = HmacAuthenticationPlan::new(HmacAuthenticationPlanAlgorithm::Sha256, "s3cret");
    CreateWebhookCredentialDto::new(plan).name("Orders")
}

#[tokio::test]
async fn a_web_call_is_created_with_the_public_key() {
    let (local, vapi) = local().await;
    let assistant = CreateAssistantDto::new().first_message("Hello!");
    let request = CreateWebCallDto::new().assistant(assistant);
    let call = in_browser(&local).calls().create_web(request.clone()).await.unwrap();
    assert!(call.web_call_url.is_some());
    let read = vapi.calls().get(&call.id).await.unwrap();
    assert_eq!(read.type_.as_ref().map(|kind| kind.as_str()), Some("webCall"));

    let refused = vapi.calls().create_web(request).await.unwrap_err();
    assert_eq!(refused.status().map(|status| status.as_u16()), Some(401));
}

#[tokio::test]
async fn a_web_call_is_not_repeated_once_it_was_sent() {
    let server = Server::replying([Reply::json(503, "{}"), Reply::json(201, r#"{"id":"call-1"}"#)]).await;
    let error = client(&server)
        .calls()
        .create_web(CreateWebCallDto::new().assistant_id("a"))
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 1, "{error}");
}

#[tokio::test]
async fn a_web_chat_responds_whole_or_as_a_stream() {
    let (local, _) = local().await;
    let vapi = in_browser(&local);
    let request = CreateWebChatDto::new("Hi").assistant_id("a");
    let chat = vapi.chats().create_web(request.clone()).await.unwrap();
    assert_eq!(
        serde_json::to_value(&chat.output).unwrap()[0]["content"],
        "You said: Hi"
    );
    let mut stream = vapi.chats().create_web(request).stream().await.unwrap();
    assert_eq!(stream.collect_text().await.unwrap(), "You said: Hi");
}

#[tokio::test]
async fn a_credential_is_created_renamed_and_deleted() {
    let (_local, vapi) = local().await;
    let created = vapi.credentials().create(webhook()).await.unwrap();
    assert_eq!(created.provider.as_deref(), Some("webhook"));
    let plan = created.authentication_plan.as_deref().unwrap();
    assert_eq!(plan.algorithm.as_deref(), Some("sha256"));
    assert!(plan.secret_key.is_none(), "the secret is not read back");
    assert!(!format!("{:?}", webhook()).contains("s3cret"));

    let renamed = UpdateWebhookCredentialDto::new().name("Returns");
    let renamed = vapi.credentials().update(&created.id, renamed).await.unwrap();
    assert_eq!(renamed.name.as_deref(), Some("Returns"));
    assert_eq!(vapi.credentials().get(&created.id).await.unwrap(), renamed);

    let listed = vapi.credentials().list().limit(10).await.unwrap();
    assert_eq!(listed, [renamed]);
    vapi.credentials().delete(&created.id).await.unwrap();
    let gone = vapi.credentials().get(&created.id).await.unwrap_err();
    assert_eq!(gone.status().map(|status| status.as_u16()), Some(404));
}

#[tokio::test]
async fn a_credential_keeps_what_its_provider_alone_has() {
    let body = json!({
        "id": "c-1", "orgId": "o-1", "provider": "byo-sip-trunk", "name": "Trunk",
        "gateways": [{ "ip": "192.0.2.1" }],
    });
    let server = Server::replying([Reply::json(200, &body.to_string())]).await;
    let credential = client(&server).credentials().get("c-1").await.unwrap();
    assert_eq!(credential.extra["gateways"][0]["ip"], "192.0.2.1");
    assert_eq!(serde_json::to_value(&credential).unwrap(), body);
}

#[tokio::test]
async fn an_unknown_credential_is_sent_as_it_is() {
    let server = Server::replying([Reply::json(201, r#"{"id":"c-1"}"#), Reply::json(200, r#"{"id":"c-1"}"#)]).await;
    let vapi = client(&server);
    let body = json!({ "provider": "new-voices", "apiKey": "k" });
    vapi.credentials()
        .create(CreateCredentialDto::Unknown(body.clone()))
        .await
        .unwrap();
    let mut change = UpdateOtherCredentialDto::new("new-voices").name("Voices");
    change.extra.insert("apiKey".to_owned(), json!("k2"));
    vapi.credentials().update("c-1", change).await.unwrap();
    let sent: Vec<_> = server.received().iter().map(body_of).collect();
    assert_eq!(
        sent,
        [
            body,
            json!({ "provider": "new-voices", "name": "Voices", "apiKey": "k2" })
        ]
    );
}

#[tokio::test]
async fn an_update_says_its_provider() {
    let server = Server::replying([Reply::json(200, r#"{"id":"c-1"}"#)]).await;
    let change = UpdateWebhookCredentialDto::new().name("Orders");
    client(&server).credentials().update("c-1", change).await.unwrap();
    assert_eq!(
        body_of(&server.request()),
        json!({ "provider": "webhook", "name": "Orders" })
    );
}

#[tokio::test]
async fn a_background_sound_is_checked() {
    let body = r#"{"valid":false,"reason":"not-audio","status":200,"contentType":"text/html"}"#;
    let server = Server::replying([Reply::json(200, body)]).await;
    let check = ValidateBackgroundSoundUrlDto::new("https://example.com/rain.mp3");
    let result = client(&server)
        .assistants()
        .validate_background_sound_url(check)
        .await
        .unwrap();
    assert_eq!(result.valid, Some(false));
    assert_eq!(
        result.reason.map(|reason| reason.as_str().to_owned()).as_deref(),
        Some("not-audio")
    );
}

#[tokio::test]
async fn a_suite_is_copied() {
    let (_local, vapi) = local().await;
    let suite = CreateSimulationSuiteDto::new("Evenings", Vec::<String>::new());
    let suite = vapi.simulation_suites().create(suite).await.unwrap();
    let copy = vapi.simulation_suites().duplicate(&suite.id).await.unwrap();
    assert_eq!(copy.name, suite.name);
    assert_ne!(copy.id, suite.id);
}

#[tokio::test]
async fn properties_that_the_document_lacks_are_typed() {
    let (_local, vapi) = local().await;
    let tool = CreateEndCallToolDto::new().function(OpenAiFunction::new("hang_up"));
    let assistant = CreateAssistantDto::new()
        .silence_timeout_seconds(30)
        .message_plan(MessagePlan::new().idle_messages(["Are you there?"]));
    let created = vapi.assistants().create(assistant).await.unwrap();
    assert_eq!(created.silence_timeout_seconds, Some(30.into()));
    let plan = created.message_plan.unwrap();
    assert_eq!(plan.idle_messages.unwrap(), ["Are you there?"]);

    let tool = vapi.tools().create(CreateToolDto::from(tool)).await.unwrap();
    let written = serde_json::to_value(&tool).unwrap();
    assert_eq!(written["function"]["name"], "hang_up");
    let vapi::types::Tool::EndCall(tool) = tool else {
        panic!("another tool: {written}");
    };
    assert_eq!(tool.function.unwrap().name, "hang_up");
}
