//! What was said in a call, in the forms the API tells it.

use serde_json::{Value, json};

pub(crate) struct Transcript {
    turns: Vec<Turn>,
    started: i64,
}

struct Turn {
    role: Role,
    text: String,
    /// Milliseconds since 1970.
    from: i64,
    to: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Assistant,
    Customer,
}

impl Transcript {
    /// A short conversation that opens with the assistant's greeting and fills the time it has.
    pub fn of(greeting: &str, started: i64, ended: i64) -> Transcript {
        let lines = [
            (Role::Assistant, greeting),
            (Role::Customer, "Hi! I only wanted to say hello."),
            (Role::Assistant, "That is kind of you. Goodbye!"),
        ];
        let moment = |line: usize| started + (ended - started) * line as i64 / lines.len() as i64;
        let turns = lines.iter().enumerate().map(|(line, (role, text))| Turn {
            role: *role,
            text: (*text).to_owned(),
            from: moment(line),
            to: moment(line + 1),
        });
        Transcript {
            turns: turns.collect(),
            started,
        }
    }

    pub fn artifact(&self) -> Value {
        json!({
            "messages": self.turns.iter().map(|turn| self.message(turn)).collect::<Value>(),
            "messagesOpenAIFormatted": self.turns.iter().map(open_ai_message).collect::<Value>(),
            "transcript": self.turns.iter().map(line).collect::<String>(),
        })
    }

    fn message(&self, turn: &Turn) -> Value {
        json!({
            "role": if turn.role == Role::Assistant { "bot" } else { "user" },
            "message": turn.text,
            "time": turn.from,
            "endTime": turn.to,
            "duration": turn.to - turn.from,
            "secondsFromStart": (turn.from - self.started) as f64 / 1000.0,
        })
    }
}

fn open_ai_message(turn: &Turn) -> Value {
    let role = if turn.role == Role::Assistant {
        "assistant"
    } else {
        "user"
    };
    json!({ "role": role, "content": turn.text })
}

fn line(turn: &Turn) -> String {
    let speaker = if turn.role == Role::Assistant { "AI" } else { "User" };
    format!("{speaker}: {}\n", turn.text)
}
