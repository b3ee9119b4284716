//! A command to a running call, and the form in which it reaches the call's driver.

use serde_json::Value;
use tokio::sync::oneshot;

use crate::state::timers::ActivityGuard;

/// What a call is told to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Say {
        text: String,
        /// Then the call is over.
        ends: bool,
        /// Whatever the assistant is saying breaks off.
        interrupts: bool,
    },
    SayFirstMessage,
    Add {
        role: String,
        text: String,
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
    /// To the carrier; there is none.
    Transport(Value),
    /// The socket of the call is there.
    Connect,
    /// The customer has said something over the socket.
    Hear,
    /// The customer is gone, for this reason.
    Leave(&'static str),
}

/// An order on its way to the driver of a call.
#[derive(Debug)]
pub(crate) struct SentCommand {
    pub command: Command,
    /// Dropped once the order was taken.
    pub taken: oneshot::Sender<()>,
    pub guard: ActivityGuard,
}
