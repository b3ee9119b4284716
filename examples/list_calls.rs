//! A list read to its end, in part and page by page: `cargo run --example list_calls`.
//!
//! It changes nothing. The README beside this file shows how to run it against a local server.

use std::error::Error;

use vapi::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vapi = Client::from_env()?;

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
