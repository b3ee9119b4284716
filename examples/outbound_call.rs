//! An assistant calls somebody, and says what came of it: `cargo run --example outbound_call`.
//!
//! It calls in a local Vapi, where nobody's phone rings. For a real call, make the client with `Client::from_env()` and give the
//! ids of your assistant and phone number.

use std::error::Error;
use std::time::Duration;

use vapi::Client;
use vapi::types::{AssistantOverrides, Call, CallStatus, CreateCallDto, CreateCustomerDto};
use vapi_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let local = Emulator::start().await;
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()?;

    let request = CreateCallDto::new()
        .assistant_id("my-assistant")
        .phone_number_id("my-line")
        .customer(CreateCustomerDto::new().number("+15555550123").name("Ada"))
        .assistant_overrides(AssistantOverrides::new().first_message("Hello Ada, your table is ready."));
    // It is sent once: if the connection breaks, whether the phone rings is not known, and it must not ring twice.
    let call = match vapi.calls().create(request).await {
        Ok(answer) => answer.into_call()?,
        Err(error) if error.is_interrupted() || error.is_timeout() && !error.is_connect() => {
            eprintln!("look at the latest calls before you try again");
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };

    let call = vapi
        .calls()
        .wait_until_ended(&call.id)
        .poll_every(Duration::from_millis(100))
        .timeout(Duration::from_secs(600))
        .on_update(|call| println!("{} is {}", call.id, status(call)))
        .await?;
    if let Some(reason) = &call.ended_reason {
        println!("it ended because of {reason}");
    }
    if let Some(cost) = &call.cost {
        println!("it cost {cost} dollars");
    }
    let artifact = call.artifact.as_deref();
    let transcript = artifact.and_then(|artifact| artifact.transcript.as_deref());
    for line in transcript.unwrap_or_default().lines() {
        println!("| {line}");
    }
    Ok(())
}

fn status(call: &Call) -> &str {
    call.status.as_ref().map_or("in no known state", CallStatus::as_str)
}
