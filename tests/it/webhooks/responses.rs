use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use vapi::http::Response;
use vapi::types::{
    AssistantOverrides, CreateAssistantDto, HandoffDestinationAssistant, KnowledgeBaseResponseDocument,
    ServerMessageAssistantRequest, ServerMessageCallEndpointingRequest, ServerMessageHandoffDestinationRequest,
    ServerMessageKnowledgeBaseRequest, ServerMessageResponseAssistantRequest, ServerMessageToolCalls,
    ServerMessageTransferDestinationRequest, ServerMessageVoiceRequest, TransferDestinationNumber,
};
use vapi::webhooks::{
    AssistantResponse, EndpointingResponse, HandoffResponse, KnowledgeBaseResponse, NeedsResponse, ToolCallsResponse,
    ToolResult, TransferResponse, VoiceResponse, WebhookResponse,
};

#[track_caller]
fn body(response: &Response<Bytes>) -> Value {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(response.body()).unwrap()
}

#[track_caller]
fn assert_writes(response: impl WebhookResponse, expected: Value) {
    assert_eq!(body(&response.into_http()), expected);
}

#[test]
fn an_assistant_is_chosen_bare() {
    let request = ServerMessageAssistantRequest::new();
    let response = request.respond(AssistantResponse::assistant_id("a-1"));
    assert_eq!(response.body(), r#"{"assistantId":"a-1"}"#);

    let changes = AssistantOverrides::new().variable_values([("name", "Ada")]);
    assert_writes(
        AssistantResponse::assistant_id("a-1").overrides(changes),
        json!({"assistantId": "a-1", "assistantOverrides": {"variableValues": {"name": "Ada"}}}),
    );
    let assistant = CreateAssistantDto::new().name("Bell");
    assert_writes(
        AssistantResponse::assistant(assistant),
        json!({"assistant": {"name": "Bell"}}),
    );
    assert_writes(AssistantResponse::squad_id("s-1"), json!({"squadId": "s-1"}));
    let number = json!({"destination": {"type": "number", "number": "+15555550101"}});
    assert_writes(AssistantResponse::number("+15555550101"), number);
    let sip = json!({"destination": {"type": "sip", "sipUri": "sip:bar@example.com"}});
    assert_writes(AssistantResponse::sip("sip:bar@example.com"), sip);
    assert_writes(
        AssistantResponse::error("We are closed."),
        json!({"error": "We are closed."}),
    );
    let generated = ServerMessageResponseAssistantRequest::new().workflow_id("w-1");
    assert_eq!(body(&request.respond(generated)), json!({"workflowId": "w-1"}));
}

#[test]
fn a_transfer_names_its_destination_and_words() {
    let request = ServerMessageTransferDestinationRequest::new();
    let response = request.respond(TransferResponse::number("+15555550102").message("One moment."));
    assert_eq!(
        body(&response),
        json!({
            "destination": {"type": "number", "number": "+15555550102"},
            "message": {"type": "request-start", "message": "One moment.", "content": "One moment."}
        })
    );
    let sip = json!({"destination": {"type": "sip", "sipUri": "sip:bar@example.com"}});
    assert_writes(TransferResponse::sip("sip:bar@example.com"), sip);
    let assistant = json!({"destination": {"type": "assistant", "assistantName": "Billing"}});
    assert_writes(TransferResponse::assistant_name("Billing"), assistant);
    assert_writes(
        TransferResponse::error("Nobody is in."),
        json!({"error": "Nobody is in."}),
    );
    let destination = TransferDestinationNumber::new("+15555550103").extension("7");
    assert_eq!(body(&request.respond(destination))["destination"]["extension"], "7");
}

#[test]
fn a_handoff_names_its_destination() {
    let request = ServerMessageHandoffDestinationRequest::new();
    let response = request.respond(HandoffResponse::assistant_id("a-2"));
    assert_eq!(
        body(&response),
        json!({"destination": {"type": "assistant", "assistantId": "a-2"}})
    );
    let name = json!({"destination": {"type": "assistant", "assistantName": "Billing"}});
    assert_writes(HandoffResponse::assistant_name("Billing"), name);
    let inline = json!({"destination": {"type": "assistant", "assistant": {"name": "Bell"}}});
    assert_writes(
        HandoffResponse::assistant(CreateAssistantDto::new().name("Bell")),
        inline,
    );
    let squad = json!({"destination": {"type": "squad", "squadId": "s-1"}});
    assert_writes(HandoffResponse::squad_id("s-1"), squad);
    assert_writes(
        HandoffResponse::error("Nobody is in."),
        json!({"error": "Nobody is in."}),
    );
    assert_writes(HandoffResponse::result("Stay."), json!({"result": "Stay."}));
    let destination = HandoffDestinationAssistant::new()
        .assistant_id("a-3")
        .description("Bills");
    assert_eq!(
        body(&request.respond(destination))["destination"]["description"],
        "Bills"
    );
}

#[test]
fn tool_results_are_written_by_their_ids() {
    let request = ServerMessageToolCalls::new();
    let results = ToolCallsResponse::new()
        .result("1", "booked")
        .result("2", ToolResult::error("There is no table for 40."))
        .result("3", json!({"table": 7}))
        .result("4", ToolResult::text("done").say("All set.").metadata("row", 12))
        .result("5", ToolResult::error("no").say("That did not work."));
    assert_eq!(
        body(&request.respond(results)),
        json!({"results": [
            {"toolCallId": "1", "result": "booked"},
            {"toolCallId": "2", "error": "There is no table for 40."},
            {"toolCallId": "3", "result": "{\"table\":7}"},
            {"toolCallId": "4", "result": "done", "message": {"type": "request-complete", "content": "All set."},
             "metadata": {"row": 12}},
            {"toolCallId": "5", "error": "no", "message": {"type": "request-failed", "content": "That did not work."}}
        ]})
    );
    assert_writes(ToolCallsResponse::new(), json!({"results": []}));
}

#[test]
fn results_and_errors_are_texts_of_one_line() {
    let text =
        |result: ToolResult| body(&ToolCallsResponse::new().result("1", result).into_http())["results"][0].take();
    let lines = "  first \r\n\n  second\u{2028}third \n";
    assert_eq!(text(ToolResult::text(lines))["result"], "first second third");
    assert_eq!(text(ToolResult::error(lines))["error"], "first second third");
    assert_eq!(text(ToolResult::text("two  spaces"))["result"], "two  spaces");
    let lines = ToolResult::json(&[Some("a\nb"), None]).unwrap();
    assert_eq!(text(lines)["result"], r#"["a\nb",null]"#);
}

#[test]
fn a_fallible_tool_becomes_its_result_or_error() {
    let parsed = |text: &str| ToolResult::from(text.parse::<u8>().map(|number| format!("{number} it is")));
    assert_eq!(parsed("7"), ToolResult::text("7 it is"));
    assert_eq!(parsed("x"), ToolResult::error("invalid digit found in string"));
    assert!(parsed("x").is_error() && !parsed("7").is_error());
}

#[test]
fn documents_of_a_knowledge_base_are_listed() {
    let request = ServerMessageKnowledgeBaseRequest::new();
    let response = request.respond(KnowledgeBaseResponse::new().document("Open till eleven.", 0.75));
    assert_eq!(
        body(&response),
        json!({"documents": [{"content": "Open till eleven.", "similarity": 0.75}]})
    );
    let found = [KnowledgeBaseResponseDocument::new("Closed on Mondays.", 1).uuid("d-1")];
    assert_writes(
        KnowledgeBaseResponse::from_iter(found).say("We are closed."),
        json!({
            "documents": [{"content": "Closed on Mondays.", "similarity": 1, "uuid": "d-1"}],
            "message": {"type": "custom-message", "content": "We are closed."}
        }),
    );
    assert_writes(KnowledgeBaseResponse::new(), json!({"documents": []}));
}

#[test]
fn waits_are_bare_values() {
    let wait = EndpointingResponse::wait(Duration::from_millis(1500));
    let response = ServerMessageCallEndpointingRequest::new().respond(wait);
    assert_eq!(response.body(), r#"{"timeoutSeconds":1.5}"#);
    let response = ServerMessageCallEndpointingRequest::new().respond(EndpointingResponse::wait(Duration::ZERO));
    assert_eq!(response.body(), r#"{"timeoutSeconds":0}"#);
}

#[test]
#[cfg(vapi_type = "ServerMessageCampaignPredial")]
fn decisions_are_bare_values() {
    use vapi::types::ServerMessageCampaignPredial;
    use vapi::webhooks::PredialResponse;

    let response = ServerMessageCampaignPredial::new().respond(true);
    assert_eq!(response.body(), r#"{"eligible":true}"#);
    assert_writes(PredialResponse::eligible(false), json!({"eligible": false}));
}

#[test]
fn a_voice_responds_with_audio() {
    let response = ServerMessageVoiceRequest::new().respond(VoiceResponse::samples([1, -2, i16::MAX]));
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    assert_eq!(response.body().as_ref(), [1, 0, 0xfe, 0xff, 0xff, 0x7f]);
    let audio = VoiceResponse::pcm(vec![0; 640]);
    assert_eq!(format!("{audio:?}"), "VoiceResponse(640 bytes)");
    assert_eq!(audio.into_http().body().len(), 640);
}
