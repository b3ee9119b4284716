//! Streams in the form of OpenAI's Responses.

use super::*;

async fn response(body: &str) -> ResponseStream {
    let server = Server::replying([Reply::new(200, EVENTS, body)]).await;
    let request = OpenAiResponsesRequest::new("Hi!".to_owned()).assistant_id("a-1");
    let vapi = client(&server);
    vapi.chats().create_response(request).stream().await.unwrap()
}

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
async fn an_event_without_type_is_known_by_its_name() {
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
async fn a_response_that_stops_within_its_text_is_interrupted() {
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
