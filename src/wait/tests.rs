//! Intervals, time limits and transient errors, on a paused clock.

use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use tokio::time::Instant;

use super::PollInterval;
use super::poller::{EndCondition, Poller, Target};
use crate::error::{Error, RequestContext, Result};
use crate::model::read_body;
use crate::transport::{PendingResponse, RawResponse};

fn response(body: &'static str) -> Result<RawResponse> {
    Ok(RawResponse::ok(body))
}

fn failure(status: u16, headers: &[(&'static str, &'static str)]) -> Result<RawResponse> {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let status = StatusCode::from_u16(status).unwrap();
    Err(Error::from_status(status, &headers.collect(), Bytes::new(), ""))
}

/// Returns these responses in turn, then the last one again and again, and records after how many milliseconds each was requested.
fn scripted(end: EndCondition, mut script: Vec<fn() -> Result<RawResponse>>) -> (Poller, Arc<Mutex<Vec<u128>>>) {
    let began = Instant::now();
    let requested = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&requested);
    script.reverse();
    let send = move || -> PendingResponse {
        note.lock().unwrap().push(began.elapsed().as_millis());
        let next = if script.len() > 1 {
            script.pop().unwrap()
        } else {
            script[0]
        };
        Box::pin(async move { next() })
    };
    let poller = Poller::sending_with(Box::new(send), RequestContext::default(), Target::new(end));
    (poller, requested)
}

async fn states(poller: &mut Poller) -> (Vec<Value>, Option<Error>) {
    let mut states = Vec::new();
    loop {
        match poller.next().await {
            None => return (states, None),
            Some(Err(error)) => return (states, Some(error)),
            Some(Ok(update)) => states.push(update.read(read_body::<Value>).unwrap()["status"].clone()),
        }
    }
}

const ENDED: EndCondition = EndCondition::When(&["ended"]);
const QUEUED: fn() -> Result<RawResponse> = || response(r#"{"id":"a","status":"queued"}"#);
const RINGING: fn() -> Result<RawResponse> = || response(r#"{"id":"a","status":"ringing"}"#);
const OVER: fn() -> Result<RawResponse> = || response(r#"{"id":"a","status":"ended"}"#);

#[tokio::test(start_paused = true)]
async fn each_state_comes_once_and_intervals_grow_to_ten_seconds() {
    let script = [&[QUEUED; 3][..], &[RINGING; 6], &[OVER]].concat();
    let (mut poller, requested) = scripted(ENDED, script);
    let (states, error) = states(&mut poller).await;
    assert_eq!(states, ["queued", "ringing", "ended"]);
    assert!(error.is_none());
    let requested = requested.lock().unwrap().clone();
    assert_eq!(requested[..4], [0, 1000, 2500, 4750]);
    assert_eq!(requested[9] - requested[8], 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_resource_at_its_end_is_returned_at_once() {
    let (mut poller, requested) = scripted(ENDED, vec![OVER]);
    assert_eq!(states(&mut poller).await.0, ["ended"]);
    assert_eq!(*requested.lock().unwrap(), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_interval_stays_fixed() {
    let (mut poller, requested) = scripted(ENDED, vec![QUEUED, QUEUED, QUEUED, OVER]);
    poller.interval = PollInterval::Fixed(Duration::from_secs(2));
    states(&mut poller).await;
    assert_eq!(*requested.lock().unwrap(), [0, 2000, 4000, 6000]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_after_half_an_hour_with_the_status() {
    let began = Instant::now();
    let (mut poller, _) = scripted(ENDED, vec![QUEUED]);
    let (states, error) = states(&mut poller).await;
    let error = error.unwrap();
    assert_eq!(states, ["queued"]);
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "the status is still `queued` after 1800s");
    assert_eq!(began.elapsed(), Duration::from_secs(1800));
    assert!(poller.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_response_that_does_not_come_ends_the_wait() {
    let send = || -> PendingResponse { Box::pin(std::future::pending()) };
    let mut poller = Poller::sending_with(Box::new(send), RequestContext::default(), Target::new(ENDED));
    poller.limit = Duration::from_secs(5);
    let error = poller.next().await.unwrap().err().unwrap();
    assert_eq!(error.to_string(), "no status was received within 5s");
}

#[tokio::test(start_paused = true)]
async fn transient_errors_do_not_end_the_wait() {
    let broken: fn() -> Result<RawResponse> = || failure(503, &[]);
    let (mut poller, _) = scripted(ENDED, vec![QUEUED, broken, broken, OVER]);
    assert_eq!(states(&mut poller).await.0, ["queued", "ended"]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_lengthens_the_interval() {
    let busy: fn() -> Result<RawResponse> = || failure(429, &[("retry-after", "30")]);
    let (mut poller, requested) = scripted(ENDED, vec![busy, OVER]);
    assert_eq!(states(&mut poller).await.0, ["ended"]);
    assert_eq!(*requested.lock().unwrap(), [0, 30_000]);
}

#[tokio::test(start_paused = true)]
async fn the_last_transient_error_is_the_source_of_the_timeout() {
    let (mut poller, _) = scripted(ENDED, vec![|| failure(502, &[])]);
    let error = states(&mut poller).await.1.unwrap();
    assert!(error.is_timeout());
    assert!(error.source().unwrap().to_string().starts_with("502 Bad Gateway"));
}

#[tokio::test(start_paused = true)]
async fn a_missing_resource_is_not_waited_for() {
    let (mut poller, requested) = scripted(ENDED, vec![|| failure(404, &[])]);
    assert!(states(&mut poller).await.1.unwrap().is_not_found());
    assert_eq!(requested.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_file_is_polled_while_it_is_processing() {
    let processing: fn() -> Result<RawResponse> = || response(r#"{"status":"processing"}"#);
    let condition = EndCondition::Unless(&["processing"]);
    for end in [r#"{"status":"failed"}"#, r#"{"status":"stored"}"#] {
        let last: fn() -> Result<RawResponse> = match end.contains("failed") {
            true => || response(r#"{"status":"failed"}"#),
            false => || response(r#"{"status":"stored"}"#),
        };
        let (mut poller, _) = scripted(condition, vec![processing, last]);
        assert_eq!(states(&mut poller).await.0.len(), 2, "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_is_found_by_id_or_file_id() {
    let list = r#"[{"id":"1","fileId":"f"},{"id":"2","fileId":"g","status":"ready"}]"#;
    for id in ["2", "g"] {
        let send = move || -> PendingResponse { Box::pin(async move { response(list) }) };
        let target = Target::new(EndCondition::Unless(&["indexing"])).in_list(id);
        let mut poller = Poller::sending_with(Box::new(send), RequestContext::default(), target);
        assert_eq!(states(&mut poller).await.0, ["ready"]);
    }
    let send = move || -> PendingResponse { Box::pin(async move { response(list) }) };
    let target = Target::new(EndCondition::Unless(&["indexing"])).in_list("h");
    let mut poller = Poller::sending_with(Box::new(send), RequestContext::default(), target);
    let error = states(&mut poller).await.1.unwrap();
    assert_eq!(error.to_string(), "the response does not list `h`");
}
