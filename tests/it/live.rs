//! Control of running calls and their sound: against the local Vapi, and against a server that misbehaves.
#![cfg(all(
    vapi_op = "CallController_create",
    vapi_op = "CallController_findOne",
    vapi_type = "CallOrBatch",
    vapi_type = "ClientMessagePayload",
    vapi_type = "HandoffDestination",
    vapi_type = "OpenAiMessage",
    vapi_type = "TransferDestination",
    vapi_type = "TransportMessage"
))]

use std::path::Path;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_async};
use vapi::Client;
use vapi::live::{AudioEvent, Listener, LiveCall, PcmFormat};
use vapi::types::{
    Call, CallStatus, ClientMessagePayload, CreateAssistantDto, CreateCallDto, CreateCustomerDto,
    HandoffDestinationAssistant, OpenAiMessage, OpenAiMessageRole, TransferDestinationSip, TwilioTransportMessage,
};
use vapi_emulator::{Emulator, Fault, Script};

use crate::support::*;

const STEP: Duration = Duration::from_secs(10);
const OFTEN: Duration = Duration::from_millis(5);

/// A call of the local Vapi.
struct Local {
    emulator: Emulator,
    vapi: Client,
    id: String,
}

impl Local {
    /// Creates a call that follows a script. It has not begun.
    async fn ringing(script: Script) -> Local {
        let emulator = Emulator::builder()
            .call_step(STEP)
            .script(script)
            .allow_unknown_ids(true)
            .start()
            .await
            .unwrap();
        let vapi = builder(&emulator.base_url())
            .api_key(emulator.api_key())
            .build()
            .unwrap();
        let assistant = CreateAssistantDto::new().name("Ada").first_message("Ada here.");
        let call = CreateCallDto::new()
            .assistant(assistant)
            .phone_number_id("p")
            .customer(CreateCustomerDto::new().number("+15555550123"));
        let id = vapi.calls().create(call).await.unwrap().into_call().unwrap().id;
        Local { emulator, vapi, id }
    }

    /// Returns a call that was just answered.
    async fn answered(script: Script) -> (Local, LiveCall) {
        let local = Local::ringing(script).await;
        local.emulator.advance(2 * STEP).await;
        let live = local.vapi.calls().wait_until_live(&local.id).await.unwrap();
        (local, live)
    }

    async fn read(&self) -> Call {
        self.vapi.calls().get(&self.id).await.unwrap()
    }

    /// Returns the call after its end.
    async fn over(&self) -> Call {
        self.emulator.advance(60 * STEP).await;
        self.read().await
    }

    async fn transcript(&self) -> String {
        self.over().await.artifact.unwrap().transcript.unwrap()
    }
}

fn quiet() -> Script {
    Script::new().pause(STEP)
}

#[tokio::test]
async fn the_assistant_says_what_it_is_told() {
    let (local, live) = Local::answered(quiet()).await;
    live.say("Your taxi is here.").await.unwrap();
    assert_eq!(local.transcript().await, "AI: Your taxi is here.\n");
}

#[tokio::test]
async fn a_text_may_interrupt_and_end_the_call() {
    let slow = Script::new().assistant_says("One two three four.").lasting(4 * STEP);
    let (local, live) = Local::answered(slow).await;
    local.emulator.advance(3 * STEP).await;
    live.say("Stop.")
        .interrupt_assistant_enabled(true)
        .interruptions_enabled(false)
        .end_call_after_spoken(true)
        .await
        .unwrap();
    let call = local.over().await;
    assert_eq!(
        call.ended_reason.unwrap().as_str(),
        "assistant-ended-call-after-message-spoken"
    );
    assert_eq!(
        call.artifact.unwrap().transcript.unwrap(),
        "AI: One two three\nAI: Stop.\n"
    );
}

