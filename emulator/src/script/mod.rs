//! Scripts of calls: speech, tool calls and the end. They are written in Rust, or read from JSON or TOML.

mod parse;

use std::time::Duration;

use serde_json::{Map, Value, json};

pub use parse::ScriptError;

/// The script of a call, step by step.
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
/// Without conditions a script applies to every call. Of several that match, one for the next call takes precedence,
/// then the one with the most conditions, then the one that was added last.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Script {
    pub(crate) name: Option<String>,
    pub(crate) when: When,
    pub(crate) answer: Pickup,
    pub(crate) steps: Vec<Step>,
    pub(crate) ending: Ending,
    /// The time of a word, in milliseconds.
    pub(crate) word: u64,
    /// Lets the assistant's own model answer the customer where the script has no line of the assistant.
    pub(crate) uses_model: bool,
    pub(crate) results: CallResults,
}

/// The conditions of a script. Absent ones match any call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct When {
    /// Id or name.
    pub assistant: Option<String>,
    /// The number or SIP address of the customer.
    pub customer: Option<String>,
    pub phone_number_id: Option<String>,
    /// The id or name of a simulation or of its scenario. Such a script is for simulations only.
    pub simulation: Option<String>,
    /// Applies to one call only.
    pub next: bool,
}

/// The response to the ringing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pickup {
    Customer,
    Voicemail,
    /// Nobody picks up. The call ends for this reason.
    Nobody(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// The assistant says its first message, within this time.
    Greeting(Option<Duration>),
    Assistant(Line),
    Customer(Line),
    Pause(Duration),
    /// The assistant is silent for so long that the API notices.
    Hang(Duration),
    /// The transcriber is switched to this language, which the customer speaks from here on.
    Language(String),
    /// Tools called in parallel.
    Tools(Vec<ToolUse>),
    /// A transfer to this number or address, or to the destination that the server names.
    Transfer(Option<Value>),
    /// A handoff to this assistant, or to the one that the server names for these parameters.
    Handoff {
        destination: Option<Value>,
        parameters: Value,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToolUse {
    pub name: String,
    pub arguments: Value,
    /// The result if there is no server to ask.
    pub result: Option<String>,
    /// The facts of a call that a model made; `None` in scripts.
    pub made_by_model: Option<ModelMade>,
}

/// The facts of a tool call that a model made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelMade {
    /// The id, which the model expects beside the result.
    pub id: String,
    /// The reason why the arguments cannot be used. It is the result.
    pub problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub text: String,
    /// The duration; by the number of words if absent.
    pub lasts: Option<Duration>,
    /// Interrupts the assistant.
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
    /// The call goes on until somebody ends it by hand.
    ByHand,
    Reason(String),
}

/// The results of a call after its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CallResults {
    pub analysis: Map<String, Value>,
    pub structured_outputs: Map<String, Value>,
    /// Structured outputs whose conditions the call did not meet.
    pub skipped: Map<String, Value>,
    /// The cost in dollars.
    pub cost: Option<f64>,
    /// True if the recording and the log follow the conversation. Those of a call without a script are samples.
    pub scripted: bool,
}

const WORD: u64 = 400;

impl Default for Script {
    fn default() -> Script {
        Script::new()
    }
}

impl Script {
    /// Creates a script of an answered call without speech, which the customer ends.
    pub fn new() -> Script {
        Script {
            name: None,
            when: When::default(),
            answer: Pickup::Customer,
            steps: Vec::new(),
            ending: Ending::Customer,
            word: WORD,
            uses_model: true,
            results: CallResults {
                scripted: true,
                ..CallResults::default()
            },
        }
    }

    /// Reads scripts from JSON: a list of them, or an object with a list of `scripts`.
    ///
    /// # Errors
    ///
    /// Returns an error with the position of the mistake if the text is not JSON or not a list of scripts.
    pub fn from_json(text: &str) -> Result<Vec<Script>, ScriptError> {
        parse::json(text)
    }

    /// Reads scripts from TOML: a list of `[[scripts]]`.
    ///
    /// # Errors
    ///
    /// Returns an error with the position of the mistake if the text is not TOML or not a list of scripts.
    pub fn from_toml(text: &str) -> Result<Vec<Script>, ScriptError> {
        parse::toml(text)
    }

