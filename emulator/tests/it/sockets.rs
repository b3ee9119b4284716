//! The websockets of a call: `listen` and `transport`.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start_with};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub struct Socket(pub Stream);

/// The messages of a socket until one is found.
enum Got {
    Sound(Vec<u8>),
    Event(Value),
    Closed(Option<(u16, String)>),
}

impl Socket {
    pub async fn connect(url: &str) -> Socket {
        Socket(tokio_tungstenite::connect_async(url).await.expect("a socket").0)
    }

    async fn next(&mut self) -> Got {
        let next = tokio::time::timeout(Duration::from_secs(30), self.0.next());
        match next.await.expect("something comes") {
            Some(Ok(Message::Binary(sound))) => Got::Sound(sound.to_vec()),
            Some(Ok(Message::Text(text))) => Got::Event(serde_json::from_str(text.as_str()).expect("JSON")),
            Some(Ok(Message::Close(frame))) => {
                Got::Closed(frame.map(|frame| (frame.code.into(), frame.reason.as_str().to_owned())))
            }
            Some(Ok(other)) => panic!("{other:?}"),
            Some(Err(_)) | None => Got::Closed(None),
        }
    }

    pub async fn sound(&mut self) -> Vec<u8> {
        loop {
            match self.next().await {
                Got::Sound(sound) => return sound,
                Got::Event(_) => {}
                Got::Closed(reason) => panic!("closed: {reason:?}"),
            }
        }
    }

    /// Returns the next event of this type.
    pub async fn event(&mut self, kind: &str) -> Value {
        // Fifty frames per second: half a minute.
        for _ in 0..1500 {
            match self.next().await {
                Got::Event(event) if event["type"] == kind => return event,
                Got::Event(_) | Got::Sound(_) => {}
                Got::Closed(reason) => panic!("closed before {kind}: {reason:?}"),
            }
        }
        panic!("no {kind} comes");
    }

    /// Returns the next final transcript.
    pub async fn transcript(&mut self) -> Value {
        loop {
            let transcript = self.event("transcript").await;
            if transcript["transcriptType"] == "final" {
                return transcript;
            }
        }
    }

    /// Returns code and reason of the close frame.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Got::Closed(reason) = self.next().await {
                return reason.expect("a goodbye");
            }
        }
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    pub async fn send_sound(&mut self, sound: Vec<u8>) {
        self.0.send(Message::binary(sound)).await.expect("sent");
    }
}

/// Starts an emulator in which only the clock moves calls.
pub async fn patient() -> Vapi {
    start_with(Emulator::builder().call_step(Duration::from_secs(60))).await
}

pub async fn call_over_websocket(vapi: &Vapi, audio_format: Value) -> (String, String) {
    let mut transport = json!({ "provider": "vapi.websocket" });
    if audio_format.is_object() {
        transport["audioFormat"] = audio_format;
    }
    let assistant = json!({ "name": "Ada", "firstMessage": "Good morning." });
    let (status, call) = vapi
        .post("/call", json!({ "assistant": assistant, "transport": transport }))
        .await;
    assert_eq!(status, 201, "{call}");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&call["id"]), text(&call["transport"]["websocketCallUrl"]))
}

pub async fn phone_call(vapi: &Vapi) -> (String, Value) {
    let (_, call) = vapi.post("/call", json!({ "assistant": {} })).await;
    (call["id"].as_str().expect("an id").to_owned(), call["monitor"].clone())
}

pub async fn state(vapi: &Vapi, id: &str) -> Value {
    let (_, call) = vapi.get(&format!("/call/{id}")).await;
    json!([call["status"], call["endedReason"]])
}

