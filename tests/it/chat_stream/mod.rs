//! Chats as streams: the events, the text, and the errors of a stream.
#![cfg(all(
    vapi_op = "ChatController_createChat",
    vapi_op = "ChatController_createOpenAIChat",
    vapi_type = "CreateChatDto",
    vapi_type = "OpenAiResponsesRequest"
))]

mod failures;
mod reading;
mod responses;

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vapi::chat::{ChatEvent, ChatStream, ResponseEvent, ResponseStream};
use vapi::http::{Method, StatusCode};
use vapi::types::{CreateChatDto, OpenAiResponsesRequest};

use crate::support::*;

const EVENTS: &str = "text/event-stream; charset=utf-8";

/// Two words and the end, as Vapi sends them.
const HELLO: &str = concat!(
    "data: {\"id\":\"c-1\",\"sessionId\":\"s-1\",\"path\":\"chat.output[0].content\",\"delta\":\"Hello\"}\n\n",
    "data: {\"id\":\"c-1\",\"sessionId\":\"s-1\",\"path\":\"chat.output[0].content\",\"delta\":\" there\"}\n\n",
    "data: [DONE]\n\n",
);

fn question() -> CreateChatDto {
    CreateChatDto::new("Hi!".to_owned()).assistant_id("a-1")
}

async fn chat(reply: Reply) -> (Server, vapi::Result<ChatStream>) {
    let server = Server::replying([reply]).await;
    let stream = client(&server).chats().create(question()).stream().await;
    (server, stream)
}

/// Returns the events of a body, up to the end or the first error.
async fn events_of(reply: Reply) -> (Vec<ChatEvent>, Option<vapi::Error>) {
    let (_server, stream) = chat(reply).await;
    let mut stream = stream.unwrap();
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => {
                assert!(stream.next().await.is_none(), "an error is the end");
                return (events, Some(error));
            }
        }
    }
    (events, None)
}

async fn text_of(body: impl Into<Vec<u8>>) -> String {
    let (_server, stream) = chat(Reply::new(200, EVENTS, body)).await;
    stream.unwrap().collect_text().await.unwrap()
}

#[tokio::test]
async fn a_chat_streams_its_text() {
    let (local, vapi) = local().await;
    let mut chat = vapi.chats().create(question()).stream().await.unwrap();
    let mut received = Vec::new();
    let mut words = chat.text_deltas();
    while let Some(word) = words.next().await {
        received.push(word.unwrap());
    }
    assert_eq!(received, ["You", " said:", " Hi!"]);

    let id = chat.chat_id().unwrap().to_owned();
    assert_eq!(vapi.chats().get(&id).await.unwrap().id, id);
    let next = CreateChatDto::new("And?".to_owned()).previous_chat_id(id.as_str());
    let text = vapi.chats().create(next).stream().await.unwrap().collect_text().await;
    assert_eq!(text.unwrap(), "You said: And?");

    let sent: Value = local.requests()[0].json().unwrap();
    assert_eq!(sent, json!({ "assistantId": "a-1", "input": "Hi!", "stream": true }));
}

#[tokio::test]
async fn a_response_streams_its_text_and_then_completes() {
    let (_local, vapi) = local().await;
    let request = OpenAiResponsesRequest::new("Hi!".to_owned()).assistant_id("a-1");
    let mut stream = vapi.chats().create_response(request).stream().await.unwrap();
    let mut kinds = Vec::new();
    while let Some(event) = stream.next().await {
        kinds.push(match event.unwrap() {
            ResponseEvent::OutputTextDelta(piece) => piece.delta,
            ResponseEvent::OutputTextDone(part) => format!("done: {}", part.text),
            ResponseEvent::Completed(whole) => format!("completed: {}", whole.text()),
            ResponseEvent::Done => "end".to_owned(),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(
        kinds,
        [
            "You",
            " said:",
            " Hi!",
            "done: You said: Hi!",
            "completed: You said: Hi!",
            "end"
        ]
    );
    assert!(stream.chat_id().is_some());
}

#[tokio::test]
async fn a_stream_without_stream_is_an_error_with_advice() {
    let (_local, vapi) = local().await;
    let error = vapi.chats().create(question().stream(true)).await.unwrap_err();
    assert!(error.is_decode());
    assert_eq!(error.status(), Some(StatusCode::OK));
    let sentence = error.to_string();
    assert!(sentence.contains("is a stream of events"), "{sentence}");
    assert!(sentence.contains("`.stream()`"), "{sentence}");

    let request = OpenAiResponsesRequest::new("Hi!".to_owned())
        .assistant_id("a-1")
        .stream(true);
    let error = vapi.chats().create_response(request).json::<Value>().await.unwrap_err();
    assert!(error.to_string().contains("`.stream()`"), "{error}");
}

#[tokio::test]
async fn stream_is_the_only_change_to_the_body() {
    let server = Server::replying([Reply::new(200, EVENTS, HELLO)]).await;
    let vapi = client(&server);
    let request = question().stream(false).name("42");
    vapi.chats().create(request).stream().await.unwrap();
    let request = server.request();
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        request.text(),
        r#"{"assistantId":"a-1","input":"Hi!","name":"42","stream":true}"#
    );
}

#[tokio::test]
async fn events_of_any_path_can_be_read() {
    let server = Server::replying([Reply::new(200, EVENTS, HELLO)]).await;
    let vapi = client(&server);
    let request = vapi.request(Method::POST, "/chat/web").json(&json!({ "stream": true }));
    let mut chat = ChatStream::from_bytes(request.send_stream().await.unwrap())
        .await
        .unwrap();
    assert_eq!(chat.collect_text().await.unwrap(), "Hello there");
}

#[test]
fn a_stream_can_cross_threads() {
    fn crosses<T: Send + Unpin>() {}
    crosses::<ChatStream>();
    crosses::<ResponseStream>();
}
