//! What a call leaves behind: its recording as a file and its log as entries. `cargo run --example download_recording`
//!
//! It places the call in a local Vapi. For the real one, make the client with `Client::from_env()` and take the id of a call
//! that has ended.

use std::error::Error;
use std::time::Duration;

use vapi::types::{CreateCallDto, CreateCustomerDto};
use vapi::{Client, RecordingTrack};
use vapi_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let local = Emulator::start().await;
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()?;
    let id = place_call(&vapi).await?;

    // Until the call has ended, and a while after, the answer is a 404.
    match vapi.calls().recording(&id, RecordingTrack::Stereo).bytes().await {
        Ok(_) => println!("the recording is there already"),
        Err(error) if error.is_not_found() => println!("not yet: {error}"),
        Err(error) => return Err(error.into()),
    }
    // Here an hour passes at once.
    local.advance(Duration::from_secs(3600)).await;

    // Under its name there is only ever a whole file. Where it is stored never sees the API key.
    let path = std::env::temp_dir().join(format!("{id}.wav"));
    let length = vapi
        .calls()
        .recording(&id, RecordingTrack::Stereo)
        .on_progress(|received, total| println!("{received} of {total:?} bytes"))
        .save_to(&path)
        .await?;
    println!("{length} bytes in {}", path.display());
    std::fs::remove_file(path)?;

    print_log(&vapi, &id).await?;
    Ok(())
}

/// Unpacked and decoded as it comes, however long it is.
#[cfg(feature = "logs")]
async fn print_log(vapi: &Client, id: &str) -> vapi::Result<()> {
    let mut entries = vapi.calls().logs(id).entries().await?;
    while let Some(entry) = entries.next().await {
        let entry = entry?;
        let category = entry.category().unwrap_or("?");
        println!("{category:12} {}", entry.body.as_deref().unwrap_or_default());
    }
    Ok(())
}

/// Without the feature `logs` it is gzip, to be unpacked by something else.
#[cfg(not(feature = "logs"))]
async fn print_log(vapi: &Client, id: &str) -> vapi::Result<()> {
    println!("{} bytes of log", vapi.calls().logs(id).bytes().await?.len());
    Ok(())
}

async fn place_call(vapi: &Client) -> vapi::Result<String> {
    let request = CreateCallDto::new()
        .assistant_id("my-assistant")
        .phone_number_id("my-line")
        .customer(CreateCustomerDto::new().number("+15555550123"));
    Ok(vapi.calls().create(request).await?.into_call()?.id)
}
