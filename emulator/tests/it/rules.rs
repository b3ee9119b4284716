//! Validation of requests, and its messages.

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{answer, start, start_with};

/// Returns the messages of a refused body.
async fn refused(path: &str, body: Value) -> Value {
    let vapi = start().await;
    let (status, body) = vapi.post(path, body).await;
    assert_eq!(
        (status, &body["error"], &body["statusCode"]),
        (400, &json!("Bad Request"), &json!(400)),
        "{body}"
    );
    body["message"].clone()
}

async fn accepted(path: &str, body: Value) {
    let vapi = start().await;
    let (status, body) = vapi.post(path, body).await;
    assert!(status < 300, "{status} {body}");
}

#[tokio::test]
async fn an_unknown_property_should_not_exist() {
    let messages = refused("/assistant", json!({ "nmae": "Ada" })).await;
    assert_eq!(messages, json!(["property nmae should not exist"]));
}

#[tokio::test]
async fn an_unknown_nested_property_is_named_with_its_path() {
    let messages = refused("/call", json!({ "assistant": { "tools": [] } })).await;
    assert_eq!(messages, json!(["assistant.property tools should not exist"]));
    let messages = refused("/call", json!({ "customers": [{}, { "phone": "1" }] })).await;
    assert_eq!(messages, json!(["customers.1.property phone should not exist"]));
}

#[tokio::test]
async fn each_problem_has_a_message() {
    let body = json!({ "name": 5, "firstMessageMode": "shout", "maxDurationSeconds": 1, "id": "mine" });
    let messages = refused("/assistant", body).await;
    let messages: Vec<&str> = messages
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    // What should not exist comes first, then what is wrong, in the order of the document.
    assert_eq!(messages[0], "property id should not exist");
    assert!(messages[1].starts_with("firstMessageMode must be one of the following values: assistant-speaks-first, "));
    assert_eq!(
        messages[2..],
        ["maxDurationSeconds must not be less than 10", "name must be a string"]
    );
}

