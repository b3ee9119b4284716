//! What happens to calls, told to whoever watches while it happens: a page, a socket. Nobody has to listen, and a
//! listener that is too slow misses something instead of holding up the call.

use std::sync::Arc;

use serde_json::Value;

/// How far a listener may fall behind before it misses something.
pub(crate) const BACKLOG: usize = 1024;

#[derive(Clone, Debug)]
pub(crate) enum CallEvent {
    /// The call is in another state now, or new.
    Status { call_id: Arc<str> },
    /// Something happened in the call, in the form of a server message without its envelope (`type` and what belongs to
    /// that type), whether or not a server wants to hear of it: `speech-update`, `transcript`, `tool-calls`, ...
    Message { call_id: Arc<str>, message: Arc<Value> },
    /// A webhook was delivered, or not; [`Emulator::webhooks`](crate::Emulator::webhooks) has it.
    Webhook { call_id: Arc<str> },
    /// The call was deleted.
    Deleted { call_id: Arc<str> },
}

impl CallEvent {
    pub fn call_id(&self) -> &str {
        let (CallEvent::Status { call_id }
        | CallEvent::Message { call_id, .. }
        | CallEvent::Webhook { call_id }
        | CallEvent::Deleted { call_id }) = self;
        call_id
    }
}
