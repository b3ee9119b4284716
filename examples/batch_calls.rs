//! Calls many people, no more at a time than there are slots for, and waits for a call: `cargo run --example batch_calls`.
//!
//! It calls in a local Vapi, where nobody's phone rings. For real calls, make the client with `Client::from_env()` and give the ids of
//! your assistant and phone number.

use std::error::Error;
use std::time::Duration;

use vapi::Client;
use vapi::batch::Outcome;
use vapi::types::{CreateCallDto, CreateCustomerDto, SchedulePlan};
use vapi_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let local = Emulator::builder()
        .call_step(Duration::from_millis(100))
        .start()
        .await?;
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()?;

    let call = CreateCallDto::new()
        .assistant_id("my-assistant")
        .phone_number_id("my-line");
    let mut customers: Vec<CreateCustomerDto> = (0..14)
        .map(|n| CreateCustomerDto::new().number(format!("+155555501{n:02}")))
        .collect();
    customers.push(
        CreateCustomerDto::new()
            .number("0555")
            .name("somebody with no valid number"),
    );

    // There are ten slots: the last calls are placed when the first have ended. Nobody is called twice, whatever goes wrong.
    let report = vapi
        .calls()
        .dial(call.clone(), customers)
        .poll_every(Duration::from_millis(50))
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

    // A call for later is one with a schedule. It takes no slot before its time.
    let tomorrow = vapi::Timestamp::from(std::time::SystemTime::now() + Duration::from_secs(24 * 3600));
    let later = call
        .customer(CreateCustomerDto::new().number("+15555550123"))
        .schedule_plan(SchedulePlan::new(tomorrow));
    let scheduled = vapi.calls().create(later).await?.into_call()?;
    println!("{} is {:?}", scheduled.id, scheduled.status);
    Ok(())
}
