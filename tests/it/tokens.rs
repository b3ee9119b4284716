//! Tokens that a client gets from a source: kept, renewed, refused, and never shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vapi::{BearerToken, Client, TokenError, TokenSource};

use crate::support::*;

const HOUR: Duration = Duration::from_secs(3600);

/// A source of numbered tokens.
#[derive(Clone, Default)]
struct Numbered {
    asked: Arc<AtomicUsize>,
    lifetime: Option<Duration>,
    /// The number of the first request that fails; 0 for none.
    fails_from: usize,
    delay: Duration,
}

impl Numbered {
    fn lasting(lifetime: Duration) -> Self {
        Numbered {
            lifetime: Some(lifetime),
            ..Numbered::default()
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn client(&self, server: &Server) -> Client {
        builder(&server.url).token_source(self.clone()).build().unwrap()
    }
}

impl TokenSource for Numbered {
    async fn token(&self) -> Result<BearerToken, TokenError> {
        tokio::time::sleep(self.delay).await;
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        if self.fails_from > 0 && number >= self.fails_from {
            return Err("the backend is away".into());
        }
        let token = BearerToken::new(format!("token-number-{number}"));
        Ok(match self.lifetime {
            Some(lifetime) => token.expires_in(lifetime),
            None => token,
        })
    }
}

fn tokens_of(server: &Server) -> Vec<String> {
    let received = server.received();
    let of = |request: &Received| request.header("authorization").unwrap_or_default().to_owned();
    received.iter().map(of).collect()
}

#[tokio::test]
async fn a_token_is_kept_while_it_is_fresh() {
    let server = Server::replying([Reply::thing(), Reply::thing()]).await;
    let source = Numbered::lasting(HOUR);
    let vapi = source.client(&server);
    assert_eq!(source.asked(), 0, "nothing is asked for in advance");
    get(&vapi, "t-1").await.unwrap();
    get(&vapi.clone(), "t-1").await.unwrap();
    assert_eq!(tokens_of(&server), ["Bearer token-number-1", "Bearer token-number-1"]);
}

#[tokio::test]
async fn an_expired_token_is_renewed() {
    let server = Server::replying([Reply::thing(), Reply::thing()]).await;
    let vapi = Numbered::lasting(Duration::ZERO).client(&server);
    get(&vapi, "t-1").await.unwrap();
    create(&vapi).await.unwrap();
    assert_eq!(tokens_of(&server), ["Bearer token-number-1", "Bearer token-number-2"]);
}

#[tokio::test]
async fn requests_at_the_same_time_wait_for_one_token() {
    let server = Server::replying([Reply::thing(), Reply::thing(), Reply::thing()]).await;
    let source = Numbered {
        delay: Duration::from_millis(30),
        ..Numbered::lasting(HOUR)
    };
    let vapi = source.client(&server);
    let (one, two, three) = tokio::join!(
        async { get(&vapi, "t-1").await },
        async { get(&vapi, "t-2").await },
        async { get(&vapi, "t-3").await },
    );
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(source.asked(), 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let refusal = || Reply::json(401, r#"{"message":"jwt expired"}"#);
    let server = Server::replying([refusal(), Reply::thing()]).await;
    let source = Numbered::lasting(HOUR);
    get(&source.client(&server), "t-1").await.unwrap();
    assert_eq!(tokens_of(&server), ["Bearer token-number-1", "Bearer token-number-2"]);

    let server = Server::replying([refusal(), refusal(), Reply::thing()]).await;
    let source = Numbered::lasting(HOUR);
    let error = get(&source.client(&server), "t-1").await.unwrap_err();
    assert!(error.is_unauthorized());
    assert_eq!((error.attempts(), source.asked()), (2, 2));
}

#[tokio::test]
async fn a_post_is_not_repeated_with_a_new_token() {
    let server = Server::replying([Reply::json(401, "{}"), Reply::thing()]).await;
    let source = Numbered::lasting(HOUR);
    let vapi = source.client(&server);
    assert!(create(&vapi).await.unwrap_err().is_unauthorized());
    // The next request has a new one.
    create(&vapi).await.unwrap();
    assert_eq!(tokens_of(&server), ["Bearer token-number-1", "Bearer token-number-2"]);
}

#[tokio::test]
async fn a_key_is_not_sent_twice() {
    let server = Server::replying([Reply::json(401, "{}"), Reply::thing()]).await;
    let error = get(&client(&server), "t-1").await.unwrap_err();
    assert_eq!((error.is_unauthorized(), error.attempts()), (true, 1));
}

#[tokio::test]
async fn a_source_without_a_token_is_an_error() {
    let server = Server::replying([Reply::thing()]).await;
    let source = Numbered {
        fails_from: 1,
        ..Numbered::default()
    };
    let error = get(&source.client(&server), "t-1").await.unwrap_err();
    assert!(error.is_no_token());
    assert_eq!(
        error.to_string(),
        "ThingController_findOne: the token source has no token: the backend is away"
    );
    assert_eq!((error.attempts(), server.received().len()), (0, 0));

    // Progenitor's client has an error type of its own.
    #[cfg(vapi_op = "CallController_findOne")]
    {
        let vapi = source.client(&server);
        let error = vapi.raw().call_controller_find_one("c-1").await.unwrap_err();
        assert!(error.to_string().contains("the backend is away"), "{error}");
        assert_eq!(server.received().len(), 0);
    }
}

#[tokio::test]
async fn a_source_that_hangs_ends_with_the_time_limit() {
    let server = Server::replying([Reply::thing()]).await;
    let source = Numbered {
        delay: HOUR,
        ..Numbered::default()
    };
    let request = get(&source.client(&server), "t-1").timeout(Duration::from_millis(50));
    let error = request.await.unwrap_err();
    assert!(error.is_no_token(), "{error}");
    assert!(
        error.to_string().ends_with("no token came within the time limit"),
        "{error}"
    );
}

#[tokio::test]
async fn a_token_that_no_header_can_have_is_refused() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = builder(&server.url)
        .token_source(|| async { Ok::<_, TokenError>(BearerToken::new("a token")) })
        .build()
        .unwrap();
    let error = get(&vapi, "t-1").await.unwrap_err();
    assert!(error.is_config(), "{error}");
    assert!(!error.to_string().contains("a token of"), "{error}");
}

#[tokio::test]
async fn a_token_is_never_shown() {
    let echo = r#"{"message":"no such token: token-number-1"}"#;
    let server = Server::replying([
        Reply::json(403, echo).header("x-request-id", "r-token-number-1"),
        Reply::thing().header("x-echo", "Bearer token-number-1"),
    ])
    .await;
    let vapi = Numbered::lasting(HOUR).client(&server);
    let error = get(&vapi, "t-1").await.unwrap_err();
    let shown = format!(
        "{error} {error:?} {:?} {:?} {vapi:?}",
        error.messages(),
        error.request_id()
    );
    assert!(!shown.contains("token-number"), "{shown}");
    let response = get(&vapi, "t-1").with_response().await.unwrap();
    let shown = format!("{response:?} {:?}", response.headers());
    assert!(!shown.contains("token-number"), "{shown}");
}

#[tokio::test]
async fn the_header_of_a_caller_replaces_the_token() {
    let server = Server::replying([Reply::json(401, "{}")]).await;
    let source = Numbered::lasting(HOUR);
    let request = get(&source.client(&server), "t-1").header("authorization", "Bearer of-my-own");
    assert!(request.await.unwrap_err().is_unauthorized());
    assert_eq!(
        (source.asked(), tokens_of(&server)),
        (0, vec!["Bearer of-my-own".to_owned()])
    );
}
