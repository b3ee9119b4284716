//! What happens in a call: who says what, which tool is called, how it ends. Written in Rust, or read from JSON or TOML.

mod parse;

use std::time::Duration;

use serde_json::{Map, Value, json};

pub use parse::ScriptError;

/// The course of a call, told step by step.
///
/// ```
/// use serde_json::json;
/// use vapi_emulator::Script;
///
/// Script::new()
///     .assistant_greets()
///     .customer_says("A table for four tonight, please.")
///     .calls_tool("book_table", json!({ "guests": 4 }))
///     .assistant_says("Your table is booked.")
///     .customer_hangs_up()
///     .summary("A table for four was booked.");
/// ```
///
/// Without conditions it is for every call. Of several that fit, one for the next call comes first, then the one with the
/// most conditions, then the one that was added last.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Script {
    pub(crate) name: Option<String>,
    pub(crate) when: When,
    pub(crate) answer: Pickup,
    pub(crate) steps: Vec<Step>,
    pub(crate) ending: Ending,
    /// How long a word takes, in milliseconds.
    pub(crate) word: u64,
    pub(crate) results: CallResults,
}

/// Which calls a script is for; what is not said does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct When {
    /// Id or name.
    pub assistant: Option<String>,
    /// The number or SIP address.
    pub customer: Option<String>,
    pub phone_number_id: Option<String>,
    /// For one call only.
    pub next: bool,
}