#[tokio::test]
async fn each_party_is_muted_and_unmuted() {
    let script = quiet()
        .assistant_says("Unheard.")
        .customer_says("Hello?")
        .pause(STEP)
        .assistant_says("Heard.")
        .customer_says("Unheard, too.");
    let (local, live) = Local::answered(script).await;
    live.mute_assistant().await.unwrap();
    local.emulator.advance(STEP + Duration::from_secs(2)).await;
    live.unmute_assistant().await.unwrap();
    live.unmute_customer().await.unwrap();
    live.mute_customer().await.unwrap();
    assert_eq!(local.transcript().await, "User: Hello?\nAI: Heard.\n");
}

#[tokio::test]
async fn the_first_message_and_an_added_one_are_asked_for() {
    let (local, live) = Local::answered(quiet()).await;
    live.say_first_message().await.unwrap();
    let message = OpenAiMessage::new(OpenAiMessageRole::System).content("The customer is Tim.");
    live.add_message(message).trigger_response(false).await.unwrap();
    assert_eq!(local.transcript().await, "AI: Ada here.\n");
}

#[tokio::test]
async fn a_call_is_transferred() {
    let (local, live) = Local::answered(quiet()).await;
    live.transfer(TransferDestinationSip::new("sip:desk@example.com"))
        .content("One moment.")
        .await
        .unwrap();
    let call = local.over().await;
    assert_eq!(call.ended_reason.unwrap().as_str(), "assistant-forwarded-call");
    assert_eq!(call.artifact.unwrap().transcript.unwrap(), "AI: One moment.\n");
}

#[tokio::test]
async fn a_call_is_handed_off_and_goes_on() {
    let (local, live) = Local::answered(quiet().customer_says("Hi, Bob.")).await;
    let bob = CreateAssistantDto::new().name("Bob").first_message("Bob here.");
    live.handoff(HandoffDestinationAssistant::new().assistant(bob))
        .await
        .unwrap();
    assert_eq!(local.transcript().await, "AI: Bob here.\nUser: Hi, Bob.\n");
}

#[tokio::test]
async fn messages_for_the_carrier_and_unknown_ones_are_sent() {
    let (_local, live) = Local::answered(quiet()).await;
    live.send_transport_message(TwilioTransportMessage::new("<Response/>"))
        .await
        .unwrap();
    live.send(&json!({ "type": "say", "message": "It is yellow." }))
        .await
        .unwrap();
    let refused = live.send(&json!({ "type": "dance" })).await.unwrap_err();
    assert!(refused.is_bad_request() && !refused.is_call_ended());
    let refused = live.send(&json!(["say"])).await.unwrap_err();
    assert!(refused.is_invalid_input());
}

#[tokio::test]
async fn an_ended_call_cannot_be_controlled() {
    let (local, live) = Local::answered(quiet()).await;
    live.end().await.unwrap();
    assert_eq!(
        local.read().await.ended_reason.unwrap().as_str(),
        "assistant-ended-call"
    );

    let id = &local.id;
    let sentence = format!("the call {id} has ended (assistant-ended-call)");
    for error in [
        live.say("Hello?").await.unwrap_err(),
        live.listen().await.unwrap_err(),
        local.vapi.calls().live(&local.read().await).unwrap_err(),
        local.vapi.calls().wait_until_live(id).await.unwrap_err(),
    ] {
        assert!(error.is_call_ended());
        assert_eq!(error.to_string(), sentence);
    }
}

#[tokio::test]
async fn a_call_that_nobody_answers_is_not_waited_for() {
    let local = Local::ringing(Script::new().nobody_answers()).await;
    let wait = local.vapi.calls().wait_until_live(&local.id).poll_every(OFTEN);
    let (waited, ()) = tokio::join!(wait, local.emulator.advance(5 * STEP));
    let error = waited.unwrap_err();
    assert!(error.is_call_ended());
    assert!(
        error.to_string().ends_with("has ended (customer-did-not-answer)"),
        "{error}"
    );
}

