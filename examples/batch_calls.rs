//! Calls several customers within the limit of concurrent calls: `cargo run --example batch_calls`.
//!
//! The calls are real. `VAPI_CALL_TO` is a list of numbers, separated by commas. The README beside this file shows how to run it
//! against a local server.

mod support;

use std::error::Error;
use std::time::Duration;

use vapi::Client;
use vapi::batch::Outcome;
use vapi::types::{CreateCallDto, CreateCustomerDto};

use crate::support::variable;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vapi = Client::from_env()?;

    let call = CreateCallDto::new()
        .assistant_id(variable("VAPI_ASSISTANT_ID", "the id of an assistant")?)
        .phone_number_id(variable(
            "VAPI_PHONE_NUMBER_ID",
            "the id of the phone number to call from",
        )?);
    let numbers = variable("VAPI_CALL_TO", "the numbers to call, such as +15555550123,+15555550124")?;
    let customers = numbers
        .split(',')
        .map(|number| CreateCustomerDto::new().number(number.trim()));

    // A call is placed when a slot is free. Nobody is called twice, whatever fails.
    let report = vapi
        .calls()
        .dial(call, customers)
        .poll_every(Duration::from_secs(1))
        .on_outcome(|dialed| match &dialed.outcome {
            Outcome::Called(call) => println!("{:?} is called: {}", dialed.customer.number, call.id),
            Outcome::Refused(why) => println!("{:?} is not called: {why}", dialed.customer.number),
            Outcome::Unknown => println!("{:?} may have been called", dialed.customer.number),
            _ => println!("{:?} was not reached", dialed.customer.number),
        })
        .await;
    if let Some(error) = &report.error {
        // `report.not_dialed()` are the customers to go on with.
        println!("it stopped early: {error}");
    }

    // Waiting for one of them, with what happens on the way.
    if let Some(first) = report.calls().next() {
        let wait = vapi.calls().wait_until_ended(&first.id);
        let ended = wait
            .on_update(|call| println!("{} is {:?}", call.id, call.status))
            .await?;
        println!("it ended because: {:?}", ended.ended_reason);
    }
    Ok(())
}
