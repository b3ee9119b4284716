use serde_json::{Value, json};
use vapi::types::{PhoneNumber, ServerMessagePayload};
use vapi::webhooks::{MessageKind, WebhookMessage};

use crate::webhooks::read;

#[test]
fn a_message_is_read_as_its_type() {
    let message = read(json!({"type": "status-update", "status": "ringing", "call": {"id": "c-1"}}));
    let ServerMessagePayload::StatusUpdate(update) = message.payload() else {
        panic!("{message:?}");
    };
    assert_eq!(update.status.as_ref().unwrap().as_str(), "ringing");
    assert_eq!(message.kind(), MessageKind::StatusUpdate);
    assert_eq!(message.type_name(), "status-update");
    assert_eq!(message.unknown_reason(), None);
}

#[test]
fn an_unknown_type_keeps_its_name_value_and_reason() {
    let value = json!({"type": "call.hummed", "melody": ["c", "e", "g"], "call": {"id": "c-2"}});
    let message = read(value.clone());
    assert_eq!(message.kind(), MessageKind::Unknown("call.hummed".to_owned()));
    assert_eq!(message.type_name(), "call.hummed");
    assert_eq!(message.to_value(), value);
    assert_eq!(
        message.unknown_reason().unwrap(),
        "the document has no message of the type `call.hummed`"
    );
    assert_eq!(message.misfits().next(), None, "the document allows new types");
    assert_eq!(*message.payload(), ServerMessagePayload::Unknown(value));
}

#[test]
fn a_type_that_the_document_lacks_is_read() {
    let message = read(json!({
        "type": "function-call", "functionCall": {"name": "weigh", "parameters": {"grams": 12}}, "call": {"id": "c-3"}
    }));
    let ServerMessagePayload::FunctionCall(call) = message.payload() else {
        panic!("{message:?}");
    };
    let function = call.function_call.as_ref().unwrap();
    assert_eq!(function.name.as_deref(), Some("weigh"));
    assert_eq!(function.parameters, Some(json!({"grams": 12})));
    assert_eq!(message.call_id(), Some("c-3"));
    assert!(message.tool_calls().is_empty(), "the server may get `tool-calls` too");

    for (name, kind) in [
        ("assistant.started", MessageKind::AssistantStarted),
        ("language-changed", MessageKind::LanguageChanged),
        ("metadata", MessageKind::Metadata),
        ("tool.completed", MessageKind::ToolCompleted),
        ("workflow.node.started", MessageKind::WorkflowNodeStarted),
    ] {
        let value = json!({"type": name, "node": {"name": "n"}, "metadata": "m", "anything": 1});
        let message = read(value.clone());
        assert_eq!(message.kind(), kind);
        assert_eq!(message.unknown_reason(), None, "{name}");
        assert_eq!(serde_json::to_value(message.payload()).unwrap(), value);
    }
}

#[test]
fn a_condition_in_the_type_is_not_another_type() {
    let message = read(json!({"type": "transcript[transcriptType=\"final\"]", "role": "user", "transcript": "Yes."}));
    assert_eq!(message.kind(), MessageKind::Transcript);
    assert_eq!(message.type_name(), "transcript[transcriptType=\"final\"]");
    assert!(message.is_final());
    assert!(matches!(message.payload(), ServerMessagePayload::Transcript(_)));

    // The same where half of a character makes the body no JSON to other readers.
    let body =
        r#"{"message": {"type": "transcript[transcriptType=\"final\"]", "role": "user", "transcript": "Yes \ud83d"}}"#;
    let message = WebhookMessage::from_slice(body.as_bytes()).unwrap();
    assert_eq!(message.type_name(), "transcript[transcriptType=\"final\"]");
    assert!(message.is_final());
}

#[test]
fn a_body_that_is_not_a_message_is_refused() {
    let refused = [
        ("", "the webhook is empty where a message was expected", None),
        (
            "{\"message\": ",
            "the webhook is not JSON: EOF while parsing a value at line 1 column 12",
            Some("message"),
        ),
        (
            "<html>",
            "the webhook is not JSON: expected value at line 1 column 1",
            None,
        ),
        (
            "[1]",
            "the webhook is not as expected: expected an object, found a list",
            None,
        ),
        ("{}", "the webhook has no `message`", None),
        ("{\"type\": \"hang\"}", "the webhook has no `message`", None),
        ("{\"message\": null}", "the webhook has no `message`", None),
        (
            "{\"message\": \"hang\"}",
            "the webhook's `message` is not an object",
            Some("message"),
        ),
        (
            "{\"message\": {}}",
            "the webhook's `message` has no `type` that is text",
            Some("message.type"),
        ),
        (
            "{\"message\": {\"type\": 5}}",
            "the webhook's `message` has no `type` that is text",
            Some("message.type"),
        ),
    ];
    for (body, sentence, path) in refused {
        let error = WebhookMessage::from_slice(body.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), sentence, "{body}");
        assert_eq!(error.json_path(), path, "{body}");
        assert_eq!(error.body(), Some(body.as_bytes()));
        assert!(error.is_decode());
    }
    assert!(WebhookMessage::from_slice(b"{\"message\": {\"type\": \"h\xff\"}}").is_err());
}

