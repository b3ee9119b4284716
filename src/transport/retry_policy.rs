//! The retry policy: whether a request is sent again, and after which delay. Nothing here does I/O.
//!
//! One rule has no exception: a request that may have placed a call is never repeated.

use std::time::Duration;

use http::Method;

/// The longest `Retry-After` that is waited for. If a server asks for more, the caller gets the error at once.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// The outcome of one attempt, as far as the policy cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttemptOutcome {
    /// A response came.
    Status(u16),
    /// No connection was made, so the server did nothing.
    NotConnected,
    /// The server says that it has not begun to process the request.
    NotProcessed,
    /// The connection was made and then lost, or no response came in time. The server may have acted.
    Lost,
}

/// The next step after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Return the outcome to the caller.
    Stop,
    /// Send again after this delay, which the server asked for.
    RetryAfter(Duration),
    /// Send again after a delay of [`Backoff`].
    BackOff,
}

/// An attempt that has ended, with everything that the policy needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'a> {
    pub(super) method: &'a Method,
    pub(super) outcome: AttemptOutcome,
    /// True if the body can be sent a second time.
    pub(super) replayable: bool,
    /// The first attempt is number 1.
    pub(super) number: u32,
    pub(super) max_retries: u32,
    /// The delay in the response's `Retry-After`.
    pub(super) retry_after: Option<Duration>,
    /// True if the server refused a token that can be renewed, and has not refused another one of this request.
    pub(super) renewable: bool,
}

/// Decides whether the request is sent again.
pub(super) fn decide(attempt: Attempt<'_>) -> Decision {
    if !attempt.replayable || attempt.number > attempt.max_retries {
        return Decision::Stop;
    }
    let repeatable = matches!(
        *attempt.method,
        Method::GET | Method::HEAD | Method::DELETE | Method::PUT
    );
    let again = match attempt.outcome {
        AttemptOutcome::NotConnected | AttemptOutcome::NotProcessed | AttemptOutcome::Status(429) => true,
        AttemptOutcome::Status(408 | 500..=599) | AttemptOutcome::Lost => repeatable,
        AttemptOutcome::Status(401) if attempt.renewable && repeatable => {
            return Decision::RetryAfter(Duration::ZERO);
        }
        AttemptOutcome::Status(_) => false,
    };
    match attempt.retry_after {
        _ if !again => Decision::Stop,
        Some(delay) if delay > LONGEST_RETRY_AFTER => Decision::Stop,
        Some(delay) => Decision::RetryAfter(delay),
        None => Decision::BackOff,
    }
}

/// Exponential backoff with full jitter: a random delay up to a ceiling that doubles with each attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff {
            base: Duration::from_millis(500),
            cap: Duration::from_secs(8),
        }
    }
}

impl Backoff {
    /// Returns the delay after an attempt; `random` is in `0.0..1.0`.
    pub(crate) fn delay(self, attempt: u32, random: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(16);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.cap);
        ceiling.mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::AttemptOutcome::{Lost, NotConnected, NotProcessed, Status};
    use super::*;

    const OUTCOMES: [AttemptOutcome; 15] = [
        Status(200),
        Status(302),
        Status(400),
        Status(401),
        Status(404),
        Status(408),
        Status(409),
        Status(429),
        Status(500),
        Status(502),
        Status(503),
        Status(504),
        NotConnected,
        NotProcessed,
        Lost,
    ];

    fn attempt(method: &Method, outcome: AttemptOutcome) -> Attempt<'_> {
        Attempt {
            method,
            outcome,
            replayable: true,
            number: 1,
            max_retries: 2,
            retry_after: None,
            renewable: false,
        }
    }

    #[test]
    fn each_method_is_repeated_after_just_these_outcomes() {
        // One column per entry of OUTCOMES: 200 302 400 401 404 408 409 429 500 502 503 504 not-connected not-processed lost
        let table = [
            (Method::GET, ".....r.rrrrrrrr"),
            (Method::HEAD, ".....r.rrrrrrrr"),
            (Method::DELETE, ".....r.rrrrrrrr"),
            (Method::PUT, ".....r.rrrrrrrr"),
            (Method::POST, ".......r....rr."),
            (Method::PATCH, ".......r....rr."),
            (Method::OPTIONS, ".......r....rr."),
        ];
        for (method, row) in table {
            for (outcome, expected) in OUTCOMES.into_iter().zip(row.chars()) {
                let expected = match expected {
                    'r' => Decision::BackOff,
                    _ => Decision::Stop,
                };
                assert_eq!(decide(attempt(&method, outcome)), expected, "{method} {outcome:?}");
            }
        }
    }

    #[test]
    fn a_renewed_token_is_sent_where_repeating_is_safe() {
        for (method, outcome, expected) in [
            (Method::GET, Status(401), Decision::RetryAfter(Duration::ZERO)),
            (Method::DELETE, Status(401), Decision::RetryAfter(Duration::ZERO)),
            (Method::POST, Status(401), Decision::Stop),
            (Method::PATCH, Status(401), Decision::Stop),
            (Method::GET, Status(403), Decision::Stop),
        ] {
            let mut attempt = attempt(&method, outcome);
            attempt.renewable = true;
            assert_eq!(decide(attempt), expected, "{method} {outcome:?}");
            attempt.max_retries = 0;
            assert_eq!(decide(attempt), Decision::Stop, "{method} {outcome:?}");
        }
    }

    #[test]
    fn a_body_that_cannot_be_replayed_is_sent_once() {
        for method in [Method::GET, Method::PUT, Method::POST] {
            for outcome in OUTCOMES {
                let mut attempt = attempt(&method, outcome);
                attempt.replayable = false;
                assert_eq!(decide(attempt), Decision::Stop, "{method} {outcome:?}");
            }
        }
    }

    #[test]
    fn retries_are_counted_after_the_first_attempt() {
        for (number, max_retries, expected) in [
            (1, 0, Decision::Stop),
            (1, 1, Decision::BackOff),
            (2, 1, Decision::Stop),
            (2, 2, Decision::BackOff),
            (3, 2, Decision::Stop),
        ] {
            let mut attempt = attempt(&Method::GET, Status(500));
            (attempt.number, attempt.max_retries) = (number, max_retries);
            assert_eq!(decide(attempt), expected, "{number} of {max_retries}");
        }
    }

    #[test]
    fn retry_after_is_honored_up_to_a_minute() {
        for (seconds, expected) in [
            (0, Decision::RetryAfter(Duration::ZERO)),
            (60, Decision::RetryAfter(Duration::from_secs(60))),
            (61, Decision::Stop),
        ] {
            let mut attempt = attempt(&Method::POST, Status(429));
            attempt.retry_after = Some(Duration::from_secs(seconds));
            assert_eq!(decide(attempt), expected, "{seconds} s");
        }
    }

    #[test]
    fn retry_after_does_not_make_a_post_repeatable() {
        let mut attempt = attempt(&Method::POST, Status(503));
        attempt.retry_after = Some(Duration::from_secs(1));
        assert_eq!(decide(attempt), Decision::Stop);
    }

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let backoff = Backoff::default();
        let ceilings = [1, 2, 3, 4, 5, 6, 60].map(|number| backoff.delay(number, 1.0).as_millis());
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
    }

    #[test]
    fn jitter_covers_everything_below_the_ceiling() {
        let backoff = Backoff::default();
        assert_eq!(backoff.delay(3, 0.0), Duration::ZERO);
        assert_eq!(backoff.delay(3, 0.25), Duration::from_millis(500));
    }
}
