//! Sessions with the local Vapi, and the frames that a session sends.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use vapi::audio::{AudioReceiver, AudioSession, CallEvent, Codec, FrameFormat, Incoming};
use vapi::types::{
    CallStatus, ClientInboundMessagePayload, ClientMessagePayload, CreateAssistantDto, CreateCallDto, EndedReason,
    Transport, VapiWebCallTransport,
};
use vapi::{Client, Error};
use vapi_emulator::Emulator;

use crate::audio::peer::{LIMIT, call, connected};
use crate::support::{builder, local};

fn new_call() -> CreateCallDto {
    CreateCallDto::new().assistant(CreateAssistantDto::new().name("Ada").first_message("Good morning."))
}

async fn start() -> (Emulator, Client, AudioSession) {
    let (local, vapi) = local().await;
    let session = vapi.calls().create_websocket(new_call()).await.unwrap();
    (local, vapi, session)
}

/// Returns the next event that the function accepts.
async fn event<T>(ear: &mut AudioReceiver, accept: impl Fn(CallEvent) -> Option<T>) -> T {
    let find = async {
        loop {
            if let Incoming::Event(event) = ear.next().await.unwrap().unwrap()
                && let Some(accepted) = accept(event)
            {
                return accepted;
            }
        }
    };
    timeout(LIMIT, find).await.unwrap()
}

/// Returns role and text of the next final transcript.
async fn transcript(ear: &mut AudioReceiver) -> (Value, String) {
    event(ear, |event| match event {
        CallEvent::Message(message) => match *message {
            ClientMessagePayload::Transcript(said) => {
                let said = serde_json::to_value(said).unwrap();
                let is_final = said["transcriptType"] == "final";
                is_final.then(|| (said["role"].clone(), said["transcript"].as_str().unwrap().to_owned()))
            }
            _ => None,
        },
        _ => None,
    })
    .await
}

/// Returns the next sound that is not silence.
async fn loud_sound(ear: &mut AudioReceiver) -> Vec<i16> {
    let find = async {
        loop {
            if let Incoming::Audio(samples) = ear.next().await.unwrap().unwrap()
                && samples.iter().any(|sample| sample.abs() > 1_000)
            {
                return samples;
            }
        }
    };
    timeout(LIMIT, find).await.unwrap()
}

fn tone(rate: u32, milliseconds: u32) -> Vec<i16> {
    let sample = |at: u32| ((at as f32 * 440.0 * std::f32::consts::TAU / rate as f32).sin() * 8_000.0) as i16;
    (0..rate * milliseconds / 1_000).map(sample).collect()
}

#[tokio::test]
async fn a_call_is_heard_spoken_to_and_ended() {
    let (_local, vapi, session) = start().await;
    let id = session.call().id.clone();
    let control = session.control().clone();
    let (mut ear, mut mouth) = session.split();
    let status = event(&mut ear, |event| match event {
        CallEvent::StatusUpdate(update) => update.status,
        _ => None,
    });
    assert_eq!(status.await, CallStatus::InProgress);
    assert_eq!(
        transcript(&mut ear).await,
        (json!("assistant"), "Good morning.".to_owned())
    );

    mouth.send(tone(16_000, 300)).await.unwrap();
    // Silence is sent without being asked for, and tells the other side that the customer has finished.
    assert_eq!(transcript(&mut ear).await.0, "user");
    assert_eq!(loud_sound(&mut ear).await.len(), 320);

    control.say("One moment.").await.unwrap();
    loop {
        if transcript(&mut ear).await.1 == "One moment." {
            break;
        }
    }
    timeout(LIMIT, control.end()).await.unwrap().unwrap();
    let mut ended = None;
    while let Some(incoming) = ear.next().await {
        if let Incoming::Event(CallEvent::Ended(reason)) = incoming.unwrap() {
            ended = reason;
        }
    }
    assert_eq!(ended, Some(EndedReason::AssistantEndedCall));
    assert!(control.is_over() && ear.next().await.is_none());
    let call = vapi.calls().get(&id).await.unwrap();
    assert_eq!(call.status, Some(CallStatus::Ended));
    let stats = ear.stats();
    assert!(stats.sent_frames > 10 && stats.received_frames > 10 && stats.silent_frames < stats.sent_frames);
    assert!(mouth.send([1]).await.unwrap_err().is_interrupted());
    assert!(control.say("Hello?").await.unwrap_err().is_interrupted());
    control.end().await.unwrap();
}

