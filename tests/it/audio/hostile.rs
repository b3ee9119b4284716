//! Servers that close, break, flood or fall silent.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use vapi::audio::{AudioSession, Incoming};

use crate::audio::peer::{LIMIT, connected, connected_by};

/// Returns the error that the session ends with, if it is one.
async fn end_of(session: &mut AudioSession) -> Option<vapi::Error> {
    let read = async {
        while let Some(incoming) = session.receiver().next().await {
            if let Err(error) = incoming {
                assert!(session.receiver().next().await.is_none(), "an error is the last");
                return Some(error);
            }
        }
        None
    };
    timeout(LIMIT, read).await.unwrap()
}

#[tokio::test]
async fn each_close_code_has_its_meaning() {
    for (code, part, is_interruption) in [
        (1001, "(1001): it is going away", true),
        (1008, "(1008): the id or the key is not accepted: no", false),
        (1011, "(1011): it failed: no", true),
        (1012, "(1012): it restarts", true),
        (1013, "(1013): it is busy: no", true),
    ] {
        let (mut session, mut peer) = connected(|session| session).await;
        peer.close(code, "no").await;
        let ((), error) = tokio::join!(
            async {
                peer.drain().await;
            },
            end_of(&mut session)
        );
        let error = error.unwrap();
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.is_interrupted(), is_interruption, "{error}");
        assert_eq!(error.operation(), Some("websocketCallUrl"));
    }
}

#[tokio::test]
async fn a_normal_close_is_no_error() {
    let (mut session, mut peer) = connected(|session| session).await;
    peer.close(1000, "the call is over").await;
    let (_, end) = tokio::join!(peer.drain(), end_of(&mut session));
    assert!(end.is_none());
}

#[tokio::test]
async fn a_broken_connection_is_an_interruption() {
    let (mut session, peer) = connected(|session| session).await;
    drop(peer);
    let error = end_of(&mut session).await.unwrap();
    assert!(error.is_interrupted(), "{error}");
    assert!(session.sender().send([1]).await.is_err());
}

#[tokio::test]
async fn a_server_that_falls_silent_is_a_timeout() {
    let limit = Duration::from_millis(200);
    let (mut session, _peer) = connected_by(|builder| builder.idle_timeout(limit), |session| session).await;
    let error = end_of(&mut session).await.unwrap();
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "websocketCallUrl: the server sent nothing for 200ms");
}

#[tokio::test]
async fn an_end_without_a_response_takes_seconds_not_forever() {
    let (session, mut peer) = connected(|session| session).await;
    let control = session.control().clone();
    let begin = Instant::now();
    let (ended, texts) = tokio::join!(timeout(LIMIT, control.end()), peer.drain());
    ended.unwrap().unwrap();
    assert_eq!(texts, [r#"{"type":"end-call"}"#]);
    assert!(begin.elapsed() > Duration::from_secs(4));
    let (mut ear, _mouth) = session.split();
    assert!(ear.next().await.is_none(), "the user wanted the end");
}

#[tokio::test]
async fn sound_that_nobody_reads_does_not_pile_up() {
    let (mut session, mut peer) = connected(|session| session.backlog(Duration::from_millis(100))).await;
    for number in 0..200_u8 {
        peer.send(Message::binary(vec![number; 640])).await;
    }
    peer.send(Message::text(r#"{"type":"hang"}"#)).await;
    while session.stats().received_frames < 200 {
        sleep(Duration::from_millis(5)).await;
    }
    let stats = session.stats();
    assert_eq!(stats.dropped_received, Duration::from_millis(195 * 20));
    let Some(Ok(Incoming::Audio(oldest))) = session.receiver().next().await else {
        panic!("sound");
    };
    assert_eq!(oldest[0], i16::from_le_bytes([195, 195]));
}

#[tokio::test]
async fn the_session_keeps_time_under_a_flood() {
    let (session, mut peer) = connected(|session| session).await;
    let event =
        json!({ "type": "conversation-update", "conversation": vec![json!({ "role": "user" }); 100] }).to_string();
    // Events are dropped and frames go out, both while the flood lasts.
    let flood = async {
        loop {
            for _ in 0..10 {
                peer.send(Message::text(event.clone())).await;
            }
            let stats = session.stats();
            if stats.dropped_events > 0 && stats.sent_frames >= 15 {
                break;
            }
            sleep(Duration::from_millis(2)).await;
        }
    };
    if timeout(LIMIT, flood).await.is_err() {
        panic!("{:?}", session.stats());
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_is_an_error() {
    let (mut session, mut peer) = connected(|session| session).await;
    let send = async {
        // The session breaks off while it is sent.
        let _ = futures_util::SinkExt::send(&mut peer.socket, Message::binary(vec![0; (16 << 20) + 1])).await;
    };
    let ((), error) = tokio::join!(send, end_of(&mut session));
    let error = error.unwrap();
    assert!(error.is_decode(), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes, the session reads it and goes on.
    #[test]
    fn no_message_breaks_a_session(
        binary in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20),
        texts in prop::collection::vec(".{0,40}", 0..20),
        types in prop::collection::vec("(status-update|call-ended|error|transcript|hang|tool-calls|[a-z]{0,8})", 0..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (mut session, mut peer) = connected(|session| session.sample_rate(22_050)).await;
            for sound in binary {
                peer.send(Message::binary(sound)).await;
            }
            for text in texts {
                peer.send(Message::text(text)).await;
            }
            for kind in types {
                peer.send(Message::text(json!({ "type": kind, "status": 7, "message": [] }).to_string())).await;
            }
            peer.close(1000, "").await;
            let (_, end) = tokio::join!(peer.drain(), end_of(&mut session));
            assert!(end.is_none(), "{end:?}");
        });
    }
}
