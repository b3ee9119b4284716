//! What calls wait for, by the emulator's clock, and whether any of them is at work right now.
//!
//! A call that is at work holds a [`Busy`]; one that waits for its time has an alarm in the agenda instead. An alarm that
//! goes off hands a `Busy` over, so there is no moment between the two. That is what lets
//! [`Emulator::advance`](crate::Emulator::advance) go from one alarm to the next and return when all is quiet.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, oneshot, watch};

use crate::state::clock::{Clock, whole_milliseconds};
use crate::state::locked::Locked;

#[derive(Default)]
pub(crate) struct Timers {
    pending: Locked<Pending>,
    /// How many are at work.
    active: Arc<watch::Sender<usize>>,
    added: Notify,
    /// One at a time may move the clock, so that two that move it by an hour move it by two.
    moving: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Pending {
    next: u64,
    /// By time, then by the order in which they were set.
    waiting: BTreeMap<(i64, u64), oneshot::Sender<ActivityGuard>>,
}

/// Somebody is at work as long as this exists.
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

    /// Goes off at a moment of the emulator's clock. To be set before the own `Busy` is let go.
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

    /// Moves the clock on, stopping at every alarm on the way until all is quiet again.
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
                // Meanwhile an alarm may have gone off in real time: whom it woke is at work again.
                None if *self.active.borrow() > 0 => {}
                None => break,
            }
        }
        clock.advance_to(target);
        self.added.notify_one();
    }

    /// Lets alarms go off as real time passes, for as long as it is polled.
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
        // The sender is ours, so the channel can't be closed.
        let _ = self.active.subscribe().wait_for(|active| *active == 0).await;
    }

    fn next(&self) -> Option<i64> {
        self.pending.lock().waiting.keys().next().map(|(due, _)| *due)
    }

    /// Lets every alarm go off that is due.
    fn ring(&self, now: i64) {
        let mut pending = self.pending.lock();
        // From before the first alarm is gone until the last was handed over, so that nobody takes this for quiet.
        let active = self.activity_guard();
        let later = pending.waiting.split_off(&(now + 1, 0));
        let due = std::mem::replace(&mut pending.waiting, later);
        drop(pending);
        for timer in due.into_values() {
            // Nobody waits for it any more if the call was ended meanwhile.
            let _ = timer.send(active.clone());
        }
    }
}
