//! Webhooks that few servers ask for, and calls that the user's own provider places.

use std::time::Duration;

use serde_json::{Value, json};
use vapi_emulator::{Emulator, Fault, Script};

use crate::client::{Vapi, start_with};
use crate::model_server::ModelServer;
use crate::receiver::Receiver;
use crate::webhooks::{STEP, start};

/// Runs a call to its end.
async fn call(vapi: &Vapi, assistant: Value) -> Value {
    let id = vapi.create("/call", json!({ "assistant": assistant })).await;
    vapi.emulator.advance(Duration::from_secs(600)).await;
    vapi.get(&format!("/call/{id}")).await.1
}

#[tokio::test]
async fn a_knowledge_base_helps_the_model() {
    let vapi = start().await;
    let base = Receiver::answering(|_| {
        let document = json!({ "content": "Closed on Mondays.", "similarity": 0.9 });
        Some((200, json!({ "documents": [document] })))
    })
    .await;
    let model = ModelServer::saying(&["Not on Mondays."]).await;
    vapi.emulator.script(Script::new().customer_says("When are you open?"));
    let more = json!({ "knowledgeBase": { "provider": "custom-knowledge-base", "server": { "url": base.url } } });
    let call = call(&vapi, json!({ "model": model.model(more) })).await;
    assert_eq!(
        call["artifact"]["transcript"],
        "User: When are you open?\nAI: Not on Mondays.\n"
    );
    let [asked] = &base.messages()[..] else {
        panic!("one request")
    };
    assert_eq!(asked["type"], "knowledge-base-request");
    assert_eq!(
        asked["messagesOpenAIFormatted"],
        json!([{ "role": "user", "content": "When are you open?" }])
    );
    let told = &model.bodies()[0]["messages"][0];
    assert_eq!(
        *told,
        json!({ "role": "system", "content": "From the knowledge base:\n\nClosed on Mondays." })
    );
}

#[tokio::test]
async fn a_knowledge_base_may_answer_itself() {
    let vapi = start().await;
    let base = Receiver::answering(|_| {
        let message = json!({ "type": "custom-message", "content": "Closed today." });
        Some((200, json!({ "message": message })))
    })
    .await;
    let model = ModelServer::saying(&[]).await;
    vapi.emulator.script(Script::new().customer_says("Open?"));
    let more = json!({ "knowledgeBase": { "provider": "custom-knowledge-base", "server": { "url": base.url } } });
    let call = call(&vapi, json!({ "model": model.model(more) })).await;
    assert_eq!(call["artifact"]["transcript"], "User: Open?\nAI: Closed today.\n");
    assert_eq!(model.bodies().len(), 0);
}

#[tokio::test]
async fn an_endpointing_model_delays_the_answer() {
    let vapi = start().await;
    let endpointing = Receiver::answering(|_| Some((200, json!({ "timeoutSeconds": 2.5 })))).await;
    let model = ModelServer::saying(&["Yes?"]).await;
    vapi.emulator.script(Script::new().customer_says("Well ..."));
    let plan = json!({ "provider": "custom-endpointing-model", "server": { "url": endpointing.url } });
    let plan = json!({ "smartEndpointingPlan": plan });
    let call = call(
        &vapi,
        json!({ "model": model.model(json!({})), "startSpeakingPlan": plan }),
    )
    .await;
    assert_eq!(endpointing.types(), ["call.endpointing.request"]);
    let messages = call["messages"].as_array().expect("messages");
    let silence = messages[1]["time"].as_i64().expect("a time") - messages[0]["endTime"].as_i64().expect("a time");
    assert!((2500..STEP.as_millis() as i64).contains(&silence), "{silence}");
}

#[tokio::test]
async fn a_custom_voice_says_every_line() {
    let vapi = start().await;
    // JSON is no sound, but its length is a duration: 96,000 bytes are two seconds of 24 kHz.
    let voice = Receiver::answering(|_| Some((200, json!("a".repeat(96_000 - 2))))).await;
    vapi.emulator
        .script(Script::new().assistant_greets().customer_says("Hm."));
    let voiced = json!({ "provider": "custom-voice", "server": { "url": voice.url } });
    let call = call(&vapi, json!({ "firstMessage": "Hello there!", "voice": voiced })).await;
    let [asked] = &voice.messages()[..] else {
        panic!("one request")
    };
    assert_eq!(
        (&asked["type"], &asked["text"], &asked["sampleRate"]),
        (&json!("voice-request"), &json!("Hello there!"), &json!(24_000))
    );
    assert_eq!(call["messages"][0]["duration"], 2000);
}

