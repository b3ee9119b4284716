//! Events of calls for subscribers: the live view and sockets. No subscriber is required. A slow subscriber misses
//! events instead of blocking the call.

use std::sync::Arc;

use serde_json::Value;

/// The number of events that a subscriber may fall behind before it misses one.
pub(crate) const BACKLOG: usize = 1024;

#[derive(Clone, Debug)]
pub(crate) enum CallEvent {
    /// The call is new or has a new status.
    Status { call_id: Arc<str> },
    /// A server message without its envelope (`type` and its properties): `speech-update`, `transcript`, `tool-calls`,
    /// ... It is sent whether or not a server wants it.
    Message { call_id: Arc<str>, message: Arc<Value> },
    /// Something else happens in a call that a person holds: the assistant thinks, speaks or listens.
    Activity { call_id: Arc<str> },
    /// An attempt to deliver a webhook ended. [`Emulator::webhooks`](crate::Emulator::webhooks) has it.
    Webhook { call_id: Arc<str> },
    /// The call was deleted.
    Deleted { call_id: Arc<str> },
}

impl CallEvent {
    pub fn call_id(&self) -> &str {
        let (CallEvent::Status { call_id }
        | CallEvent::Message { call_id, .. }
        | CallEvent::Activity { call_id }
        | CallEvent::Webhook { call_id }
        | CallEvent::Deleted { call_id }) = self;
        call_id
    }
}