/// Waits for the status after a closed socket.
async fn becomes(vapi: &Vapi, id: &str, expected: Value) {
    for _ in 0..1000 {
        if state(vapi, id).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it stays {}", state(vapi, id).await);
}

#[tokio::test]
pub async fn connecting_begins_a_call_and_closing_ends_it() {
    let vapi = patient().await;
    let (id, url) = call_over_websocket(&vapi, Value::Null).await;
    assert_eq!(state(&vapi, &id).await, json!(["queued", null]));
    let mut socket = Socket::connect(&url).await;
    let begins = socket.event("status-update").await;
    assert_eq!(begins, json!({ "type": "status-update", "status": "in-progress" }));
    assert_eq!(state(&vapi, &id).await, json!(["in-progress", null]));
    // The call continues while the socket is open.
    vapi.emulator.advance(Duration::from_secs(3600)).await;
    socket.sound().await;
    assert_eq!(state(&vapi, &id).await, json!(["in-progress", null]));
    socket.0.close(None).await.expect("closed");
    becomes(&vapi, &id, json!(["ended", "customer-ended-call"])).await;
    let (_, call) = vapi.get(&format!("/call/{id}")).await;
    assert!(call["startedAt"].is_string() && call["artifact"].is_object());
}

#[tokio::test]
async fn the_assistant_speaks_first() {
    let vapi = patient().await;
    let (_, url) = call_over_websocket(&vapi, Value::Null).await;
    let mut socket = Socket::connect(&url).await;
    let started = socket.event("speech-update").await;
    assert_eq!(
        (&started["status"], &started["role"]),
        (&json!("started"), &json!("assistant"))
    );
    assert_eq!(socket.event("model-output").await["output"], "Good morning.");
    let transcript = socket.transcript().await;
    assert_eq!(
        transcript,
        json!({
            "type": "transcript", "role": "assistant", "transcriptType": "final", "transcript": "Good morning.",
            "assistantName": "Ada",
        })
    );
    let update = socket.event("conversation-update").await;
    let conversation = json!([{ "role": "assistant", "content": "Good morning." }]);
    assert_eq!(
        update,
        json!({ "type": "conversation-update", "conversation": conversation })
    );
}

#[tokio::test]
async fn sound_comes_in_the_format_that_was_asked_for() {
    let vapi = patient().await;
    for (format, frame) in [
        (Value::Null, 640),
        (
            json!({ "format": "pcm_s16le", "container": "raw", "sampleRate": 24_000 }),
            960,
        ),
        (
            json!({ "format": "mulaw", "container": "raw", "sampleRate": 8_000 }),
            160,
        ),
    ] {
        let (_, url) = call_over_websocket(&vapi, format).await;
        assert_eq!(Socket::connect(&url).await.sound().await.len(), frame);
    }
}

#[tokio::test]
async fn whoever_speaks_is_answered() {
    let vapi = patient().await;
    let (_, url) = call_over_websocket(&vapi, Value::Null).await;
    let mut socket = Socket::connect(&url).await;
    socket.event("conversation-update").await;
    let (loud, silent) = (4000_i16.to_le_bytes().repeat(320), vec![0; 640]);
    for _ in 0..3 {
        socket.send_sound(loud.clone()).await;
    }
    for _ in 0..20 {
        socket.send_sound(silent.clone()).await;
    }
    let said = socket.transcript().await;
    assert_eq!(
        (&said["role"], &said["transcript"]),
        (&json!("user"), &json!("(speech)"))
    );
    let replied = socket.transcript().await;
    assert_eq!(replied["role"], "assistant");
}

#[tokio::test]
async fn control_messages_are_taken_over_the_socket() {
    let vapi = patient().await;
    let (id, url) = call_over_websocket(&vapi, Value::Null).await;
    let mut socket = Socket::connect(&url).await;
    socket.transcript().await;
    socket.say(json!({ "type": "say", "content": "One moment." })).await;
    assert_eq!(socket.transcript().await["transcript"], "One moment.");
    socket.say(json!({ "type": "dance" })).await;
    assert_eq!(socket.event("error").await["statusCode"], 400);
    socket.0.send(Message::text("{")).await.expect("sent");
    assert_eq!(socket.event("error").await["statusCode"], 400);
    socket.say(json!({ "type": "end-call" })).await;
    let ended = socket.event("status-update").await;
    assert_eq!(
        ended,
        json!({ "type": "status-update", "status": "ended", "endedReason": "assistant-ended-call" })
    );
    assert_eq!(socket.event("call-ended").await["endedReason"], "assistant-ended-call");
    assert_eq!(socket.closed().await, (1000, "the call is over".to_owned()));
    assert_eq!(state(&vapi, &id).await, json!(["ended", "assistant-ended-call"]));
}

#[tokio::test]
async fn hanging_up_has_two_names_on_a_socket() {
    let vapi = patient().await;
    let (id, url) = call_over_websocket(&vapi, Value::Null).await;
    let mut socket = Socket::connect(&url).await;
    socket.say(json!({ "type": "hangup" })).await;
    assert_eq!(socket.closed().await.0, 1000);
    assert_eq!(state(&vapi, &id).await[0], "ended");
}

#[tokio::test]
async fn a_socket_that_breaks_ends_the_call_too() {
    let vapi = patient().await;
    let (id, url) = call_over_websocket(&vapi, Value::Null).await;
    let mut socket = Socket::connect(&url).await;
    socket.sound().await;
    drop(socket);
    becomes(&vapi, &id, json!(["ended", "phone-call-provider-closed-websocket"])).await;
}

#[tokio::test]
async fn a_call_that_nobody_connects_ends() {
    let vapi = patient().await;
    let (id, _) = call_over_websocket(&vapi, Value::Null).await;
    vapi.emulator.advance(Duration::from_secs(30)).await;
    assert_eq!(state(&vapi, &id).await[0], "queued");
    vapi.emulator.advance(Duration::from_secs(31)).await;
    let reason = "call.in-progress.error-providerfault-transport-never-connected";
    assert_eq!(state(&vapi, &id).await, json!(["ended", reason]));
}

#[tokio::test]
async fn a_listener_hears_a_call_while_it_is_in_progress() {
    let vapi = patient().await;
    let (id, monitor) = phone_call(&vapi).await;
    let mut socket = Socket::connect(monitor["listenUrl"].as_str().expect("an address")).await;
    assert_eq!(socket.event("status-update").await["status"], "queued");
    vapi.emulator.advance(Duration::from_secs(121)).await;
    loop {
        match socket.next().await {
            Got::Event(event) if event["status"] == "in-progress" => break,
            Got::Event(_) => {}
            Got::Sound(_) => panic!("nobody has answered yet"),
            Got::Closed(reason) => panic!("closed: {reason:?}"),
        }
    }
    for _ in 0..3 {
        let frame = socket.sound().await;
        assert_eq!(frame.len(), 640);
        assert!(frame.iter().any(|byte| *byte != 0));
    }
    vapi.emulator.advance(Duration::from_secs(60)).await;
    assert_eq!(socket.closed().await, (1000, "the call is over".to_owned()));
    assert_eq!(state(&vapi, &id).await, json!(["ended", "customer-ended-call"]));
}

#[tokio::test]
async fn hanging_up_closes_the_sockets() {
    let vapi = patient().await;
    let (id, url) = call_over_websocket(&vapi, Value::Null).await;
    let (_, call) = vapi.get(&format!("/call/{id}")).await;
    let mut socket = Socket::connect(&url).await;
    let mut listener = Socket::connect(call["monitor"]["listenUrl"].as_str().expect("an address")).await;
    listener.sound().await;
    let control = call["monitor"]["controlUrl"].as_str().expect("an address");
    let (status, _) = answer(
        vapi.elsewhere(Method::POST, control)
            .json(&json!({ "type": "end-call" })),
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(socket.closed().await.0, 1000);
    assert_eq!(listener.closed().await.0, 1000);
}

#[tokio::test]
async fn stopping_the_emulator_says_so() {
    let vapi = patient().await;
    let (_, url) = call_over_websocket(&vapi, Value::Null).await;
    let mut socket = Socket::connect(&url).await;
    socket.sound().await;
    let stopping = std::thread::spawn(move || drop(vapi));
    assert_eq!(socket.closed().await, (1001, "the emulator is stopping".to_owned()));
    stopping.join().expect("stopped");
}
