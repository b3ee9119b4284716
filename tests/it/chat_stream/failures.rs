//! The errors of a stream.

use super::*;

/// Returns the error that a stream ends in, which must come after one delta.
async fn error_after_a_delta(rest: &str) -> vapi::Error {
    let body = format!("data: {{\"delta\":\"a\"}}\n\n{rest}");
    let (events, error) = events_of(Reply::new(200, EVENTS, body)).await;
    assert!(matches!(&events[..], [ChatEvent::Delta(_)]), "{events:?}");
    error.unwrap()
}

#[tokio::test]
async fn an_error_before_the_stream_is_an_ordinary_error() {
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
        let start = "ChatController_createChat: the server ended the stream with an error";
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

/// Returns a server whose response ends where its connection does, so that only `[DONE]` tells the end from a cut.
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
async fn a_response_that_is_not_a_stream_is_kept() {
    let whole = r#"{"id":"c-1","output":[]}"#;
    let (_server, stream) = chat(Reply::json(201, whole)).await;
    let error = stream.unwrap_err();
    assert!(error.is_decode());
    assert_eq!(error.body(), Some(whole.as_bytes()));
    assert_eq!(
        error.to_string(),
        "ChatController_createChat: the response (201 Created) is application/json where a stream of events was expected"
    );
}

#[tokio::test]
async fn a_response_without_content_type_is_read_as_events() {
    let (_server, stream) = chat(Reply::new(200, "", HELLO)).await;
    assert_eq!(stream.unwrap().collect_text().await.unwrap(), "Hello there");
}
