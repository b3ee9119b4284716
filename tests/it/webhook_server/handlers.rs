use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use vapi::http::{Method, Request};
use vapi::webhooks::{
    AssistantResponse, EndpointingResponse, HandoffResponse, KnowledgeBaseResponse, PredialResponse, TransferResponse,
    Verifier, VoiceResponse, Webhooks,
};

use crate::webhook_server::{json_of, message, open, post};

#[tokio::test]
async fn each_request_has_its_handler_and_bare_response() {
    let webhooks = open()
        .on_assistant_request(|request| async move {
            let number = request.message().customer_number().unwrap_or_default().to_owned();
            AssistantResponse::assistant_id(format!("for {number}"))
        })
        .on_transfer_destination_request(|_| async { TransferResponse::number("+15555550123") })
        .on_handoff_destination_request(|_| async { HandoffResponse::assistant_name("Ada") })
        .on_knowledge_base_request(|_| async { KnowledgeBaseResponse::new().document("Open until ten.", 0.5) })
        .on_endpointing_request(|_| async { EndpointingResponse::wait(Duration::from_millis(500)) })
        .on_campaign_predial(|_| async { PredialResponse::eligible(true) });
    let cases = [
        ("assistant-request", json!({"assistantId": "for +15555550199"})),
        (
            "transfer-destination-request",
            json!({"destination": {"type": "number", "number": "+15555550123"}}),
        ),
        (
            "handoff-destination-request",
            json!({"destination": {"type": "assistant", "assistantName": "Ada"}}),
        ),
        (
            "knowledge-base-request",
            json!({"documents": [{"content": "Open until ten.", "similarity": 0.5}]}),
        ),
        ("call.endpointing.request", json!({"timeoutSeconds": 0.5})),
        ("campaign.predial", json!({"eligible": true})),
    ];
    for (kind, expected) in cases {
        let body = message(kind, json!({"customer": {"number": "+15555550199"}}));
        let (status, response) = post(&webhooks, body).await;
        assert_eq!((status.as_u16(), response), (200, expected), "{kind}");
    }
}

#[tokio::test]
async fn a_voice_request_is_responded_to_with_audio() {
    let webhooks = open().on_voice_request(|request| async move {
        assert_eq!(request.text.as_deref(), Some("Hi"));
        VoiceResponse::samples([1, -2])
    });
    let body = message("voice-request", json!({"text": "Hi", "sampleRate": 16000}));
    let (parts, ()) = Request::post("/").body(()).unwrap().into_parts();
    let response = webhooks.respond(&parts, body).await;
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    assert_eq!(&response.body()[..], [1, 0, 0xfe, 0xff]);
}