#[tokio::test]
async fn a_ringing_call_is_waited_for() {
    let local = Local::ringing(quiet()).await;
    let mut states = Vec::new();
    let wait = local
        .vapi
        .calls()
        .wait_until_live(&local.id)
        .poll_every(OFTEN)
        .timeout(Duration::from_secs(60))
        .on_update(|call| states.push(call.status.clone().unwrap()));
    let (live, ()) = tokio::join!(wait, async {
        for _ in 0..2 {
            tokio::time::sleep(10 * OFTEN).await;
            local.emulator.advance(STEP).await;
        }
    });
    assert_eq!(live.unwrap().id(), local.id);
    assert_eq!(
        states,
        [CallStatus::Queued, CallStatus::Ringing, CallStatus::InProgress]
    );
}

#[tokio::test]
async fn a_call_is_heard_until_its_end() {
    let (local, live) = Local::answered(quiet().customer_says("Hello?")).await;
    let mut listener = live.listen().await.unwrap();
    let (mut sound, mut events) = (0, Vec::new());
    while let Some(heard) = listener.next().await {
        match heard.unwrap() {
            AudioEvent::Pcm(samples) => {
                assert_eq!(samples.len() as u64 * 50, 32_000);
                sound += 1;
                if sound == 3 {
                    local.emulator.advance(60 * STEP).await;
                }
            }
            AudioEvent::Event(event) => events.push(event),
            other => panic!("{other:?}"),
        }
    }
    assert!(sound >= 3);
    let names: Vec<_> = events.iter().map(|event| event.type_name()).collect();
    assert_eq!(names[0], "status-update");
    let line = events.iter().find(|event| event.type_name() == "transcript").unwrap();
    match line.message().unwrap() {
        ClientMessagePayload::Transcript(line) => assert_eq!(line.transcript.as_deref(), Some("Hello?")),
        other => panic!("{other:?}"),
    }
    assert_eq!(events[0].decode::<Value>().unwrap()["status"], "in-progress");
}

#[tokio::test]
async fn a_call_is_saved_as_a_wav_file() {
    let (local, live) = Local::answered(quiet()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let listener = live.listen().await.unwrap();
    let (saved, ()) = tokio::join!(listener.save_wav(&path), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        local.emulator.advance(60 * STEP).await;
    });
    let duration = saved.unwrap();
    assert!(duration >= Duration::from_millis(60), "{duration:?}");
    assert_eq!(
        read_wav(&path).1,
        PcmFormat::default().duration_of(read_wav(&path).0 as u64)
    );
    assert_eq!(read_wav(&path).1, duration);
}

#[tokio::test]
async fn a_recording_that_is_dropped_is_a_valid_file() {
    let (_local, live) = Local::answered(quiet()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let listener = live.listen().await.unwrap();
    let dropped = tokio::time::timeout(Duration::from_millis(300), listener.save_wav(&path)).await;
    assert!(dropped.is_err());
    assert!(read_wav(&path).0 >= 640);
}

/// Returns the length of the sound in a file, by its header and by its size, and its duration.
#[track_caller]
fn read_wav(path: &Path) -> (usize, Duration) {
    let bytes = std::fs::read(path).unwrap();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(&bytes[..4], b"RIFF");
    assert_eq!(number(4), bytes.len() - 8);
    assert_eq!(number(24), 16_000);
    assert_eq!(number(40), bytes.len() - 44);
    (number(40), Duration::from_secs_f64(number(40) as f64 / 32_000.0))
}

/// Returns a running call, with URLs of this server.
fn call(url: &str) -> Call {
    let call = json!({
        "id": "c-1",
        "status": "in-progress",
        "monitor": {
            "controlUrl": format!("{url}/a-secret-path/control"),
            "listenUrl": format!("{}/a-secret-path/listen", url.replace("http:", "ws:")),
        },
    });
    serde_json::from_value(call).unwrap()
}

#[tokio::test]
async fn a_command_has_no_key_and_its_own_body() {
    let server = Server::replying([Reply::empty(204)]).await;
    let live = client(&server).calls().live(&call(&server.url)).unwrap();
    live.say("Hi.").interruptions_enabled(false).await.unwrap();
    let request = server.request();
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/a-secret-path/control")
    );
    assert_eq!(request.header("authorization"), None);
    assert!(request.header("user-agent").unwrap().starts_with("vapi-rust/"));
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).unwrap(),
        json!({ "type": "say", "content": "Hi.", "interruptionsEnabled": false })
    );
}

