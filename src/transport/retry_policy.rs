//! When a request is sent again. Nothing here does I/O: the transport asks, this answers.
//!
//! The rule that everything else bends to: a request that may have placed a call is never repeated.

use std::time::Duration;

use http::Method;

/// A server that asks for a longer pause gets no second request: the caller is told instead.
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// How one try ended, as far as the decision cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server answered.
    Status(u16),
    /// No connection was made, so the server certainly did nothing.
    NotConnected,
    /// The connection was made and then lost, or took too long: nobody knows what the server did.
    Lost,
}

/// What to do after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Hand the outcome to the caller.
    Stop,
    /// Send again after this pause, which the server asked for.
    After(Duration),
    /// Send again after a pause of our own.
    BackOff,
}

/// What is known when a try has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try<'a> {
    pub method: &'a Method,
    pub outcome: Outcome,
    /// Whether the body can be sent a second time.
    pub replayable: bool,
    /// Tries made so far, this one included.
    pub made: u32,
    pub max_retries: u32,
    /// What the server's `Retry-After` asks for.
    pub retry_after: Option<Duration>,
}

/// Whether to send again.
pub(crate) fn decide(tried: Try<'_>) -> Decision {
    if !tried.replayable || tried.made > tried.max_retries {
        return Decision::Stop;
    }
    let repeatable = matches!(*tried.method, Method::GET | Method::HEAD | Method::DELETE | Method::PUT);
    let again = match tried.outcome {
        Outcome::NotConnected | Outcome::Status(429) => true,
        Outcome::Status(408 | 500..=599) | Outcome::Lost => repeatable,
        Outcome::Status(_) => false,
    };
    match tried.retry_after {
        _ if !again => Decision::Stop,
        Some(pause) if pause > LONGEST_RETRY_AFTER => Decision::Stop,
        Some(pause) => Decision::After(pause),
        None => Decision::BackOff,
    }
}

/// Exponential backoff with full jitter: any pause up to a ceiling that doubles with each try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub base: Duration,
    pub cap: Duration,
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
    /// The pause after try number `made`; `random` is in `0.0..1.0`.
    pub(crate) fn pause(self, made: u32, random: f64) -> Duration {
        let doublings = made.saturating_sub(1).min(16);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.cap);
        ceiling.mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Lost, NotConnected, Status};

    const OUTCOMES: [Outcome; 14] = [
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
        Lost,
    ];

    fn tried(method: &Method, outcome: Outcome) -> Try<'_> {
        Try {
            method,
            outcome,
            replayable: true,
            made: 1,
            max_retries: 2,
            retry_after: None,
        }
    }

    #[test]
    fn each_method_is_repeated_after_just_these_outcomes() {
        // One column per entry of OUTCOMES: 200 302 400 401 404 408 409 429 500 502 503 504 not-connected lost
        let table = [
            (Method::GET, ".....r.rrrrrrr"),
            (Method::HEAD, ".....r.rrrrrrr"),
            (Method::DELETE, ".....r.rrrrrrr"),
            (Method::PUT, ".....r.rrrrrrr"),
            (Method::POST, ".......r....r."),
            (Method::PATCH, ".......r....r."),
            (Method::OPTIONS, ".......r....r."),
        ];
        for (method, row) in table {
            for (outcome, expected) in OUTCOMES.into_iter().zip(row.chars()) {
                let expected = match expected {
                    'r' => Decision::BackOff,
                    _ => Decision::Stop,
                };
                assert_eq!(decide(tried(&method, outcome)), expected, "{method} {outcome:?}");
            }
        }
    }

    #[test]
    fn a_body_that_cannot_be_replayed_is_sent_once() {
        for method in [Method::GET, Method::PUT, Method::POST] {
            for outcome in OUTCOMES {
                let mut tried = tried(&method, outcome);
                tried.replayable = false;
                assert_eq!(decide(tried), Decision::Stop, "{method} {outcome:?}");
            }
        }
    }

    #[test]
    fn retries_are_counted_after_the_first_try() {
        for (made, max_retries, expected) in [
            (1, 0, Decision::Stop),
            (1, 1, Decision::BackOff),
            (2, 1, Decision::Stop),
            (2, 2, Decision::BackOff),
            (3, 2, Decision::Stop),
        ] {
            let mut tried = tried(&Method::GET, Status(500));
            (tried.made, tried.max_retries) = (made, max_retries);
            assert_eq!(decide(tried), expected, "{made} of {max_retries}");
        }
    }

    #[test]
    fn the_servers_pause_is_honoured_up_to_a_minute() {
        for (seconds, expected) in [
            (0, Decision::After(Duration::ZERO)),
            (60, Decision::After(Duration::from_secs(60))),
            (61, Decision::Stop),
        ] {
            let mut tried = tried(&Method::POST, Status(429));
            tried.retry_after = Some(Duration::from_secs(seconds));
            assert_eq!(decide(tried), expected, "{seconds} s");
        }
    }

    #[test]
    fn a_pause_that_is_asked_for_repeats_nothing_that_may_not_be_repeated() {
        let mut tried = tried(&Method::POST, Status(503));
        tried.retry_after = Some(Duration::from_secs(1));
        assert_eq!(decide(tried), Decision::Stop);
    }

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let backoff = Backoff::default();
        let ceilings = [1, 2, 3, 4, 5, 6, 60].map(|made| backoff.pause(made, 1.0).as_millis());
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
    }

    #[test]
    fn jitter_covers_everything_below_the_ceiling() {
        let backoff = Backoff::default();
        assert_eq!(backoff.pause(3, 0.0), Duration::ZERO);
        assert_eq!(backoff.pause(3, 0.25), Duration::from_millis(500));
    }
}