async fn with_messages(vapi: &Vapi, receiver: &Receiver, kinds: &[&str]) -> String {
    let assistant = json!({
        "name": "Ada", "server": { "url": receiver.url }, "serverMessages": kinds,
    });
    vapi.create("/assistant", assistant).await
}

#[tokio::test]
async fn changes_of_sessions_are_announced() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let kinds = ["session.created", "session.updated", "session.deleted"];
    let assistant = with_messages(&vapi, &receiver, &kinds).await;
    let session = vapi.create("/session", json!({ "assistantId": assistant })).await;
    let path = format!("/session/{session}");
    assert_eq!(vapi.patch(&path, json!({ "name": "Two" })).await.0, 200);
    assert_eq!(vapi.delete(&path).await.0, 200);
    vapi.emulator.advance(Duration::ZERO).await;
    let mut received: Vec<String> = receiver.types();
    // Each is a delivery of its own.
    received.sort_unstable();
    assert_eq!(received, ["session.created", "session.deleted", "session.updated"]);
    let updated = &receiver.of_type("session.updated")[0];
    assert_eq!(
        (&updated["session"]["id"], &updated["session"]["name"]),
        (&json!(session), &json!("Two"))
    );
    assert_eq!(updated["assistant"]["name"], "Ada");
}

#[tokio::test]
async fn changes_of_chats_are_announced() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let assistant = with_messages(&vapi, &receiver, &["chat.created", "chat.deleted"]).await;
    let (_, chat) = vapi
        .post("/chat", json!({ "assistantId": assistant, "input": "Hi." }))
        .await;
    let id = chat["id"].as_str().expect("an id");
    assert_eq!(vapi.delete(&format!("/chat/{id}")).await.0, 200);
    vapi.emulator.advance(Duration::ZERO).await;
    let created = &receiver.of_type("chat.created")[0];
    assert_eq!(created["chat"]["output"][0]["content"], "You said: Hi.");
    assert_eq!(receiver.of_type("chat.deleted")[0]["chat"]["id"], id);
    assert_eq!(receiver.all()[0].header("x-chat-id"), Some(id));
}

#[tokio::test]
async fn a_deleted_call_is_announced() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let assistant = with_messages(&vapi, &receiver, &["call.deleted"]).await;
    let id = vapi.create("/call", json!({ "assistantId": assistant })).await;
    assert_eq!(vapi.delete(&format!("/call/{id}")).await.0, 200);
    vapi.emulator.advance(Duration::ZERO).await;
    assert_eq!(receiver.types(), ["call.deleted"]);
    assert_eq!(receiver.messages()[0]["call"]["id"], id);
}

#[tokio::test]
async fn a_call_that_cannot_be_deleted_is_announced() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let assistant = with_messages(&vapi, &receiver, &["call.deleted", "call.delete.failed"]).await;
    let id = vapi.create("/call", json!({ "assistantId": assistant })).await;
    let path = format!("/call/{id}");
    vapi.emulator.fault(Fault::on("DELETE /call/{id}").status(503).times(1));
    assert_eq!(vapi.delete(&path).await.0, 503);
    vapi.emulator.advance(Duration::ZERO).await;
    assert_eq!(receiver.types(), ["call.delete.failed"]);
    assert_eq!(receiver.messages()[0]["call"]["id"], id);
    assert_eq!(vapi.get(&path).await.0, 200);
    assert_eq!(vapi.delete(&path).await.0, 200);
    vapi.emulator.advance(Duration::ZERO).await;
    assert_eq!(receiver.types(), ["call.delete.failed", "call.deleted"]);
}

