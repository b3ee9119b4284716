//! A program's traces of its requests, one span for each operation: `cargo run --example tracing`.
//!
//! A span has the operation, its method and path, and at its end the status, the number of attempts, the duration and the server's
//! id of the request. It has no ids of yours, no queries, no bodies and no key. The README beside this file shows how to run it
//! against a local server.

use std::error::Error;

use tracing::{Instrument, Level};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use vapi::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A line when a span ends, with all that was recorded in it; and of this crate the events in between, such as a retry.
    let lines = tracing_subscriber::fmt::layer()
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false);
    let shown = Targets::new()
        .with_default(Level::INFO)
        .with_target("vapi", Level::DEBUG);
    tracing_subscriber::registry().with(lines).with(shown).init();

    let vapi = Client::from_env()?;

    // Spans of your own stand around those of this crate.
    nightly_report(&vapi)
        .instrument(tracing::info_span!("nightly_report"))
        .await?;

    // One that fails: `status=404`. The error has the message of the server.
    if let Err(error) = vapi.calls().get("no-such-call").await {
        tracing::warn!(%error, "no call");
    }
    Ok(())
}

async fn nightly_report(vapi: &Client) -> vapi::Result<()> {
    let assistants = vapi.assistants().list().limit(5).await?;
    tracing::info!(count = assistants.len(), "listed the assistants");
    Ok(())
}
