//! Chats that are answered word by word: what is read, what is kept, and how a stream that goes wrong ends.
#![cfg(all(
    vapi_op = "ChatController_createChat",
    vapi_op = "ChatController_createOpenAIChat",
    vapi_type = "CreateChatDto",
    vapi_type = "OpenAiResponsesRequest"
))]

mod support;

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};
use support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use vapi::Client;
use vapi::chat::{ChatEvent, ChatStream, ResponseEvent, ResponseStream};
use vapi::http::{Method, StatusCode};
use vapi::types::{CreateChatDto, OpenAiResponsesRequest};
use vapi_emulator::Emulator;

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

async fn response(body: &str) -> ResponseStream {
    let server = Server::replying([Reply::new(200, EVENTS, body)]).await;
    let request = OpenAiResponsesRequest::new("Hi!".to_owned()).assistant_id("a-1");
    let vapi = client(&server);
    vapi.chats().create_response(request).stream().await.unwrap()
}

/// The events of a body, up to the end or the first error.
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

/// The error that a stream ends in, which must come after one delta.
async fn error_after_a_delta(rest: &str) -> vapi::Error {
    let body = format!("data: {{\"delta\":\"a\"}}\n\n{rest}");
    let (events, error) = events_of(Reply::new(200, EVENTS, body)).await;
    assert!(matches!(&events[..], [ChatEvent::Delta(_)]), "{events:?}");
    error.unwrap()
}

// Against the local Vapi.

async fn local() -> (Emulator, Client) {
    let local = Emulator::start().await;
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()
        .unwrap();
    (local, vapi)
}

#[tokio::test]
async fn a_chat_is_heard_word_by_word() {
    let (local, vapi) = local().await;
    let mut chat = vapi.chats().create(question()).stream().await.unwrap();
    let mut heard = Vec::new();
    let mut words = chat.text_deltas();
    while let Some(word) = words.next().await {
        heard.push(word.unwrap());
    }
    assert_eq!(heard, ["You", " said:", " Hi!"]);

    let id = chat.chat_id().unwrap().to_owned();
    assert_eq!(vapi.chats().get(&id).await.unwrap().id, id);
    let next = CreateChatDto::new("And?".to_owned()).previous_chat_id(id.as_str());
    let text = vapi.chats().create(next).stream().await.unwrap().collect_text().await;
    assert_eq!(text.unwrap(), "You said: And?");

    let sent: Value = local.requests()[0].json().unwrap();
    assert_eq!(sent, json!({ "assistantId": "a-1", "input": "Hi!", "stream": true }));
}

