//! Looking at something again and again until it is over. It is not generic, so that it is compiled once for all that can be
//! waited for.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::client::Client;
use crate::draft::Draft;
use crate::error::{Error, Kind, Origin, Result};
use crate::operation;
use crate::response::Answer;
use crate::transport;

const USUAL_LIMIT: Duration = Duration::from_secs(30 * 60);
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
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        let text = self.answer.body.get(self.place.span.clone()).unwrap_or_default();
        serde_json::from_slice(text).map_err(|cause| {
            let inside = operation::locate::<T>(text);
            let place = match self.place.index {
                Some(index) => Some(format!("[{index}].{}", inside.unwrap_or_default())),
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
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};
    use std::error::Error as _;
    use std::sync::{Arc, Mutex};

    fn answer(body: &'static str) -> Result<Answer> {
        Ok(Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from_static(body.as_bytes()),
            attempts: 1,
        })
    }

    fn failure(status: u16, headers: &[(&'static str, &'static str)]) -> Result<Answer> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let status = StatusCode::from_u16(status).unwrap();
        Err(Error::status_answer(status, &headers.collect(), Bytes::new(), ""))
    }

    /// Gives these answers in turn, the last one from then on, and notes after how many milliseconds each was asked for.
    fn scripted(settled: Settled, mut script: Vec<fn() -> Result<Answer>>) -> (Watch, Arc<Mutex<Vec<u128>>>) {
        let began = Instant::now();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&asked);
        script.reverse();
        let ask = move || -> Answering {
            note.lock().unwrap().push(began.elapsed().as_millis());
            let next = if script.len() > 1 {
                script.pop().unwrap()
            } else {
                script[0]
            };
            Box::pin(async move { next() })
        };
        let watch = Watch::asking(Box::new(ask), Origin::default(), Subject::new(settled));
        (watch, asked)
    }

    async fn states(watch: &mut Watch) -> (Vec<Value>, Option<Error>) {
        let mut states = Vec::new();
        loop {
            match watch.next().await {
                None => return (states, None),
                Some(Err(error)) => return (states, Some(error)),
                Some(Ok(look)) => states.push(look.read::<Value>().unwrap()["status"].clone()),
            }
        }
    }

    const ENDED: Settled = Settled::When(&["ended"]);
    const QUEUED: fn() -> Result<Answer> = || answer(r#"{"id":"a","status":"queued"}"#);
    const RINGING: fn() -> Result<Answer> = || answer(r#"{"id":"a","status":"ringing"}"#);
    const OVER: fn() -> Result<Answer> = || answer(r#"{"id":"a","status":"ended"}"#);

    #[tokio::test(start_paused = true)]
    async fn each_state_is_told_once_and_the_pauses_grow_to_ten_seconds() {
        let script = [&[QUEUED; 3][..], &[RINGING; 6], &[OVER]].concat();
        let (mut watch, asked) = scripted(ENDED, script);
        let (states, error) = states(&mut watch).await;
        assert_eq!(states, ["queued", "ringing", "ended"]);
        assert!(error.is_none());
        let asked = asked.lock().unwrap().clone();
        assert_eq!(asked[..4], [0, 1000, 2500, 4750]);
        assert_eq!(asked[9] - asked[8], 10_000);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_already_is_told_at_once() {
        let (mut watch, asked) = scripted(ENDED, vec![OVER]);
        assert_eq!(states(&mut watch).await.0, ["ended"]);
        assert_eq!(*asked.lock().unwrap(), [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_even_pace_stays_even() {
        let (mut watch, asked) = scripted(ENDED, vec![QUEUED, QUEUED, QUEUED, OVER]);
        watch.pace = Pace::Even(Duration::from_secs(2));
        states(&mut watch).await;
        assert_eq!(*asked.lock().unwrap(), [0, 2000, 4000, 6000]);
    }

    #[tokio::test(start_paused = true)]
    async fn after_half_an_hour_it_gives_up_and_says_how_it_stands() {
        let began = Instant::now();
        let (mut watch, _) = scripted(ENDED, vec![QUEUED]);
        let (states, error) = states(&mut watch).await;
        let error = error.unwrap();
        assert_eq!(states, ["queued"]);
        assert!(error.is_timeout());
        assert_eq!(error.to_string(), "it is still `queued` after 1800s");
        assert_eq!(began.elapsed(), Duration::from_secs(1800));
        assert!(watch.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come_is_given_up_too() {
        let ask = || -> Answering { Box::pin(std::future::pending()) };
        let mut watch = Watch::asking(Box::new(ask), Origin::default(), Subject::new(ENDED));
        watch.limit = Duration::from_secs(5);
        let error = watch.next().await.unwrap().err().unwrap();
        assert_eq!(error.to_string(), "nothing could be learned of it within 5s");
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_that_passes_is_waited_out() {
        let broken: fn() -> Result<Answer> = || failure(503, &[]);
        let (mut watch, _) = scripted(ENDED, vec![QUEUED, broken, broken, OVER]);
        assert_eq!(states(&mut watch).await.0, ["queued", "ended"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_asks_for_time_gets_it() {
        let busy: fn() -> Result<Answer> = || failure(429, &[("retry-after", "30")]);
        let (mut watch, asked) = scripted(ENDED, vec![busy, OVER]);
        assert_eq!(states(&mut watch).await.0, ["ended"]);
        assert_eq!(*asked.lock().unwrap(), [0, 30_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_that_stays_is_the_cause_of_giving_up() {
        let (mut watch, _) = scripted(ENDED, vec![|| failure(502, &[])]);
        let error = states(&mut watch).await.1.unwrap();
        assert!(error.is_timeout());
        assert!(error.source().unwrap().to_string().starts_with("502 Bad Gateway"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_exist_is_not_waited_for() {
        let (mut watch, asked) = scripted(ENDED, vec![|| failure(404, &[])]);
        assert!(states(&mut watch).await.1.unwrap().is_not_found());
        assert_eq!(asked.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_is_waited_for_until_it_is_anything_but_processing() {
        let processing: fn() -> Result<Answer> = || answer(r#"{"status":"processing"}"#);
        let settled = Settled::Unless(&["processing"]);
        for end in [r#"{"status":"failed"}"#, r#"{"status":"stored"}"#] {
            let last: fn() -> Result<Answer> = match end.contains("failed") {
                true => || answer(r#"{"status":"failed"}"#),
                false => || answer(r#"{"status":"stored"}"#),
            };
            let (mut watch, _) = scripted(settled, vec![processing, last]);
            assert_eq!(states(&mut watch).await.0.len(), 2, "{end}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_of_a_list_is_found_by_its_id_or_by_that_of_its_file() {
        let list = r#"[{"id":"1","fileId":"f"},{"id":"2","fileId":"g","status":"ready"}]"#;
        for id in ["2", "g"] {
            let ask = move || -> Answering { Box::pin(async move { answer(list) }) };
            let subject = Subject::new(Settled::Unless(&["indexing"])).in_list(id);
            let mut watch = Watch::asking(Box::new(ask), Origin::default(), subject);
            assert_eq!(states(&mut watch).await.0, ["ready"]);
        }
        let ask = move || -> Answering { Box::pin(async move { answer(list) }) };
        let subject = Subject::new(Settled::Unless(&["indexing"])).in_list("h");
        let mut watch = Watch::asking(Box::new(ask), Origin::default(), subject);
        let error = states(&mut watch).await.1.unwrap();
        assert_eq!(error.to_string(), "the answer lists no `h`");
    }
}
