//! The tries of one request: their number, their time limits, the pauses between them, and the span that tells of them.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method};
use tokio::time::Instant;
use tracing::{Span, field};

use super::prepared_request::Options;
use super::retry_policy::{self, Decision, Outcome, Try};
use super::settings::Shared;
use crate::error;

/// The tries of one request: how many, until when, and the span that tells of them.
pub(super) struct Attempts<'a> {
    shared: &'a Shared,
    method: Method,
    replayable: bool,
    options: Options,
    started: Instant,
    pub(super) made: u32,
    span: Span,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(shared: &'a Shared, request: &reqwest::Request, options: Options, replayable: bool) -> Self {
        Attempts {
            shared,
            method: request.method().clone(),
            replayable,
            options,
            started: Instant::now(),
            made: 0,
            span: Span::none(),
        }
    }

    pub(super) fn span(&mut self, operation: &str, path: &str) -> Span {
        self.span = tracing::info_span!(
            "vapi",
            operation,
            method = self.method.as_str(),
            path,
            status = field::Empty,
            attempts = field::Empty,
            duration_ms = field::Empty,
            request_id = field::Empty,
        );
        self.span.clone()
    }

    fn total(&self) -> Duration {
        self.options.timeout.unwrap_or(self.shared.timeout)
    }

    /// The setting that limits a try.
    pub(super) fn limit(&self) -> Option<Duration> {
        let total = self.total();
        Some(self.shared.attempt_timeout.map_or(total, |limit| limit.min(total)))
    }

    /// Counts a try and says how long it may take.
    pub(super) fn begin(&mut self) -> Option<Duration> {
        self.made += 1;
        let left = self.left();
        match self.shared.attempt_timeout {
            Some(limit) => Some(left.map_or(limit, |left| left.min(limit))),
            None => left,
        }
    }

    /// What is left of the whole time; `None` if it can't end.
    fn left(&self) -> Option<Duration> {
        let deadline = self.started.checked_add(self.total())?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// How long to wait before another try, if there is to be one. A pause that would outlast the time limit is not begun.
    pub(super) fn pause(&self, outcome: Option<Outcome>, headers: Option<&HeaderMap>) -> Option<Duration> {
        let outcome = outcome?;
        let decision = retry_policy::decide(Try {
            method: &self.method,
            outcome,
            replayable: self.replayable,
            made: self.made,
            max_retries: self.options.max_retries.unwrap_or(self.shared.max_retries),
            retry_after: headers.and_then(|headers| error::retry_after(headers, SystemTime::now())),
        });
        let pause = match decision {
            Decision::Stop => return None,
            Decision::After(pause) => pause,
            Decision::BackOff => self.shared.backoff.pause(self.made, fastrand::f64()),
        };
        if self.left().is_some_and(|left| left <= pause) {
            return None;
        }
        let pause_ms = millis(pause);
        tracing::debug!(attempt = self.made, ?outcome, pause_ms, "trying again");
        Some(pause)
    }

    pub(super) fn record(&self, outcome: Option<Outcome>, headers: Option<&HeaderMap>) {
        if self.span.is_disabled() {
            return;
        }
        if let Some(Outcome::Status(status)) = outcome {
            self.span.record("status", status);
        }
        self.span.record("attempts", self.made);
        self.span.record("duration_ms", millis(self.started.elapsed()));
        if let Some(id) = headers.and_then(error::request_id) {
            self.span.record("request_id", id);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
