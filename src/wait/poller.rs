//! Looking at something again and again until it is over. It is not generic, so that it is compiled once for all that can be
//! waited for.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::poll_interval::{Pace, is_passing};
use crate::client::Client;
use crate::error::{Error, Kind, Origin, Result, json_path};
use crate::model::Decode;
use crate::transport::{self, Answer, Draft};

const USUAL_LIMIT: Duration = Duration::from_secs(30 * 60);

/// What is looked at.
#[derive(Debug)]
pub(super) struct Subject {
    settled: Settled,
    /// The id of the one that is meant, if what is asked for is a list.
    in_list: Option<String>,
}

/// The values of `status` that mean that it is over, or that mean that it is not.
#[allow(dead_code, reason = "each is used if the document has its operation")]
#[derive(Clone, Copy, Debug)]
pub(super) enum Settled {
    When(&'static [&'static str]),
    Unless(&'static [&'static str]),
}

#[allow(dead_code, reason = "each is used if the document has its operation")]
impl Subject {
    pub(super) fn new(settled: Settled) -> Self {
        Subject { settled, in_list: None }
    }

    pub(super) fn in_list(mut self, id: &str) -> Self {
        self.in_list = Some(id.to_owned());
        self
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Answer>> + Send>>;

pub(super) struct Watch {
    ask: Box<dyn FnMut() -> Answering + Send>,
    origin: Origin,
    subject: Subject,
    pub(super) pace: Pace,
    pub(super) limit: Duration,
    /// When it was first looked at.
    began: Option<Instant>,
    /// When it is to be looked at again.
    due: Option<Instant>,
    is_over: bool,
    status: Option<String>,
    /// What was found at the latest look.
    latest: Vec<u8>,
    /// Why the latest look found nothing.
    trouble: Option<Error>,
}

/// What a look found: something new.
pub(super) struct Look {
    answer: Answer,
    origin: Origin,
    place: Place,
    pub(super) is_last: bool,
}

/// Where in the answer it is.
struct Place {
    span: Range<usize>,
    index: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    id: Value,
    #[serde(rename = "fileId")]
    file_id: Value,
    status: Value,
}

impl Watch {
    pub(super) fn new(client: Client, draft: Draft, subject: Subject) -> Self {
        let origin = draft.origin().clone();
        let at = origin.clone();
        let ask = move || -> Answering {
            let (client, draft, at) = (client.clone(), draft.try_clone(), at.clone());
            Box::pin(async move {
                match draft {
                    Some(draft) => transport::send(client.shared(), draft).await,
                    None => Err(Error::input("a request with an upload can't be sent again and again").at(&at)),
                }
            })
        };
        Watch::asking(Box::new(ask), origin, subject)
    }

    fn asking(ask: Box<dyn FnMut() -> Answering + Send>, origin: Origin, subject: Subject) -> Self {
        Watch {
            ask,
            origin,
            subject,
            pace: Pace::growing(),
            limit: USUAL_LIMIT,
            began: None,
            due: None,
            is_over: false,
            status: None,
            latest: Vec::new(),
            trouble: None,
        }
    }

    /// Looks until there is something new. `None` after the end, or after an error.
    pub(super) async fn next(&mut self) -> Option<Result<Look>> {
        if self.is_over {
            return None;
        }
        let began = *self.began.get_or_insert_with(Instant::now);
        // A limit that no clock can reach is none.
        let deadline = began.checked_add(self.limit);
        loop {
            if let Some(due) = self.due {
                sleep_until(deadline.map_or(due, |deadline| deadline.min(due))).await;
                if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                    self.is_over = true;
                    return Some(Err(self.too_long()));
                }
            }
            let asked = (self.ask)();
            let answered = match deadline {
                Some(deadline) => timeout_at(deadline, asked).await.ok(),
                None => Some(asked.await),
            };
            let pause = self.pace.pause();
            let found = match answered {
                None => Err(self.too_long()),
                Some(Ok(answer)) => self.found(answer),
                Some(Err(error)) if is_passing(&error) => {
                    let pause = error.retry_after().map_or(pause, |asked| asked.max(pause));
                    self.due = Instant::now().checked_add(pause);
                    self.trouble = Some(error);
                    continue;
                }
                Some(Err(error)) => Err(error),
            };
            self.due = Instant::now().checked_add(pause);
            match found {
                Ok(None) => {}
                Ok(Some(look)) => {
                    self.is_over = look.is_last;
                    return Some(Ok(look));
                }
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
            }
        }
    }

    /// What an answer tells, unless it is what the one before told.
    fn found(&mut self, answer: Answer) -> Result<Option<Look>> {
        self.trouble = None;
        let (place, marks) = match self.locate(&answer) {
            Ok(Some(found)) => found,
            Ok(None) => {
                let id = self.subject.in_list.as_deref().unwrap_or_default();
                return Err(Error::new(Kind::Decode, format!("the answer lists no `{id}`")).at(&self.origin));
            }
            Err(cause) => return Err(undecodable(&answer, &self.origin, &cause, None)),
        };
        let status = marks.status.as_str();
        let is_last = match self.subject.settled {
            Settled::When(over) => status.is_some_and(|status| over.contains(&status)),
            Settled::Unless(on) => !status.is_some_and(|status| on.contains(&status)),
        };
        let text = answer.body.get(place.span.clone()).unwrap_or_default();
        if text == self.latest && !is_last {
            return Ok(None);
        }
        self.status = status.map(str::to_owned);
        text.clone_into(&mut self.latest);
        Ok(Some(Look {
            answer,
            origin: self.origin.clone(),
            place,
            is_last,
        }))
    }

    fn locate(&self, answer: &Answer) -> serde_json::Result<Option<(Place, Marks)>> {
        let body = &answer.body[..];
        let Some(id) = &self.subject.in_list else {
            let place = Place {
                span: 0..body.len(),
                index: None,
            };
            return Ok(Some((place, serde_json::from_slice(body)?)));
        };
        let items: Vec<&RawValue> = serde_json::from_slice(body)?;
        for (index, item) in items.into_iter().enumerate() {
            let text = item.get();
            let marks: Marks = serde_json::from_str(text)?;
            if marks.id == **id || marks.file_id == **id {
                let start = text.as_ptr().addr() - body.as_ptr().addr();
                let place = Place {
                    span: start..start + text.len(),
                    index: Some(index),
                };
                return Ok(Some((place, marks)));
            }
        }
        Ok(None)
    }

    /// The error of a wait that was given up.
    pub(super) fn too_long(&mut self) -> Error {
        let kind = Kind::Timeout { connecting: false };
        let limit = self.limit;
        let detail = match &self.status {
            Some(status) => format!("it is still `{status}` after {limit:?}"),
            None => format!("nothing could be learned of it within {limit:?}"),
        };
        let error = Error::new(kind, detail).at(&self.origin);
        match self.trouble.take() {
            Some(trouble) => error.caused_by(trouble),
            None => error,
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("operation", &self.origin.operation)
            .field("pace", &self.pace)
            .field("limit", &self.limit)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Look {
    /// # Errors
    /// What was found is not of this type.
    pub(super) fn read<T>(&self, decode: Decode<T>) -> Result<T> {
        let text = self.answer.body.get(self.place.span.clone()).unwrap_or_default();
        decode(text).map_err(|cause| {
            let inside = json_path::of(text, &cause);
            let place = match self.place.index {
                Some(index) => Some(json_path::join(&format!("[{index}]"), inside)),
                None => inside,
            };
            undecodable(&self.answer, &self.origin, &cause, place)
        })
    }
}

fn undecodable(answer: &Answer, origin: &Origin, cause: &serde_json::Error, place: Option<String>) -> Error {
    Error::decode_answer(answer.status, &answer.headers, answer.body.clone(), cause, place)
        .at(origin)
        .after(answer.attempts)
}

#[cfg(test)]
#[path = "poller_tests.rs"]
mod tests;
