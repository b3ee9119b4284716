//! The work that is going on, so that a program can end when there is none.

use std::sync::Arc;

use tokio::sync::watch;

/// A count of what is running. Clones share it.
#[derive(Clone)]
pub(super) struct Activity(Arc<watch::Sender<State>>);

#[derive(Default)]
struct State {
    running: usize,
    closed: bool,
}

/// A part of the work. It ends when this is dropped.
pub(super) struct ActivityGuard(Activity);

impl Activity {
    pub(super) fn new() -> Self {
        Activity(Arc::new(watch::Sender::default()))
    }

    /// Begins a request. Returns `None` after [`close`](Self::close).
    pub(super) fn begin(&self) -> Option<ActivityGuard> {
        let begun = self.0.send_if_modified(|state| {
            state.running += usize::from(!state.closed);
            !state.closed
        });
        begun.then(|| ActivityGuard(self.clone()))
    }

    /// Refuses new requests from now on, and waits for the end of all work.
    pub(super) async fn close(&self) {
        self.0.send_modify(|state| state.closed = true);
        // It fails only if the sender is gone, which `self` holds.
        let _ = self.0.subscribe().wait_for(|state| state.running == 0).await;
    }
}

/// A part of the same request. It may begin after `close`.
impl Clone for ActivityGuard {
    fn clone(&self) -> Self {
        self.0.0.send_modify(|state| state.running += 1);
        ActivityGuard(self.0.clone())
    }
}

impl Drop for ActivityGuard {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.running -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn closing_waits_for_what_runs_and_refuses_more() {
        let activity = Activity::new();
        let guard = activity.begin().unwrap();
        let closing = tokio::spawn({
            let activity = activity.clone();
            async move { activity.close().await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(activity.begin().is_none());
        let part = guard.clone();
        drop(guard);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!closing.is_finished());
        drop(part);
        closing.await.unwrap();
    }
}
