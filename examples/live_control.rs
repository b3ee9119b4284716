//! A running call: one sentence said into it, and its sound in a WAV file: `cargo run --example live_control -- CALL_ID`.
//!
//! Without an id it places a call, which is real. `VAPI_CALL_TO` is the number to call. The README beside this file shows how to run it
//! against a local server.

mod support;

use std::error::Error;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use vapi::Client;
use vapi::live::AudioEvent;
use vapi::types::{CallStatus, CreateCallDto, CreateCustomerDto};

use crate::support::variable;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vapi = Client::from_env()?;
    let id = match std::env::args().nth(1) {
        Some(id) => id,
        None => place_call(&vapi).await?,
    };

    let path = std::env::temp_dir().join(format!("{id}.wav"));
    match take_part(&vapi, &id, &path).await {
        // Whoever is called may hang up at any moment, also before anything is said.
        Err(error) if error.is_call_ended() => println!("the call ended too soon: {error}"),
        done => done?,
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

async fn take_part(vapi: &Client, id: &str, path: &Path) -> Result<(), vapi::Error> {
    let live = vapi
        .calls()
        .wait_until_live(id)
        .poll_every(Duration::from_millis(250))
        .timeout(Duration::from_secs(120))
        .on_update(|call| println!("{id} is {}", call.status.as_ref().map_or("new", CallStatus::as_str)))
        .await?;

    // The listener is there before the sentence, so that it hears it.
    let mut listener = live.listen().await?;
    live.say("One moment please, I am looking that up.").await?;
    while let Some(heard) = listener.next().await {
        match heard? {
            AudioEvent::Event(event) => println!("{}", event.text()),
            AudioEvent::Pcm(_) => break,
            _ => {}
        }
    }

    // The rest of the call, but no more than ten seconds of it. The file is valid whenever that stops.
    match tokio::time::timeout(Duration::from_secs(10), listener.save_wav(path)).await {
        Ok(duration) => println!("the call is over, and {:?} of it are in {}", duration?, path.display()),
        Err(_) => {
            println!("ten seconds are in {}", path.display());
            live.end().await?;
        }
    }
    Ok(())
}

async fn place_call(vapi: &Client) -> Result<String, Box<dyn Error>> {
    let request = CreateCallDto::new()
        .assistant_id(variable("VAPI_ASSISTANT_ID", "the id of an assistant")?)
        .phone_number_id(variable(
            "VAPI_PHONE_NUMBER_ID",
            "the id of the phone number to call from",
        )?)
        .customer(
            CreateCustomerDto::new().number(variable("VAPI_CALL_TO", "the number to call, such as +15555550123")?),
        );
    Ok(vapi.calls().create(request).await?.into_call()?.id)
}
