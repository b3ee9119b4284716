//! The tracing event that closes an operation.

use std::borrow::Cow;

use tokio::time::Instant;

/// Emits one event at level `debug` when it is dropped, with the operation's id, status, attempts and duration.
///
/// It lives as long as the operation does: until the body is read, until the [`ByteStream`](super::ByteStream) is dropped, or
/// until the caller drops the future. So there is one event in each case; an operation that was canceled has no status.
pub(crate) struct ClosingEvent {
    operation: Cow<'static, str>,
    started: Instant,
    status: Option<u16>,
    pub(super) attempts: u32,
}

impl ClosingEvent {
    pub(crate) fn new(operation: Cow<'static, str>) -> Self {
        ClosingEvent {
            operation,
            started: Instant::now(),
            status: None,
            attempts: 0,
        }
    }

    /// Adds the attempts of one request. A download makes several: each redirect is one more.
    pub(super) fn record(&mut self, status: Option<u16>, attempts: u32) {
        self.status = status;
        self.attempts += attempts;
    }
}

impl Drop for ClosingEvent {
    fn drop(&mut self) {
        tracing::debug!(
            name: "vapi.closed",
            operation = &*self.operation,
            status = self.status,
            attempts = self.attempts,
            duration_ms = super::attempts::millis(self.started.elapsed()),
            "operation closed"
        );
    }
}
