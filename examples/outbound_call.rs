//! An outbound call, followed to its end, with its transcript: `cargo run --example outbound_call`.
//!
//! The call is real. `VAPI_CALL_TO` is the number to call. The README beside this file shows how to run it against a local server.

mod support;

use std::error::Error;
use std::time::Duration;

use vapi::Client;
use vapi::types::{AssistantOverrides, Call, CallStatus, CreateCallDto, CreateCustomerDto};

use crate::support::variable;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vapi = Client::from_env()?;

    let request = CreateCallDto::new()
        .assistant_id(variable("VAPI_ASSISTANT_ID", "the id of an assistant")?)
        .phone_number_id(variable(
            "VAPI_PHONE_NUMBER_ID",
            "the id of the phone number to call from",
        )?)
        .customer(
            CreateCustomerDto::new()
                .number(variable("VAPI_CALL_TO", "the number to call, such as +15555550123")?)
                .name("Ada"),
        )
        .assistant_overrides(AssistantOverrides::new().first_message("Hello Ada, your table is ready."));
    // It is sent once: if the connection breaks, the phone may ring already, and it must not ring twice.
    let call = match vapi.calls().create(request).await {
        Ok(response) => response.into_call()?,
        Err(error) if error.is_interrupted() || error.is_timeout() && !error.is_connect() => {
            eprintln!("look at the latest calls before the next attempt");
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };

    let call = vapi
        .calls()
        .wait_until_ended(&call.id)
        .poll_every(Duration::from_secs(1))
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