#[test]
fn whole_objects_are_kept_where_the_document_has_less() {
    let value = json!({
        "type": "hang",
        "assistant": {
            "id": "a-1", "orgId": "o-1", "createdAt": "2026-03-01T08:00:00.000Z", "name": "Bell", "isServerUrlSecretSet": false,
            "model": {"provider": "openai", "model": "gpt-4o", "tools": [
                {"id": "t-1", "orgId": "o-1", "type": "endCall", "function": {"name": "end_call"}}
            ]}
        },
        "phoneNumber": {"id": "p-1", "orgId": "o-1", "provider": "twilio", "number": "+15555550111", "twilioAccountSid": null}
    });
    let message = read(value.clone());
    assert_eq!(message.misfits().next(), None);
    assert_eq!(serde_json::to_value(message.payload()).unwrap(), value);
    let ServerMessagePayload::Hang(hang) = message.payload() else {
        panic!("{message:?}");
    };
    let assistant = hang.assistant.as_ref().unwrap();
    assert_eq!(assistant.name.as_deref(), Some("Bell"));
    assert_eq!(assistant.extra["id"], "a-1");
    assert!(matches!(hang.phone_number, Some(PhoneNumber::Twilio(_))));
}

#[test]
fn one_wrong_value_costs_no_more_than_itself() {
    let body = r#"{"message": {
        "type": "end-of-call-report", "cost": "0.12", "call": {"id": "c-4", "status": 7}, "endedReason": "silence-timed-out"
    }}"#;
    let message = WebhookMessage::from_slice(body.as_bytes()).unwrap();
    let misfits: Vec<String> = message.misfits().map(ToString::to_string).collect();
    assert_eq!(
        misfits,
        [
            "`message.cost`: expected a number, found a string",
            "`message.call.status`: expected a string, found a number",
        ]
    );
    assert_eq!(message.call_id(), Some("c-4"));
    assert_eq!(message.ended_reason().unwrap().as_str(), "silence-timed-out");
    assert_eq!(serde_json::to_value(message.payload()).unwrap(), message.to_value());
}

#[test]
fn the_body_is_kept_as_it_came() {
    let body = "\u{feff}{ \"call\": 1, \"message\" : {\"type\":\"hang\", \"x\": 1.50} }";
    let message = WebhookMessage::from_slice(body.as_bytes()).unwrap();
    assert_eq!(message.body(), body.as_bytes());
    assert_eq!(message.to_value(), json!({"type": "hang", "x": 1.5}));
    assert!(matches!(message.into_payload(), ServerMessagePayload::Hang(_)));
}

#[test]
fn half_of_a_character_does_not_lose_the_message() {
    let body = br#"{"message": {"type": "voice-input", "input": "so \ud83d"}}"#;
    let message = WebhookMessage::from_slice(body).unwrap();
    assert_eq!(message.to_value()["input"], "so \u{fffd}");
    assert_eq!(message.misfits().count(), 1);
}

#[test]
fn secrets_are_not_shown() {
    let message = read(json!({
        "type": "tool-calls",
        "toolWithToolCallList": [{
            "type": "function", "server": {"url": "https://desk.example", "secret": "hide"},
            "toolCall": {"id": "1", "type": "function", "function": {"name": "f", "arguments": {}}}
        }],
        "assistant": {"serverUrlSecret": "hide"}
    }));
    let shown = format!("{message:?}");
    assert!(!shown.contains("hide"), "{shown}");
    assert!(shown.contains("tool-calls"));
}

#[test]
fn members_before_the_type_are_read_too() {
    let body = r#"{"message": {"call": {"id": "c-5"}, "status": "ended", "type": "status-update", "timestamp": 1787045400000}}"#;
    let message = WebhookMessage::from_slice(body.as_bytes()).unwrap();
    assert_eq!(message.kind(), MessageKind::StatusUpdate);
    assert_eq!(message.call_id(), Some("c-5"));
    let value: Value = serde_json::from_str(body).unwrap();
    assert_eq!(message.to_value(), value["message"]);
}

#[test]
fn the_last_of_two_types_is_read() {
    let body = r#"{"message": {"type": "hang", "x": 1, "type": "user-interrupted"}}"#;
    let message = WebhookMessage::from_slice(body.as_bytes()).unwrap();
    assert_eq!(message.kind(), MessageKind::UserInterrupted);
    assert_eq!(message.misfits().count(), 1);
    let body = r#"{"message": {"type": "hang"}, "message": {"type": "surely new"}}"#;
    let message = WebhookMessage::from_slice(body.as_bytes()).unwrap();
    assert_eq!(message.type_name(), "surely new");
    assert_eq!(message.misfits().count(), 1);
}