#[tokio::test]
async fn events_reach_their_handlers_and_others_the_rest() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |kind: &'static str| {
        let seen = Arc::clone(&seen);
        move |text: String| seen.lock().unwrap().push(format!("{kind} {text}"))
    };
    let (report, status, transcript, other) = (note("report"), note("status"), note("transcript"), note("other"));
    let webhooks = open()
        .on_end_of_call_report(move |message| {
            report(format!(
                "{:?}",
                message.ended_reason.as_ref().map(|reason| reason.as_str())
            ));
            async {}
        })
        .on_status_update(move |message| {
            status(message.message().call_id().unwrap().to_owned());
            async { Ok::<_, String>(()) }
        })
        .on_transcript(move |message| {
            transcript(message.message().transcript().unwrap().to_owned());
            async {}
        })
        .on_other(move |message| {
            other(message.type_name().to_owned());
            async {}
        });
    let bodies = [
        message("end-of-call-report", json!({"endedReason": "customer-ended-call"})),
        message("status-update", json!({"status": "ringing"})),
        message(
            "transcript",
            json!({"role": "user", "transcriptType": "final", "transcript": "Hello."}),
        ),
        message(
            "transcript[transcriptType=\"final\"]",
            json!({"role": "user", "transcriptType": "final", "transcript": "Bye."}),
        ),
        message("hang", json!({})),
        message("telepathy", json!({"thought": 1})),
    ];
    for body in bodies {
        let (status, response) = post(&webhooks, body.clone()).await;
        assert_eq!((status.as_u16(), response), (200, json!({})), "{body}");
    }
    let expected = [
        "report Some(\"customer-ended-call\")",
        "status call-1",
        "transcript Hello.",
        "transcript Bye.",
        "other hang",
        "other telepathy",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn failed_handlers_have_a_response_too() {
    let webhooks = open()
        .on_assistant_request(|_| async { Err::<AssistantResponse, _>("the database at 10.0.0.7 is down") })
        .on_handoff_destination_request(|request| async move {
            assert!(request.message().call_id().is_none(), "a broken handler");
            HandoffResponse::assistant_name("Ada")
        })
        .on_endpointing_request(|_| async { Err::<EndpointingResponse, _>("no") })
        .on_status_update(|_| async { Err::<(), _>("no") })
        .on_other(|_| async { Err::<(), _>("no") });
    let spoken = json!({"error": "Sorry, something went wrong. Please try again later."});
    let failed = json!({"error": "the handler failed"});
    let cases = [
        ("assistant-request", 200, &spoken),
        ("handoff-destination-request", 200, &spoken),
        ("call.endpointing.request", 500, &failed),
        ("status-update", 500, &failed),
        ("hang", 500, &failed),
    ];
    for (kind, expected_status, expected) in cases {
        let (status, response) = post(&webhooks, message(kind, json!({}))).await;
        assert_eq!((status.as_u16(), &response), (expected_status, expected), "{kind}");
    }
}

#[tokio::test]
async fn requests_without_handlers_are_not_implemented() {
    let webhooks = open().on_other(|_| async {});
    for webhooks in [webhooks, open()] {
        let (status, response) = post(&webhooks, message("assistant-request", json!({}))).await;
        assert_eq!(status, 501);
        assert_eq!(
            response,
            json!({"error": "there is no handler of the message assistant-request"})
        );
    }
    assert_eq!(post(&open(), message("hang", json!({}))).await.0, 200);
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let secret = Verifier::secret("s3cret").unwrap();
    let webhooks = Webhooks::new(secret.clone()).max_body_bytes(200);
    let good = message("hang", json!({}));
    let cases: [(Method, &str, bool, u16); 6] = [
        (Method::POST, &good, true, 200),
        (Method::POST, &good, false, 401),
        (Method::GET, &good, true, 405),
        (Method::POST, "not json", true, 400),
        (Method::POST, "{}", true, 400),
        (Method::POST, &"x".repeat(201), true, 413),
    ];
    for (method, body, signs, expected) in cases {
        let (mut parts, ()) = Request::builder().method(method).body(()).unwrap().into_parts();
        if signs {
            parts.headers = secret.sign(body.as_bytes());
        }
        let response = webhooks.respond(&parts, body.to_owned()).await;
        assert_eq!(response.status(), expected, "{body}");
        assert_eq!(json_of(&response).get("error").is_some(), expected != 200);
        let allowed = response.headers().get("allow").map(|value| value.to_str().unwrap());
        assert_eq!(allowed, (expected == 405).then_some("POST"));
    }
}

#[tokio::test]
async fn a_refusal_tells_no_reason_and_no_secret() {
    let webhooks = Webhooks::new(Verifier::secret("s3cret").unwrap());
    let (status, response) = post(&webhooks, message("hang", json!({}))).await;
    assert_eq!(
        (status.as_u16(), response),
        (401, json!({"error": "the request is not verified"}))
    );
    assert!(!format!("{webhooks:?}").contains("s3cret"));
}

#[tokio::test]
async fn the_last_of_two_handlers_is_used() {
    let webhooks = open()
        .on_campaign_predial(|_| async { PredialResponse::eligible(false) })
        .on_campaign_predial(|_| async { PredialResponse::eligible(true) })
        .on_tool("twice", |_: Value, _| async { Ok(1) })
        .on_tool("twice", |_: Value, _| async { Ok(2) });
    let (_, response) = post(&webhooks, message("campaign.predial", json!({}))).await;
    assert_eq!(response, json!({"eligible": true}));
    let (_, response) = post(
        &webhooks,
        crate::webhook_server::tool_calls(&[("1", "twice", json!({}))]),
    )
    .await;
    assert_eq!(response["results"][0]["result"], "2");
}
