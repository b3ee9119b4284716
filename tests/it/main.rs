//! The public API over loopback: a server that does what a test tells it to for what can go wrong, the emulator for what should go right.

mod additions;
mod audio;
mod batches;
mod chat_stream;
mod client;
mod clock;
mod custom_llm;
mod downloads;
mod errors;
mod first_call;
mod http2;
mod jwt;
mod key;
mod knowledge_bases;
mod live;
mod logs;
mod misfits;
mod operations;
mod pagination;
mod raw;
mod retries;
mod shorthands;
#[path = "../support/mod.rs"]
mod support;
mod tokens;
mod tools;
mod tracing;
mod uploads;
mod validation;
mod waiting;
mod webhook_server;
mod webhooks;
