//! Retries: the requests that are sent again, and those that are not.

use std::time::{Duration, SystemTime};

use crate::support::*;

#[tokio::test]
async fn a_get_is_retried_after_a_server_error() {
    let server = Server::replying([Reply::empty(500), Reply::empty(503), Reply::thing()]).await;
    let reply = get(&client(&server), "t-1").with_response().await.unwrap();
    assert_eq!(reply.attempts(), 3);
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn two_retries_are_the_default() {
    let server = Server::replying([Reply::empty(500)]).await;
    let error = get(&client(&server), "t-1").await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    assert_eq!(server.received().len(), 3);
    assert!(error.to_string().ends_with("(3 attempts)"), "{error}");
}

#[tokio::test]
async fn a_request_can_ask_for_fewer_or_more_retries() {
    for (retries, sent) in [(0, 1), (4, 5)] {
        let server = Server::replying([Reply::empty(500)]).await;
        let vapi = client(&server);
        let result = get(&vapi, "t-1").max_retries(retries).await;
        assert!(result.unwrap_err().is_server());
        assert_eq!(server.received().len(), sent);
    }
}

#[tokio::test]
async fn retries_can_be_disabled() {
    let server = Server::replying([Reply::empty(500)]).await;
    let vapi = builder(&server.url).max_retries(0).build().unwrap();
    assert!(get(&vapi, "t-1").await.is_err());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_get_is_sent_again_after_a_lost_connection() {
    for lost in [
        Reply::close(),
        Reply::reset(),
        Reply::thing().cut_after(4),
        Reply::thing().cut_after(0),
        Reply::thing().reset_after(4),
    ] {
        let server = Server::replying([lost.clone(), Reply::thing()]).await;
        let result = get(&client(&server), "t-1").await;
        assert_eq!(result.unwrap().id, "t-1", "{lost:?}");
        assert_eq!(server.received().len(), 2, "{lost:?}");
    }
}

#[tokio::test]
async fn a_delete_and_a_put_are_sent_again() {
    let server = Server::replying([Reply::empty(503), Reply::empty(204)]).await;
    delete(&client(&server), "t-1").await.unwrap();
    assert_eq!(server.received().len(), 2);

    let server = Server::replying([Reply::close(), Reply::thing()]).await;
    replace(&client(&server), "t-1").await.unwrap();
    let bodies: Vec<String> = server.received().iter().map(Received::text).collect();
    assert_eq!(bodies, [r#"{"name":"b"}"#, r#"{"name":"b"}"#]);
}

/// Everything that can go wrong once the server has read a request.
fn failures() -> Vec<Reply> {
    let mut failures: Vec<Reply> = [400, 401, 404, 408, 409, 500, 502, 503, 504]
        .map(|status| Reply::json(status, r#"{"message":"x"}"#))
        .into();
    failures.extend([
        Reply::empty(503).header("retry-after", "0"),
        Reply::new(502, "text/html", "<html></html>"),
        Reply::json(500, r#"{"message":"x"}"#).cut_after(4),
        Reply::redirect("/elsewhere"),
        Reply::close(),
        Reply::reset(),
        Reply::silence(),
        Reply::thing().cut_after(0),
        Reply::thing().cut_after(4),
        Reply::thing().reset_after(4),
        Reply::thing().stalling_after(0),
        Reply::thing().stalling_after(4),
        Reply::json(200, r#"{"id":"#),
        Reply::new(200, "text/html", "<html></html>"),
        Reply::empty(200),
        Reply::json(200, "").chunked(&[b"{\"id\""], Duration::ZERO),
    ]);
    failures
}

#[tokio::test]
async fn a_post_that_the_server_has_read_is_sent_once() {
    for failure in failures() {
        let server = Server::replying([failure.clone()]).await;
        let vapi = builder(&server.url)
            .timeout(Duration::from_millis(300))
            .build()
            .unwrap();
        let result = create(&vapi).max_retries(5).await;
        assert!(result.is_err(), "{failure:?}");
        assert_eq!(server.received().len(), 1, "{failure:?}");
    }
}

#[tokio::test]
async fn a_patch_that_the_server_has_read_is_sent_once() {
    for failure in failures() {
        let server = Server::replying([failure.clone()]).await;
        let vapi = builder(&server.url)
            .timeout(Duration::from_millis(300))
            .build()
            .unwrap();
        let result = update(&vapi, "t-1").max_retries(5).await;
        assert!(result.is_err(), "{failure:?}");
        assert_eq!(server.received().len(), 1, "{failure:?}");
    }
}

#[tokio::test]
async fn a_post_on_a_kept_connection_is_sent_once() {
    for failure in [Reply::close(), Reply::reset()] {
        let server = Server::replying([Reply::thing(), failure]).await;
        let vapi = client(&server);
        get(&vapi, "t-1").await.unwrap();
        assert!(create(&vapi).await.unwrap_err().is_interrupted());
        let posts = server
            .received()
            .iter()
            .filter(|request| request.method == "POST")
            .count();
        assert_eq!(posts, 1);
    }
}

#[tokio::test]
async fn a_post_is_retried_after_429() {
    let server = Server::replying([Reply::empty(429), Reply::thing()]).await;
    create(&client(&server)).await.unwrap();
    let bodies: Vec<String> = server.received().iter().map(Received::text).collect();
    assert_eq!(bodies, [r#"{"name":"a"}"#, r#"{"name":"a"}"#]);
}

#[tokio::test]
async fn a_post_is_retried_without_a_connection() {
    let vapi = builder(&nowhere().await).build().unwrap();
    let error = create(&vapi).await.unwrap_err();
    assert!(error.is_connect());
    assert_eq!(error.attempts(), 3);
}

/// Asserts that a request is sent again within seconds of this response, where the client's own delay would be an hour.
async fn assert_retried_soon(busy: Reply) {
    let server = Server::replying([busy, Reply::thing()]).await;
    let vapi = builder(&server.url)
        .retry_base_delay(Duration::from_secs(3600))
        .build()
        .unwrap();
    get(&vapi, "t-1").timeout(Duration::from_secs(5)).await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn retry_after_in_seconds_is_honored() {
    // In whole seconds only the shortest is quick enough to test: none, where ours would have been an hour at most.
    assert_retried_soon(Reply::empty(429).header("retry-after", "0")).await;
}

#[tokio::test]
async fn retry_after_as_a_date_is_honored() {
    let now = httpdate::fmt_http_date(SystemTime::now());
    assert_retried_soon(Reply::empty(503).header("retry-after", now)).await;
}

#[tokio::test]
async fn a_retry_after_beyond_a_minute_is_returned() {
    let busy = Reply::empty(429).header("retry-after", "61");
    let server = Server::replying([busy]).await;
    let vapi = builder(&server.url).timeout(Duration::MAX).build().unwrap();
    let error = get(&vapi, "t-1").await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_delay_beyond_the_time_limit_is_not_begun() {
    let busy = Reply::empty(429).header("retry-after", "30");
    let server = Server::replying([busy]).await;
    let vapi = client(&server);
    let started = std::time::Instant::now();
    let error = get(&vapi, "t-1").timeout(Duration::from_secs(10)).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_limit_for_each_try_leaves_time_for_another() {
    let server = Server::replying([Reply::silence(), Reply::thing()]).await;
    let vapi = builder(&server.url)
        .attempt_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    get(&vapi, "t-1").await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn the_time_limit_covers_all_tries_together() {
    let slow = Reply::empty(500).after(Duration::from_millis(80));
    let server = Server::replying([slow]).await;
    let vapi = client(&server);
    let limit = Duration::from_millis(200);
    let error = get(&vapi, "t-1").timeout(limit).max_retries(50).await.unwrap_err();
    assert!(error.is_timeout() || error.is_server());
    assert!(server.received().len() <= 3);
}

#[tokio::test]
async fn a_request_without_a_time_limit_can_be_made() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = client(&server);
    get(&vapi, "t-1").timeout(Duration::MAX).await.unwrap();
}

#[tokio::test]
async fn an_absurd_retry_after_is_beyond_a_minute() {
    for absurd in ["1e19", "1e300", "99999999999999999999", "-1", "NaN", "inf"] {
        let busy = Reply::empty(429).header("retry-after", absurd);
        let server = Server::replying([busy]).await;
        let vapi = builder(&server.url).timeout(Duration::MAX).build().unwrap();
        let error = get(&vapi, "t-1").await.unwrap_err();
        assert!(error.is_rate_limited(), "{absurd}");
        assert!(error.retry_after() > Some(Duration::from_secs(60)), "{absurd}");
        assert_eq!(server.received().len(), 1, "{absurd}");
    }
}
