//! A typed client for the [Vapi](https://vapi.ai) voice-AI API, generated from its OpenAPI document (unofficial).
//!
//! ```no_run
//! # async fn example() -> vapi::Result<()> {
//! let vapi = vapi::Client::from_env()?; // VAPI_API_KEY
//! for call in vapi.calls().list().limit(10).await? {
//!     println!("{} {:?}", call.id, call.status);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - A [`Client`] comes from the environment or from [`Client::builder`]. Its methods lead to the [`resources`] of the API, whose
//!   methods are the API's operations.
//! - An [`Operation`](operation::Operation) is sent when it is awaited. Before that it takes options: a time limit, retries, headers,
//!   more query.
//! - The [`types`] have public fields, `new(..)` with what must be there, and a setter for each field. They keep what they do not
//!   know: `Unknown` values of enums and unions, and properties in `extra`. [`Nullable`] tells clearing a property from keeping it.
//! - Everything fails with the one [`Error`], which can be asked what happened.
//! - What may have placed a call is never sent twice by itself; other requests are retried.
//! - A list is a stream too, which asks for its [`pages`] when their turn comes. A [`wait`] sees a call through to its end. A [`chat`] can
//!   be heard word by word.
//! - [`tools`] and [`structured_outputs`] come from types of your own, and are read back as those.
//! - An [`Upload`] is streamed from where it is; a [`Download`] is streamed, read or saved.
//! - [`Client::request`] sends what the document does not describe; [`Client::raw`] is progenitor's own client.

// This file is the table of contents. What is generated and what is written by hand never share a file.

mod artifacts;
#[cfg(all(
    vapi_op = "CallController_create",
    vapi_type = "Call",
    vapi_type = "CreateCallDto",
    vapi_type = "CreateCustomerDto"
))]
pub mod batch;
mod by_name;
pub mod chat;
pub mod client;
pub mod config;
pub mod download;
mod draft;
#[cfg(vapi_type = "EndedReason")]
pub mod ended_reason;
mod error;
mod generated;
#[cfg(feature = "logs")]
pub mod logs;
mod model;
pub mod operation;
pub mod pages;
mod path;
mod query;
pub mod raw;
mod region;
pub mod request;
mod response;
mod retry;
#[cfg(feature = "schemars")]
mod schema;
mod sse;
pub mod structured_outputs;
pub mod tools;
mod transport;
pub mod upload;
pub mod wait;

pub use artifacts::Recording;
pub use client::Client;
pub use download::Download;
pub use error::{Error, Result};
pub use generated::{resources, types};
#[doc(hidden)]
pub use model::read_body;
pub use model::{Nullable, Number, Secret, Timestamp, TimestampError};
pub use region::Region;
pub use response::Response;
pub use upload::Upload;

pub use http;
pub use reqwest;

/// The README's code, compiled. It shows the API of the snapshot, of which older documents lack some.
#[cfg(all(doctest, feature = "logs", feature = "schemars", vapi_type = "CallOrBatch"))]
#[doc = include_str!("../README.md")]
mod readme {}
