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
//! # Overview
//!
//! - A [`Client`] comes from the environment or from [`Client::builder`]. Its methods lead to the [`resources`] of the API, and the
//!   methods of those are the operations.
//! - An [`Operation`](operation::Operation) is sent when it is awaited. Before that it takes options: a time limit, retries, headers,
//!   query parameters. [`resources::prepared`] has a page for each operation.
//! - The [`types`] have public fields, `new(..)` with the required ones, and a setter for each field. They keep unknown data:
//!   `Unknown` variants of enums and unions, and unknown properties in `extra`. [`Nullable`] distinguishes clearing a property from
//!   keeping it.
//! - Every error is the one [`Error`]. Its methods say what happened.
//! - A client has a key, or a [`TokenSource`] of tokens that expire.
//! - A request that may have placed a call is never sent twice. Other requests are retried.
//! - A list is also a stream, which requests its [`pages`] when they are needed.
//! - `live`, a cargo feature, talks into a running call, and listens to it.
//! - [`wait`] polls until a call has ended. [`batch`] calls many customers. [`chat`] streams the text of an assistant.
//! - `webhooks` reads the messages that Vapi posts to your server, and writes the responses.
//! - [`tools`] and [`structured_outputs`] are made from types of your own, and are decoded as those types.
//! - `customers`, with the cargo feature `csv`, reads the customers of a batch or a campaign from a table. `knowledge_bases` adds a file to
//!   a knowledge base.
//! - An [`Upload`] is streamed from disk, memory or a stream. A [`Download`] is streamed, read or saved; [`artifacts`] has the
//!   recordings and the logs of a call.
//! - [`Client::request`] sends what the document does not describe. [`Client::raw`] is progenitor's own client.
//!
//! # Cargo features
//!
//! | feature | default | purpose |
//! | --- | --- | --- |
//! | `full` | yes | the whole API. Without it, each resource is a feature with the name of its method: `calls`, `phone-numbers` |
//! | `messages` | | the types of webhooks and of a call's socket, without `full` |
//! | `gzip` | yes | compressed responses |
//! | `rustls-tls` | yes | https by rustls with `ring`, which builds fastest |
//! | `rustls-aws-lc` | | https by rustls with `aws-lc-rs`, the provider that `reqwest` prefers |
//! | `native-tls` | | https by the TLS library of the system |
//! | `jwt` | | tokens for browsers, signed with a private key |
//! | `logs` | yes | call logs, unpacked and read as entries: [`artifacts`] |
//! | `schemars` | yes | tools and structured outputs from Rust types |
//! | `csv` | | customers of a batch or a campaign from a table |
//! | `live` | | control of running calls, and their sound while they run |
//! | `webpki-roots` | | root certificates for rustls, on a machine that has none |
//! | `webhooks` | | messages that Vapi posts to your server, and the responses to them |
//! | `webhooks-encryption` | | tool arguments that Vapi encrypts |
//! | `axum` | | an extractor and responses of webhooks for axum; the service of `webhooks` needs no feature |
//! | `audio` | | calls over audio, and servers for custom voices and transcribers: `vapi::audio` |
//! | `custom-llm` | | a server that is the language model of an assistant: `vapi::custom_llm` |
//! | `http2` | | many requests over one connection |
//! | `validate` | | requests and responses judged by the document, before the API does: `vapi::validate` |
//! | `fetch` | | `VAPI_OPENAPI` may be a URL when this crate is built |
//! | `yaml` | | `VAPI_OPENAPI` may be a document in YAML when this crate is built |
//!
//! If several TLS features are enabled, `native-tls` is used before `rustls-aws-lc`, and that before `rustls-tls`.
//!
//! # Tracing
//!
//! Each request is a span `vapi` at level `info`, with operation, status, attempts and duration. At level `debug`, each operation
//! ends with one event with the same facts. For a stream that is when the stream is dropped.

// This file is the table of contents. ARCHITECTURE.md shows the layers.

