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
mod warnings;

pub use endpoints::*;
pub use server::*;
pub use warnings::*;

use std::time::Duration;

use vapi::Client;
use vapi_emulator::Emulator;

pub const KEY: &str = "sk-test-4f1c2a";

/// Returns a client of this server that retries at once.
pub fn client(server: &Server) -> Client {
    builder(&server.url).build().unwrap()
}

/// Returns the local Vapi, and a client of it that retries at once. Few tests are about references or origins, so any will do.
pub async fn local() -> (Emulator, Client) {
    let local = Emulator::builder()
        .allow_unknown_ids(true)
        .allow_incomplete_calls(true)
        .allow_origin("*");
    let local = local.start().await.unwrap();
    let vapi = builder(&local.base_url()).api_key(local.api_key()).build().unwrap();
    (local, vapi)
}

pub fn builder(url: &str) -> vapi::ClientBuilder {
    Client::builder()
        .api_key(KEY)
        .base_url(url)
        .retry_base_delay(Duration::from_millis(1))
}