/// What happens when it rings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pickup {
    Customer,
    Voicemail,
    /// Nobody; the call ends for this reason.
    Nobody(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// The assistant says its first message, within this time.
    Greeting(Option<Duration>),
    Assistant(Line),
    Customer(Line),
    Pause(Duration),
    /// The assistant says nothing for so long that the API notices.
    Hang(Duration),
    /// Tools called at once.
    Tools(Vec<ToolUse>),
    /// To this number or address, or to where the server says.
    Transfer(Option<Value>),
    /// To this assistant, or to the one that the server says; with the parameters the model gives.
    Handoff {
        destination: Option<Value>,
        parameters: Value,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToolUse {
    pub name: String,
    pub arguments: Value,
    /// What it says where there is no server to ask.
    pub result: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub text: String,
    /// How long it takes; by the number of words otherwise.
    pub lasts: Option<Duration>,
    /// Cuts the assistant short.
    pub interrupts: bool,
}

impl Line {
    pub fn new(text: impl Into<String>) -> Line {
        Line {
            text: text.into(),
            lasts: None,
            interrupts: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    Customer,
    Assistant,
    Reason(String),
}

/// What is said about a call once it is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CallResults {
    pub analysis: Map<String, Value>,
    pub structured_outputs: Map<String, Value>,
    /// In dollars.
    pub cost: Option<f64>,
    /// The recording and the log tell what was said; those of a call without a script are samples.
    pub scripted: bool,
}

const WORD: u64 = 400;

impl Default for Script {
    fn default() -> Script {
        Script::new()
    }
}

impl Script {
    /// A call that is answered, in which nothing is said yet, and which the customer ends.
    pub fn new() -> Script {
        Script {
            name: None,
            when: When::default(),
            answer: Pickup::Customer,
            steps: Vec::new(),
            ending: Ending::Customer,
            word: WORD,
            results: CallResults {
                scripted: true,
                ..CallResults::default()
            },
        }
    }

    /// Reads scripts from JSON: a list of them, or an object with a list of `scripts`.
    pub fn from_json(text: &str) -> Result<Vec<Script>, ScriptError> {
        parse::json(text)
    }

    /// Reads scripts from TOML: a list of `[[scripts]]`.
    pub fn from_toml(text: &str) -> Result<Vec<Script>, ScriptError> {
        parse::toml(text)
    }

    /// Reads scripts from a file: TOML if its name ends in `.toml`, else JSON.
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Vec<Script>, ScriptError> {
        parse::file(path.as_ref())
    }

    /// Only for calls of this assistant, named by its id or its name.
    pub fn for_assistant(mut self, id_or_name: impl Into<String>) -> Script {
        self.when.assistant = Some(id_or_name.into());
        self
    }

    /// Only for calls with this customer: a number, or a SIP address.
    pub fn for_customer(mut self, number: impl Into<String>) -> Script {
        self.when.customer = Some(number.into());
        self
    }

    /// Only for calls over this phone number.
    pub fn for_phone_number(mut self, id: impl Into<String>) -> Script {
        self.when.phone_number_id = Some(id.into());
        self
    }

    /// Only for the next call that it fits.
    pub fn for_next_call(mut self) -> Script {
        self.when.next = true;
        self
    }

    fn step(mut self, step: Step) -> Script {
        self.steps.push(step);
        self
    }

    /// The assistant says its `firstMessage`.
    pub fn assistant_greets(self) -> Script {
        self.step(Step::Greeting(None))
    }

    /// The assistant says something.
    pub fn assistant_says(self, text: impl Into<String>) -> Script {
        self.step(Step::Assistant(Line::new(text)))
    }

    /// The customer says something.
    pub fn customer_says(self, text: impl Into<String>) -> Script {
        self.step(Step::Customer(Line::new(text)))
    }

    /// The customer cuts the assistant short: what the assistant was saying breaks off half way.
    pub fn customer_interrupts(self, text: impl Into<String>) -> Script {
        self.step(Step::Customer(Line {
            interrupts: true,
            ..Line::new(text)
        }))
    }

    /// How long the line before takes; by the number of its words otherwise.
    pub fn lasting(mut self, time: Duration) -> Script {
        match self.steps.last_mut() {
            Some(Step::Assistant(line) | Step::Customer(line)) => line.lasts = Some(time),
            Some(Step::Greeting(lasts)) => *lasts = Some(time),
            _ => {}
        }
        self
    }

    /// Nobody says anything.
    pub fn pause(self, time: Duration) -> Script {
        self.step(Step::Pause(time))
    }

    /// The assistant should say something and does not: the server is sent `hang`.
    pub fn assistant_hangs(self, time: Duration) -> Script {
        self.step(Step::Hang(time))
    }

    /// The assistant calls a tool and waits for what its server answers.
    pub fn calls_tool(self, name: impl Into<String>, arguments: Value) -> Script {
        self.calls_tools([(name, arguments)])
    }

    /// What the tools called just now say if the call has no server that could be asked.
    pub fn with_result(mut self, result: impl Into<String>) -> Script {
        if let Some(Step::Tools(uses)) = self.steps.last_mut() {
            let result = result.into();
            uses.iter_mut().for_each(|used| used.result = Some(result.clone()));
        }
        self
    }

    /// The assistant calls several tools at once.
    pub fn calls_tools<N: Into<String>>(self, calls: impl IntoIterator<Item = (N, Value)>) -> Script {
        let uses = calls.into_iter().map(|(name, arguments)| ToolUse {
            name: name.into(),
            arguments,
            result: None,
        });
        self.step(Step::Tools(uses.collect()))
    }

    /// The call is transferred to a destination such as `{"type": "number", "number": "+15555550199"}`, and ends.
    pub fn transfers_to(self, destination: Value) -> Script {
        self.step(Step::Transfer(Some(destination)))
    }

    /// The call is transferred to where the server says: it is sent `transfer-destination-request`.
    pub fn asks_where_to_transfer(self) -> Script {
        self.step(Step::Transfer(None))
    }

    /// Another assistant takes over: `{"type": "assistant", "assistantId": "..."}`. It says its first message.
    pub fn hands_off_to(self, destination: Value) -> Script {
        self.step(Step::Handoff {
            destination: Some(destination),
            parameters: json!({}),
        })
    }

    /// The assistant that the server names takes over: it is sent `handoff-destination-request` with these parameters.
    pub fn asks_whom_to_hand_off_to(self, parameters: Value) -> Script {
        self.step(Step::Handoff {
            destination: None,
            parameters,
        })
    }

    /// At the end the customer hangs up, as they do anyway.
    pub fn customer_hangs_up(self) -> Script {
        self.ends(Ending::Customer)
    }

    /// At the end the assistant says its `endCallMessage` and hangs up.
    pub fn assistant_hangs_up(self) -> Script {
        self.ends(Ending::Assistant)
    }

    /// At the end the call ends for this reason, such as `silence-timed-out`.
    pub fn ends_with(self, reason: impl Into<String>) -> Script {
        self.ends(Ending::Reason(reason.into()))
    }

    fn ends(mut self, ending: Ending) -> Script {
        self.ending = ending;
        self
    }

    /// Nobody answers.
    pub fn nobody_answers(self) -> Script {
        self.never_starts("customer-did-not-answer")
    }

    /// The line is busy.
    pub fn line_is_busy(self) -> Script {
        self.never_starts("customer-busy")
    }

    /// A voicemail answers; the assistant leaves its `voicemailMessage`.
    pub fn voicemail_answers(mut self) -> Script {
        self.answer = Pickup::Voicemail;
        self
    }

    /// It rings, and then the call ends for this reason.
    pub fn never_starts(mut self, reason: impl Into<String>) -> Script {
        self.answer = Pickup::Nobody(reason.into());
        self
    }

    /// `analysis.summary`.
    pub fn summary(self, text: impl Into<String>) -> Script {
        self.analysis("summary", json!(text.into()))
    }

    /// `analysis.successEvaluation`.
    pub fn success(self, evaluation: impl Into<String>) -> Script {
        self.analysis("successEvaluation", json!(evaluation.into()))
    }

    /// `analysis.structuredData`.
    pub fn structured_data(self, data: Value) -> Script {
        self.analysis("structuredData", data)
    }

    fn analysis(mut self, name: &str, value: Value) -> Script {
        self.results.analysis.insert(name.to_owned(), value);
        self
    }

    /// A result in `artifact.structuredOutputs`, under the id of the structured output.
    pub fn structured_output(mut self, id: impl Into<String>, name: &str, result: Value) -> Script {
        self.results
            .structured_outputs
            .insert(id.into(), json!({ "name": name, "result": result }));
        self
    }

    /// What the call cost, in dollars.
    pub fn cost(mut self, dollars: f64) -> Script {
        self.results.cost = Some(dollars);
        self
    }

    /// How long a word takes to say; 400 ms otherwise.
    pub fn pace(mut self, word: Duration) -> Script {
        self.word = u64::try_from(word.as_millis()).unwrap_or(WORD);
        self
    }
}
