//! The attempts of one request: their number, their time limits, the delays between them, and the span that records them.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, Method};
use tokio::time::Instant;
use tracing::{Span, field};

use super::closing_event::ClosingEvent;
use super::prepared_request::RequestOptions;
use super::retry_policy::{self, Attempt, AttemptOutcome, Decision};
use super::settings::Settings;
use crate::error;

/// The attempts that were made for one request, and the limits for further ones.
pub(super) struct Attempts<'a> {
    settings: &'a Settings,
    method: Method,
    replayable: bool,
    options: RequestOptions,
    started: Instant,
    made: u32,
    span: Span,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        request: &reqwest::Request,
        options: RequestOptions,
        replayable: bool,
    ) -> Self {
        Attempts {
            settings,
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
        self.options.timeout.unwrap_or(self.settings.timeout)
    }

    /// Returns the setting that limits an attempt.
    pub(super) fn limit(&self) -> Option<Duration> {
        let total = self.total();
        Some(self.settings.attempt_timeout.map_or(total, |limit| limit.min(total)))
    }

    /// Counts an attempt and returns the time that it may take.
    pub(super) fn begin(&mut self) -> Option<Duration> {
        self.made += 1;
        let left = self.left();
        match self.settings.attempt_timeout {
            Some(limit) => Some(left.map_or(limit, |left| left.min(limit))),
            None => left,
        }
    }

    /// Returns the rest of the total time; `None` if there is no end.
    pub(super) fn left(&self) -> Option<Duration> {
        let deadline = self.started.checked_add(self.total())?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// Returns the delay before the next attempt, or `None` if there is none. A delay beyond the time limit is not begun.
    /// `renewable` is true if the next attempt would have a new token.
    pub(super) fn retry_delay(
        &self,
        outcome: Option<AttemptOutcome>,
        headers: Option<&HeaderMap>,
        renewable: bool,
    ) -> Option<Duration> {
        let outcome = outcome?;
        let decision = retry_policy::decide(Attempt {
            method: &self.method,
            outcome,
            replayable: self.replayable,
            number: self.made,
            max_retries: self.options.max_retries.unwrap_or(self.settings.max_retries),
            retry_after: headers.and_then(|headers| error::retry_after(headers, SystemTime::now())),
            renewable,
        });
        let delay = match decision {
            Decision::Stop => return None,
            Decision::RetryAfter(delay) => delay,
            Decision::BackOff => self.settings.backoff.delay(self.made, fastrand::f64()),
        };
        if self.left().is_some_and(|left| left <= delay) {
            return None;
        }
        let delay_ms = millis(delay);
        tracing::debug!(attempt = self.made, ?outcome, delay_ms, "retrying");
        Some(delay)
    }

    /// Records the last attempt in the span and in the event that closes the operation.
    pub(super) fn record(
        &self,
        outcome: Option<AttemptOutcome>,
        headers: Option<&HeaderMap>,
        closing: &mut ClosingEvent,
    ) {
        let status = match outcome {
            Some(AttemptOutcome::Status(status)) => Some(status),
            _ => None,
        };
        closing.record(status, self.made);
        if self.span.is_disabled() {
            return;
        }
        self.span.record("status", status);
        self.span.record("attempts", self.made);
        self.span.record("duration_ms", millis(self.started.elapsed()));
        if let Some(id) = headers.and_then(error::request_id) {
            self.span.record("request_id", id);
        }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
