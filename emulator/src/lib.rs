//! A Vapi on your own machine: every operation of the OpenAPI document, served over real HTTP, with resources that are
//! remembered and calls that live and end. For tests, demos and docs; nobody's phone rings.
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
//! What an operation does is read off the document: the shape of its path says whether it creates, gets, lists, changes
//! or deletes, its schemas say what a request must be and what an answer holds. Calls, chats, uploads and downloads have
//! code of their own. The crate does not depend on the client that it helps to test.

// Without the data file, nobody asks what changed.
#![cfg_attr(not(feature = "data"), allow(dead_code))]

mod agenda;
mod answer;
mod calls;
mod changes;
mod chat;
mod clock;
mod compile;
mod cors;
#[cfg(feature = "data")]
mod data;
mod document;
mod downloads;
mod emulator;
mod fault;
mod fault_text;
mod handle;
mod ids;
#[cfg(feature = "data")]
mod journal;
mod listener;
mod listing;
mod media;
mod moment;
mod order;
mod own;
mod page;
mod plan;
mod received;
mod resources;
mod routes;
mod sample;
mod script;
mod sentences;
mod server;
mod shape;
mod sockets;
mod span;
mod store;
mod undocumented;
mod unions;
mod upload;
mod uploads;
mod validate;
mod webhooks;
mod world;

pub use document::DocumentError;
pub use emulator::{Builder, Emulator, OperationInfo, StartError};
pub use fault::Fault;
pub use fault_text::FaultError;
pub use received::ReceivedRequest;
pub use script::{Script, ScriptError};
pub use webhooks::SentWebhook;