#[tokio::test]
async fn a_public_key_is_sent_if_it_is_given() {
    let server = Server::replying([Reply::empty(200)]).await;
    let live = client(&server).calls().live(&call(&server.url)).unwrap();
    live.with_public_key("pk-1").end().await.unwrap();
    assert_eq!(server.request().header("authorization"), Some("Bearer pk-1"));
}

#[tokio::test]
async fn nothing_is_said_twice() {
    for (reply, attempts) in [
        (Reply::json(500, "{}"), 1),
        (Reply::json(503, "{}").header("retry-after", "0"), 1),
        (Reply::close(), 1),
        (Reply::reset(), 1),
        (Reply::json(429, "{}"), 3),
    ] {
        let server = Server::replying([reply.clone()]).await;
        let live = client(&server).calls().live(&call(&server.url)).unwrap();
        live.say("Hi.").await.unwrap_err();
        assert_eq!(server.received().len(), attempts, "{reply:?}");
    }
}

#[tokio::test]
async fn a_command_has_the_time_limit_of_the_client() {
    let server = Server::replying([Reply::silence()]).await;
    let vapi = builder(&server.url).timeout(Duration::from_millis(50)).build().unwrap();
    let live = vapi.calls().live(&call(&server.url)).unwrap();
    assert!(live.end().await.unwrap_err().is_timeout());
    let error = live.end().timeout(Duration::from_millis(20)).await.unwrap_err();
    assert!(error.to_string().contains("20ms"), "{error}");
}

