//! Pauses and time limits of their true length, on a clock that the test moves by hand.

use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinHandle;

use crate::support::*;

/// Time that stands still until it is moved.
struct Clock {
    /// Its end lets the blocking task go.
    _running: mpsc::Sender<()>,
}

impl Clock {
    fn stop() -> Clock {
        tokio::time::pause();
        let (running, ended) = mpsc::channel::<()>();
        // While a blocking task runs, tokio does not move a paused clock by itself, though all others wait for the network.
        tokio::task::spawn_blocking(move || ended.recv());
        Clock { _running: running }
    }

    async fn advance(&self, by: Duration) {
        tokio::time::advance(by).await;
    }

    /// Advances to just before this much time has passed, and past it. `count` requests have come before and one more after.
    async fn next_request_comes_after(&self, pause: Duration, server: &Server, count: usize) {
        let slack = Duration::from_millis(50);
        requests(server, count).await;
        // The client has to have read the response by then. A yield is not a sleep, and many are enough for loopback.
        idle().await;
        self.advance(pause - slack).await;
        idle().await;
        assert_eq!(server.received().len(), count, "a request came before {pause:?}");
        self.advance_until(slack * 2, || server.received().len() > count).await;
    }

    /// Advances step by step. One step is enough but on a machine so busy that what should have happened by then did not.
    async fn advance_until(&self, step: Duration, happened: impl Fn() -> bool) {
        for _ in 0..50 {
            self.advance(step).await;
            idle().await;
            if happened() {
                return;
            }
        }
        panic!("it never happened");
    }
}

async fn requests(server: &Server, count: usize) {
    while server.received().len() < count {
        tokio::task::yield_now().await;
    }
}

/// Lets everything that can happen happen.
async fn idle() {
    let until = std::time::Instant::now() + Duration::from_millis(100);
    while std::time::Instant::now() < until {
        tokio::task::yield_now().await;
    }
}

fn getting(vapi: vapi::Client) -> JoinHandle<vapi::Result<Thing>> {
    tokio::spawn(async move { get(&vapi, "t-1").await })
}

/// Returns a client whose own pauses are none, so that those which are made are the server's.
fn patient(server: &Server) -> vapi::Client {
    builder(&server.url).timeout(Duration::from_secs(300)).build().unwrap()
}

#[tokio::test]
async fn retry_after_in_seconds_is_waited_for() {
    let clock = Clock::stop();
    let busy = Reply::empty(429).header("retry-after", "7");
    let server = Server::replying([busy, Reply::thing()]).await;
    let call = getting(patient(&server));
    clock.next_request_comes_after(Duration::from_secs(7), &server, 1).await;
    assert_eq!(call.await.unwrap().unwrap().id, "t-1");
}

#[tokio::test]
async fn retry_after_as_a_date_is_waited_for() {
    let clock = Clock::stop();
    // A date has no fractions of a second: of the pause to it, up to one is gone when it is read.
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(30));
    let busy = Reply::empty(503).header("retry-after", date);
    let server = Server::replying([busy, Reply::thing()]).await;
    let call = getting(patient(&server));
    requests(&server, 1).await;
    idle().await;
    clock.advance(Duration::from_secs(27)).await;
    idle().await;
    assert_eq!(server.received().len(), 1);
    clock.advance_until(Duration::from_secs(4), || call.is_finished()).await;
    assert_eq!(call.await.unwrap().unwrap().id, "t-1");
}

#[tokio::test]
async fn the_longest_pause_that_is_made_is_a_minute() {
    let clock = Clock::stop();
    let busy = Reply::empty(429).header("retry-after", "60");
    let server = Server::replying([busy, Reply::thing()]).await;
    let call = getting(patient(&server));
    clock
        .next_request_comes_after(Duration::from_secs(60), &server, 1)
        .await;
    assert_eq!(call.await.unwrap().unwrap().id, "t-1");
}

#[tokio::test]
async fn dropping_the_future_in_a_pause_sends_nothing_more() {
    let clock = Clock::stop();
    let busy = Reply::empty(429).header("retry-after", "7");
    let server = Server::replying([busy, Reply::thing()]).await;
    let call = getting(patient(&server));
    requests(&server, 1).await;
    idle().await;
    call.abort();
    clock.advance(Duration::from_secs(60)).await;
    idle().await;
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_request_has_a_minute_by_default() {
    let clock = Clock::stop();
    let server = Server::replying([Reply::silence()]).await;
    let call = getting(builder(&server.url).max_retries(0).build().unwrap());
    requests(&server, 1).await;
    idle().await;
    clock.advance(Duration::from_secs(59)).await;
    idle().await;
    assert!(!call.is_finished());
    clock.advance_until(Duration::from_secs(2), || call.is_finished()).await;
    let error = call.await.unwrap().unwrap_err();
    assert!(error.is_timeout());
    assert!(error.to_string().ends_with("did not respond within 60s"), "{error}");
}

#[tokio::test]
async fn a_stream_may_be_silent_for_a_minute_by_default() {
    let clock = Clock::stop();
    let reply = Reply::new(200, "text/event-stream", "data: 1\n\n").stalling_after(3);
    let server = Server::replying([reply]).await;
    let vapi = client(&server);
    let mut stream = create(&vapi).open().await.unwrap();
    stream.chunk().await.unwrap();
    let silence = tokio::spawn(async move { stream.chunk().await });
    idle().await;
    clock.advance(Duration::from_secs(59)).await;
    idle().await;
    assert!(!silence.is_finished());
    clock
        .advance_until(Duration::from_secs(2), || silence.is_finished())
        .await;
    assert!(silence.await.unwrap().unwrap_err().is_timeout());
}
