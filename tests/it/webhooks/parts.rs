use serde::Deserialize;
use serde_json::json;
use vapi::webhooks::WebhookMessage;

use crate::webhooks::read;

#[test]
fn a_call_and_its_customer_are_found() {
    let direct = read(json!({"type": "hang", "call": {"id": "c-1"}, "customer": {"number": "+15555550122"}}));
    assert_eq!(direct.call_id(), Some("c-1"));
    assert_eq!(direct.customer_number(), Some("+15555550122"));
    assert_eq!(direct.chat_id(), None);
    let in_call = read(json!({"type": "hang", "call": {"id": "c-1", "customer": {"number": "+15555550123"}}}));
    assert_eq!(in_call.customer_number(), Some("+15555550123"));
    let unknown = read(json!({"type": "new", "call": {"id": "c-2", "customer": {"number": "+15555550124"}}}));
    assert_eq!(unknown.call_id(), Some("c-2"));
    assert_eq!(unknown.customer_number(), Some("+15555550124"));
}

#[test]
fn a_chat_has_no_call() {
    let message = read(json!({"type": "tool-calls", "chat": {"id": "chat-1"}, "toolCallList": []}));
    assert_eq!(message.call_id(), None);
    assert_eq!(message.chat_id(), Some("chat-1"));
    assert!(message.call().is_none());
    assert_eq!(message.chat().unwrap().id, "chat-1");
}

#[test]
fn an_empty_call_has_no_id_and_is_kept() {
    let value = json!({"type": "assistant-request", "call": {}});
    let message = read(value.clone());
    assert_eq!(message.call_id(), None);
    assert_eq!(message.customer_number(), None);
    assert_eq!(serde_json::to_value(message.payload()).unwrap(), value);
}

#[test]
fn times_are_read_in_every_form() {
    let at = |timestamp| read(json!({"type": "hang", "timestamp": timestamp})).timestamp();
    let expected = Some("2026-08-18T09:30:00.250Z".parse().unwrap());
    assert_eq!(at(json!(1_787_045_400_250_u64)), expected);
    assert_eq!(at(json!(1_787_045_400_250.4)), expected);
    assert_eq!(at(json!("1787045400250")), expected);
    assert_eq!(at(json!("2026-08-18T11:30:00.250+02:00")), expected);
    assert_eq!(at(json!("yesterday")), None);
    assert_eq!(at(json!(1e300)), None);
    assert_eq!(read(json!({"type": "hang"})).timestamp(), None);
    assert_eq!(
        read(json!({"type": "new", "timestamp": 1_787_045_400_250_u64})).timestamp(),
        expected
    );
}

#[test]
fn a_transcript_says_who_said_it_and_if_it_changes() {
    let partial =
        json!({"type": "transcript", "role": "assistant", "transcriptType": "partial", "transcript": "Good ev"});
    let message = read(partial);
    assert_eq!(message.transcript(), Some("Good ev"));
    assert_eq!(message.role(), Some("assistant"));
    assert!(!message.is_final());
    let message = read(json!({"type": "transcript", "role": "user", "transcriptType": "final", "transcript": "Hi."}));
    assert_eq!(message.role(), Some("user"));
    assert!(message.is_final());
    assert_eq!(read(json!({"type": "hang"})).transcript(), None);
}

#[derive(Debug, Deserialize, PartialEq)]
struct Order {
    scoops: u8,
}

fn report() -> WebhookMessage {
    read(json!({
        "type": "end-of-call-report", "endedReason": "customer-ended-call", "durationMs": 61_000, "summary": "",
        "transcript": "AI: Hello.", "costBreakdown": {"total": 0.5, "llm": 0.2}, "analysis": {},
        "messages": [{"role": "bot", "message": "Hello.", "time": 1, "secondsFromStart": 0.5, "endTime": 2}],
        "artifact": {
            "transcript": "AI: Hello.\nUser: Two scoops.\n",
            "structuredOutputs": {"so-1": {"name": "Order", "result": {"scoops": 2}}}
        }
    }))
}

#[test]
fn a_report_has_its_reason_transcript_and_costs() {
    let message = report();
    assert_eq!(message.misfits().next(), None);
    assert_eq!(message.ended_reason().unwrap().as_str(), "customer-ended-call");
    assert_eq!(message.transcript(), Some("AI: Hello.\nUser: Two scoops.\n"));
    let vapi::types::ServerMessagePayload::EndOfCallReport(report) = message.into_payload() else {
        panic!("another type");
    };
    assert!(report.extra.is_empty(), "{:?}", report.extra);
    assert_eq!(report.cost_breakdown.unwrap().total.unwrap(), 0.5);
    assert_eq!(report.messages.unwrap().len(), 1);
}

#[test]
fn an_older_report_has_its_transcript_beside_the_artifact() {
    let message = read(json!({"type": "end-of-call-report", "transcript": "AI: Hello.", "artifact": {"messages": []}}));
    assert_eq!(message.transcript(), Some("AI: Hello."));
}

#[test]
fn structured_outputs_of_a_report_are_read_as_types() {
    let message = report();
    assert_eq!(
        message.structured_output::<Order>("Order").unwrap(),
        Some(Order { scoops: 2 })
    );
    assert_eq!(
        message.structured_output::<Order>("so-1").unwrap(),
        Some(Order { scoops: 2 })
    );
    assert_eq!(message.structured_output::<Order>("Bill").unwrap(), None);
    assert!(message.structured_output::<String>("Order").is_err());
    assert_eq!(
        read(json!({"type": "hang"}))
            .structured_output::<Order>("Order")
            .unwrap(),
        None
    );
}