// Pages on docs.rs say which feature an item needs. The `cfg`s of build.rs are left out: they hold for the document of this crate.
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg = false))]
// The whole needs all that is written by hand. A slice may have no unions, no lists, or no operations at all.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports, unused_macros))]

#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;

// Capabilities
pub mod artifacts;
#[cfg(feature = "audio")]
pub mod audio;
#[cfg(all(
    vapi_op = "CallController_create",
    vapi_type = "Call",
    vapi_type = "CreateCallDto",
    vapi_type = "CreateCustomerDto"
))]
pub mod batch;
pub mod chat;
#[cfg(all(
    feature = "custom-llm",
    vapi_type = "Call",
    vapi_type = "CreateCustomerDto",
    vapi_type = "OpenAiMessageRole",
    vapi_type = "PhoneNumber"
))]
pub mod custom_llm;
#[cfg(all(feature = "csv", vapi_type = "CreateCustomerDto"))]
#[cfg_attr(docsrs, doc(cfg(feature = "csv")))]
pub mod customers;
#[cfg(vapi_type = "EndedReason")]
pub mod ended_reason;
#[cfg(feature = "schemars")]
mod json_schema;
#[cfg(feature = "jwt")]
#[cfg_attr(docsrs, doc(cfg(feature = "jwt")))]
pub mod jwt;
#[cfg(all(
    vapi_op = "FileController_create",
    vapi_op = "FileController_findOne",
    vapi_op = "KnowledgeBaseV2Controller_fileAttach",
    vapi_op = "KnowledgeBaseV2Controller_filesGet",
    vapi_type = "AttachKnowledgeBaseV2FileDto",
    vapi_type = "File",
    vapi_type = "KnowledgeBaseV2File"
))]
pub mod knowledge_bases;
#[cfg(all(feature = "live", vapi_op = "CallController_findOne", vapi_type = "Call"))]
#[cfg_attr(docsrs, doc(cfg(feature = "live")))]
pub mod live;
pub mod pages;
mod shorthands;
pub mod structured_outputs;
pub mod tools;
#[cfg(feature = "validate")]
#[cfg_attr(docsrs, doc(cfg(feature = "validate")))]
pub mod validate;
pub mod wait;
#[cfg(all(
    feature = "webhooks",
    vapi_type = "ServerMessage",
    vapi_type = "ServerMessagePayload"
))]
#[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
pub mod webhooks;

// Requests: by resource, typed, untyped, and progenitor's
mod download;
#[cfg(any(feature = "audio", feature = "custom-llm", feature = "webhooks"))]
mod http_service;
pub mod operation;
pub mod raw;
mod request;
// Clippy would judge generated code.
#[allow(clippy::all)]
pub mod resources;

// The client, the path of a request, errors
mod client;
mod error;
mod transport;

// Data
mod by_name;
mod model;
// Clippy would judge generated code. Some types are deprecated by the API and are named in others.
#[allow(clippy::all, deprecated)]
pub mod types;

pub use artifacts::RecordingTrack;
pub use client::{Client, ClientBuilder, Region, http_client_builder};
pub use download::Download;
pub use error::{Error, Result};
#[cfg(any(feature = "audio", feature = "custom-llm", feature = "webhooks"))]
pub use http_service::BoxError;
#[cfg(any(feature = "audio", feature = "custom-llm"))]
pub use http_service::ServiceBody;
pub use model::{Misfit, Nullable, Number, Secret, Timestamp, TimestampError};
#[doc(hidden)]
pub use model::{read_body, write_body};
pub use request::RequestBuilder;
pub use transport::{BearerToken, ByteStream, Response, TokenError, TokenSource, Upload};

pub use http;
pub use reqwest;

/// The README's code, compiled. It shows the API of the snapshot, of which older documents lack some.
#[cfg(all(
    doctest,
    feature = "audio",
    feature = "custom-llm",
    feature = "jwt",
    feature = "live",
    feature = "logs",
    feature = "schemars",
    feature = "validate",
    feature = "webhooks",
    vapi_op = "CredentialController_create",
    vapi_type = "CallOrBatch"
))]
#[doc = include_str!("../README.md")]
mod readme {}
