//! What a program can see of its requests: one span for each operation, with what came of it. `cargo run --example tracing`
//!
//! A span has the operation, its method and path, and in the end the status, the number of attempts, the time they took and the
//! server's id for the request. It has no ids of yours, no queries, no bodies and no key.

use std::error::Error;

use tracing::{Instrument, Level};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use vapi::Client;
use vapi_emulator::{Emulator, Fault};

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

    let local = Emulator::start().await;
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()?;

    // A request that succeeds at the second attempt: the span says `attempts=2`.
    local.fault(Fault::on("AssistantController_findAll").status(503).times(1));
    // Spans of your own stand around those of this crate.
    nightly_report(&vapi)
        .instrument(tracing::info_span!("nightly_report"))
        .await?;

    // One that fails: `status=404`. What the server said is in the error.
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