#[tokio::test]
async fn sound_is_resampled_to_the_rate_of_the_user() {
    let (_local, vapi) = local().await;
    let session = vapi.calls().create_websocket(new_call());
    let session = session.format(FrameFormat::mulaw()).sample_rate(24_000).await.unwrap();
    match &session.call().transport {
        Some(Transport::VapiWebsocket(transport)) => {
            let format = serde_json::to_value(transport.audio_format.as_ref().unwrap()).unwrap();
            assert_eq!(
                format,
                json!({ "container": "raw", "format": "mulaw", "sampleRate": 8_000 })
            );
        }
        other => panic!("{other:?}"),
    }
    let (mut ear, mut mouth) = session.split();
    transcript(&mut ear).await;
    mouth.send(tone(24_000, 300)).await.unwrap();
    assert_eq!(transcript(&mut ear).await.0, "user");
    let (mut samples, frames) = (0, ear.stats().received_frames);
    while ear.stats().received_frames < frames + 50 {
        if let Incoming::Audio(sound) = ear.next().await.unwrap().unwrap() {
            samples += sound.len();
        }
    }
    // A second, give or take what has been received and not read.
    assert!((18_000..30_000).contains(&samples), "{samples}");
}

#[tokio::test]
async fn a_refused_control_message_is_an_event() {
    let (_local, _vapi, session) = start().await;
    let (mut ear, mouth) = session.split();
    let dance = ClientInboundMessagePayload::Unknown(json!({ "type": "dance" }));
    mouth.control().send(dance).await.unwrap();
    let problem = event(&mut ear, |event| match event {
        CallEvent::Problem(problem) => Some(problem),
        _ => None,
    });
    assert_eq!(problem.await.status_code, Some(400));
}

#[tokio::test]
async fn dropping_all_handles_ends_the_call() {
    let (_local, vapi, session) = start().await;
    let id = session.call().id.clone();
    let (ear, mouth) = session.split();
    drop(ear);
    let control = mouth.control().clone();
    drop(mouth);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        vapi.calls().get(&id).await.unwrap().status,
        Some(CallStatus::InProgress)
    );
    drop(control);
    let wait = vapi.calls().wait_until_ended(&id).poll_every(Duration::from_millis(20));
    wait.timeout(LIMIT).await.unwrap();
}

#[tokio::test]
async fn a_second_connection_is_a_conflict() {
    let (_local, vapi, session) = start().await;
    let error: Error = vapi.calls().connect_websocket(session.call()).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
}

#[tokio::test]
async fn a_call_of_another_transport_is_refused() {
    let (local, vapi) = local().await;
    let call = new_call().transport(VapiWebCallTransport::new());
    let error = vapi.calls().create_websocket(call).await.unwrap_err();
    assert!(error.is_invalid_input());
    let session = vapi.calls().create_websocket(new_call());
    let error = session.format(FrameFormat::pcm(100)).await.unwrap_err();
    assert_eq!(error.to_string(), "a sample rate of 100 is not between 3000 and 192000");
    assert!(local.requests().is_empty());

    let mut call = call_without_socket();
    let error = vapi.calls().connect_websocket(&call).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the call has no `transport.websocketCallUrl`: it is not over a WebSocket"
    );
    call.transport = None;
    assert!(vapi.calls().connect_websocket(&call).await.unwrap_err().is_decode());
}

fn call_without_socket() -> vapi::types::Call {
    let mut call = call("ws://127.0.0.1:1/");
    if let Some(Transport::VapiWebsocket(transport)) = &mut call.transport {
        transport.extra.clear();
    }
    call
}

