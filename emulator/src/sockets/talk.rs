//! A conversation over the transport socket that nobody scripted: the assistant greets, and answers whenever the customer
//! has spoken. What was said can't be understood, only that something was.

use serde_json::{Value, json};

use super::sound::Voice;

/// So much silence ends a turn of the customer, in milliseconds.
const SILENCE: u64 = 400;

/// What a word of the assistant takes, in milliseconds.
const WORD: u64 = 250;

const HEARD: &str = "(speech)";
const REPLY: &str = "I hear you. What else can I do for you?";

#[derive(Default)]
pub(super) struct Talk {
    /// How long the assistant goes on, in milliseconds.
    speaks: u64,
    /// Silence since the customer last spoke; `None` when it is not their turn.
    customer: Option<u64>,
    conversation: Vec<Value>,
    turn: u32,
    events: Vec<Value>,
}

impl Talk {
    pub fn voice(&self) -> Voice {
        if self.speaks > 0 {
            Voice::Assistant
        } else {
            Voice::Nobody
        }
    }

    /// What happened since the last time, as events without an envelope.
    pub fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    pub fn assistant_says(&mut self, text: &str) {
        if self.speaks == 0 {
            self.speech("assistant", "started");
        }
        self.speaks += WORD * text.split_whitespace().count() as u64;
        self.events.push(json!({ "type": "model-output", "output": text }));
        self.said("assistant", text);
    }

    /// Something for the conversation that nobody says aloud.
    pub fn add(&mut self, message: &Value) {
        self.conversation.push(message.clone());
        self.tell_conversation();
    }

    /// So much of the assistant's sound was sent, in milliseconds.
    pub fn sent(&mut self, time: u64) {
        if self.speaks > 0 {
            self.speaks = self.speaks.saturating_sub(time);
            if self.speaks == 0 {
                self.speech("assistant", "stopped");
            }
        }
    }

    /// So much of the customer's sound came, in milliseconds.
    pub fn heard(&mut self, time: u64, is_speech: bool) {
        match &mut self.customer {
            None if is_speech => {
                if self.speaks > 0 {
                    self.speaks = 0;
                    self.speech("assistant", "stopped");
                    self.events.push(json!({ "type": "user-interrupted" }));
                }
                self.customer = Some(0);
                self.speech("user", "started");
            }
            Some(silence) if is_speech => *silence = 0,
            Some(silence) => {
                *silence += time;
                if *silence >= SILENCE {
                    self.customer = None;
                    self.speech("user", "stopped");
                    self.events
                        .push(json!({ "type": "voice-input", "input": HEARD, "turn": self.turn }));
                    self.said("user", HEARD);
                    self.assistant_says(REPLY);
                }
            }
            None => {}
        }
    }

    fn said(&mut self, role: &str, text: &str) {
        self.events.push(json!({
            "type": "transcript", "role": role, "transcriptType": "final", "transcript": text,
        }));
        self.conversation.push(json!({ "role": role, "content": text }));
        self.turn += 1;
        self.tell_conversation();
    }

    fn tell_conversation(&mut self) {
        self.events
            .push(json!({ "type": "conversation-update", "conversation": self.conversation }));
    }

    fn speech(&mut self, role: &str, status: &str) {
        self.events
            .push(json!({ "type": "speech-update", "role": role, "status": status, "turn": self.turn }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(talk: &mut Talk) -> Vec<String> {
        let events = talk.take_events();
        events
            .iter()
            .map(|event| {
                let status = event["status"]
                    .as_str()
                    .map(|status| format!(" {status}"))
                    .unwrap_or_default();
                let role = event["role"]
                    .as_str()
                    .map(|role| format!(" {role}"))
                    .unwrap_or_default();
                format!("{}{role}{status}", event["type"].as_str().expect("a type"))
            })
            .collect()
    }

    #[test]
    fn the_assistant_speaks_for_as_long_as_its_words_take() {
        let mut talk = Talk::default();
        talk.assistant_says("Good morning.");
        assert_eq!(
            types(&mut talk),
            [
                "speech-update assistant started",
                "model-output",
                "transcript assistant",
                "conversation-update"
            ]
        );
        talk.sent(480);
        assert_eq!((talk.voice(), types(&mut talk).len()), (Voice::Assistant, 0));
        talk.sent(20);
        assert_eq!(
            (talk.voice(), types(&mut talk)),
            (Voice::Nobody, vec!["speech-update assistant stopped".to_owned()])
        );
    }

    #[test]
    fn the_customer_is_answered_after_a_silence() {
        let mut talk = Talk::default();
        talk.heard(20, false);
        assert_eq!(types(&mut talk), [""; 0]);
        talk.heard(20, true);
        talk.heard(380, false);
        talk.heard(20, true);
        talk.heard(380, false);
        assert_eq!(types(&mut talk), ["speech-update user started"]);
        talk.heard(20, false);
        assert_eq!(
            types(&mut talk),
            [
                "speech-update user stopped",
                "voice-input",
                "transcript user",
                "conversation-update",
                "speech-update assistant started",
                "model-output",
                "transcript assistant",
                "conversation-update"
            ]
        );
    }

    #[test]
    fn a_customer_who_cuts_in_silences_the_assistant() {
        let mut talk = Talk::default();
        talk.assistant_says("Let me tell you everything.");
        talk.take_events();
        talk.heard(20, true);
        assert_eq!(talk.voice(), Voice::Nobody);
        assert_eq!(
            types(&mut talk),
            [
                "speech-update assistant stopped",
                "user-interrupted",
                "speech-update user started"
            ]
        );
    }
}
