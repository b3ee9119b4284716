//! A call in progress: the steps of its script, what people do by hand, and its speech.

use std::sync::Arc;

use serde_json::json;

use crate::calls::driver::{Act, CallFlow, Driver, Injected, Interrupt, Interruptible};
use crate::calls::start::spoken;
use crate::script::{Ending, Line, Script, Step};
use crate::state::call::Activity;
use crate::state::clock::whole_milliseconds;
use crate::state::conversation::Speaker;
use crate::state::events::CallEvent;

/// The time of a word without a script, in milliseconds.
const WORD: u64 = 250;

/// The text of a customer's speech on a socket, which is not recognized.
const HEARD: &str = "(speech)";
const REPLY: &str = "I hear you. What else can I do for you?";

/// The line of an assistant that a person talks to, but that nothing answers for.
const NO_MODEL: &str =
    "I have no model to answer with. Give me a model of the provider custom-llm, or give the call a script.";

/// A time that is never reached.
pub(crate) const NEVER: i64 = i64::MAX / 4;
/// A day, in milliseconds.
const LONGEST_LINE: i64 = 86_400_000;

const GREETING: &str = "Hello, how can I help you?";

/// The origin of a line, which decides about its place in the recording.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A line of the script, of a person or of a model.
    Conversation,
    /// The assistant's first message.
    Greeting,
    /// A line that follows from something else that is recorded: the message of a tool, the last words.
    Consequence,
}

impl Driver {
    /// Runs the remaining call. It always ends with an interrupt.
    pub async fn talk(&mut self) -> CallFlow<()> {
        loop {
            let script = self.script();
            if let Some(injected) = self.injected.pop_front() {
                self.perform_injected(injected).await?;
                continue;
            }
            let step = script.steps.get(self.next_step);
            let by_hand = self.change(|record| record.by_hand) == Some(true);
            if by_hand && self.unanswered && matches!(step, Some(Step::Customer(_))) {
                // The person has said it in other words.
                self.next_step += 1;
                continue;
            }
            if std::mem::take(&mut self.unanswered) {
                let said = self.ask_before_answer().await?;
                // The next line of a script is the answer, if it is the assistant's.
                let is_open = step.is_none_or(|step| matches!(step, Step::Customer(_) | Step::Pause(_)));
                match said.filter(|_| is_open) {
                    Some(text) => self.assistant_answers(&text).await?,
                    None if is_open => self.answer_customer(&script).await?,
                    None => {}
                }
                continue;
            }
            match step {
                // A person speaks instead.
                Some(Step::Customer(_)) if by_hand => {
                    self.next_step += 1;
                    self.listen().await?;
                }
                Some(step) => {
                    self.next_step += 1;
                    self.perform(&script, step).await?;
                }
                None if by_hand => self.listen().await?,
                None => match &script.ending {
                    Ending::ByHand => self.listen().await?,
                    Ending::Customer => return Err(Interrupt::ended("customer-ended-call")),
                    Ending::Assistant => return self.hang_up().await,
                    Ending::Reason(reason) => return Err(Interrupt::ended(reason)),
                },
            }
        }
    }

    /// Returns the script of the call. A call without one gets a sample.
    fn script(&mut self) -> Arc<Script> {
        if let Some(script) = &self.script {
            return script.clone();
        }
        let by_hand = self.change(|record| record.by_hand) == Some(true);
        let over_websocket = self.resource()["type"] == "vapi.websocketCall";
        let script = if by_hand || over_websocket {
            self.greeting_only()
        } else {
            self.plays_sample = true;
            self.sample()
        };
        let script = Arc::new(script);
        self.script = Some(script.clone());
        script
    }

    /// Makes a person the customer. The rest of a script has the assistant's lines; that of the sample is dropped.
    pub fn take_by_hand(&mut self) {
        self.change(|record| record.by_hand = true);
        if std::mem::take(&mut self.plays_sample) {
            self.script = Some(Arc::new(self.greeting_only()));
            self.next_step = self.next_step.min(1);
        }
    }

    /// Returns the script of a call in which the assistant greets the customer and then waits.
    fn greeting_only(&self) -> Script {
        let mut script = Script::new().continues_by_hand();
        script.word = WORD;
        if self.assistant["firstMessageMode"] != "assistant-waits-for-user" {
            script.steps.push(Step::Greeting(None));
        }
        script
    }

    /// Waits until something happens from outside.
    async fn listen(&mut self) -> CallFlow<()> {
        self.turn_taken.clear();
        self.set_activity(Activity::Listening);
        let waited = self.until(NEVER, Interruptible::Everything).await;
        self.set_activity(Activity::Nothing);
        waited.map(|_| ())
    }

