//! The artifacts of a call, its recording as a file and its log as entries: `cargo run --example download_recording -- CALL_ID`.
//!
//! Without an id it takes the latest call that has ended. The README beside this file shows how to run it against a local server.

use std::error::Error;

use vapi::types::CallStatus;
use vapi::{Client, RecordingTrack};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vapi = Client::from_env()?;
    let Some(id) = ended_call(&vapi).await? else {
        println!("no call has ended yet");
        return Ok(());
    };

    // Recordings appear some time after the end. Until then the response is a 404.
    match vapi.calls().recording(&id, RecordingTrack::Stereo).bytes().await {
        Ok(bytes) => println!("the recording has {} bytes", bytes.len()),
        Err(error) if error.is_not_found() => {
            println!("the recording of {id} is not there yet: {error}");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    }

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

/// Returns the id given as an argument, or that of the latest ended call.
async fn ended_call(vapi: &Client) -> vapi::Result<Option<String>> {
    if let Some(id) = std::env::args().nth(1) {
        return Ok(Some(id));
    }
    let calls = vapi.calls().list().limit(20).await?;
    let ended = calls.iter().find(|call| call.status == Some(CallStatus::Ended));
    Ok(ended.map(|call| call.id.to_string()))
}