#[tokio::test]
async fn a_url_that_has_gone_is_explained_by_the_call() {
    for (state, sentence, ended) in [
        (
            json!({ "id": "c-1", "status": "ended", "endedReason": "silence-timed-out" }),
            "the call c-1 has ended (silence-timed-out)",
            true,
        ),
        (
            json!({ "id": "c-1", "status": "ringing" }),
            "the call c-1 has not begun, it is `ringing`: `calls().wait_until_live(id)` waits for it",
            false,
        ),
        (
            json!({ "id": "c-1", "status": "in-progress" }),
            "live.end: 410 Gone: Cannot POST [redacted]",
            false,
        ),
    ] {
        let gone = Reply::json(410, r#"{"message":"Cannot POST /a-secret-path/control"}"#);
        let server = Server::replying([gone, Reply::json(200, &state.to_string())]).await;
        let live = client(&server).calls().live(&call(&server.url)).unwrap();
        let error = live.end().await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.is_call_ended()), (sentence, ended));
        assert!(!format!("{error:?} {live:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_call_must_be_running_and_have_urls() {
    let server = Server::replying([]).await;
    let vapi = client(&server);
    let refused = |state: Value| {
        let call: Call = serde_json::from_value(state).unwrap();
        vapi.calls().live(&call).unwrap_err()
    };
    let scheduled = refused(json!({ "id": "c-1", "status": "scheduled" }));
    assert!(scheduled.is_invalid_input() && !scheduled.is_call_ended());
    assert!(refused(json!({ "id": "c-1", "status": "ended" })).is_call_ended());
    let without = refused(json!({ "id": "c-1", "status": "in-progress", "monitor": { "monitors": [] } }));
    assert!(
        without.to_string().starts_with("the call c-1 has no `monitor`"),
        "{without}"
    );
    let far = json!({ "id": "c-1", "monitor": { "controlUrl": "ftp://a.example" } });
    assert!(refused(far).is_invalid_input());

    // What a webhook says about the status is that of the creation.
    let mut queued = call(&server.url);
    queued.status = Some(CallStatus::Queued);
    queued.monitor.as_mut().unwrap().listen_url = None;
    let live = vapi.calls().live(&queued).unwrap();
    let deaf = live.listen().await.unwrap_err();
    assert!(deaf.to_string().contains("has no `monitor.listenUrl`"), "{deaf}");
}

/// A server of sockets, which does what a test says.
struct Sockets {
    listener: TcpListener,
    url: String,
}

impl Sockets {
    async fn start() -> Sockets {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Sockets { listener, url }
    }

    async fn accept(&self) -> WebSocketStream<TcpStream> {
        let (connection, _) = self.listener.accept().await.unwrap();
        accept_async(connection).await.unwrap()
    }

    /// Returns a listener of a call, and its socket. The API has the replies.
    async fn listener(&self, api: &Server) -> (Listener, WebSocketStream<TcpStream>) {
        let vapi = builder(&api.url)
            .idle_timeout(Duration::from_millis(300))
            .build()
            .unwrap();
        let live = vapi.calls().live(&call(&self.url)).unwrap();
        let (listener, socket) = tokio::join!(async { live.listen().await.unwrap() }, self.accept());
        (listener, socket)
    }
}

fn running() -> Reply {
    Reply::json(200, r#"{"id":"c-1","status":"in-progress"}"#)
}

fn over() -> Reply {
    Reply::json(200, r#"{"id":"c-1","status":"ended"}"#)
}

fn close(code: u16) -> CloseFrame {
    CloseFrame {
        code: code.into(),
        reason: Utf8Bytes::default(),
    }
}

#[tokio::test]
async fn a_normal_close_ends_the_stream() {
    let (api, sockets) = (Server::replying([running()]).await, Sockets::start().await);
    let (mut listener, mut socket) = sockets.listener(&api).await;
    socket.send(Message::binary(vec![1, 2])).await.unwrap();
    socket.send(Message::binary(vec![])).await.unwrap();
    socket.send(Message::Ping("are you there?".into())).await.unwrap();
    socket.send(Message::text("not JSON")).await.unwrap();
    socket.close(Some(close(1000))).await.unwrap();
    assert_eq!(
        listener.next().await.unwrap().unwrap(),
        AudioEvent::Pcm(vec![1, 2].into())
    );
    match listener.next().await.unwrap().unwrap() {
        AudioEvent::Event(event) => {
            assert_eq!((event.type_name(), event.text()), ("", "not JSON"));
            assert!(event.message().is_err());
        }
        other => panic!("{other:?}"),
    }
    assert!(listener.next().await.is_none());
    assert!(listener.next().await.is_none());
    assert!(api.received().is_empty());
    // The client has responded to both.
    assert_eq!(
        socket.next().await.unwrap().unwrap(),
        Message::Pong("are you there?".into())
    );
    assert!(socket.next().await.unwrap().unwrap().is_close());
}

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let (api, sockets) = (Server::replying([running()]).await, Sockets::start().await);
    let (mut listener, mut socket) = sockets.listener(&api).await;
    for lost_by in ["restart", "cut", "silence"] {
        match lost_by {
            "restart" => socket.close(Some(close(1012))).await.unwrap(),
            "cut" => drop(socket),
            _ => tokio::time::sleep(Duration::from_millis(350)).await,
        }
        let (heard, again) = tokio::join!(listener.next(), sockets.accept());
        assert!(matches!(heard, Some(Ok(AudioEvent::Reconnected { .. }))), "{heard:?}");
        socket = again;
        socket.send(Message::binary(vec![7, 7])).await.unwrap();
        assert_eq!(
            listener.next().await.unwrap().unwrap(),
            AudioEvent::Pcm(vec![7, 7].into())
        );
    }
}

#[tokio::test]
async fn a_connection_lost_with_the_call_is_the_end() {
    for reply in [over(), Reply::json(404, "{}")] {
        let (api, sockets) = (Server::replying([reply]).await, Sockets::start().await);
        let (mut listener, socket) = sockets.listener(&api).await;
        drop(socket);
        assert!(listener.next().await.is_none());
    }
}

#[tokio::test]
async fn a_listener_that_is_refused_does_not_connect_again() {
    let (api, sockets) = (Server::replying([running()]).await, Sockets::start().await);
    let (mut listener, mut socket) = sockets.listener(&api).await;
    socket.close(Some(close(1008))).await.unwrap();
    let error = listener.next().await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "live.listen: the server closed the connection (1008): the id or the key is not accepted"
    );
    assert!(listener.next().await.is_none());
    assert!(api.received().is_empty());
}

#[tokio::test]
async fn a_server_that_never_sends_anything_is_given_up() {
    let (api, sockets) = (Server::replying([running()]).await, Sockets::start().await);
    let (mut listener, socket) = sockets.listener(&api).await;
    drop(socket);
    let lose_all = async {
        loop {
            drop(sockets.accept().await);
        }
    };
    let mut connections = 0;
    let last = async {
        loop {
            match listener.next().await {
                Some(Ok(_)) => connections += 1,
                last => return last,
            }
        }
    };
    let last = tokio::select! {
        last = last => last,
        () = lose_all => None,
    };
    let error = last.unwrap().unwrap_err();
    assert!(error.is_interrupted(), "{error}");
    assert_eq!(connections, 8);
    assert!(listener.next().await.is_none());
}

#[tokio::test]
async fn lost_time_is_silence_in_a_recording() {
    let (api, sockets) = (Server::replying([running()]).await, Sockets::start().await);
    let (listener, mut socket) = sockets.listener(&api).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let (saved, ()) = tokio::join!(listener.save_wav(&path), async {
        socket.send(Message::binary(vec![1; 640])).await.unwrap();
        drop(socket);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut socket = sockets.accept().await;
        socket.send(Message::binary(vec![2; 640])).await.unwrap();
        socket.close(Some(close(1000))).await.unwrap();
    });
    assert_eq!(read_wav(&path).1, saved.unwrap());
    let sound = std::fs::read(&path).unwrap()[44..].to_vec();
    assert_eq!(
        (&sound[..640], &sound[sound.len() - 640..]),
        (&[1; 640][..], &[2; 640][..])
    );
    let silence = &sound[640..sound.len() - 640];
    assert!(
        silence.len() >= 1600 && silence.iter().all(|byte| *byte == 0),
        "{}",
        silence.len()
    );
}

#[tokio::test]
async fn a_recording_that_cannot_be_written_is_an_error() {
    let (api, sockets) = (Server::replying([running()]).await, Sockets::start().await);
    let (listener, _socket) = sockets.listener(&api).await;
    let error = listener.save_wav("/no/such/folder/call.wav").await.unwrap_err();
    assert!(error.is_file());
}

#[tokio::test]
async fn a_busy_server_is_connected_to_again() {
    let (local, live) = Local::answered(quiet()).await;
    local
        .emulator
        .fault(Fault::on("CallController_findOne").status(503).times(2));
    live.say("Hi.").await.unwrap();
    assert!(live.listen().timeout(Duration::from_secs(5)).await.is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_on_the_socket_make_the_listener_panic(frames in proptest::collection::vec(frame(), 0..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (api, sockets) = (Server::replying([over()]).await, Sockets::start().await);
            let (mut listener, socket) = sockets.listener(&api).await;
            let mut connection = socket.into_inner();
            for frame in frames {
                let _ = connection.write_all(&frame).await;
            }
            drop(connection);
            // Whatever came, the stream ends: the call is over.
            while let Some(heard) = listener.next().await {
                if let Ok(AudioEvent::Event(event)) = &heard {
                    let _ = (event.message(), event.decode::<Value>());
                }
            }
        });
    }
}

/// Bytes, or a frame whose kind, length and content need not fit together.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let json = prop_oneof![
        Just(br#"{"type":"transcript","role":7}"#.to_vec()),
        Just(br#"{"type":"tool-calls","toolCallList":[{}]}"#.to_vec()),
        Just(br#"{"type":["#.to_vec()),
        proptest::collection::vec(any::<u8>(), 0..125),
    ];
    let whole = (any::<u8>(), json).prop_map(|(kind, content)| [&[kind, content.len() as u8][..], &content].concat());
    prop_oneof![3 => whole, 1 => proptest::collection::vec(any::<u8>(), 0..40)]
}
