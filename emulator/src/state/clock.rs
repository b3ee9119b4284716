//! The emulator's own time: real time, plus what [`Emulator::advance`](crate::Emulator::advance) added.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

pub(crate) struct Clock {
    started: Instant,
    /// Milliseconds since 1970 when it started.
    origin: i64,
    advanced: AtomicI64,
    last_stamp: AtomicI64,
}

impl Clock {
    pub fn start() -> Clock {
        let origin = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, whole_milliseconds);
        Clock {
            started: Instant::now(),
            origin,
            advanced: AtomicI64::new(0),
            last_stamp: AtomicI64::new(0),
        }
    }

    /// Now, in milliseconds since 1970. Never goes back, and is never before a stamp that was given: what was created a
    /// moment ago is not in the future.
    pub fn now(&self) -> i64 {
        self.passed().max(self.last_stamp.load(Ordering::Relaxed))
    }

    fn passed(&self) -> i64 {
        self.origin + whole_milliseconds(self.started.elapsed()) + self.advanced.load(Ordering::Relaxed)
    }

    /// Now, but later than every stamp before: `createdAt` orders a list without ties.
    pub fn stamp(&self) -> i64 {
        let now = self.now();
        let previous = self
            .last_stamp
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(now.max(last + 1)));
        now.max(previous.unwrap_or_else(|last| last) + 1)
    }

    /// How far it is ahead of real time, in milliseconds.
    pub fn ahead(&self) -> i64 {
        self.advanced.load(Ordering::Relaxed)
    }

    /// Moves on to a moment, if it is not past already.
    pub fn advance_to(&self, timestamp: i64) {
        self.advanced
            .fetch_add((timestamp - self.passed()).max(0), Ordering::Relaxed);
    }
}

pub(crate) fn whole_milliseconds(duration: Duration) -> i64 {
    // A century at most, so that no sum with it overflows.
    i64::try_from(duration.as_millis())
        .unwrap_or(i64::MAX)
        .min(3_155_760_000_000)
}
