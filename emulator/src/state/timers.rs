//! Timers on the emulator's clock, and a count of running activities.
//!
//! An active call holds an [`ActivityGuard`]. A waiting call has a timer instead. A timer that fires hands over a
//! guard, so that the call is always counted as one or the other. Therefore
//! [`Emulator::advance`](crate::Emulator::advance) can go from timer to timer and return when nothing is active.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, oneshot, watch};

use crate::state::clock::{Clock, whole_milliseconds};
use crate::state::locked::Locked;

/// The longest time that a turn of the assistant advances the clock by, in milliseconds.
const LONGEST_TURN: i64 = 3_600_000;

#[derive(Default)]
pub(crate) struct Timers {
    pending: Locked<Pending>,
    /// The number of living guards.
    active: Arc<watch::Sender<usize>>,
    added: Notify,
    /// Lets one task at a time advance the clock, so that concurrent advances add up.
    moving: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Pending {
    next: u64,
    /// Timers by time, then by the order in which they were set.
    waiting: BTreeMap<(i64, u64), oneshot::Sender<ActivityGuard>>,
}

/// A guard that counts as one activity until it is dropped.
#[derive(Debug)]
pub(crate) struct ActivityGuard(Arc<watch::Sender<usize>>);

impl Drop for ActivityGuard {
    fn drop(&mut self) {
        self.0.send_modify(|active| *active = active.saturating_sub(1));
    }
}

impl Clone for ActivityGuard {
    fn clone(&self) -> ActivityGuard {
        self.0.send_modify(|active| *active += 1);
        ActivityGuard(self.0.clone())
    }
}

impl Timers {
    pub fn activity_guard(&self) -> ActivityGuard {
        self.active.send_modify(|active| *active += 1);
        ActivityGuard(self.active.clone())
    }

    /// Sets a timer on the emulator's clock. Set it before the current [`ActivityGuard`] is dropped.
    pub fn timer(&self, due: i64) -> oneshot::Receiver<ActivityGuard> {
        let (sender, receiver) = oneshot::channel();
        let mut pending = self.pending.lock();
        let place = (due, pending.next);
        pending.next += 1;
        pending.waiting.insert(place, sender);
        drop(pending);
        self.added.notify_one();
        receiver
    }

    /// Advances the clock and stops at every timer on the way until nothing is active.
    pub async fn advance(&self, clock: &Clock, by: Duration) {
        let _alone = self.moving.lock().await;
        let target = clock.now() + whole_milliseconds(by);
        loop {
            self.quiet().await;
            match self.next().filter(|due| *due <= target) {
                Some(due) => {
                    clock.advance_to(due);
                    self.ring(clock.now().min(target));
                }
                // A timer may have fired in real time meanwhile; its owner is active again.
                None if *self.active.borrow() > 0 => {}
                None => break,
            }
        }
        clock.advance_to(target);
        self.added.notify_one();
    }

    /// Advances the clock from timer to timer until the sender is dropped, an hour at most.
    pub async fn advance_until(&self, clock: &Clock, mut done: oneshot::Receiver<()>) {
        let _alone = self.moving.lock().await;
        let target = clock.now() + LONGEST_TURN;
        loop {
            tokio::select! {
                biased;
                _ = &mut done => return,
                () = self.quiet() => {}
            }
            if !matches!(done.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
                return;
            }
            match self.next().filter(|due| *due <= target) {
                Some(due) => {
                    clock.advance_to(due);
                    self.ring(clock.now().min(target));
                }
                // A timer may have fired in real time meanwhile; its owner is active again.
                None if *self.active.borrow() > 0 => {}
                None => return,
            }
        }
    }

    /// Fires timers as real time passes, for as long as it is polled.
    pub async fn keep(&self, clock: &Clock) {
        loop {
            self.ring(clock.now());
            let added = self.added.notified();
            match self.next() {
                None => added.await,
                Some(next) => {
                    let left = u64::try_from(next - clock.now()).unwrap_or(0);
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_millis(left)) => {}
                        () = added => {}
                    }
                }
            }
        }
    }

    async fn quiet(&self) {
        // `self` owns the sender, so the channel cannot be closed.
        let _ = self.active.subscribe().wait_for(|active| *active == 0).await;
    }

    fn next(&self) -> Option<i64> {
        self.pending.lock().waiting.keys().next().map(|(due, _)| *due)
    }

    /// Fires every timer that is due.
    fn ring(&self, now: i64) {
        let mut pending = self.pending.lock();
        // Held until the last timer has fired, so that no one sees zero activities in between.
        let active = self.activity_guard();
        let later = pending.waiting.split_off(&(now + 1, 0));
        let due = std::mem::replace(&mut pending.waiting, later);
        drop(pending);
        for timer in due.into_values() {
            // The receiver is gone if the call has ended meanwhile.
            let _ = timer.send(active.clone());
        }
    }
}
