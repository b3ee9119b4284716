//! Polling: a resource is requested again and again until it has reached its end. The poller is not generic, so it is compiled
//! once for all resources.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::poll_interval::PollInterval;
use crate::error::{Error, ErrorKind, RequestContext, Result};
use crate::model::Decode;
use crate::transport::{self, PendingResponse, RawResponse, RepeatableRequest};

const USUAL_LIMIT: Duration = Duration::from_secs(30 * 60);

/// The resource that is polled.
#[derive(Debug)]
pub(super) struct Target {
    end: EndCondition,
    /// The id of the resource, if the response is a list that has it.
    in_list: Option<String>,
}

/// The values of `status` with which a resource has, or has not, reached its end.
#[allow(dead_code, reason = "each is used if the document has its operation")]
#[derive(Clone, Copy, Debug)]
pub(super) enum EndCondition {
    When(&'static [&'static str]),
    Unless(&'static [&'static str]),
    /// The call has been answered and has its URLs for a listener, or it has ended.
    #[cfg(feature = "live")]
    Live,
}

/// The number of polls for which the URLs of an answered call are waited for. They may be forbidden.
#[cfg(feature = "live")]
const POLLS_FOR_URLS: u32 = 5;

#[allow(dead_code, reason = "each is used if the document has its operation")]
impl Target {
    pub(super) fn new(end: EndCondition) -> Self {
        Target { end, in_list: None }
    }

    pub(super) fn in_list(mut self, id: &str) -> Self {
        self.in_list = Some(id.to_owned());
        self
    }
}

type SendPoll = Box<dyn FnMut() -> PendingResponse + Send>;

/// A resource under observation.
pub(super) struct Poller {
    send: SendPoll,
    context: RequestContext,
    target: Target,
    pub(super) interval: PollInterval,
    pub(super) limit: Duration,
    /// The time of the first poll.
    began: Option<Instant>,
    /// The time of the next poll.
    due: Option<Instant>,
    is_over: bool,
    status: Option<String>,
    /// Polls of a call that was answered and has no URLs.
    #[cfg(feature = "live")]
    polls_for_urls: u32,
    /// The text of the resource at the latest poll.
    latest: Vec<u8>,
    /// The error of the latest poll, if it failed.
    last_error: Option<Error>,
}

/// A state of the resource that differs from the one before.
pub(super) struct Update {
    response: RawResponse,
    location: Location,
    pub(super) is_last: bool,
}

/// The position of the resource in a response.
struct Location {
    span: Range<usize>,
    /// Its JSON path; empty for the whole response.
    path: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PolledFields {
    id: Value,
    #[serde(rename = "fileId")]
    file_id: Value,
    status: Value,
    #[cfg(feature = "live")]
    monitor: Value,
}

impl Poller {
    pub(super) fn new(request: RepeatableRequest, target: Target) -> Self {
        let context = request.context().clone();
        Poller::sending_with(Box::new(move || request.send(|_| {})), context, target)
    }

    pub(super) fn sending_with(send: SendPoll, context: RequestContext, target: Target) -> Self {
        Poller {
            send,
            context,
            target,
            interval: PollInterval::growing(),
            limit: USUAL_LIMIT,
            began: None,
            due: None,
            is_over: false,
            status: None,
            #[cfg(feature = "live")]
            polls_for_urls: 0,
            latest: Vec::new(),
            last_error: None,
        }
    }