#[tokio::test]
async fn a_response_is_heard_word_by_word_and_then_whole() {
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
async fn a_stream_through_the_plain_method_is_an_error_that_says_what_to_do() {
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

// What is sent.

#[tokio::test]
async fn the_body_asks_for_a_stream_and_is_else_as_it_was() {
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

// What is read.

#[tokio::test]
async fn an_event_says_where_its_piece_belongs() {
    let (events, error) = events_of(Reply::new(200, EVENTS, HELLO)).await;
    assert!(error.is_none());
    let [ChatEvent::Delta(first), ChatEvent::Delta(second), ChatEvent::Done] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(first.id.as_deref(), Some("c-1"));
    assert_eq!(first.session_id.as_deref(), Some("s-1"));
    assert_eq!(first.path.as_deref(), Some("chat.output[0].content"));
    assert_eq!(first.delta, "Hello");
    assert!(first.extra.is_empty());
    assert_eq!(second.delta, " there");
}

#[tokio::test]
async fn the_ids_are_known_once_they_have_come() {
    let (_server, stream) = chat(Reply::new(200, EVENTS, HELLO).header("x-request-id", "req-9")).await;
    let mut stream = stream.unwrap();
    assert_eq!((stream.chat_id(), stream.session_id()), (None, None));
    assert_eq!(stream.request_id().as_deref(), Some("req-9"));
    stream.next().await.unwrap().unwrap();
    assert_eq!((stream.chat_id(), stream.session_id()), (Some("c-1"), Some("s-1")));
    assert_eq!(stream.collect_text().await.unwrap(), " there");
}

#[tokio::test]
async fn lines_may_end_in_carriage_returns() {
    assert_eq!(text_of(HELLO.replace('\n', "\r\n")).await, "Hello there");
    assert_eq!(text_of(HELLO.replace('\n', "\r")).await, "Hello there");
}

#[tokio::test]
async fn comments_and_data_that_is_not_json_are_skipped() {
    let body =
        ": ping\n\ndata: started\n\nretry: 5\n\ndata: {\"delta\":\n: in the midst\ndata: \"a\"}\n\ndata: [DONE]\n\n";
    let (events, error) = events_of(Reply::new(200, EVENTS, body)).await;
    assert!(error.is_none());
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(text_of(body).await, "a");
}

#[tokio::test]
async fn characters_may_be_cut_in_two_on_the_way() {
    let body = "data: {\"delta\":\"né 你好 🎉\"}\r\n\r\ndata: [DONE]\r\n\r\n";
    let bytes: Vec<&[u8]> = body.as_bytes().chunks(1).collect();
    let reply = Reply::new(200, EVENTS, "").chunked(&bytes, Duration::ZERO);
    let (_server, stream) = chat(reply).await;
    assert_eq!(stream.unwrap().collect_text().await.unwrap(), "né 你好 🎉");
}

#[tokio::test]
async fn words_are_heard_before_the_end() {
    let pause = Duration::from_millis(20);
    let pieces: [&[u8]; 2] = [b"data: {\"delta\":\"a\"}\n\n", b"data: [DONE]\n\n"];
    let server = Server::replying([Reply::new(200, EVENTS, "").chunked(&pieces, pause)]).await;
    let vapi = client(&server);
    let mut stream = vapi.chats().create(question()).stream().await.unwrap();
    // As `StreamExt::next`, to show that it is a `Stream`.
    use futures_core::Stream;
    let first = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await;
    assert!(matches!(first, Some(Ok(ChatEvent::Delta(_)))), "{first:?}");
}

#[tokio::test]
async fn nothing_is_read_after_done() {
    let body = format!("{HELLO}data: {{\"delta\":\"!\"}}\n\n");
    assert_eq!(text_of(body).await, "Hello there");
}

#[tokio::test]
async fn a_stream_may_end_without_done() {
    let (events, error) = events_of(Reply::new(200, EVENTS, "data: {\"delta\":\"a\"}\n\n")).await;
    assert!(error.is_none());
    assert!(matches!(&events[..], [ChatEvent::Delta(_)]), "{events:?}");
    // Nor need its last event be closed.
    assert_eq!(text_of("data: {\"delta\":\"a\"}\n\ndata: [DONE]").await, "a");
}

#[tokio::test]
async fn unknown_events_are_kept() {
    let body = "event: tool\ndata: {\"name\":\"x\",\"delta\":7}\n\ndata: [1]\n\ndata: [DONE]\n\n";
    let (events, _) = events_of(Reply::new(200, EVENTS, body)).await;
    assert_eq!(
        events,
        [
            ChatEvent::Unknown {
                name: Some("tool".to_owned()),
                data: json!({ "name": "x", "delta": 7 })
            },
            ChatEvent::Unknown {
                name: None,
                data: json!([1])
            },
            ChatEvent::Done
        ]
    );
}

#[tokio::test]
async fn what_an_event_says_besides_is_kept() {
    let (events, _) = events_of(Reply::new(200, EVENTS, "data: {\"delta\":\"a\",\"cost\":1}\n\n")).await;
    let [ChatEvent::Delta(piece)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(Value::Object(piece.extra.clone()), json!({ "cost": 1 }));
}

#[tokio::test]
async fn output_that_comes_whole_is_text_too() {
    assert_eq!(text_of("data: {\"output\":\"Hello.\"}\n\n").await, "Hello.");
    let messages = json!({ "id": "c-1", "output": [
        { "role": "tool", "content": "19 degrees" },
        { "role": "assistant", "content": "It is mild." },
    ]});
    assert_eq!(text_of(format!("data: {messages}\n\n")).await, "It is mild.");
}

#[tokio::test]
async fn output_that_repeats_the_pieces_is_no_new_text() {
    let body = "data: {\"delta\":\"Hel\"}\n\ndata: {\"delta\":\"lo\"}\n\ndata: {\"output\":\"Hello\"}\n\n";
    assert_eq!(text_of(body).await, "Hello");
}

#[tokio::test]
async fn pieces_of_other_things_are_no_text() {
    let body = "data: {\"path\":\"chat.output[0].toolCalls\",\"delta\":\"{\"}\n\ndata: {\"delta\":\"a\"}\n\n";
    assert_eq!(text_of(body).await, "a");
}

// The form of OpenAI.

#[tokio::test]
async fn vapis_own_pieces_are_known_in_a_response_too() {
    let mut stream = response(HELLO).await;
    let first = stream.next().await.unwrap().unwrap();
    assert!(
        matches!(&first, ResponseEvent::Delta(piece) if piece.delta == "Hello"),
        "{first:?}"
    );
    assert_eq!(stream.collect_text().await.unwrap(), " there");
    assert_eq!(stream.chat_id(), Some("c-1"));
}

#[tokio::test]
async fn an_event_is_known_by_its_name_where_it_has_no_type() {
    let body = "event: response.output_text.delta\ndata: {\"delta\":\"a\",\"item_id\":\"m-1\"}\n\ndata: [DONE]\n\n";
    let event = response(body).await.next().await.unwrap().unwrap();
    let ResponseEvent::OutputTextDelta(piece) = event else {
        panic!("{event:?}");
    };
    assert_eq!((piece.delta.as_str(), piece.item_id.as_deref()), ("a", Some("m-1")));
}

#[tokio::test]
async fn a_response_that_only_comes_whole_has_its_text() {
    let completed = json!({ "type": "response.completed", "response": {
        "id": "r-1",
        "output": [{ "role": "assistant", "content": [
            { "type": "output_text", "text": "Hel" },
            { "type": "text", "text": "lo" },
        ]}],
    }});
    let mut stream = response(&format!("data: {completed}\n\n")).await;
    assert_eq!(stream.collect_text().await.unwrap(), "Hello");
    assert_eq!(stream.chat_id(), Some("r-1"));
}

#[tokio::test]
async fn unknown_events_of_a_response_are_kept() {
    let created = json!({ "type": "response.created", "response": { "id": "r-1" } });
    let event = response(&format!("data: {created}\n\n")).await.next().await.unwrap();
    assert_eq!(
        event.unwrap(),
        ResponseEvent::Unknown {
            name: None,
            data: created
        }
    );
}

#[tokio::test]
async fn a_response_that_stops_in_the_midst_of_its_text_is_interrupted() {
    let piece = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n";
    assert!(response(piece).await.collect_text().await.unwrap_err().is_interrupted());
    let part = "data: {\"type\":\"response.output_text.done\",\"text\":\"a\"}\n\n";
    let text = response(&format!("{piece}{part}")).await.collect_text().await;
    assert_eq!(text.unwrap(), "a");
}

#[tokio::test]
async fn a_response_that_fails_is_an_error() {
    for event in [
        json!({ "type": "error", "code": "server_error", "message": "no model", "param": null, "sequence_number": 3 }),
        json!({ "type": "response.failed", "response": { "error": { "code": "server_error", "message": "no model" } } }),
    ] {
        let mut stream = response(&format!("data: {event}\n\n")).await;
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.messages(), ["no model"], "{event}");
        assert_eq!(error.reason(), Some("server_error"), "{event}");
        assert!(stream.next().await.is_none());
    }
}

// What goes wrong.

#[tokio::test]
async fn an_error_before_the_stream_is_the_same_as_without_one() {
    let (server, stream) = chat(Reply::json(
        400,
        r#"{"message":["input should not be empty"],"statusCode":400}"#,
    ))
    .await;
    let error = stream.unwrap_err();
    assert!(error.is_bad_request());
    assert_eq!(
        error.to_string(),
        "ChatController_createChat: 400 Bad Request: input should not be empty"
    );
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_chat_that_the_server_has_read_is_sent_once() {
    for failure in [
        Reply::empty(500),
        Reply::close(),
        Reply::new(200, EVENTS, HELLO).cut_after(9),
    ] {
        let (server, stream) = chat(failure.clone()).await;
        let failed = match stream {
            Ok(mut stream) => stream.collect_text().await.is_err(),
            Err(_) => true,
        };
        assert!(failed, "{failure:?}");
        assert_eq!(server.received().len(), 1, "{failure:?}");
    }
}

#[tokio::test]
async fn an_error_in_mid_stream_is_an_error() {
    for (report, sentence) in [
        (r#"data: {"error":"overloaded"}"#, ": overloaded"),
        (r#"data: {"error":{"message":"no model","code":"x"}}"#, ": no model"),
        (r#"data: {"type":"error","message":"no model"}"#, ": no model"),
        ("event: error\ndata: {\"message\":\"no model\"}", ": no model"),
        ("event: error\ndata: overloaded", ": overloaded"),
        (
            r#"data: {"statusCode":429,"message":"Rate limit exceeded"}"#,
            " (429 Too Many Requests): Rate limit exceeded",
        ),
    ] {
        let error = error_after_a_delta(&format!("{report}\n\ndata: {{\"delta\":\"b\"}}\n\n")).await;
        let start = "ChatController_createChat: the server broke the stream off with an error";
        assert_eq!(error.to_string(), format!("{start}{sentence}"));
        assert_eq!(error.is_rate_limited(), report.contains("429"), "{report}");
    }
}

#[tokio::test]
async fn an_error_in_mid_stream_does_not_show_the_key() {
    let error = error_after_a_delta(&format!("data: {{\"error\":\"no such key: {KEY}\"}}\n\n")).await;
    assert!(error.to_string().ends_with("no such key: [redacted]"), "{error}");
    assert!(!format!("{error:?}").contains(KEY), "{error:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_interruption() {
    let first = HELLO.find("\n\n").unwrap() + 2;
    for cut in [first, first + 10] {
        let (events, error) = events_of(Reply::new(200, EVENTS, HELLO).cut_after(cut)).await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert!(error.unwrap().is_interrupted());
    }
}

#[tokio::test]
async fn half_an_event_at_the_end_is_an_interruption() {
    assert!(error_after_a_delta("data: {\"delta\":\"b").await.is_interrupted());
}

/// A server whose answer ends where its connection does, so that only `[DONE]` tells the end from a cut.
async fn unframed(body: &'static str) -> vapi::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            socket.read_buf(&mut request).await.unwrap();
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    });
    let vapi = builder(&url).build().unwrap();
    let text = vapi
        .chats()
        .create(question())
        .stream()
        .await
        .unwrap()
        .collect_text()
        .await;
    server.await.unwrap();
    text
}

#[tokio::test]
async fn without_lengths_only_done_is_the_end() {
    assert_eq!(unframed(HELLO).await.unwrap(), "Hello there");
    let error = unframed("data: {\"delta\":\"a\"}\n\n").await.unwrap_err();
    assert!(error.is_interrupted(), "{error}");
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_a_timeout() {
    let first = HELLO.find("\n\n").unwrap() + 2;
    let server = Server::replying([Reply::new(200, EVENTS, HELLO).stalling_after(first)]).await;
    let vapi = builder(&server.url)
        .idle_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let mut stream = vapi.chats().create(question()).stream().await.unwrap();
    stream.next().await.unwrap().unwrap();
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(error.is_timeout() && !error.is_interrupted());
    assert_eq!(
        error.to_string(),
        "ChatController_createChat: the server sent nothing for 200ms"
    );
    assert!(stream.next().await.is_none());
    server.was_hung_up_on(1).await;
}

#[tokio::test]
async fn comments_keep_a_stream_alive() {
    let ping: &[u8] = b": ping\n\n";
    let reply = Reply::new(200, EVENTS, "").chunked(
        &[ping, ping, ping, ping, b"data: {\"delta\":\"a\"}\n\n"],
        Duration::from_millis(100),
    );
    let server = Server::replying([reply]).await;
    let vapi = builder(&server.url)
        .idle_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let mut stream = vapi.chats().create(question()).stream().await.unwrap();
    assert_eq!(stream.collect_text().await.unwrap(), "a");
}

#[tokio::test]
async fn a_stream_that_does_not_begin_is_a_timeout() {
    let server = Server::replying([Reply::silence()]).await;
    let vapi = client(&server);
    let limit = Duration::from_millis(200);
    let stream = vapi.chats().create(question()).timeout(limit).stream().await;
    assert!(stream.unwrap_err().is_timeout());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn dropping_a_stream_closes_its_connection() {
    let (server, stream) = chat(Reply::new(200, EVENTS, HELLO).stalling_after(9)).await;
    drop(stream.unwrap());
    server.was_hung_up_on(1).await;
}

#[tokio::test]
async fn an_event_without_end_is_refused() {
    let endless = format!("data: {}", "x".repeat(9 << 20));
    let (events, error) = events_of(Reply::new(200, EVENTS, endless)).await;
    assert!(events.is_empty());
    let error = error.unwrap();
    assert!(error.is_decode());
    assert_eq!(
        error.to_string(),
        "ChatController_createChat: an event is longer than 8 MiB"
    );
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_an_error_that_keeps_it() {
    let whole = r#"{"id":"c-1","output":[]}"#;
    let (_server, stream) = chat(Reply::json(201, whole)).await;
    let error = stream.unwrap_err();
    assert!(error.is_decode());
    assert_eq!(error.body(), Some(whole.as_bytes()));
    assert_eq!(
        error.to_string(),
        "ChatController_createChat: the answer (201 Created) is application/json where a stream of events was expected"
    );
}

#[tokio::test]
async fn an_answer_of_no_declared_type_is_read_as_events() {
    let (_server, stream) = chat(Reply::new(200, "", HELLO)).await;
    assert_eq!(stream.unwrap().collect_text().await.unwrap(), "Hello there");
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