#[tokio::test]
async fn artifacts_for_the_users_own_storage_are_reported() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let assistant = |more: Value| {
        let mut assistant = json!({
            "firstMessage": "Hello!", "server": { "url": receiver.url }, "serverMessages": ["call.artifact.upload"],
        });
        assistant["artifactPlan"] = more;
        assistant
    };
    call(&vapi, assistant(json!({}))).await;
    assert_eq!(receiver.types(), Vec::<String>::new());
    let credential = json!({
        "provider": "s3", "awsAccessKeyId": "a", "awsSecretAccessKey": "b", "region": "eu-west-1", "s3BucketName": "calls",
        "s3PathPrefix": "vapi/",
    });
    vapi.create("/credential", credential).await;
    call(
        &vapi,
        assistant(json!({ "loggingUseCustomStorageEnabled": false, "pcapEnabled": false })),
    )
    .await;
    let kinds = [
        "recording-mono",
        "recording-stereo",
        "recording-assistant",
        "recording-customer",
    ];
    let expected = kinds.map(|kind| json!({ "type": kind, "success": true }));
    assert_eq!(
        receiver.of_type("call.artifact.upload")[0]["artifacts"],
        json!(expected)
    );
}

#[tokio::test]
async fn a_change_of_language_is_announced() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let script = Script::new()
        .assistant_greets()
        .language_changes("es")
        .customer_says("Hola.");
    vapi.emulator.script(script);
    let assistant = json!({
        "firstMessage": "Hello!", "server": { "url": receiver.url }, "serverMessages": ["language-change-detected"],
    });
    let call = call(&vapi, assistant).await;
    assert_eq!(receiver.types(), ["language-change-detected"]);
    assert_eq!(receiver.messages()[0]["language"], "es");
    assert_eq!(call["artifact"]["transcript"], "AI: Hello!\nUser: Hola.\n");
    let id = call["id"].as_str().expect("an id");
    let (_, again) = vapi.get(&format!("/emulator/calls/{id}/script")).await;
    assert_eq!(again["scripts"][0]["steps"][1], json!({ "language": "es" }));
}

#[tokio::test]
async fn the_session_of_a_web_chat_is_announced() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let assistant = with_messages(&vapi, &receiver, &["session.created", "session.updated"]).await;
    let chat = json!({ "assistantId": assistant, "input": "Hi." });
    let request = vapi.without_token(reqwest::Method::POST, "/chat/web");
    let request = request.bearer_auth(vapi.emulator.public_key()).json(&chat);
    let (status, chat) = crate::client::answer(request).await;
    assert_eq!(status, 201, "{chat}");
    vapi.emulator.advance(Duration::ZERO).await;
    let created = &receiver.of_type("session.created")[0]["session"];
    assert_eq!(
        (&created["id"], &created["messages"]),
        (&chat["sessionId"], &Value::Null)
    );
    let updated = &receiver.of_type("session.updated")[0]["session"];
    assert_eq!(updated["messages"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn nothing_is_announced_unless_asked_for() {
    let (vapi, receiver) = (start().await, Receiver::start().await);
    let assistant = json!({ "server": { "url": receiver.url } });
    let assistant = vapi.create("/assistant", assistant).await;
    vapi.create("/session", json!({ "assistantId": assistant })).await;
    vapi.post("/chat", json!({ "assistantId": assistant, "input": "Hi." }))
        .await;
    vapi.emulator.advance(Duration::ZERO).await;
    assert_eq!(receiver.types(), Vec::<String>::new());
}

#[tokio::test]
async fn a_bypassed_provider_gets_twiml_and_time() {
    let vapi = start_with(Emulator::builder().call_step(STEP)).await;
    vapi.emulator
        .script(Script::new().assistant_greets().customer_says("Bye."));
    let body = json!({
        "assistant": { "firstMessage": "Hello!" }, "customer": { "number": "+15555550123" },
        "phoneCallProviderBypassEnabled": true,
    });
    let (status, call) = vapi.post("/call", body).await;
    assert_eq!(status, 201, "{call}");
    let twiml = call["phoneCallProviderDetails"]["twiml"].as_str().expect("TwiML");
    assert!(twiml.contains("<Response><Connect><Stream url=\"ws://"), "{twiml}");
    let id = call["id"].as_str().expect("an id");
    let path = format!("/call/{id}");
    vapi.emulator.advance(100 * STEP).await;
    assert_eq!(vapi.get(&path).await.1["status"], "queued");
    let answer = format!("/emulator/calls/{id}/answer");
    let (status, answered) = vapi.post(&answer, json!({ "byHand": false })).await;
    assert_eq!((status, &answered["summary"]["status"]), (200, &json!("in-progress")));
    vapi.emulator.advance(100 * STEP).await;
    let (_, call) = vapi.get(&path).await;
    assert_eq!(call["artifact"]["transcript"], "AI: Hello!\nUser: Bye.\n");
}
