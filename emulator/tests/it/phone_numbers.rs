//! Phone numbers.

use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::start_strict;

#[tokio::test]
async fn a_number_is_in_the_area_that_was_asked_for() {
    let vapi = start_strict(Emulator::builder()).await;
    let body = json!({ "provider": "vapi", "numberDesiredAreaCode": "415" });
    let (_, one) = vapi.post("/phone-number", body.clone()).await;
    let (_, other) = vapi.post("/phone-number", body).await;
    assert_eq!(
        (&one["number"], &other["number"]),
        (&json!("+14155550100"), &json!("+14155550101"))
    );
    assert_eq!(one["status"], "active");
}

#[tokio::test]
async fn an_address_and_an_imported_number_stay_as_they_are() {
    let vapi = start_strict(Emulator::builder()).await;
    let sip = json!({ "provider": "vapi", "sipUri": "sip:ada@sip.vapi.ai" });
    assert_eq!(vapi.post("/phone-number", sip).await.1["number"], Value::Null);
    let twilio = json!({
        "provider": "twilio", "number": "+15555550123", "twilioAccountSid": "AC1", "twilioAuthToken": "secret",
    });
    assert_eq!(vapi.post("/phone-number", twilio).await.1["number"], "+15555550123");
}
