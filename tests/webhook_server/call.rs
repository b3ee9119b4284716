//! A call of the local Vapi, whose signatures are not made by this crate.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vapi::Client;
use vapi::http::Method;
use vapi::types::{AuthenticationPlan, CreateAssistantDto, CreateCallDto, OpenAiModel, Server};
use vapi::webhooks::{ToolContext, Verifier, Webhooks};
use vapi_emulator::{Emulator, Script};

/// A table for some people.
#[derive(Deserialize, JsonSchema)]
struct BookTable {
    /// The number of people.
    guests: u32,
}

/// Serves webhooks and returns their URL.
async fn serve(webhooks: Webhooks) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/vapi", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route_service("/vapi", webhooks)).await });
    url
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
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()
        .unwrap();
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

    let ended: Value = vapi.calls().get(&call.id).json().await.unwrap();
    let results: Vec<_> = ended["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|message| message.get("result"))
        .collect();
    assert_eq!(results, ["table 7 for 4"]);
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
