//! Validation of what a client sends and receives, and of values by themselves.
#![cfg(all(
    vapi_op = "AssistantController_create",
    vapi_op = "AssistantController_findAll",
    vapi_type = "Assistant",
    vapi_type = "CreateAssistantDto"
))]

use http::Method;
use serde_json::{Value, json};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;
use vapi::resources::endpoint::{AssistantsCreate, AssistantsList};
use vapi::types::CreateAssistantDto;
use vapi::validate::{self, Problem, Validation};
use vapi::{Client, Result};

use crate::support::*;

const ASSISTANT: &str =
    r#"{"id":"a","orgId":"o","createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z"}"#;

fn validating(server: &Server, validation: Validation) -> Client {
    builder(&server.url).validation(validation).build().unwrap()
}

fn too_long() -> CreateAssistantDto {
    let mut assistant = CreateAssistantDto::new().name("n".repeat(41));
    assistant.extra.insert("nmae".to_owned(), json!("Ada"));
    assistant
}

const SENTENCES: [&str; 2] = [
    "property nmae should not exist",
    "name must be shorter than or equal to 40 characters",
];

#[tokio::test]
async fn a_denied_request_is_an_error_and_is_not_sent() {
    let server = Server::replying([Reply::json(201, ASSISTANT)]).await;
    let vapi = validating(&server, Validation::Deny);
    let error = vapi.assistants().create(too_long()).await.unwrap_err();
    assert!(error.is_invalid_input(), "{error:?}");
    assert_eq!(error.messages(), SENTENCES);
    assert_eq!(error.attempts(), 0);
    let paths: Vec<&str> = error.problems().iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["/nmae", "/name"]);
    assert_eq!(
        error.to_string(),
        "AssistantController_create: the request is not what the document says, and was not sent: \
         property nmae should not exist; name must be shorter than or equal to 40 characters"
    );
    assert!(server.received().is_empty());
    vapi.assistants()
        .create(CreateAssistantDto::new().name("Ada"))
        .await
        .unwrap();
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_denied_query_is_not_sent() {
    let server = Server::replying([Reply::json(200, "[]")]).await;
    let vapi = validating(&server, Validation::Deny);
    let error = vapi.assistants().list().limit(5000).await.unwrap_err();
    assert_eq!(error.messages(), ["limit must not be greater than 1000"]);
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_warning_is_one_event_without_values() {
    let server = Server::replying([Reply::json(201, ASSISTANT)]).await;
    let warnings = Warnings::named("vapi.invalid");
    let _guard = tracing::subscriber::set_default(Registry::default().with(warnings.clone()));
    let vapi = validating(&server, Validation::Warn);
    vapi.assistants().create(too_long()).await.unwrap();
    let events = warnings.texts.lock().unwrap().clone();
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(
        events[0].starts_with("WARN ") && events[0].contains("count=2"),
        "{events:?}"
    );
    assert!(
        SENTENCES.iter().all(|sentence| events[0].contains(sentence)),
        "{events:?}"
    );
    assert!(!events[0].contains("nnnn"), "{events:?}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn nothing_is_checked_by_default() {
    let server = Server::replying([Reply::json(201, "{\"id\": \"a\"}")]).await;
    let warnings = Warnings::named("vapi.invalid");
    let _guard = tracing::subscriber::set_default(Registry::default().with(warnings.clone()));
    client(&server).assistants().create(too_long()).await.unwrap();
    assert!(warnings.texts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_denied_response_names_its_first_problem() {
    let wrong = ASSISTANT.replace("\"o\"", "5").replace('}', ",\"isNew\":true}");
    let server = Server::replying([Reply::json(201, &wrong), Reply::json(201, &wrong)]).await;
    let assistant = CreateAssistantDto::new().name("Ada");
    let error = validating(&server, Validation::Deny)
        .assistants()
        .create(assistant.clone())
        .await
        .unwrap_err();
    assert!(error.is_decode() && !error.is_invalid_input(), "{error:?}");
    assert_eq!(error.messages(), ["orgId must be a string"]);
    assert_eq!(error.json_path(), Some("orgId"));
    assert_eq!(error.status().map(|status| status.as_u16()), Some(201));
    assert_eq!(error.body(), Some(wrong.as_bytes()));
    assert_eq!(server.received().len(), 1);
}

/// Returns the messages of the emulator about a body, sorted: each document has its own order.
async fn refused(local: &vapi_emulator::Emulator, body: &Value) -> Vec<String> {
    let vapi = builder(&local.base_url()).api_key(local.api_key()).build().unwrap();
    let request = vapi.request(Method::POST, "/assistant").json(body);
    let mut messages = match request.send::<Value>().await {
        Ok(_) => Vec::new(),
        Err(error) => error.messages().to_vec(),
    };
    messages.sort();
    messages
}

#[tokio::test]
async fn the_emulator_refuses_what_validation_tells() {
    let (local, _) = crate::support::local().await;
    for body in [
        json!({ "name": 5, "nmae": 1, "voice": { "provider": "acme" }, "model": [] }),
        json!({ "voice": "Ada", "serverMessages": ["hang", "rang"], "silenceTimeoutSeconds": 1 }),
        json!({ "server": { "timeoutSeconds": 0, "backoffPlan": { "type": "linear" } } }),
        json!({ "name": "Ada", "firstMessage": null }),
    ] {
        let problems = validate::request::<AssistantsCreate>(&body).unwrap();
        let mut messages: Vec<String> = problems.iter().map(Problem::to_string).collect();
        messages.sort();
        assert_eq!(refused(&local, &body).await, messages, "{body}");
    }
}

#[test]
fn values_are_judged_by_the_names_of_the_document() -> Result<()> {
    let assistant = CreateAssistantDto::new().name("n".repeat(41));
    let problem = &validate::schema("CreateAssistantDTO", &assistant)?[0];
    assert_eq!(
        (problem.path.as_str(), problem.expected.as_str()),
        ("/name", "at most 40 characters")
    );
    assert_eq!(
        validate::request::<AssistantsCreate>(&assistant)?,
        std::slice::from_ref(problem)
    );
    let list = validate::response::<AssistantsList>(200, &json!([{ "id": 5 }]))?;
    assert!(
        list.iter()
            .any(|problem| problem.path == "/0/id" && problem.found == "5"),
        "{list:?}"
    );
    let error = validate::schema("Nothing", &assistant).unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert_eq!(error.to_string(), "the document has no schema `Nothing`");
    Ok(())
}

#[test]
#[cfg(vapi_type = "ServerMessageHang")]
fn webhooks_are_judged_by_their_type() -> Result<()> {
    let message = json!({ "message": { "type": "hang", "timestamp": true, "new": 1 } });
    let problems = validate::webhook("hang", &message)?;
    assert_eq!(
        problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(),
        ["/message/timestamp"]
    );
    assert!(validate::webhook("ring", &message).is_err());
    Ok(())
}
