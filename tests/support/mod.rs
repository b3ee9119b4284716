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

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use vapi::Client;
use vapi_emulator::Emulator;

pub const KEY: &str = "sk-test-4f1c2a";

/// Returns a client of this server that retries at once.
pub fn client(server: &Server) -> Client {
    builder(&server.url).build().unwrap()
}

/// Returns the local Vapi, and a client of it that retries at once. Few tests are about references or origins, so any will do.
pub async fn local() -> (Emulator, Client) {
    started(Emulator::builder().allow_incomplete_calls(true).allow_origin("*")).await
}

/// The same, whose calls take a step of this length, and without other origins.
pub async fn local_with_step(step: Duration) -> (Emulator, Client) {
    started(Emulator::builder().call_step(step).allow_incomplete_calls(true)).await
}

async fn started(local: vapi_emulator::Builder) -> (Emulator, Client) {
    let local = local.allow_unknown_ids(true).start().await.unwrap();
    let vapi = builder(&local.base_url()).api_key(local.api_key()).build().unwrap();
    (local, vapi)
}

/// Serves a router of axum, and returns its address.
pub async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Returns an HTTP client without the proxy of this machine, for servers of a test.
pub fn http() -> vapi::reqwest::Client {
    vapi::http_client_builder().unwrap().no_proxy().build().unwrap()
}

pub fn builder(url: &str) -> vapi::ClientBuilder {
    Client::builder()
        .api_key(KEY)
        .base_url(url)
        .retry_base_delay(Duration::from_millis(1))
}