    /// Reads scripts from a file: TOML if its name ends in `.toml`, else JSON.
    ///
    /// # Errors
    ///
    /// Returns an error with the position of the mistake if the file cannot be read or has no valid scripts.
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Vec<Script>, ScriptError> {
        parse::file(path.as_ref())
    }

    /// Limits the script to calls of this assistant, named by its id or its name.
    pub fn for_assistant(mut self, id_or_name: impl Into<String>) -> Script {
        self.when.assistant = Some(id_or_name.into());
        self
    }

    /// Limits the script to calls with this customer: a number, or a SIP address.
    pub fn for_customer(mut self, number: impl Into<String>) -> Script {
        self.when.customer = Some(number.into());
        self
    }

    /// Limits the script to calls over this phone number.
    pub fn for_phone_number(mut self, id: impl Into<String>) -> Script {
        self.when.phone_number_id = Some(id.into());
        self
    }

    /// Limits the script to simulated calls of this simulation or scenario, named by its id or its name.
    pub fn for_simulation(mut self, id_or_name: impl Into<String>) -> Script {
        self.when.simulation = Some(id_or_name.into());
        self
    }

    /// Limits the script to the next call that matches.
    pub fn for_next_call(mut self) -> Script {
        self.when.next = true;
        self
    }

    fn step(mut self, step: Step) -> Script {
        self.steps.push(step);
        self
    }

    /// Adds a step: the assistant says its `firstMessage`.
    pub fn assistant_greets(self) -> Script {
        self.step(Step::Greeting(None))
    }

    /// Adds a step: the assistant says a text.
    pub fn assistant_says(self, text: impl Into<String>) -> Script {
        self.step(Step::Assistant(Line::new(text)))
    }

    /// Adds a step: the customer says a text.
    pub fn customer_says(self, text: impl Into<String>) -> Script {
        self.step(Step::Customer(Line::new(text)))
    }

    /// Adds a step: the customer interrupts the assistant, whose line breaks off half way.
    pub fn customer_interrupts(self, text: impl Into<String>) -> Script {
        self.step(Step::Customer(Line {
            interrupts: true,
            ..Line::new(text)
        }))
    }

    /// Sets the duration of the last line; by the number of its words by default.
    pub fn lasting(mut self, time: Duration) -> Script {
        match self.steps.last_mut() {
            Some(Step::Assistant(line) | Step::Customer(line)) => line.lasts = Some(time),
            Some(Step::Greeting(lasts)) => *lasts = Some(time),
            _ => {}
        }
        self
    }

    /// Adds a step: silence.
    pub fn pause(self, time: Duration) -> Script {
        self.step(Step::Pause(time))
    }

    /// Adds a step: the assistant is silent when it should speak. The server receives `hang`.
    pub fn assistant_hangs(self, time: Duration) -> Script {
        self.step(Step::Hang(time))
    }

    /// Adds a step: the transcriber is switched to the language that the customer speaks from here on, such as `es`. The
    /// server receives `language-change-detected`.
    pub fn language_changes(self, language: impl Into<String>) -> Script {
        self.step(Step::Language(language.into()))
    }

    /// Adds a step: the assistant calls a tool and waits for the response of its server.
    pub fn calls_tool(self, name: impl Into<String>, arguments: Value) -> Script {
        self.calls_tools([(name, arguments)])
    }

    /// Sets the result of the last tools if the call has no server to ask.
    pub fn with_result(mut self, result: impl Into<String>) -> Script {
        if let Some(Step::Tools(uses)) = self.steps.last_mut() {
            let result = result.into();
            uses.iter_mut().for_each(|used| used.result = Some(result.clone()));
        }
        self
    }

    /// Adds a step: the assistant calls several tools in parallel.
    pub fn calls_tools<N: Into<String>>(self, calls: impl IntoIterator<Item = (N, Value)>) -> Script {
        let uses = calls.into_iter().map(|(name, arguments)| ToolUse {
            name: name.into(),
            arguments,
            result: None,
            made_by_model: None,
        });
        self.step(Step::Tools(uses.collect()))
    }

