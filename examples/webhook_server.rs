//! A server of webhooks: an assistant for incoming calls, a tool, and the report on each call.
//!
//! Without `VAPI_WEBHOOK_SECRET` it plays Vapi too: it sends itself a signed tool call, prints the result and ends. With the secret, which
//! is the `server.secret` of an assistant or a phone number, it serves `/vapi` on `PORT` (8787) until Enter is pressed.

use std::error::Error;
use std::future::IntoFuture;
use std::io;

use axum::Router;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use vapi::webhooks::{AssistantResponse, ToolContext, ToolError, Verifier, Webhooks};

/// A table for some people. It is the schema of the tool for `vapi::tools::function`, too.
#[derive(Deserialize, JsonSchema)]
struct BookTable {
    /// The number of guests.
    guests: u32,
}

async fn book_table(table: BookTable, context: ToolContext) -> Result<String, ToolError> {
    if table.guests > 12 {
        return Err(ToolError::new("There is no table for more than 12 guests."));
    }
    println!(
        "{}: a table for {}",
        context.call_id().unwrap_or("a chat"),
        table.guests
    );
    Ok(format!("Booked for {}.", table.guests))
}

fn webhooks(verifier: Verifier) -> Webhooks {
    Webhooks::new(verifier)
        .on_assistant_request(|request| async move {
            println!("call from {:?}", request.message().customer_number());
            AssistantResponse::assistant_id("id of your assistant")
        })
        .on_tool("book_table", book_table)
        .on_end_of_call_report(|report| async move { println!("ended: {:?}", report.ended_reason) })
        .on_other(|message| async move { println!("{}", message.type_name()) })
        .spoken_error("Sorry, we cannot take calls at the moment.")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let secret = std::env::var("VAPI_WEBHOOK_SECRET").ok();
    let port = match &secret {
        Some(_) => std::env::var("PORT").as_deref().unwrap_or("8787").parse()?,
        None => 0,
    };
    let verifier = Verifier::secret(secret.as_deref().unwrap_or("a-secret-for-this-run"))?;
    let webhooks = webhooks(verifier.clone());

    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let url = format!("http://{}/vapi", listener.local_addr()?);
    let app = Router::new().route_service("/vapi", webhooks.clone());
    let server = tokio::spawn(axum::serve(listener, app).into_future());
    println!("serving {url}");

    if secret.is_some() {
        println!("Press Enter to stop.");
        tokio::task::spawn_blocking(|| io::stdin().read_line(&mut String::new())).await??;
    } else {
        let body = json!({"message": {"type": "tool-calls", "call": {"id": "a-call"}, "toolCallList": [
            {"id": "1", "type": "function", "function": {"name": "book_table", "arguments": {"guests": 4}}},
            {"id": "2", "type": "function", "function": {"name": "book_table", "arguments": {"guests": "many"}}},
        ]}});
        let body = body.to_string();
        let headers = verifier.sign(body.as_bytes());
        let response = vapi::http_client_builder()?
            .build()?
            .post(url)
            .headers(headers)
            .body(body)
            .send()
            .await?;
        println!("{}: {}", response.status(), response.text().await?);
    }

    // Requests are refused from now on, and the handlers that run are waited for.
    webhooks.shutdown().await;
    server.abort();
    Ok(())
}
