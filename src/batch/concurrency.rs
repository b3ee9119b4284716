//! The number of calls that may be started, as far as the responses tell, and the wait for a running call to end.

use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Outcome;
use super::batch_response::{BatchResponse, CustomerResult};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::types::Call;
use crate::wait::PollInterval;

pub(super) struct Concurrency {
    /// `None` if the API gives no limit.
    free: Option<u64>,
    /// True if the calls are scheduled: such calls do not count.
    unlimited: bool,
    /// The ids of the calls that were started here and may still run, oldest first.
    running: Vec<String>,
    /// The time since which nobody could be called.
    blocked_since: Option<Instant>,
    /// The delay that the API asked for when it was busy.
    retry_after: Option<Duration>,
}

impl Concurrency {
    pub(super) fn new(unlimited: bool) -> Self {
        Concurrency {
            // The limit is not known before the first response.
            free: Some(1),
            unlimited,
            running: Vec::new(),
            blocked_since: None,
            retry_after: None,
        }
    }

    /// Returns the number of calls that may be started now.
    pub(super) fn free(&self) -> usize {
        let free = self.free.filter(|_| !self.unlimited || self.retry_after.is_some());
        free.map_or(usize::MAX, |free| usize::try_from(free).unwrap_or(usize::MAX))
    }

    /// Takes the limits from a response.
    pub(super) fn update(&mut self, response: &BatchResponse) {
        self.blocked_since = None;
        self.retry_after = None;
        let results = response.customers.iter();
        let started = results
            .filter(|result| matches!(result, CustomerResult::Call(_)))
            .count();
        let running = (self.running.len() + started + response.unmatched.len()) as u64;
        let limits = response.limits;
        let by_total = limits.total.map(|total| total.saturating_sub(running));
        self.free = limits.remaining.or(by_total);
    }

    /// Returns the outcome for a customer, and counts their call as running.
    #[inline]
    pub(super) fn outcome(&mut self, result: CustomerResult) -> Outcome {
        match result {
            CustomerResult::Refused(why) => Outcome::Refused(why),
            CustomerResult::Missing => Outcome::Unknown,
            CustomerResult::Call(text) => match serde_json::from_str::<Call>(text.get()) {
                Ok(call) => {
                    self.running.push(call.id.clone());
                    Outcome::Called(Box::new(call))
                }
                // There is a call that cannot be read: nobody may call again.
                Err(_) => Outcome::Unknown,
            },
        }
    }

    /// Records that the API refused to start calls for now.
    ///
    /// # Errors
    ///
    /// The given error, if nobody could be called for longer than the timeout.
    pub(super) fn refused(&mut self, error: Error, timeout: Duration) -> Result<()> {
        let since = *self.blocked_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= timeout {
            return Err(error);
        }
        self.retry_after = Some(error.retry_after().unwrap_or_default());
        self.free = Some(0);
        Ok(())
    }

    /// Waits until one of the running calls has ended. If none runs here, other calls of the account have reached the limit: then
    /// one call is tried after an interval.
    pub(super) async fn wait(&mut self, client: &Client, mut interval: PollInterval, timeout: Duration) -> Result<()> {
        let since = *self.blocked_since.get_or_insert_with(Instant::now);
        loop {
            let delay = interval.next().max(self.retry_after.take().unwrap_or_default());
            let left = timeout.saturating_sub(since.elapsed());
            if left.is_zero() {
                let detail = format!("no call could be started for {timeout:?}: the concurrency limit is reached");
                return Err(Error::new(ErrorKind::Timeout { connecting: false }, detail));
            }
            sleep(delay.min(left)).await;
            if self.running.is_empty() {
                self.free = Some(1);
                return Ok(());
            }
            let ended = self.forget_ended(client).await?;
            if ended > 0 {
                self.free = Some(ended);
                return Ok(());
            }
        }
    }

    async fn forget_ended(&mut self, client: &Client) -> Result<u64> {
        let mut ended = 0;
        let mut running = Vec::new();
        for id in std::mem::take(&mut self.running) {
            let request = client.request(Method::GET, "/call/{id}").path("id", &id);
            match request.send::<Value>().await {
                Ok(call) if call["status"] == "ended" => ended += 1,
                Ok(_) => running.push(id),
                Err(error) if error.is_not_found() => ended += 1,
                Err(error) if error.is_transient() || error.is_decode() => running.push(id),
                Err(error) => return Err(error),
            }
        }
        self.running = running;
        Ok(ended)
    }
}
