//! A file that an assistant can know: uploaded from disk, listed, deleted. `cargo run --example upload_file -- menu.pdf`
//!
//! It uploads to a local Vapi, and this source file if no other is named. For the real one, make the client with
//! `Client::from_env()`.

use std::error::Error;

use vapi::{Client, Upload};
use vapi_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let local = Emulator::start().await;
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()?;

    let named = std::env::args().nth(1);
    let path = named.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/examples/upload_file.rs").to_owned());
    // Read as it is sent, never whole in memory. The content type is guessed by the name.
    let upload = Upload::path(path)
        .field("purpose", "assistant")
        .on_progress(|sent, total| match total {
            Some(total) => println!("{sent} of {total} bytes"),
            None => println!("{sent} bytes"),
        });
    let file = vapi.files().upload(upload).await?;
    println!("uploaded as {}: {:?}, {:?}", file.id, file.name, file.status);

    let note = Upload::bytes("hours.txt", "Closed on Mondays.").field("purpose", "assistant");
    let note = vapi.files().upload(note).await?;
    println!("uploaded as {}: {:?}", note.id, note.name);

    for id in [file.id, note.id] {
        vapi.files().delete(&id).await?;
    }
    Ok(())
}
