//! The recording of a call as steps of a script file, so that the call can be played again.

use serde_json::{Value, json};

use crate::state::conversation::Speaker;

/// The steps of a call so far, in the form of script files.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Recording {
    pub steps: Vec<Value>,
    /// The `ends` of the script, unless the reason of the end says it.
    pub ends: Option<String>,
    /// The time of a word in lines that follow from the steps, in milliseconds.
    pub word: Option<u64>,
    /// The time up to which everything is recorded, or follows from what is.
    pub until: Option<i64>,
}

impl Recording {
    /// Begins at this time.
    pub fn start(&mut self, at: i64) {
        self.until = Some(at);
    }

    /// Adds a line.
    pub fn add_line(&mut self, speaker: Speaker, text: &str, from: i64, to: i64) {
        let speaker = match speaker {
            Speaker::Assistant => "assistant",
            Speaker::Customer => "customer",
        };
        self.add(json!({ speaker: text, "seconds": seconds(to - from) }), from, to);
    }

    /// Adds the assistant's first message.
    pub fn add_greeting(&mut self, from: i64, to: i64) {
        self.add(json!({ "greeting": true, "seconds": seconds(to - from) }), from, to);
    }

    /// Adds a step. Silence before it becomes a pause.
    pub fn add(&mut self, step: Value, from: i64, to: i64) {
        let gap = self.until.map_or(0, |until| from - until);
        if gap > 0 {
            self.steps.push(json!({ "pause": seconds(gap) }));
        }
        self.steps.push(step);
        self.pass(to);
    }

    /// Sets the result of a tool call in the last step. Calls of one step are told apart by their position.
    pub fn set_result(&mut self, position: usize, result: &str, at: i64) {
        let last = self.steps.last_mut().and_then(|step| step["tools"].get_mut(position));
        if let Some(call) = last {
            call["result"] = json!(result);
        }
        self.pass(at);
    }

    /// Marks a time up to which nothing needs to be recorded, since it follows from the steps.
    pub fn pass(&mut self, to: i64) {
        self.until = self.until.max(Some(to));
    }
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Recording, Speaker};

    #[test]
    fn silence_between_lines_is_a_pause() {
        let mut recording = Recording::default();
        recording.start(1_000);
        recording.add_greeting(1_000, 2_000);
        recording.add_line(Speaker::Customer, "Hi.", 3_500, 4_000);
        recording.pass(4_750);
        recording.add_line(Speaker::Assistant, "Hello.", 4_750, 5_000);
        assert_eq!(
            recording.steps,
            [
                json!({ "greeting": true, "seconds": 1.0 }),
                json!({ "pause": 1.5 }),
                json!({ "customer": "Hi.", "seconds": 0.5 }),
                json!({ "assistant": "Hello.", "seconds": 0.25 }),
            ]
        );
    }
}
