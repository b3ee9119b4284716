//! Values as the API sends and takes them, where the document says otherwise.

use serde_json::{Value, json};
use vapi::tools::ReadArguments;
use vapi::types;

#[test]
fn an_update_of_a_variant_writes_its_discriminator() {
    let written = |body: &dyn Fn() -> serde_json::Result<Value>| body().unwrap();
    assert_eq!(
        written(&|| serde_json::to_value(types::UpdateTwilioPhoneNumberDto::new())),
        json!({"provider": "twilio"})
    );
    assert_eq!(
        written(&|| serde_json::to_value(types::UpdateFunctionToolDto::new())),
        json!({"type": "function"})
    );
    assert_eq!(
        written(&|| serde_json::to_value(types::UpdateBarInsightFromCallTableDto::new())),
        json!({"type": "bar"})
    );
}

#[test]
fn a_chat_response_is_its_own_variant() {
    let sent = json!({
        "id": "response_1",
        "object": "chat.response",
        "output": [{"role": "assistant", "content": [{"type": "text", "text": "Hello"}]}]
    });
    let response: types::ResponseObject = serde_json::from_value(sent.clone()).unwrap();
    assert_eq!(response.output.as_ref().unwrap().len(), 1);
    assert_eq!(serde_json::to_value(&response).unwrap(), sent);
}

#[test]
fn a_judge_plan_of_tool_calls_needs_no_content() {
    let plan = types::AssistantMessageJudgePlanExact::new();
    assert_eq!(serde_json::to_value(plan).unwrap(), json!({"type": "exact"}));
}

#[test]
fn the_tool_calls_of_a_message_have_arguments() {
    let message: types::ToolCallMessage = serde_json::from_value(json!({
        "role": "tool_calls",
        "toolCalls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"guests\":4}"}}]
    }))
    .unwrap();
    let calls = message.tool_calls.unwrap();
    assert_eq!(calls[0].arguments::<Value>().unwrap(), json!({"guests": 4}));
}
