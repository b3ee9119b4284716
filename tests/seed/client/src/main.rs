//! Places one call through the API at `VAPI_BASE_URL`, and says which one it was.

use std::error::Error;

use vapi::types::{CallCustomer, CallStatus, CreateCallDto};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let vapi = vapi::Client::from_env()?;
    let call = runtime.block_on(async {
        vapi.calls()
            .create(
                CreateCallDto::new()
                    .assistant_id("assistant-1")
                    .phone_number_id("line-1")
                    .customer(CallCustomer::new().number("+15555550123")),
            )
            .await
    })?;
    let Some(created_at) = call.created_at else {
        return Err("the call has no time of creation".into());
    };
    let waits = call.status == Some(CallStatus::Queued);
    println!("{} of {created_at}, waits: {waits}, costs: {}", call.id, call.extra["cost"]);
    Ok(())
}
