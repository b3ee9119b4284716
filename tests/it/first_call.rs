//! The first hour with this crate: what the quickstart and the README show, against a local Vapi.
#![cfg(vapi_op = "CallController_create")]

use std::time::Duration;

use serde_json::{Value, json};
use vapi::types::*;
use vapi::{Client, Nullable, Upload};
use vapi_emulator::Emulator;

async fn start() -> (Emulator, Client) {
    let local = Emulator::builder()
        .call_step(Duration::from_secs(3600))
        .allow_unknown_ids(true)
        .start()
        .await
        .unwrap();
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()
        .unwrap();
    (local, vapi)
}

fn an_assistant() -> CreateAssistantDto {
    let message = OpenAiMessage::new(OpenAiMessageRole::System).content("You are Ada.");
    CreateAssistantDto::new()
        .name("Quickstart")
        .first_message("Hello, this is Ada.")
        .model(
            OpenAiModel::new(OpenAiModelName::Gpt4o)
                .messages([message])
                .temperature(0.5),
        )
}

async fn place(vapi: &Client, assistant: &Assistant) -> Call {
    let request = CreateCallDto::new()
        .assistant_id(&assistant.id)
        .phone_number_id("line-1")
        .customer(CreateCustomerDto::new().number("+15555550123"));
    match vapi.calls().create(request).await.unwrap() {
        CallOrBatch::Call(call) => *call,
        other => panic!("{other:?}"),
    }
}

/// Returns the body of the latest request.
fn sent(local: &Emulator) -> Value {
    local.requests().pop().unwrap().json().unwrap()
}

#[tokio::test]
async fn an_assistant_is_sent_with_the_set_properties_alone() {
    let (local, vapi) = start().await;
    vapi.assistants().create(an_assistant()).await.unwrap();
    assert_eq!(
        sent(&local),
        json!({
            "name": "Quickstart",
            "firstMessage": "Hello, this is Ada.",
            "model": {
                "provider": "openai",
                "model": "gpt-4o",
                "messages": [{"role": "system", "content": "You are Ada."}],
                "temperature": 0.5
            }
        })
    );
}

#[tokio::test]
async fn an_assistant_comes_back_with_known_types_all_through() {
    let (_local, vapi) = start().await;
    let assistant = vapi.assistants().create(an_assistant()).await.unwrap();
    let Some(Model::OpenAi(model)) = assistant.model else {
        panic!("{:?}", assistant.model);
    };
    assert_eq!(model.model, OpenAiModelName::Gpt4o);
    assert_eq!(model.messages.unwrap()[0].role, OpenAiMessageRole::System);
    assert_eq!(assistant.extra, serde_json::Map::new());
}

#[tokio::test]
async fn a_call_is_placed_watched_and_listed() {
    let (local, vapi) = start().await;
    let assistant = vapi.assistants().create(an_assistant()).await.unwrap();
    let call = place(&vapi, &assistant).await;
    assert_eq!(call.status, Some(CallStatus::Queued));
    assert_eq!(call.assistant_id.as_deref(), Some(assistant.id.as_str()));

    let mut states = Vec::new();
    for _ in 0..3 {
        local.advance(Duration::from_secs(3600)).await;
        states.push(vapi.calls().get(&call.id).await.unwrap().status.unwrap());
    }
    assert_eq!(states, [CallStatus::Ringing, CallStatus::InProgress, CallStatus::Ended]);

    let ended = vapi.calls().get(&call.id).await.unwrap();
    assert_eq!(ended.ended_reason, Some(EndedReason::CustomerEndedCall));
    let transcript = ended.artifact.unwrap().transcript.unwrap();
    assert!(transcript.contains("Hello, this is Ada."), "{transcript}");

    let listed = vapi.calls().list().limit(3).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, [call.id]);
}

