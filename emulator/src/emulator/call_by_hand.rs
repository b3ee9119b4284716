//! A call that a test holds: it is the customer, and makes the assistant act.

use std::fmt;

use serde_json::Value;

use crate::calls::by_hand::{self, Refusal};
use crate::calls::control::send_command;
use crate::calls::spoken;
use crate::emulator::Emulator;
use crate::script::{Pickup, ToolUse};
use crate::state::command::Command;

/// A call that a test holds by hand. [`Emulator::call`] returns it.
///
/// The assistant answers with the next lines of its script, else with its own model if that is of the provider `custom-llm`, else
/// with a line that says that it has none. Every method returns when the assistant has had its turn; the clock advances by the time
/// that this takes.
///
/// ```
/// # async fn run(call_id: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use vapi_emulator::{Emulator, Script};
///
/// let local = Emulator::start().await;
/// local.script(Script::new().assistant_greets().customer_says("A table, please.").assistant_says("For how many?").continues_by_hand());
/// // ... place a call with the client ...
/// let call = local.call(call_id);
/// call.answer().await?;
/// assert_eq!(call.say("A table, please.").await?, "For how many?");
/// call.hang_up().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CallByHand<'a> {
    emulator: &'a Emulator,
    id: String,
}

/// The reason why a call by hand does not do what was asked: it has ended, or it is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallByHandError(String);

impl fmt::Display for CallByHandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CallByHandError {}

impl Emulator {
    /// Returns a call to be held by hand, of any organization.
    pub fn call(&self, id: impl Into<String>) -> CallByHand<'_> {
        CallByHand {
            emulator: self,
            id: id.into(),
        }
    }
}

impl CallByHand<'_> {
    /// Picks up the phone. Returns what the assistant says first; nothing if it waits for the customer.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such call, or if it is answered already.
    pub async fn answer(&self) -> Result<String, CallByHandError> {
        let messages = self.pick_up(Pickup::Customer).await?;
        Ok(by_hand::reply(&messages))
    }

    /// Does not pick up: the call ends for this reason, such as `customer-busy`.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no such call, or if it is answered already.
    pub async fn decline(&self, reason: impl Into<String>) -> Result<(), CallByHandError> {
        self.pick_up(Pickup::Nobody(reason.into())).await?;
        Ok(())
    }

    /// Says a line as the customer, and returns the words of the assistant's answer.
    ///
    /// # Errors
    ///
    /// Returns an error if the call is not in progress.
    pub async fn say(&self, text: impl Into<String>) -> Result<String, CallByHandError> {
        let said = Command::CustomerSays {
            text: text.into(),
            interrupts: false,
        };
        Ok(by_hand::reply(&self.act(said).await?))
    }

    /// Makes the assistant call a tool, and returns the result.
    ///
    /// # Errors
    ///
    /// Returns an error if the call is not in progress.
    pub async fn calls_tool(&self, name: impl Into<String>, arguments: Value) -> Result<String, CallByHandError> {
        let used = ToolUse {
            name: name.into(),
            arguments,
            result: None,
            made_by_model: None,
        };
        let messages = self.act(Command::CallTools(vec![used])).await?;
        let result = messages.iter().find_map(|message| message["result"].as_str());
        Ok(result.unwrap_or_default().to_owned())
    }

    /// Transfers the call to a destination such as `{"type": "number", "number": "+15555550199"}`.
    ///
    /// # Errors
    ///
    /// Returns an error if the call is not in progress.
    pub async fn transfer(&self, destination: Value) -> Result<(), CallByHandError> {
        let text = spoken(&destination["message"]);
        self.act(Command::Transfer { destination, text }).await?;
        Ok(())
    }

    /// Hangs up as the customer.
    ///
    /// # Errors
    ///
    /// Returns an error if the call has ended already.
    pub async fn hang_up(&self) -> Result<(), CallByHandError> {
        let command = Command::Leave("customer-ended-call");
        match send_command(&self.emulator.state, &self.id, command).await {
            true => Ok(()),
            false => Err(self.refused(Refusal::Ended)),
        }
    }

    /// Returns the messages of the conversation so far, in the form of `artifact.messages`.
    pub fn messages(&self) -> Vec<Value> {
        let records = self.emulator.state.calls.lock();
        let messages = records.get(&self.id).map(|record| record.conversation.messages.clone());
        messages.unwrap_or_default()
    }

    /// Returns the status of the call: `ringing`, `in-progress`, ...; `None` if there is no such call.
    pub fn status(&self) -> Option<&'static str> {
        let records = self.emulator.state.calls.lock();
        records.get(&self.id).map(|record| record.status.name())
    }

    /// Returns the script file (JSON) that plays the call again; `None` if there is no such call.
    pub fn script(&self) -> Option<String> {
        by_hand::script(&self.emulator.state, &self.id).map(|script| format!("{script:#}\n"))
    }

    async fn pick_up(&self, pickup: Pickup) -> Result<Vec<Value>, CallByHandError> {
        self.act(Command::Answer { pickup, by_hand: true }).await
    }

    async fn act(&self, command: Command) -> Result<Vec<Value>, CallByHandError> {
        let result = by_hand::act(&self.emulator.state, &self.id, command, true).await;
        result.map_err(|refusal| self.refused(refusal))
    }

    fn refused(&self, refusal: Refusal) -> CallByHandError {
        CallByHandError(refusal.message(&self.id))
    }
}
