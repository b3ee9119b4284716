//! Error bodies of the API. They have no schema in the document: this crate reads them into its own error.

use serde_json::Value;

use crate::Outcome;
use crate::support::{Reply, Server, client, get};

/// Returns whether it is the body of an error, which names its own status.
pub fn is_one(value: &Value) -> bool {
    value["statusCode"].is_u64() && !value["message"].is_null()
}

/// Sends the body to a client as an error response, and compares the error with it.
pub fn check(text: &str, value: &Value) -> (Outcome, Vec<String>) {
    let status = value["statusCode"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok());
    let status = status.unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let error = runtime.block_on(async {
        let server = Server::replying([Reply::json(status, text)]).await;
        get(&client(&server), "t-1").max_retries(0).await.unwrap_err()
    });
    let said: Vec<&str> = match &value["message"] {
        Value::Array(messages) => messages.iter().filter_map(Value::as_str).collect(),
        message => message.as_str().into_iter().collect(),
    };
    let same = error.status().map(|known| known.as_u16()) == Some(status)
        && error.messages() == said
        && error.reason() == value["error"].as_str()
        && error.body() == Some(text.as_bytes());
    match same {
        true => (Outcome::Ok, Vec::new()),
        false => (Outcome::Lost, vec![format!("{error:?}")]),
    }
}
