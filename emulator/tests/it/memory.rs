//! Sessions and chats that remember, and files that get ready.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start_strict};

const STEP: Duration = Duration::from_secs(10);
/// A little more than a step.
const ON: Duration = Duration::from_secs(11);

async fn start() -> (Vapi, String) {
    let vapi = start_strict(Emulator::builder().call_step(STEP)).await;
    let assistant = vapi.create("/assistant", json!({ "name": "Ada" })).await;
    (vapi, assistant)
}

fn said(of: &Value) -> Vec<&str> {
    let messages = of["messages"].as_array().expect("messages").iter();
    messages.filter_map(|message| message["content"].as_str()).collect()
}

#[tokio::test]
async fn a_session_remembers_its_chats() {
    let (vapi, assistant) = start().await;
    let session = vapi.create("/session", json!({ "assistantId": assistant })).await;
    vapi.post("/chat", json!({ "sessionId": session, "input": "One" }))
        .await;
    let (_, chat) = vapi
        .post("/chat", json!({ "sessionId": session, "input": "Two" }))
        .await;
    let expected = ["One", "You said: One", "Two", "You said: Two"];
    assert_eq!(said(&chat), expected);
    let (_, session) = vapi.get(&format!("/session/{session}")).await;
    assert_eq!(said(&session), expected);
}

#[tokio::test]
async fn a_web_chat_gets_a_session() {
    let (vapi, assistant) = start().await;
    let chat = async |body: Value| {
        let request = vapi.without_token(Method::POST, "/chat/web");
        answer(request.bearer_auth(vapi.emulator.public_key()).json(&body)).await
    };
    let input = json!([{ "role": "user", "content": "One" }]);
    let (status, first) = chat(json!({ "assistantId": assistant, "input": input })).await;
    assert_eq!(status, 201, "{first}");
    let session = first["sessionId"].as_str().expect("a session");
    let (_, second) = chat(json!({ "assistantId": assistant, "sessionId": session, "input": "Two" })).await;
    assert_eq!(second["sessionId"], session);
    let (_, stored) = vapi.get(&format!("/session/{session}")).await;
    assert_eq!(
        (&stored["status"], &stored["assistantId"]),
        (&json!("active"), &json!(assistant))
    );
    assert_eq!(said(&stored).len(), 4);
    chat(json!({ "assistantId": assistant, "sessionId": session, "input": "Bye", "sessionEnd": true })).await;
    assert_eq!(vapi.get(&format!("/session/{session}")).await.1["status"], "completed");
}

#[tokio::test]
async fn a_file_of_a_knowledge_base_gets_ready() {
    let (vapi, _) = start().await;
    let part = reqwest::multipart::Part::bytes(&b"Menu"[..])
        .file_name("menu.txt")
        .mime_str("text/plain");
    let form = reqwest::multipart::Form::new().part("file", part.expect("a type"));
    let (_, file) = answer(vapi.request(Method::POST, "/file").multipart(form)).await;
    assert_eq!(file["status"], "processing");
    let id = file["id"].as_str().expect("an id");
    vapi.emulator.advance(ON).await;
    assert_eq!(vapi.get(&format!("/file/{id}")).await.1["status"], "done");

    let base = vapi.create("/v2/knowledge-base", json!({ "name": "Menus" })).await;
    let path = format!("/v2/knowledge-base/{base}/file");
    let (_, attached) = vapi.post(&path, json!({ "fileId": id })).await;
    assert_eq!(
        (
            &attached["status"],
            &attached["knowledgeBaseV2Id"],
            &attached["fileName"],
            &attached["bytes"]
        ),
        (&json!("indexing"), &json!(base), &json!("menu.txt"), &json!(4))
    );
    vapi.emulator.advance(ON).await;
    assert_eq!(vapi.get(&path).await.1[0]["status"], "ready");
    let (status, again) = answer(vapi.request(Method::POST, &format!("{path}/{id}/retry"))).await;
    assert_eq!((status, &again["status"]), (201, &json!("indexing")));
    vapi.emulator.advance(ON).await;
    assert_eq!(vapi.get(&path).await.1[0]["status"], "ready");
}
