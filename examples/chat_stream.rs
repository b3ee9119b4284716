//! A chat that is answered word by word, and goes on: `cargo run --example chat_stream`.
//!
//! It talks to a local Vapi. For the real one, make the client with `Client::from_env()` and give the id of your assistant.

use std::error::Error;
use std::io::Write;

use vapi::Client;
use vapi::chat::ResponseEvent;
use vapi::types::{CreateChatDto, OpenAiResponsesRequest};
use vapi_emulator::Emulator;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let local = Emulator::start().await;
    let vapi = Client::builder()
        .api_key(local.api_key())
        .base_url(local.base_url())
        .build()?;

    // The text alone, as it comes.
    let question = CreateChatDto::new("What do you serve today?".to_owned()).assistant_id("my-assistant");
    let mut chat = vapi.chats().create(question).stream().await?;
    let mut words = chat.text_deltas();
    while let Some(words) = words.next().await {
        print!("{}", words?);
        std::io::stdout().flush()?;
    }
    println!();

    // The next message of the same chat, and its answer in one piece.
    let mut question = CreateChatDto::new("And for dessert?".to_owned()).assistant_id("my-assistant");
    if let Some(id) = chat.chat_id() {
        question = question.previous_chat_id(id);
    }
    println!(
        "{}",
        vapi.chats().create(question).stream().await?.collect_text().await?
    );

    // Every event, in the form of OpenAI's Responses.
    let request = OpenAiResponsesRequest::new("The bill, please.".to_owned()).assistant_id("my-assistant");
    let mut events = vapi.chats().create_response(request).stream().await?;
    while let Some(event) = events.next().await {
        match event? {
            ResponseEvent::OutputTextDelta(piece) => println!("+ {:?}", piece.delta),
            ResponseEvent::OutputTextDone(part) => println!("= {:?}", part.text),
            ResponseEvent::Completed(whole) => println!("response {:?}", whole.id()),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
