//! A command to a running call.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::oneshot;

use crate::script::{Pickup, ToolUse};
use crate::state::timers::ActivityGuard;

/// A command to a running call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Say {
        text: String,
        /// Ends the call afterwards.
        ends: bool,
        /// Interrupts the assistant.
        interrupts: bool,
    },
    SayFirstMessage,
    Add {
        role: String,
        text: String,
        /// Makes the assistant's model respond.
        triggers: bool,
    },
    MuteAssistant(bool),
    MuteCustomer(bool),
    End,
    Transfer {
        destination: Value,
        text: Option<String>,
    },
    Handoff {
        destination: Value,
        text: Option<String>,
    },
    /// A message for the carrier. The emulator has no carrier.
    Transport(Value),
    /// The transport socket of the call is open.
    Connect,
    /// The customer spoke over the socket. The text is known if the assistant has a custom transcriber.
    Hear(Option<Arc<str>>),
    /// The customer left, for this reason.
    Leave(&'static str),
    /// Somebody picks up, and is the customer from here on unless the script is.
    Answer {
        pickup: Pickup,
        by_hand: bool,
    },
    /// A person says a line as the customer.
    CustomerSays {
        text: String,
        interrupts: bool,
    },
    /// A person makes the assistant stop.
    Interrupt,
    /// A person makes the assistant call tools.
    CallTools(Vec<ToolUse>),
}

/// A command on its way to the driver of a call.
#[derive(Debug)]
pub(crate) struct SentCommand {
    pub command: Command,
    /// Dropped when the driver has executed the command.
    pub taken: oneshot::Sender<()>,
    pub guard: ActivityGuard,
}