    /// Shows people what happens.
    pub fn set_activity(&self, activity: Activity) {
        let shown = self.change(|record| {
            let is_new = record.activity != activity;
            record.activity = activity;
            is_new && record.by_hand
        });
        if shown == Some(true) {
            let _ = self.state.events.send(CallEvent::Activity {
                call_id: self.id.clone(),
            });
        }
    }

    /// Adds the customer's speech on the socket. It interrupts the assistant.
    pub fn hear(&mut self, text: Option<&str>) {
        // A script has the customer's lines itself.
        let is_open = self
            .script
            .as_ref()
            .is_none_or(|script| script.ending == Ending::ByHand);
        if is_open && !self.plays_sample {
            self.injected.push_back(Injected {
                interrupts: true,
                ..Injected::new(Act::Customer(text.unwrap_or(HEARD).to_owned()))
            });
        }
    }

    /// Returns a short sample conversation that starts with the assistant's greeting and fills the available time. If the assistant
    /// has a model, the model has the last line.
    fn sample(&self) -> Script {
        let step = self.state.settings.call_step;
        let (third, at) = (step / 3, |text: &str, lasts| Line {
            lasts: Some(lasts),
            ..Line::new(text)
        });
        let mut script = Script::new();
        script.steps = vec![
            Step::Greeting(Some(third)),
            Step::Customer(at("Hi! I only wanted to say hello.", third)),
            Step::Assistant(at("That is kind of you. Goodbye!", step.saturating_sub(third * 2))),
        ];
        if self.has_model() {
            script.steps.truncate(2);
        }
        script
    }

    /// Returns the assistant's first message.
    pub fn greeting(&self) -> String {
        self.text("firstMessage").unwrap_or_else(|| GREETING.to_owned())
    }

