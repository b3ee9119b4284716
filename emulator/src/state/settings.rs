//! The settings of one emulator.

use std::time::Duration;

use crate::state::webhook_server::WebhookServer;

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Accept everything.
    pub lenient: bool,
    /// Accept the key of the emulator only.
    pub strict_key: bool,
    /// Accept references to resources that do not exist.
    pub allow_unknown_ids: bool,
    /// Accept calls without a phone number or an assistant.
    pub allow_incomplete_calls: bool,
    /// The origins whose pages may use the API, besides those of this machine; `*` is any.
    pub allowed_origins: Vec<String>,
    /// The hosts that webhooks, and requests to models and tools, are sent to, besides this machine; `*` is any.
    pub allowed_hosts: Vec<String>,
    /// The largest accepted request body, in bytes.
    pub body_limit: usize,
    /// The time that a call stays in each status.
    pub call_step: Duration,
    /// The number of requests kept for [`Emulator::requests`](crate::Emulator::requests).
    pub log_limit: usize,
    /// The time that pending responses have after a stop.
    pub shutdown_timeout: Duration,
    /// The time that a client may be silent.
    pub client_timeout: Duration,
    /// The number of attempts kept for [`Emulator::webhooks`](crate::Emulator::webhooks).
    pub webhook_limit: usize,
    /// The server of messages for which no assistant and no phone number has one.
    pub server: Option<WebhookServer>,
    /// The longest timeout of a server, in real time, whatever its own setting.
    pub webhook_timeout: Duration,
}
