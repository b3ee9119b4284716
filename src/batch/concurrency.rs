//! How many calls may be started, as far as the answers tell, and waiting for one of them to end where none may.

use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Outcome;
use super::batch_response::{Answered, Told};
use crate::client::Client;
use crate::error::{Error, Kind, Result};
use crate::types::Call;
use crate::wait::{Pace, is_passing};

pub(super) struct Slots {
    /// `None` if the API tells no limit.
    free: Option<u64>,
    /// Calls take none: they are scheduled.
    unlimited: bool,
    /// The calls that were started here and may still run, oldest first.
    running: Vec<String>,
    /// How long nobody could be called.
    idle_since: Option<Instant>,
    /// What the API asked for when it was busy.
    pause: Option<Duration>,
}

impl Slots {
    pub(super) fn new(unlimited: bool) -> Self {
        Slots {
            // The limit is not known before the first answer.
            free: Some(1),
            unlimited,
            running: Vec::new(),
            idle_since: None,
            pause: None,
        }
    }

    pub(super) fn free(&self) -> usize {
        let free = self.free.filter(|_| !self.unlimited || self.pause.is_some());
        free.map_or(usize::MAX, |free| usize::try_from(free).unwrap_or(usize::MAX))
    }

    /// Takes note of the limits in an answer.
    pub(super) fn told(&mut self, answered: &Answered) {
        self.idle_since = None;
        self.pause = None;
        let started = answered
            .customers
            .iter()
            .filter(|told| matches!(told, Told::Call(_)))
            .count();
        let running = (self.running.len() + started + answered.unmatched.len()) as u64;
        let limits = answered.limits;
        let by_limit = limits.at_once.map(|at_once| at_once.saturating_sub(running));
        self.free = limits.remaining.or(by_limit);
    }

    /// What a customer is told, taking note of the call.
    #[inline]
    pub(super) fn outcome(&mut self, told: Told) -> Outcome {
        match told {
            Told::Refused(why) => Outcome::Refused(why),
            Told::Nothing => Outcome::Unknown,
            Told::Call(text) => match serde_json::from_str::<Call>(text.get()) {
                Ok(call) => {
                    self.running.push(call.id.clone());
                    Outcome::Called(Box::new(call))
                }
                // There is a call, and no telling which: nobody may call again.
                Err(_) => Outcome::Unknown,
            },
        }
    }

    /// Takes note that the API would not start any now. Gives the error back when it was so for too long.
    pub(super) fn refused(&mut self, error: Error, patience: Duration) -> Result<()> {
        let since = *self.idle_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= patience {
            return Err(error);
        }
        self.pause = Some(error.retry_after().unwrap_or_default());
        self.free = Some(0);
        Ok(())
    }

    /// Waits until a call of these has ended. If none runs, others have the slots: then it is tried again after a pause.
    pub(super) async fn wait(&mut self, client: &Client, mut pace: Pace, patience: Duration) -> Result<()> {
        let since = *self.idle_since.get_or_insert_with(Instant::now);
        loop {
            let pause = pace.pause().max(self.pause.take().unwrap_or_default());
            let left = patience.saturating_sub(since.elapsed());
            if left.is_zero() {
                let detail = format!("no call could be started for {patience:?}: all slots are taken");
                return Err(Error::new(Kind::Timeout { connecting: false }, detail));
            }
            sleep(pause.min(left)).await;
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
                Err(error) if is_passing(&error) || error.is_decode() => running.push(id),
                Err(error) => return Err(error),
            }
        }
        self.running = running;
        Ok(ended)
    }
}
