//! A call in progress: the steps of its script, and its speech.

use std::sync::Arc;

use serde_json::json;

use crate::calls::driver::{CallFlow, Driver, InjectedLine, Interrupt, Interruptible};
use crate::calls::start::spoken;
use crate::script::{Ending, Line, Script, Step};
use crate::state::clock::whole_milliseconds;
use crate::state::conversation::Speaker;

/// The time of a word without a script, in milliseconds.
const WORD: u64 = 250;

/// The text of a customer's speech on a socket, which is not recognized.
const HEARD: &str = "(speech)";
const REPLY: &str = "I hear you. What else can I do for you?";

/// A time that is never reached.
const NEVER: i64 = i64::MAX / 4;
/// A day, in milliseconds.
const LONGEST_LINE: i64 = 86_400_000;

const GREETING: &str = "Hello, how can I help you?";

impl Driver {
    /// Runs the remaining script. It always ends with an interrupt.
    pub async fn talk(&mut self) -> CallFlow<()> {
        if self.script.is_none() && self.resource()["type"] == "vapi.websocketCall" {
            return self.converse().await;
        }
        let script = match &self.script {
            Some(script) => script.clone(),
            None => {
                let sample = Arc::new(self.sample());
                self.script = Some(sample.clone());
                sample
            }
        };
        while let Some(step) = script.steps.get(self.next_step) {
            self.say_injected_lines().await?;
            self.next_step += 1;
            self.perform(&script, step).await?;
        }
        self.say_injected_lines().await?;
        match &script.ending {
            Ending::Customer => Err(Interrupt::ended("customer-ended-call")),
            Ending::Assistant => self.hang_up().await,
            Ending::Reason(reason) => Err(Interrupt::ended(reason)),
        }
    }

    /// Runs a call over a websocket without a script. The assistant greets the customer and replies to any speech until
    /// someone hangs up.
    async fn converse(&mut self) -> CallFlow<()> {
        let greeting = self.greeting();
        let waits = self.assistant["firstMessageMode"] == "assistant-waits-for-user";
        // Not again after a handoff.
        if std::mem::replace(&mut self.pace, WORD) == 0 && !waits {
            self.assistant_says(&greeting).await?;
        }
        loop {
            self.say_injected_lines().await?;
            self.until(NEVER, Interruptible::Everything).await?;
        }
    }

    /// Adds the customer's speech on the socket, and a reply.
    pub fn hear(&mut self) {
        for (speaker, text) in [(Speaker::Customer, HEARD), (Speaker::Assistant, REPLY)] {
            self.lines.push_back(InjectedLine {
                speaker,
                text: text.into(),
                ends: false,
                // Speech of the customer interrupts the assistant.
                interrupts: true,
            });
        }
    }

    /// Returns a short sample conversation that starts with the assistant's greeting and fills the available time.
    fn sample(&self) -> Script {
        let step = self.state.settings.call_step;
        let (third, at) = (step / 3, |text: &str, lasts| Line {
            lasts: Some(lasts),
            ..Line::new(text)
        });
        let mut script = Script::new();
        script.steps = vec![
            Step::Assistant(at(&self.greeting(), third)),
            Step::Customer(at("Hi! I only wanted to say hello.", third)),
            Step::Assistant(at("That is kind of you. Goodbye!", step.saturating_sub(third * 2))),
        ];
        script
    }

    /// Returns the assistant's first message.
    pub fn greeting(&self) -> String {
        self.text("firstMessage").unwrap_or_else(|| GREETING.to_owned())
    }

    async fn perform(&mut self, script: &Script, step: &Step) -> CallFlow<()> {
        let interrupted = matches!(script.steps.get(self.next_step), Some(Step::Customer(next)) if next.interrupts);
        match step {
            Step::Greeting(lasts) => {
                let line = Line {
                    lasts: *lasts,
                    ..Line::new(self.greeting())
                };
                self.speak(Speaker::Assistant, &line, interrupted).await
            }
            Step::Assistant(line) => self.speak(Speaker::Assistant, line, interrupted).await,
            Step::Customer(line) => self.speak(Speaker::Customer, line, false).await,
            Step::Pause(time) => self.wait(whole_milliseconds(*time)).await,
            Step::Hang(time) => {
                self.notify(|| json!({ "type": "hang" }));
                self.wait(whole_milliseconds(*time)).await
            }
            Step::Tools(calls) => self.call_tools(calls).await,
            Step::Transfer(Some(destination)) => Err(Interrupt::Transfer {
                destination: destination.clone(),
                text: spoken(&destination["message"]),
                taken: None,
            }),
            Step::Transfer(None) => self.ask_where_to_transfer().await,
            Step::Handoff {
                destination: Some(destination),
                ..
            } => Err(Interrupt::Handoff {
                destination: destination.clone(),
                text: None,
                taken: None,
            }),
            Step::Handoff { parameters, .. } => self.ask_whom_to_hand_off_to(parameters).await,
        }
    }

