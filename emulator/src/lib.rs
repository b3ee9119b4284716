//! A local Vapi for tests, demos and documentation. It serves every operation of the OpenAPI document over real HTTP,
//! stores resources and simulates calls. No phone rings.
//!
//! ```
//! # async fn run() {
//! use vapi_emulator::{Emulator, Fault};
//!
//! let vapi = Emulator::start().await;
//! // Point any client at `vapi.base_url()` with `vapi.api_key()`, then look at what it sent:
//! assert!(vapi.requests().is_empty());
//! // Things can go wrong on demand:
//! vapi.fault(Fault::on("CallController_findOne").status(500).times(1));
//! # }
//! ```
//!
//! The behavior of an operation is derived from the document. The form of its path shows whether it creates, gets,
//! lists, updates or deletes; its schemas define requests and responses. Calls, chats, uploads and downloads have code
//! of their own. The crate does not depend on the client that it helps to test.

// Pages on docs.rs say which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod admin;
mod api;
mod artifacts;
mod calls;
mod emulator;
mod fault;
mod http;
mod llm;
mod openapi;
mod router;
mod script;
mod server;
mod state;
mod storage;
mod text;
mod ui;
mod webhooks;
mod websockets;

pub use emulator::{Builder, CallByHand, CallByHandError, Emulator, OperationInfo, StartError};
pub use fault::Fault;
pub use fault::syntax::FaultError;
pub use openapi::document::DocumentError;
pub use script::{Script, ScriptError};
pub use state::request_log::ReceivedRequest;
pub use state::webhook_log::SentWebhook;
