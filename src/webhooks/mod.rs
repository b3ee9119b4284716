//! Webhooks: the messages that Vapi posts to your server, and the responses to them.
//!
//! A [`WebhookMessage`] is read from the body of a request. Its [`payload`](WebhookMessage::payload) has the message as its type; the
//! methods of the message itself return what most handlers want, whatever the type.
//!
//! [`Webhooks`] is a server of them: it verifies requests by a [`Verifier`], runs your handlers and tools, and responds in time. It
//! mounts into any HTTP server.
//!
//! Eight types of message need a response. [`NeedsResponse`] ties each of them to the type of its response.
//!
//! ```
//! # #[cfg(all(vapi_type = "ServerMessageToolCalls", vapi_type = "ServerMessageAssistantRequest"))] {
//! use serde::Deserialize;
//! use vapi::http::Response;
//! use vapi::types::ServerMessagePayload;
//! use vapi::webhooks::{AssistantResponse, NeedsResponse, ToolCallsResponse, ToolResult, WebhookMessage};
//!
//! #[derive(Deserialize)]
//! struct BookTable {
//!     guests: u32,
//! }
//!
//! fn handle(body: &[u8]) -> vapi::Result<Response<bytes::Bytes>> {
//!     let message = WebhookMessage::from_slice(body)?;
//!     Ok(match message.payload() {
//!         ServerMessagePayload::AssistantRequest(request) => request.respond(AssistantResponse::assistant_id("front-desk")),
//!         ServerMessagePayload::ToolCalls(request) => {
//!             let results = message.tool_calls().into_iter().map(|call| {
//!                 let result = match call.arguments_as::<BookTable>() {
//!                     Ok(table) => ToolResult::text(format!("Booked for {}.", table.guests)),
//!                     Err(error) => ToolResult::error(error), // the model corrects itself
//!                 };
//!                 (call.id, result)
//!             });
//!             request.respond(results.collect::<ToolCallsResponse>())
//!         }
//!         _ => Response::default(),
//!     })
//! }
//!
//! let body = br#"{"message": {"type": "tool-calls", "toolCallList": [
//!     {"id": "1", "type": "function", "function": {"name": "book_table", "arguments": {"guests": 4}}}
//! ]}}"#;
//! let response = handle(body)?;
//! assert_eq!(response.body(), r#"{"results":[{"result":"Booked for 4.","toolCallId":"1"}]}"#);
//! # }
//! # Ok::<(), vapi::Error>(())
//! ```

#[cfg(all(
    feature = "axum",
    vapi_type = "ServerMessageResponseToolCalls",
    vapi_type = "ToolCallResult"
))]
mod axum;
#[cfg(feature = "webhooks-encryption")]
mod encryption;
mod message;
mod responses;
#[cfg(all(vapi_type = "ServerMessageResponseToolCalls", vapi_type = "ToolCallResult"))]
mod service;
mod verifier;

#[cfg(all(
    feature = "axum",
    vapi_type = "ServerMessageResponseToolCalls",
    vapi_type = "ToolCallResult"
))]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub use axum::Verified;
#[cfg(feature = "webhooks-encryption")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhooks-encryption")))]
pub use encryption::{DecryptionError, DecryptionKey, Encrypted};
pub use message::{ArgumentsError, MessageKind, WebhookMessage, WebhookToolCall};
pub use responses::*;
#[cfg(all(vapi_type = "ServerMessageResponseToolCalls", vapi_type = "ToolCallResult"))]
pub use service::{
    HandlerOutput, Received, Refusal, ToolCallClaim, ToolContext, ToolError, ToolResultStore, ToolResultStoreError,
    WebhookFuture, Webhooks,
};
pub use verifier::{BearerScheme, HmacAlgorithm, HmacScheme, TimestampUnit, VerificationError, Verifier};
