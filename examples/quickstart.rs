//! The first call: creates an assistant, has it call somebody, watches the call and lists the latest ones.
//!
//! `cargo run --example quickstart` starts a local Vapi and calls there: no account, nobody's phone rings. With `VAPI_API_KEY`
//! set the call is real. It then needs `VAPI_PHONE_NUMBER_ID` (the line to call from) and `VAPI_CALL_TO` (the number to call, as
//! `+15555550123`), and asks before it dials.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use vapi::Client;
use vapi::types::{
    Call, CallStatus, CreateAssistantDto, CreateCallDto, CreateCustomerDto, CreateVapiPhoneNumberDto, OpenAiMessage,
    OpenAiMessageRole, OpenAiModel, OpenAiModelName,
};
use vapi_emulator::Emulator;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let is_set = |name| std::env::var_os(name).is_some();
    if is_set("VAPI_API_KEY") || is_set("VAPI_TOKEN") {
        let line = variable("VAPI_PHONE_NUMBER_ID", "the id of the phone number to call from")?;
        let number = variable("VAPI_CALL_TO", "the number to call, such as +15555550123")?;
        let vapi = Client::from_env()?;
        if !agreed(&format!(
            "Call {number} now, through {}? It costs money.",
            vapi.base_url()
        ))? {
            println!("Nothing was done.");
            return Ok(());
        }
        return first_call(&vapi, &line, &number, Duration::from_secs(2)).await;
    }

    // Stops when it is dropped, at the end of this function.
    let local = Emulator::builder()
        .call_step(Duration::from_millis(300))
        .start()
        .await?;
    println!(
        "VAPI_API_KEY is not set: calling in a local Vapi at {}.",
        local.base_url()
    );
    println!("Nobody's phone rings.\n");
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()?;
    let line = vapi.phone_numbers().create(CreateVapiPhoneNumberDto::new()).await?;
    let line = line.id().ok_or("the phone number has no id")?;
    first_call(&vapi, line, "+15555550123", Duration::from_millis(100)).await
}

async fn first_call(vapi: &Client, line: &str, number: &str, pause: Duration) -> Result<(), Box<dyn Error>> {
    println!("1. Create an assistant: vapi.assistants().create(..)");
    let prompt = "You are Ada. Ask how the day was, in one sentence, then say goodbye.".to_owned();
    let model = OpenAiModel::new(OpenAiModelName::Gpt4o)
        .messages([OpenAiMessage::new(OpenAiMessageRole::System).content(prompt)])
        .temperature(0.5);
    let assistant = CreateAssistantDto::new()
        .name("Quickstart")
        .first_message("Hello, this is Ada.")
        .model(model);
    let assistant = vapi.assistants().create(assistant).await?;
    println!("   {}", assistant.id);

    println!("2. Place a call: vapi.calls().create(..)");
    let request = CreateCallDto::new()
        .assistant_id(assistant.id)
        .phone_number_id(line)
        .customer(CreateCustomerDto::new().number(number));
    let call = vapi.calls().create(request).await?.into_call()?;
    println!("   {} is {}", call.id, status(&call));

    println!("3. See it through: vapi.calls().wait_until_ended(id)");
    let wait = vapi.calls().wait_until_ended(&call.id).poll_every(pause);
    let call = wait.on_update(|call| println!("   {}", status(call))).await?;
    if let Some(reason) = &call.ended_reason {
        println!("   because: {reason}");
    }
    if let Some(transcript) = call
        .artifact
        .as_ref()
        .and_then(|artifact| artifact.transcript.as_deref())
    {
        for line in transcript.lines() {
            println!("   | {line}");
        }
    }

    println!("4. List the latest calls: vapi.calls().list().limit(3)");
    for call in vapi.calls().list().limit(3).await? {
        println!("   {} {}", call.id, status(&call));
    }
    Ok(())
}

fn status(call: &Call) -> &str {
    call.status.as_ref().map_or("in no known state", CallStatus::as_str)
}

fn variable(name: &str, meaning: &str) -> Result<String, String> {
    std::env::var(name)
        .map_err(|_| format!("a real call needs {name}, {meaning}; without VAPI_API_KEY this runs locally"))
}

fn agreed(question: &str) -> io::Result<bool> {
    print!("{question} [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
