//! A typed client for the [Vapi](https://vapi.ai) voice-AI API, generated from its OpenAPI document (unofficial).
//!
//! This file is the table of contents. What is generated and what is written by hand never share a file.

mod artifacts;
pub mod client;
pub mod config;
pub mod download;
mod draft;
mod error;
mod generated;
mod model;
pub mod operation;
mod path;
mod query;
pub mod raw;
mod region;
pub mod request;
mod response;
mod retry;
mod transport;
pub mod upload;

pub use artifacts::Recording;
pub use client::Client;
pub use download::Download;
pub use error::{Error, Result};
pub use generated::{resources, types};
pub use model::{Nullable, Number, Secret, Timestamp, TimestampError};
pub use region::Region;
pub use response::Response;
pub use upload::Upload;

pub use http;
pub use reqwest;
