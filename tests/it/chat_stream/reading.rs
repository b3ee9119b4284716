//! The events and the text that are read from a stream.

use super::*;

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
async fn owned_text_deltas_can_move_to_another_task() {
    let (_server, stream) = chat(Reply::new(200, EVENTS, HELLO)).await;
    let mut deltas = stream.unwrap().into_text_deltas();
    let task = tokio::spawn(async move {
        let mut text = String::new();
        while let Some(delta) = deltas.next().await {
            text.push_str(&delta.unwrap());
        }
        (text, deltas.events().chat_id().map(str::to_owned))
    });
    assert_eq!(task.await.unwrap(), ("Hello there".to_owned(), Some("c-1".to_owned())));
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
async fn text_comes_before_the_end_of_the_response() {
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
async fn other_properties_of_an_event_are_kept() {
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
