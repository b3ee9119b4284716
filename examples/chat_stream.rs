//! A chat whose reply arrives piece by piece, and a second message to it: `cargo run --example chat_stream`.
//!
//! `VAPI_ASSISTANT_ID` names the assistant. The README beside this file shows how to run it against a local server.

mod support;

use std::error::Error;
use std::io::Write;

use vapi::Client;
use vapi::chat::ResponseEvent;
use vapi::types::{CreateChatDto, OpenAiResponsesRequest};

use crate::support::variable;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vapi = Client::from_env()?;
    let assistant = variable("VAPI_ASSISTANT_ID", "the id of an assistant")?;

    // The text alone, as it comes.
    let question = CreateChatDto::new("What do you serve today?".to_owned()).assistant_id(assistant.as_str());
    let mut chat = vapi.chats().create(question).stream().await?;
    let mut words = chat.text_deltas();
    while let Some(words) = words.next().await {
        print!("{}", words?);
        std::io::stdout().flush()?;
    }
    println!();

    // The next message of the same chat, and its answer in one piece.
    let mut question = CreateChatDto::new("And for dessert?".to_owned()).assistant_id(assistant.as_str());
    if let Some(id) = chat.chat_id() {
        question = question.previous_chat_id(id);
    }
    println!(
        "{}",
        vapi.chats().create(question).stream().await?.collect_text().await?
    );

    // Every event, in the form of OpenAI's Responses.
    let request = OpenAiResponsesRequest::new("The bill, please.".to_owned()).assistant_id(assistant.as_str());
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