    /// Waits in silence, except for injected lines.
    async fn wait(&mut self, time: i64) -> CallFlow<()> {
        let due = self.at + time;
        while self.until(due, Interruptible::Everything).await? {
            self.say_injected_lines().await?;
        }
        Ok(())
    }

    async fn say_injected_lines(&mut self) -> CallFlow<()> {
        while let Some(line) = self.lines.pop_front() {
            self.say_injected_line(line).await?;
        }
        Ok(())
    }

    pub async fn say_injected_line(&mut self, line: InjectedLine) -> CallFlow<()> {
        self.speak(line.speaker, &Line::new(&line.text), false).await?;
        if line.ends {
            return Err(Interrupt::ended("assistant-ended-call-after-message-spoken"));
        }
        Ok(())
    }

    /// Speaks the assistant's `endCallMessage` and ends the call.
    pub async fn hang_up(&mut self) -> CallFlow<()> {
        if let Some(message) = self.text("endCallMessage") {
            self.assistant_says(&message).await?;
        }
        self.notify(|| json!({ "type": "phone-call-control", "request": "hang-up" }));
        Err(Interrupt::ended("assistant-ended-call"))
    }

    pub async fn assistant_says(&mut self, text: &str) -> CallFlow<()> {
        self.speak(Speaker::Assistant, &Line::new(text), false).await
    }

    /// Speaks a line, which takes time. It breaks off if the script has the customer interrupt, if an injected line
    /// interrupts, or if the call ends.
    async fn speak(&mut self, speaker: Speaker, line: &Line, interrupted: bool) -> CallFlow<()> {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let pace = self.script.as_ref().map_or(self.pace, |script| script.word);
        let by_words = i64::try_from(pace.saturating_mul(words.len() as u64)).unwrap_or(i64::MAX);
        let lasts = line.lasts.map_or(by_words, whole_milliseconds).min(LONGEST_LINE);
        let muted = match speaker {
            Speaker::Assistant => self.assistant_muted,
            Speaker::Customer => self.customer_muted,
        };
        if muted {
            self.until(self.at + lasts, Interruptible::Nothing).await?;
            return Ok(());
        }
        let (from, turn) = (self.at, self.turn);
        self.turn += 1;
        let interruptible = match speaker {
            Speaker::Assistant => Interruptible::Interruptions,
            Speaker::Customer => Interruptible::Nothing,
        };
        self.notify_speech(speaker, "started", turn);
        if speaker == Speaker::Assistant {
            self.notify(
                || json!({ "type": "assistant.speechStarted", "text": line.text, "turn": turn, "source": "model" }),
            );
            self.notify(|| json!({ "type": "model-output", "output": line.text }));
        }
        let mut results = self.until(from + lasts / 2, interruptible).await;
        if matches!(results, Ok(false)) {
            let half = words.get(..words.len().div_ceil(2)).unwrap_or_default().join(" ");
            self.notify_transcript(speaker, "partial", &half);
            if interrupted {
                results = Ok(true);
            } else {
                results = self.until(from + lasts, interruptible).await;
            }
        }
        let whole = matches!(results, Ok(false));
        let said = if whole {
            line.text.clone()
        } else {
            said_by(&words, self.at - from, lasts)
        };
        if !said.is_empty() {
            let to = self.at;
            self.change(|record| record.conversation.add_spoken(speaker, &said, from, to));
            self.notify_transcript(speaker, "final", &said);
            if speaker == Speaker::Customer {
                self.notify(|| json!({ "type": "voice-input", "input": said, "turn": turn }));
            }
        }
        self.notify_speech(speaker, "stopped", turn);
        if !said.is_empty() {
            self.notify_conversation();
        }
        if results? && interrupted {
            self.notify(|| json!({ "type": "user-interrupted", "turnId": format!("{}-{turn}", self.id) }));
        }
        Ok(())
    }

    fn notify_speech(&self, speaker: Speaker, status: &str, turn: u32) {
        self.notify(|| json!({ "type": "speech-update", "status": status, "role": speaker.name(), "turn": turn }));
    }

    fn notify_transcript(&self, speaker: Speaker, kind: &str, text: &str) {
        self.notify(|| {
            json!({
                "type": "transcript", "role": speaker.name(), "transcriptType": kind, "transcript": text,
            })
        });
    }
}

/// Returns the words that are spoken after a time.
fn said_by(words: &[&str], after: i64, lasts: i64) -> String {
    let all = i64::try_from(words.len()).unwrap_or(i64::MAX);
    let out = after.saturating_mul(all).checked_div(lasts).unwrap_or(0).clamp(0, all);
    let out = usize::try_from(out).unwrap_or(0);
    words.get(..out).unwrap_or_default().join(" ")
}
