//! The settings of one emulator, as its builder made them.

use std::time::Duration;

use crate::state::webhook_server::WebhookServer;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub lenient: bool,
    /// The largest request body that is read, in bytes.
    pub body_limit: usize,
    /// How long a call stays in each state.
    pub call_step: Duration,
    /// How many requests are kept for [`Emulator::requests`](crate::Emulator::requests).
    pub log_limit: usize,
    /// How long answers that are under way may take once the server stops.
    pub shutdown_timeout: Duration,
    /// How long a client may be silent.
    pub client_timeout: Duration,
    /// How many deliveries are kept for [`Emulator::webhooks`](crate::Emulator::webhooks).
    pub webhook_limit: usize,
    /// Where messages go that no assistant and no phone number has a server for.
    pub server: Option<WebhookServer>,
    /// The longest that a server may take, in real time, whatever it says of itself.
    pub webhook_timeout: Duration,
}
