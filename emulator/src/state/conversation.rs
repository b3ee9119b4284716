//! The messages of a call, in the forms that the API uses.

use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    Assistant,
    Customer,
}

impl Speaker {
    /// Returns the role as server messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Speaker::Assistant => "assistant",
            Speaker::Customer => "user",
        }
    }
}

/// The messages of a call so far, as `artifact.messages` has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conversation {
    pub messages: Vec<Value>,
    /// The time at which the call was answered. `secondsFromStart` counts from it.
    pub started: i64,
}

impl Conversation {
    pub fn add_spoken(&mut self, speaker: Speaker, text: &str, from: i64, to: i64) {
        let mut message = self.message(if speaker == Speaker::Assistant { "bot" } else { "user" }, text, from);
        message["endTime"] = json!(to);
        message["duration"] = json!(to - from);
        if speaker == Speaker::Assistant {
            message["source"] = json!("");
        }
        self.messages.push(message);
    }

    /// Adds a message that nobody spoke: the prompt, or a message added through live control.
    pub fn add_unspoken(&mut self, role: &str, text: &str, at: i64) {
        let role = match role {
            "assistant" => "bot",
            other => other,
        };
        let mut message = self.message(role, text, at);
        if matches!(role, "bot" | "user") {
            message["endTime"] = json!(at);
            message["duration"] = json!(0);
        }
        self.messages.push(message);
    }

    /// Adds tool calls. Arguments are text here, as models write them; in webhooks they are objects.
    pub fn add_tool_calls(&mut self, calls: &[Value], at: i64) {
        let mut message = self.message("tool_calls", "", at);
        message["toolCalls"] = calls
            .iter()
            .map(|call| {
                let mut call = call.clone();
                call["function"]["arguments"] = json!(call["function"]["arguments"].to_string());
                call
            })
            .collect();
        self.messages.push(message);
    }

    pub fn add_tool_result(&mut self, id: &str, name: &str, result: &str, metadata: Option<&Value>, at: i64) {
        let mut message = json!({
            "role": "tool_call_result",
            "toolCallId": id,
            "name": name,
            "result": result,
            "time": at,
            "secondsFromStart": self.seconds(at),
        });
        if let Some(metadata) = metadata {
            message["metadata"] = metadata.clone();
        }
        self.messages.push(message);
    }

    fn message(&self, role: &str, text: &str, at: i64) -> Value {
        json!({ "role": role, "message": text, "time": at, "secondsFromStart": self.seconds(at) })
    }

    fn seconds(&self, at: i64) -> f64 {
        (at - self.started) as f64 / 1000.0
    }

    /// Returns the transcript, one line for each utterance: `AI: ...`, `User: ...`.
    pub fn transcript(&self) -> String {
        let lines = self.messages.iter().filter_map(|message| {
            let speaker = match message["role"].as_str()? {
                "bot" => "AI",
                "user" => "User",
                _ => return None,
            };
            Some(format!("{speaker}: {}\n", message["message"].as_str()?))
        });
        lines.collect()
    }

    /// Returns the same messages in OpenAI's format.
    pub fn open_ai(&self) -> Vec<Value> {
        self.messages.iter().map(open_ai_message).collect()
    }

    pub fn artifact(&self) -> Value {
        json!({
            "messages": self.messages,
            "messagesOpenAIFormatted": self.open_ai(),
            "transcript": self.transcript(),
        })
    }
}

fn open_ai_message(message: &Value) -> Value {
    let text = &message["message"];
    match message["role"].as_str().unwrap_or_default() {
        "bot" => json!({ "role": "assistant", "content": text }),
        "tool_calls" => json!({ "role": "assistant", "tool_calls": message["toolCalls"] }),
        "tool_call_result" => {
            json!({ "role": "tool", "tool_call_id": message["toolCallId"], "content": message["result"] })
        }
        role => json!({ "role": role, "content": text }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Conversation, Speaker};

    #[test]
    fn a_conversation_has_its_own_and_openai_messages() {
        let mut conversation = Conversation {
            started: 1_000,
            ..Conversation::default()
        };
        conversation.add_unspoken("system", "You are Ada.", 1_000);
        conversation.add_spoken(Speaker::Assistant, "Hello!", 1_500, 2_000);
        let call =
            json!({ "id": "call_1", "type": "function", "function": { "name": "look", "arguments": { "at": 1 } } });
        conversation.add_tool_calls(&[call], 2_000);
        conversation.add_tool_result("call_1", "look", "a cat", None, 2_100);
        conversation.add_spoken(Speaker::Customer, "Hi.", 2_500, 3_000);
        assert_eq!(conversation.transcript(), "AI: Hello!\nUser: Hi.\n");
        assert_eq!(
            conversation.open_ai(),
            [
                json!({ "role": "system", "content": "You are Ada." }),
                json!({ "role": "assistant", "content": "Hello!" }),
                json!({ "role": "assistant", "tool_calls": [{
                    "id": "call_1", "type": "function", "function": { "name": "look", "arguments": "{\"at\":1}" },
                }] }),
                json!({ "role": "tool", "tool_call_id": "call_1", "content": "a cat" }),
                json!({ "role": "user", "content": "Hi." }),
            ]
        );
        assert_eq!(
            conversation.messages[1],
            json!({
                "role": "bot", "message": "Hello!", "time": 1500, "endTime": 2000, "duration": 500,
                "secondsFromStart": 0.5, "source": "",
            })
        );
    }
}
