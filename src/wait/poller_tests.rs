//! Paces, deadlines and troubles, on a paused clock.

use super::*;
use crate::model::read_body;
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
            Some(Ok(look)) => states.push(look.read(read_body::<Value>).unwrap()["status"].clone()),
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