#[tokio::test]
async fn nothing_in_an_ended_call_is_unknown() {
    let (local, vapi) = start().await;
    let assistant = vapi.assistants().create(an_assistant()).await.unwrap();
    let call = place(&vapi, &assistant).await;
    local.advance(Duration::from_secs(4 * 3600)).await;
    let call = vapi.calls().get(&call.id).await.unwrap();
    let messages = call
        .messages
        .as_deref()
        .or(call.artifact.as_ref().unwrap().messages.as_deref());
    assert!(!messages.unwrap().is_empty());
    let shown = format!("{call:?}");
    assert!(!shown.contains("Unknown("), "{shown}");
}

#[tokio::test]
async fn several_customers_make_a_batch() {
    let (_local, vapi) = start().await;
    let customers = ["+15555550123", "no number"].map(|number| CreateCustomerDto::new().number(number));
    let request = CreateCallDto::new()
        .assistant_id("assistant-1")
        .phone_number_id("line-1")
        .customers(customers);
    let CallOrBatch::Batch(batch) = vapi.calls().create(request).await.unwrap() else {
        panic!("not a batch");
    };
    assert_eq!(batch.results.unwrap().len(), 1);
    let refused = &batch.errors.unwrap()[0];
    assert_eq!(refused.customer.as_ref().unwrap().number.as_deref(), Some("no number"));
}

#[tokio::test]
async fn an_update_tells_clearing_from_keeping() {
    let (local, vapi) = start().await;
    let assistant = vapi.assistants().create(an_assistant()).await.unwrap();
    let mut change = UpdateAssistantDto::new().name("Ada");
    change.first_message = Nullable::Null;
    let changed = vapi.assistants().update(&assistant.id, change).await.unwrap();
    assert_eq!(sent(&local), json!({"name": "Ada", "firstMessage": null}));
    assert_eq!(changed.name.as_deref(), Some("Ada"));
    assert_eq!(changed.first_message, None);
    assert!(matches!(changed.model, Some(Model::OpenAi(_))));
}

#[tokio::test]
async fn a_refused_request_has_the_messages_of_the_api() {
    let (_local, vapi) = start().await;
    let mut assistant = an_assistant();
    assistant.extra.insert("tools".into(), json!([]));
    let error = vapi.assistants().create(assistant).await.unwrap_err();
    assert!(error.is_bad_request());
    assert_eq!(error.messages(), ["property tools should not exist"]);
}

#[tokio::test]
async fn a_deleted_assistant_is_gone() {
    let (_local, vapi) = start().await;
    let assistant = vapi.assistants().create(an_assistant()).await.unwrap();
    vapi.assistants().delete(&assistant.id).await.unwrap();
    let error = vapi.assistants().get(&assistant.id).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.operation(), Some("AssistantController_findOne"));
}

#[tokio::test]
async fn a_file_goes_up() {
    let (_local, vapi) = start().await;
    let upload = Upload::bytes("menu.txt", "Soup.").field("purpose", "assistant");
    let file = vapi.files().upload(upload).await.unwrap();
    assert_eq!(file.name.as_deref(), Some("menu.txt"));
    assert_eq!(vapi.files().get(&file.id).await.unwrap().id, file.id);
}

#[tokio::test]
async fn a_recording_is_downloaded_without_sending_the_key() {
    let (local, vapi) = start().await;
    let assistant = vapi.assistants().create(an_assistant()).await.unwrap();
    let call = place(&vapi, &assistant).await;
    local.advance(Duration::from_secs(4 * 3600)).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("call.wav");
    let length = vapi.calls().stereo_recording(&call.id).save_to(&path).await.unwrap();
    let saved = std::fs::read(&path).unwrap();
    assert_eq!(saved.len() as u64, length);
    assert_eq!(&saved[..4], b"RIFF");
    assert_eq!(local.requests().pop().unwrap().header("authorization"), None);
}

#[tokio::test]
async fn an_undocumented_path_can_be_requested() {
    let (_local, vapi) = start().await;
    let assistant = vapi.assistants().create(an_assistant()).await.unwrap();
    let path = "/assistant/{id}";
    let response: Value = vapi
        .request(vapi::http::Method::GET, path)
        .path("id", &assistant.id)
        .send()
        .await
        .unwrap();
    assert_eq!(response["id"], assistant.id.as_str());
}
