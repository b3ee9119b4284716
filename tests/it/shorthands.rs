//! Bodies in one line, as they are sent, and as the API takes them.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use vapi::types::{
    CreateAssistantDto, CreateCallDto, CreateCustomerDto, CreateTransferCallToolDto, CreateVapiPhoneNumberDto,
    TransferCallToolDestination, TransferDestinationNumber, TransferDestinationSip,
};
use vapi_emulator::Emulator;

#[tokio::test]
async fn they_are_taken_by_a_strict_server() {
    let local = Emulator::start().await;
    let vapi = crate::support::builder(&local.base_url())
        .api_key(local.api_key())
        .build()
        .unwrap();
    let assistant = CreateAssistantDto::from_prompt("You are Ada.").name("Ada");
    let assistant = vapi.assistants().create(assistant).await.unwrap();
    let model = serde_json::to_value(&assistant.model).unwrap();
    assert_eq!(
        model["messages"],
        json!([{"role": "system", "content": "You are Ada."}])
    );

    let line = vapi
        .phone_numbers()
        .create(CreateVapiPhoneNumberDto::new())
        .await
        .unwrap();
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    let call = CreateCallDto::new()
        .assistant_id(assistant.id)
        .phone_number_id(line.id().unwrap())
        .customer(CreateCustomerDto::new().number("+15555550123"))
        .scheduled_at(tomorrow);
    let call = vapi.calls().create(call).await.unwrap().into_call().unwrap();
    assert_eq!(call.status.unwrap().as_str(), "scheduled");

    let kitchen = TransferDestinationNumber::warm("+15555550124", "A guest asks about nuts.");
    let office = TransferDestinationSip::warm_with_summary("sip:office@example.com");
    let destinations = [TransferCallToolDestination::from(kitchen), office.into()];
    let tool = CreateTransferCallToolDto::new().destinations(destinations);
    let tool: Value = vapi.tools().create(tool).json().await.unwrap();
    let expected = json!([
        {
            "type": "number", "number": "+15555550124",
            "transferPlan": {"mode": "warm-transfer-say-message", "message": "A guest asks about nuts."},
        },
        {"type": "sip", "sipUri": "sip:office@example.com", "transferPlan": {"mode": "warm-transfer-say-summary"}},
    ]);
    assert_eq!(tool["destinations"], expected);
}

#[test]
fn they_hold_typed_properties() {
    let number = TransferDestinationNumber::warm("+15555550123", "Hello.");
    assert!(number.extra.is_empty());
    assert_eq!(number.transfer_plan.unwrap().mode.as_str(), "warm-transfer-say-message");
    let assistant = CreateAssistantDto::from_prompt("Be kind.");
    assert!(assistant.extra.is_empty() && assistant.model.is_some());
    let call = CreateCallDto::new().scheduled_at("2026-12-01T09:00:00Z");
    assert_eq!(
        call.schedule_plan.unwrap().earliest_at.to_string(),
        "2026-12-01T09:00:00Z"
    );
}
