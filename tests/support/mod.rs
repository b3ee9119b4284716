//! A server on loopback that does exactly what a test tells it to, well-behaved or not, and remembers what it was asked; and a
//! few hand-written endpoints, so that the client can be tested without generated code.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "each test file uses its part"
)]

mod endpoints;
mod server;

pub use endpoints::*;
pub use server::*;

use std::time::Duration;

pub const KEY: &str = "sk-test-4f1c2a";

/// A client of this server that retries at once.
pub fn client(server: &Server) -> vapi::Client {
    builder(&server.url).build().unwrap()
}

pub fn builder(url: &str) -> vapi::config::ClientBuilder {
    vapi::Client::builder()
        .api_key(KEY)
        .base_url(url)
        .retry_base_delay(Duration::from_millis(1))
}
