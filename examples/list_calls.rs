//! Reads a list to its end, and stops in the middle of one: `cargo run --example list_calls`.
//!
//! It makes some calls in a local Vapi first, where nobody's phone rings. For your own calls, make the client with
//! `Client::from_env()`.

use std::error::Error;
use std::time::Duration;

use vapi::Client;
use vapi::types::{CreateCallDto, CreateCustomerDto, CreateSessionDto};
use vapi_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let local = Emulator::builder().call_step(Duration::from_millis(1)).start().await?;
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()?;
    make_something_to_list(&vapi).await?;

    // Item by item. Pages of 5 are requested when their turn comes: `limit` is the size of a page, not of the whole.
    let mut calls = vapi.calls().list().limit(5).stream();
    let mut cost = 0.0;
    while let Some(call) = calls.next().await {
        let call = call?;
        cost += call.cost.map_or(0.0, |cost| cost.as_f64());
        println!("{} {:?}", call.id, call.status);
    }
    println!("all calls cost {cost:.4} dollars");

    // The latest three: what is not wanted is not requested.
    let mut calls = vapi.calls().list().limit(3).stream();
    for _ in 0..3 {
        if let Some(call) = calls.next().await {
            println!("one of the latest: {}", call?.id);
        }
    }

    // All at once, where they fit in memory. `impl Stream` is there too, for the adapters of the futures crates.
    let since = "2026-01-01T00:00:00.000Z";
    let all = vapi.calls().list().created_at_ge(since).stream().into_vec().await?;
    println!("{} calls since {since}", all.len());

    // Page by page, with what the server says of the whole.
    let mut pages = vapi.sessions().list().limit(2).pages();
    while let Some(page) = pages.next().await {
        let page = page?;
        println!(
            "page {:?} of {:?}: {} sessions",
            page.number(),
            page.total_pages(),
            page.items.len()
        );
    }
    Ok(())
}

async fn make_something_to_list(vapi: &Client) -> vapi::Result<()> {
    for number in 0..12 {
        let customer = CreateCustomerDto::new().number(format!("+155555501{number:02}"));
        let call = CreateCallDto::new()
            .assistant_id("my-assistant")
            .phone_number_id("my-line");
        vapi.calls().create(call.customer(customer)).await?;
    }
    for _ in 0..3 {
        vapi.sessions().create(CreateSessionDto::new()).await?;
    }
    Ok(())
}
