//! The conversation of a simulation by chat: a session with a chat for each line of the tester. The lines are those of the
//! customer in its script.

use serde_json::{Map, Value, json};

use crate::api::chat;
use crate::api::jobs::{Job, picked};
use crate::script::{Script, Step};

/// The line of a tester without a script.
const LINE: &str = "Hi! I only wanted to say hello.";

/// A line of the tester, and the answer that the script gives the assistant.
#[derive(Debug, PartialEq)]
struct Exchange {
    said: String,
    answer: Option<String>,
}

/// Holds the conversation of an item. The problem is the reason why it cannot go on.
pub(super) async fn converse(
    job: &mut Job,
    assistant: Map<String, Value>,
    script: Option<&Script>,
    mocks: &Map<String, Value>,
) -> Option<Result<(), String>> {
    let item = job.resource()?;
    let mut session = item["sessionId"].clone();
    let held = match session.is_null() {
        true => 0,
        // It goes on after a restart.
        false => chats_of(job, &session),
    };
    let mut previous = Value::Null;
    for exchange in exchanges(script).into_iter().skip(held) {
        job.wait_a_step().await;
        if job.resource()?["status"] != "running" {
            return None;
        }
        let mut body = match (session.is_null(), previous.is_null()) {
            (false, _) => json!({ "sessionId": session }),
            (true, false) => json!({ "previousChatId": previous }),
            (true, true) => Value::Object(assistant.clone()),
        };
        body["input"] = json!(exchange.said);
        let chat = chat::hold(&job.state, &job.organization, body, exchange.answer, mocks).await?;
        let chat = match chat {
            Ok(chat) => chat,
            Err(problem) => return Some(Err(problem)),
        };
        (session, previous) = (chat["sessionId"].clone(), chat["id"].clone());
        job.change(|item| {
            if session.is_string() {
                item["sessionId"] = session.clone();
            }
            item["metadata"]["call"] = conversation(&chat);
        })?;
    }
    Some(Ok(()))
}

fn chats_of(job: &Job, session: &Value) -> usize {
    let store = job.state.store.lock();
    let chats = store.collection(&job.organization, "/chat").into_iter();
    chats
        .flat_map(|chats| chats.newest_first())
        .filter(|chat| chat["sessionId"] == *session)
        .count()
}

/// Returns what an item shows of its conversation.
fn conversation(chat: &Value) -> Value {
    let messages = chat["messages"].as_array().into_iter().flatten();
    let lines = messages.filter_map(|message| {
        let speaker = match message["role"].as_str() {
            Some("user") => "User",
            Some("assistant") => "AI",
            _ => return None,
        };
        Some(format!("{speaker}: {}\n", message["content"].as_str()?))
    });
    let mut shown = picked(chat, &["messages"]);
    shown.insert("transcript".into(), json!(lines.collect::<String>()));
    Value::Object(shown)
}

/// Returns the exchanges of a script: each line of the customer with the lines of the assistant that follow it.
fn exchanges(script: Option<&Script>) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for step in script.into_iter().flat_map(|script| &script.steps) {
        match (step, exchanges.last_mut()) {
            (Step::Customer(line), _) => exchanges.push(Exchange {
                said: line.text.clone(),
                answer: None,
            }),
            (Step::Assistant(line), Some(last)) => {
                let before = last.answer.take().map(|text| text + " ");
                last.answer = Some(before.unwrap_or_default() + &line.text);
            }
            _ => {}
        }
    }
    if exchanges.is_empty() {
        exchanges.push(Exchange {
            said: LINE.to_owned(),
            answer: None,
        });
    }
    exchanges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_customer_begins_an_exchange() {
        let script = Script::new()
            .assistant_greets()
            .customer_says("A table, please.")
            .assistant_says("For how many?")
            .assistant_says("And when?")
            .customer_says("Four, at noon.");
        let exchange = |said: &str, answer: Option<&str>| Exchange {
            said: said.to_owned(),
            answer: answer.map(str::to_owned),
        };
        assert_eq!(
            exchanges(Some(&script)),
            [
                exchange("A table, please.", Some("For how many? And when?")),
                exchange("Four, at noon.", None)
            ]
        );
        assert_eq!(exchanges(None), [exchange(LINE, None)]);
    }
}
