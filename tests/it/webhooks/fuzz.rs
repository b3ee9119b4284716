//! The parser on what nobody should send. It must not panic, and must not lose what it takes.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use vapi::webhooks::WebhookMessage;

/// Names that mean something, so that values land where types expect others.
const NAMES: [&str; 16] = [
    "type",
    "call",
    "id",
    "chat",
    "artifact",
    "messages",
    "role",
    "toolCallList",
    "toolWithToolCallList",
    "toolCall",
    "function",
    "arguments",
    "timestamp",
    "customer",
    "assistant",
    "structuredOutputs",
];

const TYPES: [&str; 8] = [
    "tool-calls",
    "end-of-call-report",
    "transcript",
    "status-update",
    "assistant-request",
    "function-call",
    "conversation-update",
    "surely new",
];

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        prop::sample::select(&TYPES[..]).prop_map(str::to_owned),
        prop::sample::select(vec![
            "function",
            "user",
            "openai",
            "twilio",
            "+15555550123",
            "{\"a\":1}",
            "\u{1f600}"
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let name = prop_oneof![4 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Calls everything that reads from a message.
fn exercise(message: &WebhookMessage) {
    let _ = (
        message.kind(),
        message.call_id(),
        message.chat_id(),
        message.customer_number(),
    );
    let _ = (
        message.timestamp(),
        message.ended_reason(),
        message.transcript(),
        message.role(),
        message.is_final(),
    );
    let _ = message.structured_output::<Map<String, Value>>("x");
    for call in message.tool_calls() {
        let _ = call.arguments_as::<Vec<u8>>().map_err(|error| error.to_string());
    }
    let _ = (format!("{message:?}"), message.unknown_reason(), message.to_value());
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(11),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_value_in_a_message_is_kept(kind in prop::sample::select(&TYPES[..]), mut message in value()) {
        if !message.is_object() {
            message = json!({"value": message});
        }
        message["type"] = kind.into();
        let body = json!({"message": message}).to_string();
        let read = WebhookMessage::from_slice(body.as_bytes()).unwrap();
        prop_assert_eq!(read.type_name(), kind);
        prop_assert_eq!(read.unknown_reason().is_some(), kind == "surely new");
        // A number loses its last digits in text now and then; what was read from the text is compared.
        let sent: Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(&serde_json::to_value(read.payload()).unwrap(), &sent["message"]);
        exercise(&read);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(message) = WebhookMessage::from_slice(&bytes) {
            exercise(&message);
        }
    }

    #[test]
    fn a_damaged_body_is_read_or_refused(message in value(), cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = json!({"message": {"type": "tool-calls", "toolCallList": [message]}}).to_string().into_bytes();
        let at = cut.index(body.len());
        body[at] = byte;
        if let Ok(message) = WebhookMessage::from_slice(&body) {
            exercise(&message);
        }
        if let Ok(message) = WebhookMessage::from_slice(&body[..at]) {
            exercise(&message);
        }
    }
}

#[test]
fn a_body_nested_too_deep_is_refused() {
    for open in ["[", "{\"call\":"] {
        let body = format!("{{\"message\":{{\"type\":\"hang\",\"call\":{}", open.repeat(100_000));
        assert!(WebhookMessage::from_slice(body.as_bytes()).is_err());
    }
}