#[tokio::test]
async fn the_key_is_sent_with_the_handshake() {
    let server = crate::support::Server::replying([crate::support::Reply::json(401, r#"{"message":"no"}"#)]).await;
    let vapi = builder(&server.url).api_key("sk-of-the-test").build().unwrap();
    let url = server.url.replace("http:", "ws:") + "/secret-call/transport";
    let error = vapi.calls().connect_websocket(&call(&url)).await.unwrap_err();
    assert!(
        error.is_unauthorized() && !error.to_string().contains("secret-call"),
        "{error}"
    );
    let request = server.request();
    assert_eq!(request.header("authorization"), Some("Bearer sk-of-the-test"));
    assert_eq!(request.header("sec-websocket-version"), Some("13"));
}

#[tokio::test]
async fn silence_is_sent_in_real_time() {
    let before = Instant::now();
    let (session, mut peer) = connected(|session| session).await;
    let begin = Instant::now();
    let frames = peer.frames_for(Duration::from_millis(500)).await;
    let skipped = session.stats().skipped_frames;
    let last = frames.last().unwrap().0;
    let due_since = |start: Instant| (last - start).as_millis() as u64 / 20;
    let (count, least, most) = (frames.len() as u64, due_since(begin), due_since(before));
    assert!(
        count + skipped + 5 >= least && count <= most + 2,
        "{count} frames and {skipped} skipped, of {least} to {most}"
    );
    assert!(frames.iter().all(|(_, frame)| frame == &[0; 640]));
}

#[tokio::test]
async fn sound_arrives_whole_and_in_order() {
    let (mut session, mut peer) = connected(|session| session.capacity(Duration::from_millis(100))).await;
    let sound: Vec<i16> = (1..=8_000).collect();
    let begin = Instant::now();
    let speak = async {
        session.sender().send(&sound).await.unwrap();
        // Half a second of sound, of which a tenth fits into the queue.
        assert!(begin.elapsed() >= Duration::from_millis(300));
        session.sender().drained().await.unwrap();
        assert!(begin.elapsed() >= Duration::from_millis(400));
    };
    let hear = async {
        let mut heard = Vec::new();
        while heard.len() < sound.len() {
            let frame = Codec::Pcm.decode(&peer.frame().await);
            heard.extend(frame.into_iter().filter(|sample| *sample != 0));
        }
        heard
    };
    let ((), heard) = tokio::join!(speak, hear);
    assert_eq!(heard, sound);
    assert_eq!(session.stats().dropped_sent, Duration::ZERO);
}

#[tokio::test]
async fn live_sound_that_is_late_is_dropped() {
    let (mut session, mut peer) = connected(|session| session.capacity(Duration::from_millis(200))).await;
    for second in 1..=3 {
        session.sender().push(vec![second; 16_000]).unwrap();
    }
    let stats = session.stats();
    assert!(stats.queued <= Duration::from_millis(200), "{stats:?}");
    assert!(stats.dropped_sent >= Duration::from_millis(2_700), "{stats:?}");
    let first = loop {
        let frame = Codec::Pcm.decode(&peer.frame().await);
        if let Some(sample) = frame.into_iter().find(|sample| *sample != 0) {
            break sample;
        }
    };
    assert_eq!(first, 3);
}

#[tokio::test]
async fn an_interruption_discards_what_is_queued() {
    let (mut session, mut peer) = connected(|session| session.capacity(Duration::from_secs(5))).await;
    session.sender().send(vec![7; 48_000]).await.unwrap();
    session.sender().clear();
    assert_eq!(session.stats().queued, Duration::ZERO);
    session.sender().drained().await.unwrap();
    peer.frame().await;
    let rest = peer.frames_for(Duration::from_millis(200)).await;
    let last = &rest.last().unwrap().1;
    assert!(last.iter().all(|byte| *byte == 0));
}

#[tokio::test]
async fn halves_are_a_sink_and_a_stream() {
    let (session, mut peer) = connected(|session| session).await;
    let (ear, mouth) = session.split();
    let pieces = (1..=20_i16).map(|number| Ok(vec![number; 320]));
    let speak = stream::iter(pieces.collect::<Vec<Result<_, Error>>>()).forward(mouth);
    let hear = async {
        let mut heard: Vec<i16> = Vec::new();
        while heard.len() < 20 {
            let frame = Codec::Pcm.decode(&peer.frame().await);
            heard.extend(frame.first().filter(|sample| **sample != 0));
        }
        peer.send(Message::binary(vec![1, 0, 2])).await;
        peer.send(Message::binary(vec![0, 3, 0])).await;
        peer.send(Message::text("hello")).await;
        peer.close(1000, "").await;
        heard
    };
    let (spoken, heard) = tokio::join!(speak, hear);
    spoken.unwrap();
    assert_eq!(heard, (1..=20).collect::<Vec<i16>>());
    // Closing the sink has left the call open.
    let received: Vec<_> = ear.map(Result::unwrap).collect().await;
    assert_eq!(
        received,
        [
            Incoming::Audio(vec![1]),
            Incoming::Audio(vec![2, 3]),
            Incoming::Event(CallEvent::Text("hello".to_owned())),
        ]
    );
}
