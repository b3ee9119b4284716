//! The time between two polls.

use std::time::Duration;

use crate::error::Error;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long the pauses between looks are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    Growing(Duration),
    Even(Duration),
}

impl Pace {
    pub(crate) fn growing() -> Self {
        Pace::Growing(FIRST_PAUSE)
    }

    /// The pause before the next look; the one after it may be longer.
    pub(crate) fn pause(&mut self) -> Duration {
        match self {
            Pace::Even(pause) => *pause,
            Pace::Growing(next) => {
                let pause = *next;
                *next = (pause + pause / 2).min(LONGEST_PAUSE);
                pause
            }
        }
    }
}

/// Whether it may be gone by the next look.
pub(crate) fn is_passing(error: &Error) -> bool {
    error.is_server() || error.is_rate_limited() || error.is_connect() || error.is_interrupted() || error.is_timeout()
}