    /// Adds a step: the call is transferred to a destination such as `{"type": "number", "number": "+15555550199"}`,
    /// and ends.
    pub fn transfers_to(self, destination: Value) -> Script {
        self.step(Step::Transfer(Some(destination)))
    }

    /// Adds a step: the call is transferred to the destination that the server names. The server receives
    /// `transfer-destination-request`.
    pub fn asks_where_to_transfer(self) -> Script {
        self.step(Step::Transfer(None))
    }

    /// Adds a step: another assistant takes over, `{"type": "assistant", "assistantId": "..."}`, and says its first
    /// message.
    pub fn hands_off_to(self, destination: Value) -> Script {
        self.step(Step::Handoff {
            destination: Some(destination),
            parameters: json!({}),
        })
    }

    /// Adds a step: the assistant that the server names takes over. The server receives `handoff-destination-request`
    /// with these parameters.
    pub fn asks_whom_to_hand_off_to(self, parameters: Value) -> Script {
        self.step(Step::Handoff {
            destination: None,
            parameters,
        })
    }

    /// Ends the script with the customer hanging up, which is the default.
    pub fn customer_hangs_up(self) -> Script {
        self.ends(Ending::Customer)
    }

    /// Ends the script with the assistant saying its `endCallMessage` and hanging up.
    pub fn assistant_hangs_up(self) -> Script {
        self.ends(Ending::Assistant)
    }

    /// Ends the script, but not the call: the test is the customer from here on, with
    /// [`Emulator::call`](crate::Emulator::call).
    pub fn continues_by_hand(self) -> Script {
        self.ends(Ending::ByHand)
    }

    /// Keeps the assistant's own model silent: the assistant says what the script says, and nothing else.
    pub fn without_model(mut self) -> Script {
        self.uses_model = false;
        self
    }

    /// Ends the script with this reason, such as `silence-timed-out`.
    pub fn ends_with(self, reason: impl Into<String>) -> Script {
        self.ends(Ending::Reason(reason.into()))
    }

    fn ends(mut self, ending: Ending) -> Script {
        self.ending = ending;
        self
    }

    /// Ends the call because nobody answers.
    pub fn nobody_answers(self) -> Script {
        self.never_starts("customer-did-not-answer")
    }

    /// Ends the call because the line is busy.
    pub fn line_is_busy(self) -> Script {
        self.never_starts("customer-busy")
    }

    /// Makes a voicemail answer; the assistant leaves its `voicemailMessage`.
    pub fn voicemail_answers(mut self) -> Script {
        self.answer = Pickup::Voicemail;
        self
    }

    /// Ends the call after the ringing, for this reason.
    pub fn never_starts(mut self, reason: impl Into<String>) -> Script {
        self.answer = Pickup::Nobody(reason.into());
        self
    }

    /// Sets `analysis.summary`.
    pub fn summary(self, text: impl Into<String>) -> Script {
        self.analysis("summary", json!(text.into()))
    }

    /// Sets `analysis.successEvaluation`.
    pub fn success(self, evaluation: impl Into<String>) -> Script {
        self.analysis("successEvaluation", json!(evaluation.into()))
    }

    /// Sets `analysis.structuredData`.
    pub fn structured_data(self, data: Value) -> Script {
        self.analysis("structuredData", data)
    }

    fn analysis(mut self, name: &str, value: Value) -> Script {
        self.results.analysis.insert(name.to_owned(), value);
        self
    }

    /// Adds a result in `artifact.structuredOutputs`, under the id of the structured output.
    pub fn structured_output(mut self, id: impl Into<String>, name: &str, result: Value) -> Script {
        self.results
            .structured_outputs
            .insert(id.into(), json!({ "name": name, "result": result }));
        self
    }

    /// Sets the cost of the call, in dollars.
    pub fn cost(mut self, dollars: f64) -> Script {
        self.results.cost = Some(dollars);
        self
    }

    /// Sets the time of a word; 400 ms by default.
    pub fn pace(mut self, word: Duration) -> Script {
        self.word = u64::try_from(word.as_millis()).unwrap_or(WORD);
        self
    }
}