    async fn perform(&mut self, script: &Script, step: &Step) -> CallFlow<()> {
        let interrupted = matches!(script.steps.get(self.next_step), Some(Step::Customer(next)) if next.interrupts);
        match step {
            Step::Greeting(lasts) => self.greet(*lasts, interrupted).await,
            Step::Assistant(line) => {
                self.speak(Speaker::Assistant, line, interrupted, Origin::Conversation)
                    .await
            }
            Step::Customer(line) => {
                self.speak(Speaker::Customer, line, false, Origin::Conversation).await?;
                (self.unanswered, self.heard) = (true, true);
                Ok(())
            }
            Step::Pause(time) => self.wait(whole_milliseconds(*time)).await,
            Step::Hang(time) => {
                self.notify(|| json!({ "type": "hang" }));
                let time = whole_milliseconds(*time);
                let at = self.at;
                self.change(|record| {
                    let step = json!({ "hang": time as f64 / 1000.0 });
                    record.recording.add(step, at, at + time);
                });
                self.wait(time).await
            }
            Step::Language(language) => {
                let at = self.at;
                self.change(|record| record.recording.add(json!({ "language": language }), at, at));
                self.notify(|| json!({ "type": "language-change-detected", "language": language }));
                Ok(())
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

    /// Says the assistant's first message, which its model may have to think of.
    async fn greet(&mut self, lasts: Option<std::time::Duration>, interrupted: bool) -> CallFlow<()> {
        let by_model = self.assistant["firstMessageMode"] == "assistant-speaks-first-with-model-generated-message";
        if by_model && self.has_model() {
            return self.answer_by_model().await;
        }
        let line = Line {
            lasts,
            ..Line::new(self.greeting())
        };
        self.speak(Speaker::Assistant, &line, interrupted, Origin::Greeting)
            .await
    }

    /// Answers what the customer said: by the assistant's model, if it has one that the emulator can ask.
    async fn answer_customer(&mut self, script: &Script) -> CallFlow<()> {
        if self.has_model() && script.uses_model {
            return self.answer_by_model().await;
        }
        if script.ending != Ending::ByHand && self.change(|record| record.by_hand) != Some(true) {
            return Ok(());
        }
        let line = match self.resource()["type"] == "vapi.websocketCall" {
            true => REPLY,
            false => NO_MODEL,
        };
        self.assistant_answers(line).await
    }

    /// Waits in silence. Acts of the assistant from outside are performed meanwhile; a customer ends the silence.
    async fn wait(&mut self, time: i64) -> CallFlow<()> {
        let due = self.at + time;
        while !self.unanswered && self.until(due, Interruptible::Everything).await? {
            let is_for_assistant = |injected: &Injected| matches!(injected.act, Act::Say { .. } | Act::Tools(_));
            if !self.injected.front().is_some_and(is_for_assistant) {
                return Ok(());
            }
            if let Some(injected) = self.injected.pop_front() {
                self.perform_injected(injected).await?;
            }
        }
        Ok(())
    }

    /// Performs what somebody asked for from outside.
    async fn perform_injected(&mut self, injected: Injected) -> CallFlow<()> {
        match injected.act {
            Act::Say { text, ends } => self.say_from_outside(&text, ends).await?,
            Act::Customer(text) => {
                (self.unanswered, self.heard) = (true, true);
                self.speak(Speaker::Customer, &Line::new(&text), false, Origin::Conversation)
                    .await?;
            }
            // The assistant has stopped already.
            Act::Silence => {}
            Act::Tools(uses) => {
                self.call_tools(&uses).await?;
                self.unanswered = self.has_model();
            }
            Act::Respond => self.unanswered = true,
        }
        // Nobody waits for the turn of a scripted customer.
        if self.change(|record| record.by_hand) == Some(true) {
            self.turn_taken.extend(injected.taken);
        }
        Ok(())
    }

    pub async fn say_from_outside(&mut self, text: &str, ends: bool) -> CallFlow<()> {
        self.assistant_answers(text).await?;
        if ends {
            return Err(Interrupt::ended("assistant-ended-call-after-message-spoken"));
        }
        Ok(())
    }

    /// Speaks the assistant's `endCallMessage` and ends the call.
    pub async fn hang_up(&mut self) -> CallFlow<()> {
        self.change(|record| record.recording.ends = Some("assistant".to_owned()));
        if let Some(message) = self.text("endCallMessage") {
            self.assistant_says(&message).await?;
        }
        self.notify(|| json!({ "type": "phone-call-control", "request": "hang-up" }));
        Err(Interrupt::ended("assistant-ended-call"))
    }

    /// Says a line that follows from something else: the message of a tool, of a transfer, of the end.
    pub async fn assistant_says(&mut self, text: &str) -> CallFlow<()> {
        self.speak(Speaker::Assistant, &Line::new(text), false, Origin::Consequence)
            .await
    }

    /// Says a line of the conversation that is in no script.
    pub async fn assistant_answers(&mut self, text: &str) -> CallFlow<()> {
        // The next line of the script may interrupt an answer of the model, too.
        let next = self.script.as_ref().and_then(|script| script.steps.get(self.next_step));
        let interrupted = matches!(next, Some(Step::Customer(next)) if next.interrupts)
            && self.change(|record| record.by_hand) != Some(true);
        self.speak(Speaker::Assistant, &Line::new(text), interrupted, Origin::Conversation)
            .await
    }

    /// Speaks a line, which takes time. It breaks off if the script has the customer interrupt, if an injected line
    /// interrupts, or if the call ends.
    async fn speak(&mut self, speaker: Speaker, line: &Line, interrupted: bool, origin: Origin) -> CallFlow<()> {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let pace = self.script.as_ref().map_or(0, |script| script.word);
        let by_words = i64::try_from(pace.saturating_mul(words.len() as u64)).unwrap_or(i64::MAX);
        let mut lasts = line.lasts.map_or(by_words, whole_milliseconds).min(LONGEST_LINE);
        if speaker == Speaker::Assistant
            && let Some(length) = self.ask_for_voice(&line.text).await?
        {
            lasts = length.min(LONGEST_LINE);
        }
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
        self.set_activity(Activity::Speaking {
            speaker,
            text: line.text.clone(),
        });
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
            self.change(|record| {
                record.conversation.add_spoken(speaker, &said, from, to);
                match origin {
                    Origin::Greeting if whole => record.recording.add_greeting(from, to),
                    Origin::Conversation | Origin::Greeting => record.recording.add_line(speaker, &said, from, to),
                    Origin::Consequence => {
                        record.recording.word = Some(pace);
                        record.recording.pass(to);
                    }
                }
            });
            self.notify_transcript(speaker, "final", &said);
            if speaker == Speaker::Customer {
                self.notify(|| json!({ "type": "voice-input", "input": said, "turn": turn }));
            }
        }
        self.set_activity(Activity::Nothing);
        self.notify_speech(speaker, "stopped", turn);
        if !said.is_empty() {
            self.notify_conversation();
        }
        let by_person = |injected: &Injected| injected.interrupts && !matches!(injected.act, Act::Say { .. });
        if results? && (interrupted || self.injected.iter().any(by_person)) {
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
