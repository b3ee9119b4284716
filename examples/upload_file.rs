//! A file uploaded from disk, then deleted: `cargo run --example upload_file -- menu.pdf`.
//!
//! Without an argument it uploads this source file. The README beside this file shows how to run it against a local server.

use std::error::Error;

use vapi::{Client, Upload};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vapi = Client::from_env()?;

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
        println!("deleted {id}");
    }
    Ok(())
}