#[tokio::test]
async fn a_missing_required_property_is_named() {
    let messages = refused("/squad", json!({ "name": "S" })).await;
    assert_eq!(messages, json!(["members should not be null or undefined"]));
    let messages = refused("/call", json!({ "schedulePlan": {} })).await;
    assert_eq!(
        messages,
        json!(["schedulePlan.earliestAt should not be null or undefined"])
    );
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused() {
    let messages = refused("/assistant", json!({ "name": "x".repeat(41) })).await;
    assert_eq!(messages, json!(["name must be shorter than or equal to 40 characters"]));
}

#[tokio::test]
async fn a_wrong_type_is_named() {
    let messages = refused("/call", json!({ "customers": {} })).await;
    assert_eq!(messages, json!(["customers must be an array"]));
    let messages = refused("/call", json!({ "customer": "me" })).await;
    assert_eq!(
        messages,
        json!(["nested property customer must be either object or array"])
    );
    let messages = refused("/assistant", json!({ "modelOutputInMessagesEnabled": "yes" })).await;
    assert_eq!(
        messages,
        json!(["modelOutputInMessagesEnabled must be a boolean value"])
    );
}

#[tokio::test]
async fn a_union_is_judged_by_the_branch_its_tag_means() {
    let body = json!({ "voice": { "provider": "azure", "voiceId": "andrew", "pitch": 2 } });
    assert_eq!(
        refused("/assistant", body).await,
        json!(["voice.property pitch should not exist"])
    );
    let messages = refused("/assistant", json!({ "voice": { "provider": "acme", "voiceId": "x" } })).await;
    let message = messages[0].as_str().expect("a sentence");
    assert!(
        message.starts_with("voice.provider must be one of the following values: "),
        "{message}"
    );
    assert_eq!(messages.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_branch_is_chosen_by_its_distinguishing_property() {
    // All queries of a text insight are about the table `call`.
    let asking = |column: &str| {
        json!({ "type": "text", "queries": [
            { "type": "vapiql-json", "table": "call", "operation": "average", "column": column }
        ] })
    };
    accepted("/reporting/insight", asking("duration")).await;
    // Only the branch for numbers has an average; its columns are others.
    let messages = refused("/reporting/insight", asking("id")).await;
    let message = messages[0].as_str().expect("a sentence");
    assert!(
        message.starts_with("queries.0.column must be one of the following values: cost, duration, "),
        "{message}"
    );
    assert_eq!(messages.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_type_of_a_value_chooses_its_branch() {
    let assistant = |version: Value| json!({ "voice": { "provider": "azure", "voiceId": version } });
    assert_eq!(
        refused("/assistant", assistant(json!(5))).await,
        json!(["voice.voiceId must be a string"])
    );
    let chat = |input: Value| json!({ "input": "Hi", "assistant": { "voice": input } });
    assert_eq!(
        refused("/chat", chat(json!("azure"))).await,
        json!(["assistant.nested property voice must be either object or array"])
    );
}

#[tokio::test]
async fn an_update_may_leave_the_tag_out() {
    let vapi = start().await;
    let tool = json!({ "type": "endCall" });
    let (_, tool) = vapi.post("/tool", tool).await;
    let path = format!("/tool/{}", tool["id"].as_str().expect("an id"));
    let change = json!({ "messages": [{ "type": "request-start", "content": "One moment." }] });
    let (status, changed) = answer(vapi.request(Method::PATCH, &path).json(&change)).await;
    assert_eq!((status, &changed["messages"]), (200, &change["messages"]), "{changed}");
    let change = json!({ "mesages": [] });
    let (status, refused) = answer(vapi.request(Method::PATCH, &path).json(&change)).await;
    assert_eq!(
        (status, &refused["message"]),
        (400, &json!(["property mesages should not exist"]))
    );
}

#[tokio::test]
async fn an_update_cannot_change_the_tag() {
    let vapi = start().await;
    let (_, tool) = vapi.post("/tool", json!({ "type": "endCall" })).await;
    let path = format!("/tool/{}", tool["id"].as_str().expect("an id"));
    let change = |change: Value| answer(vapi.request(Method::PATCH, &path).json(&change));
    assert_eq!(change(json!({ "type": "endCall", "messages": [] })).await.0, 200);
    let (status, refused) = change(json!({ "type": "dtmf", "sipInfoDtmfEnabled": true })).await;
    assert_eq!(
        (status, &refused["message"]),
        (
            400,
            &json!([
                "property sipInfoDtmfEnabled should not exist",
                "type must be one of the following values: endCall"
            ])
        )
    );
    // Without a tag, the change is judged as one of the stored tool.
    let (status, refused) = change(json!({ "sipInfoDtmfEnabled": true })).await;
    assert_eq!(
        (status, &refused["message"]),
        (400, &json!(["property sipInfoDtmfEnabled should not exist"]))
    );
}

#[tokio::test]
async fn enums_in_a_path_are_checked() {
    let vapi = start().await;
    let (status, refused) = vapi.get("/provider/acme/pronunciation-dictionary").await;
    assert_eq!(
        (status, &refused["message"]),
        (
            400,
            &json!(["provider must be one of the following values: cartesia, 11labs"])
        )
    );
}

#[tokio::test]
async fn a_large_invalid_body_gets_a_short_response() {
    let vapi = start().await;
    let many = |count: usize| json!({ "members": vec![json!({ "nobody": true }); count] });
    let (status, few) = vapi.post("/squad", many(20)).await;
    assert_eq!((status, few["message"].as_array().map(Vec::len)), (400, Some(20)));
    let (status, some) = vapi.post("/squad", many(5000)).await;
    assert_eq!((status, some["message"].as_array().map(Vec::len)), (400, Some(1000)));
    let (status, first) = vapi.post("/squad", many(100_000)).await;
    assert_eq!(
        (status, &first["message"]),
        (400, &json!(["members.0.property nobody should not exist"]))
    );
}

#[tokio::test]
async fn a_union_without_its_tag_asks_for_it() {
    let messages = refused("/assistant", json!({ "model": { "model": "gpt-4o" } })).await;
    let message = messages[0].as_str().expect("a sentence");
    assert!(
        message.starts_with("model.provider must be one of the following values: "),
        "{message}"
    );
    assert_eq!(messages.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_body_made_to_be_expensive_is_answered_soon() {
    let vapi = start().await;
    let mut body = json!({});
    for _ in 0..15 {
        body =
            json!({ "model": { "tools": [{ "destinations": [{ "assistant": body }, { "assistant": body["x"] }] }] } });
    }
    let before = std::time::Instant::now();
    assert_eq!(vapi.post("/assistant", body).await.0, 400);
    assert!(before.elapsed() < std::time::Duration::from_secs(5));
}

#[tokio::test]
async fn properties_that_the_document_forgets_are_taken() {
    accepted(
        "/assistant",
        json!({ "server": { "url": "https://example.com", "secret": "s" } }),
    )
    .await;
    accepted("/chat/responses", json!({ "input": "Hello", "model": "gpt-4o" })).await;
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let vapi = start().await;
    let request = vapi.request(Method::POST, "/assistant").body("{\"name\":");
    let (status, body) = answer(request).await;
    assert_eq!(status, 400);
    assert_eq!(body["error"], "Bad Request");
}

#[tokio::test]
async fn json_nested_beyond_reason_is_refused() {
    let vapi = start().await;
    let request = vapi.request(Method::POST, "/assistant").body("[".repeat(100_000));
    assert_eq!(answer(request).await.0, 400);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let vapi = start_with(Emulator::builder().body_limit(1000)).await;
    let (status, body) = vapi
        .post("/assistant", json!({ "firstMessage": "x".repeat(1000) }))
        .await;
    assert_eq!(status, 413);
    assert_eq!(body["statusCode"], 413);
}

#[tokio::test]
async fn an_optional_property_may_be_null() {
    accepted(
        "/assistant",
        json!({ "name": null, "voice": null, "endCallPhrases": null }),
    )
    .await;
}

#[tokio::test]
async fn an_enum_on_an_array_is_meant_for_its_items() {
    accepted("/assistant", json!({ "serverMessages": ["hang", "tool-calls"] })).await;
    let messages = refused("/assistant", json!({ "serverMessages": ["hang", "nonsense"] })).await;
    let message = messages[0].as_str().expect("a sentence");
    assert!(
        message.starts_with("each value in serverMessages must be one of the following values: "),
        "{message}"
    );
}

#[tokio::test]
async fn an_enum_on_an_object_means_a_string() {
    let server = |kind: &str| {
        json!({ "server": { "url": "https://example.com", "backoffPlan": {
            "type": kind, "maxRetries": 1, "baseDelaySeconds": 1, "excludedStatusCodes": [400, 401],
        } } })
    };
    accepted("/assistant", server("fixed")).await;
    let messages = refused("/assistant", server("linear")).await;
    assert_eq!(
        messages,
        json!(["server.backoffPlan.type must be one of the following values: fixed, exponential"])
    );
}

#[tokio::test]
async fn patterns_and_formats_are_enforced() {
    let tool = |name: &str| json!({ "type": "function", "function": { "name": name } });
    accepted("/tool", tool("book_table")).await;
    assert_eq!(
        refused("/tool", tool("any name, really")).await,
        json!(["function.name must match /^[a-zA-Z0-9_-]{1,64}$/ regular expression"])
    );
    let scheduled = |at: &str| json!({ "schedulePlan": { "earliestAt": at } });
    assert_eq!(
        refused("/call", scheduled("soon")).await,
        json!(["schedulePlan.earliestAt must be a valid ISO 8601 date string"])
    );
}

#[tokio::test]
async fn a_number_without_country_code_gets_the_hot_tip() {
    let customer = |number: &str| json!({ "customer": { "number": number } });
    assert_eq!(
        refused("/call", customer("5555550123")).await,
        json!([
            "customer.number must be a valid phone number in the E.164 format. Hot tip, you may be missing the country code \
             (Eg. US: +1)."
        ])
    );
}

#[tokio::test]
async fn what_the_vendors_guides_send_is_taken() {
    accepted(
        "/assistant",
        json!({ "silenceTimeoutSeconds": 30, "messagePlan": { "idleMessages": ["Hello?"] }, "endCallFunctionEnabled": true }),
    )
    .await;
    accepted("/tool", json!({ "type": "endCall", "function": { "name": "hang_up" } })).await;
    assert_eq!(
        refused("/assistant", json!({ "silenceTimeoutSeconds": 5 })).await,
        json!(["silenceTimeoutSeconds must not be less than 10"])
    );
}

#[tokio::test]
async fn texts_that_the_document_calls_objects_are_taken() {
    accepted(
        "/reporting/insight",
        json!({
            "type": "bar", "queries": [], "timeRange": { "start": "-7d", "end": "now" },
        }),
    )
    .await;
    accepted(
        "/assistant",
        json!({ "voice": { "provider": "neuphonic", "voiceId": "a", "language": "en" } }),
    )
    .await;
}

#[tokio::test]
async fn chat_messages_are_accepted_as_the_api_accepts_them() {
    accepted("/chat", json!({ "input": [{ "role": "user", "content": "Hello" }] })).await;
}

#[tokio::test]
async fn a_lenient_emulator_refuses_nothing() {
    let vapi = start_with(Emulator::builder().lenient(true)).await;
    let (status, assistant) = vapi.post("/assistant", json!({ "nmae": "Ada", "name": 5 })).await;
    assert_eq!(status, 201);
    assert_eq!(assistant["nmae"], "Ada");
}