    /// Polls until the resource has changed. Returns `None` after the last update or an error.
    pub(super) async fn next(&mut self) -> Option<Result<Update>> {
        if self.is_over {
            return None;
        }
        let began = *self.began.get_or_insert_with(Instant::now);
        // A limit that no clock can reach is not a limit.
        let deadline = began.checked_add(self.limit);
        loop {
            if let Some(due) = self.due {
                sleep_until(deadline.map_or(due, |deadline| deadline.min(due))).await;
                if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                    self.is_over = true;
                    return Some(Err(self.timed_out()));
                }
            }
            let pending = (self.send)();
            let response = match deadline {
                Some(deadline) => timeout_at(deadline, pending).await.ok(),
                None => Some(pending.await),
            };
            let interval = self.interval.next();
            let update = match response {
                None => Err(self.timed_out()),
                Some(Ok(response)) => self.update(response),
                Some(Err(error)) if error.is_transient() => {
                    let interval = error.retry_after().map_or(interval, |asked| asked.max(interval));
                    self.due = Some(transport::after(interval));
                    self.last_error = Some(error);
                    continue;
                }
                Some(Err(error)) => Err(error),
            };
            self.due = Some(transport::after(interval));
            match update {
                Ok(None) => {}
                Ok(Some(update)) => {
                    self.is_over = update.is_last;
                    return Some(Ok(update));
                }
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
            }
        }
    }

    /// Returns the state in a response, unless it is the same as before.
    fn update(&mut self, response: RawResponse) -> Result<Option<Update>> {
        self.last_error = None;
        let (location, fields) = match self.locate(&response) {
            Ok(Some(found)) => found,
            Ok(None) => {
                let id = self.target.in_list.as_deref().unwrap_or_default();
                let detail = format!("the response does not list `{id}`");
                return Err(Error::new(ErrorKind::Decode, detail).for_request(&self.context));
            }
            Err(cause) => return Err(response.undecodable(&cause, None)),
        };
        let status = fields.status.as_str();
        let is_last = match self.target.end {
            EndCondition::When(ends) => status.is_some_and(|status| ends.contains(&status)),
            EndCondition::Unless(going_on) => !status.is_some_and(|status| going_on.contains(&status)),
            #[cfg(feature = "live")]
            EndCondition::Live => match status {
                Some("scheduled" | "queued" | "ringing") | None => false,
                Some("in-progress" | "forwarding") if fields.monitor["controlUrl"].is_null() => {
                    self.polls_for_urls += 1;
                    self.polls_for_urls >= POLLS_FOR_URLS
                }
                Some(_) => true,
            },
        };
        let text = response.body.get(location.span.clone()).unwrap_or_default();
        if text == self.latest && !is_last {
            return Ok(None);
        }
        self.status = status.map(str::to_owned);
        text.clone_into(&mut self.latest);
        Ok(Some(Update {
            response,
            location,
            is_last,
        }))
    }

    fn locate(&self, response: &RawResponse) -> serde_json::Result<Option<(Location, PolledFields)>> {
        let Some(id) = &self.target.in_list else {
            let location = Location {
                span: 0..response.body.len(),
                path: String::new(),
            };
            return Ok(Some((location, serde_json::from_slice(&response.body)?)));
        };
        let items: Vec<&RawValue> = serde_json::from_slice(&response.body)?;
        for (index, item) in items.into_iter().enumerate() {
            let fields: PolledFields = serde_json::from_str(item.get())?;
            if fields.id == **id || fields.file_id == **id {
                let location = Location {
                    span: response.span_of(item),
                    path: format!("[{index}]"),
                };
                return Ok(Some((location, fields)));
            }
        }
        Ok(None)
    }

    /// Returns the error of a wait whose time limit has passed.
    pub(super) fn timed_out(&mut self) -> Error {
        let kind = ErrorKind::Timeout { connecting: false };
        let limit = self.limit;
        let detail = match &self.status {
            Some(status) => format!("the status is still `{status}` after {limit:?}"),
            None => format!("no status was received within {limit:?}"),
        };
        let error = Error::new(kind, detail).for_request(&self.context);
        match self.last_error.take() {
            Some(last_error) => error.caused_by(last_error),
            None => error,
        }
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller")
            .field("operation", &self.context.operation)
            .field("interval", &self.interval)
            .field("limit", &self.limit)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Update {
    /// Decodes the state.
    ///
    /// # Errors
    ///
    /// The state is not of this type.
    pub(super) fn read<T>(&self, decode: Decode<T>) -> Result<T> {
        self.response
            .decode_part(self.location.span.clone(), &self.location.path, decode)
    }
}
