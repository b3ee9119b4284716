//! Every type of message of the document.

use serde_json::{Value, json};

use super::{MessageKind, WebhookMessage};
use crate::model::{Names, Union};
use crate::types::ServerMessagePayload;

/// Returns the number of each variant, the names of its type and its properties.
fn variants() -> impl Iterator<Item = (usize, Names, Names)> {
    ServerMessagePayload::TABLE
        .shapes
        .iter()
        .enumerate()
        .map(|(index, shape)| {
            let names = shape.tags.iter().find(|(tag, _)| *tag == "type").unwrap().1;
            (index, names, shape.object.unwrap().fields)
        })
}

#[track_caller]
fn read(message: &Value) -> WebhookMessage {
    let body = json!({ "message": message }).to_string();
    WebhookMessage::from_slice(body.as_bytes()).unwrap()
}

#[test]
fn every_type_of_the_document_has_a_kind() {
    for (index, names, _) in variants() {
        for name in names.iter() {
            let message = read(&json!({ "type": name }));
            assert_eq!(message.payload.index(), Some(index), "{name}");
            assert_eq!(message.type_name(), name);
            assert!(!matches!(message.kind(), MessageKind::Unknown(_)), "{name}");
        }
    }
}

#[test]
fn no_wrong_value_makes_a_known_message_unknown() {
    let wrong = [
        json!(null),
        json!(true),
        json!(5),
        json!("no"),
        json!([]),
        json!([[null, 1, "x", {}]]),
        json!({}),
        json!({"id": 1, "type": [], "provider": "new", "role": {}}),
    ];
    for (index, names, fields) in variants() {
        for field in fields.iter().filter(|field| *field != "type") {
            for value in &wrong {
                let message = json!({ "type": names.get(0), field: value });
                let read = read(&message);
                assert_eq!(read.payload.index(), Some(index), "{message}");
                assert_eq!(serde_json::to_value(&read.payload).unwrap(), message);
            }
        }
    }
}
