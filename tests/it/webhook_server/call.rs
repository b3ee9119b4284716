//! A call of the local Vapi, whose signatures are not made by this crate.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use vapi::Client;
use vapi::http::Method;
use vapi::types::{
    AuthenticationPlan, CreateAssistantDto, CreateCallDto, CreateVapiPhoneNumberDto, OpenAiModel, Server,
};
use vapi::webhooks::{ToolContext, Verifier, Webhooks};
use vapi_emulator::{Emulator, Script};

#[path = "../../../examples/restaurant/restaurant.rs"]
mod restaurant;

/// A table for some people.
#[derive(Deserialize, JsonSchema)]
struct BookTable {
    /// The number of people.
    guests: u32,
}

/// Serves webhooks and returns their URL.
async fn serve(webhooks: Webhooks) -> String {
    let address = crate::support::serve(Router::new().route_service("/vapi", webhooks)).await;
    format!("http://{address}/vapi")
}

fn client(local: &Emulator) -> Client {
    let client = Client::builder().api_key(local.api_key()).base_url(local.base_url());
    client.build().unwrap()
}

/// Returns the results of the tool calls of a call.
async fn tool_results(vapi: &Client, call_id: &str) -> Vec<Value> {
    let call: Value = vapi.calls().get(call_id).json().await.unwrap();
    let messages = call["messages"].as_array().unwrap();
    messages
        .iter()
        .filter_map(|message| message.get("result").cloned())
        .collect()
}

#[tokio::test]
async fn a_signed_tool_call_ends_up_in_the_transcript() {
    let plan = json!({
        "type": "hmac", "algorithm": "sha512", "secretKey": "whsec_c2l4dGVlbiBieXRlcyBvciBzbw==", "secretIsBase64": true,
        "signatureHeader": "svix-signature", "signaturePrefix": "v1,", "signatureEncoding": "base64",
        "timestampHeader": "svix-timestamp", "messageIdHeader": "svix-id", "payloadFormat": "{svix-id}.{timestamp}.{method}.{body}",
    });
    let typed: AuthenticationPlan = serde_json::from_value(plan.clone()).unwrap();
    let reports = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&reports);
    let webhooks = Webhooks::new(Verifier::from_plan(&typed).unwrap())
        .on_tool("book_table", |table: BookTable, context: ToolContext| async move {
            assert!(context.call_id().is_some());
            Ok(format!("table 7 for {}", table.guests))
        })
        .on_end_of_call_report(move |report| {
            let transcript = report.message().transcript().unwrap_or_default().to_owned();
            seen.lock().unwrap().push(transcript);
            async {}
        });
    let url = serve(webhooks.clone()).await;

    let local = Emulator::builder()
        .call_step(Duration::from_secs(10))
        .allow_incomplete_calls(true)
        .start()
        .await
        .unwrap();
    local.script(
        Script::new()
            .customer_says("A table for four, please.")
            .calls_tool("book_table", json!({"guests": 4}))
            .assistant_says("Your table is booked.")
            .customer_hangs_up(),
    );
    let vapi = client(&local);
    let credential = json!({"provider": "webhook", "authenticationPlan": plan});
    let credential: Value = vapi
        .request(Method::POST, "/credential")
        .json(&credential)
        .send()
        .await
        .unwrap();
    let tool = vapi::tools::function::<BookTable>("book_table", "Books a table.");
    let assistant = CreateAssistantDto::new()
        .model(OpenAiModel::new("gpt-4o").tools([tool]))
        .server(Server::new().url(url).credential_id(credential["id"].as_str().unwrap()));
    let call = vapi
        .calls()
        .create(CreateCallDto::new().assistant(assistant))
        .await
        .unwrap()
        .into_call()
        .unwrap();
    local.advance(Duration::from_secs(120)).await;

    assert_eq!(tool_results(&vapi, &call.id).await, ["table 7 for 4"]);
    webhooks.shutdown().await;
    let reports = reports.lock().unwrap();
    assert!(
        reports.len() == 1 && reports[0].contains("Your table is booked."),
        "{reports:?}"
    );
    assert!(
        local.webhooks().iter().all(|sent| sent.status == Some(200)),
        "all are verified"
    );
}

#[tokio::test]
async fn the_restaurant_of_the_example_books_a_table() {
    let guest = Script::new()
        .assistant_greets()
        .customer_says("A table for 13 at eight.")
        .calls_tool("book_table", json!({"guests": 13, "time": "20:00"}))
        .customer_says("Then for four, at eight.")
        .calls_tool("book_table", json!({"guests": "four", "time": "20:00"}))
        .calls_tool("book_table", json!({"guests": 4, "time": "20:00"}))
        .assistant_says("See you at eight!")
        .customer_hangs_up();
    let local = Emulator::builder().script(guest).start().await.unwrap();
    let vapi = client(&local);
    let number = vapi.phone_numbers().create(CreateVapiPhoneNumberDto::new()).await;
    let number = number.unwrap().id().unwrap().to_owned();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/vapi", listener.local_addr().unwrap());
    let (reports, mut reported) = mpsc::unbounded_channel();
    let webhooks = restaurant::open(&vapi, &number, &url, "a key").await.unwrap();
    let webhooks = webhooks.on_end_of_call_report(move |report| {
        reports.send(report).unwrap();
        async {}
    });
    let app = Router::new().route_service("/vapi", webhooks.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let call = local.inbound_call(&number, "+15555550123").unwrap();
    local.advance(Duration::from_secs(600)).await;
    let report = reported.try_recv().unwrap();
    assert_eq!(report.message().call_id(), Some(call.as_str()));
    assert_eq!(report.ended_reason.as_ref().unwrap().as_str(), "customer-ended-call");
    let transcript = "AI: Trattoria Ada, good evening!\nUser: A table for 13 at eight.\nUser: Then for four, at eight.\nAI: See you at eight!\n";
    assert_eq!(report.message().transcript(), Some(transcript));
    let results = tool_results(&vapi, &call).await;
    assert_eq!(results.len(), 3, "{results:?}");
    assert_eq!(results[0], "There is no table for more than 12 guests.");
    let bad_argument = results[1].as_str().unwrap();
    assert!(bad_argument.contains("guests"), "the argument is named: {bad_argument}");
    assert_eq!(results[2], "Table 7 is booked for 4 at 20:00.");
    let sent = local.webhooks();
    assert!(sent.iter().all(|sent| sent.status == Some(200)), "{sent:?}");
    assert!(sent.iter().any(|sent| sent.message_type == "assistant-request"));
}
