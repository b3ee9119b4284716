//! The interval between two polls.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(10);

/// The interval between two polls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PollInterval {
    /// Half as long again after each poll, up to ten seconds.
    Growing(Duration),
    Fixed(Duration),
}

impl PollInterval {
    pub(crate) fn growing() -> Self {
        PollInterval::Growing(FIRST)
    }

    /// Returns the interval before the next poll. The one after it may be longer.
    pub(crate) fn next(&mut self) -> Duration {
        match self {
            PollInterval::Fixed(interval) => *interval,
            PollInterval::Growing(next) => {
                let interval = *next;
                *next = (interval + interval / 2).min(LONGEST);
                interval
            }
        }
    }
}
