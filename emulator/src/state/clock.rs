//! The emulator's clock: real time plus the time that [`Emulator::advance`](crate::Emulator::advance) added.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

pub(crate) struct Clock {
    started: Instant,
    /// The start time, in milliseconds since 1970.
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

    /// Returns the current time in milliseconds since 1970. It never goes back and is never before an issued stamp, so
    /// that a new resource does not lie in the future.
    pub fn now(&self) -> i64 {
        self.passed().max(self.last_stamp.load(Ordering::Relaxed))
    }

    fn passed(&self) -> i64 {
        self.origin + whole_milliseconds(self.started.elapsed()) + self.advanced.load(Ordering::Relaxed)
    }

    /// Returns the current time, later than every stamp before, so that `createdAt` orders a list without ties.
    pub fn stamp(&self) -> i64 {
        let now = self.now();
        let previous = self
            .last_stamp
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(now.max(last + 1)));
        now.max(previous.unwrap_or_else(|last| last) + 1)
    }

    /// Returns the lead over real time, in milliseconds.
    pub fn ahead(&self) -> i64 {
        self.advanced.load(Ordering::Relaxed)
    }

    /// Advances to a time, unless it has passed.
    pub fn advance_to(&self, timestamp: i64) {
        self.advanced
            .fetch_add((timestamp - self.passed()).max(0), Ordering::Relaxed);
    }
}

pub(crate) fn whole_milliseconds(duration: Duration) -> i64 {
    // A century at most, so that sums do not overflow.
    i64::try_from(duration.as_millis())
        .unwrap_or(i64::MAX)
        .min(3_155_760_000_000)
}
