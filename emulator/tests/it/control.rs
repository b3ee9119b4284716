//! Live control: commands to running calls.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::{Emulator, Script};

use crate::client::{Vapi, answer, start_with};
use crate::receiver::Receiver;

const STEP: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

struct Live {
    vapi: Vapi,
    id: String,
    control: String,
}

/// Returns a call that was just answered, with this script.
async fn live(script: Script) -> Live {
    let vapi = start_with(Emulator::builder().call_step(STEP)).await;
    vapi.emulator.script(script);
    let (_, call) = vapi
        .post(
            "/call",
            json!({ "assistant": { "name": "Ada", "firstMessage": "Ada here." } }),
        )
        .await;
    vapi.emulator.advance(2 * STEP).await;
    Live {
        id: call["id"].as_str().expect("an id").to_owned(),
        control: call["monitor"]["controlUrl"].as_str().expect("an address").to_owned(),
        vapi,
    }
}

impl Live {
    async fn tell(&self, message: Value) -> u16 {
        answer(self.vapi.elsewhere(Method::POST, &self.control).json(&message))
            .await
            .0
    }

    async fn read(&self) -> Value {
        self.vapi.get(&format!("/call/{}", self.id)).await.1
    }

    /// Returns the call after its end.
    async fn over(&self) -> Value {
        self.vapi.emulator.advance(60 * STEP).await;
        self.read().await
    }
}

fn quiet() -> Script {
    Script::new().pause(STEP)
}

#[tokio::test]
async fn the_assistant_says_what_it_is_told() {
    let live = live(quiet().customer_says("Thanks.")).await;
    assert_eq!(
        live.tell(json!({ "type": "say", "content": "Your taxi is here." }))
            .await,
        200
    );
    assert_eq!(
        live.tell(json!({ "type": "say", "message": "It is yellow." })).await,
        200
    );
    let call = live.over().await;
    assert_eq!(
        call["artifact"]["transcript"],
        "AI: Your taxi is here.\nAI: It is yellow.\nUser: Thanks.\n"
    );
    assert_eq!(call["endedReason"], "customer-ended-call");
}

#[tokio::test]
async fn a_call_can_end_after_a_last_word() {
    let live = live(quiet().customer_says("Never said.")).await;
    let bye = json!({ "type": "say", "content": "Bye now.", "endCallAfterSpoken": true });
    assert_eq!(live.tell(bye).await, 200);
    let call = live.over().await;
    assert_eq!(call["endedReason"], "assistant-ended-call-after-message-spoken");
    assert_eq!(call["artifact"]["transcript"], "AI: Bye now.\n");
}

#[tokio::test]
async fn what_is_told_may_break_into_what_is_said() {
    let slow = Script::new().assistant_says("One two three four.").lasting(4 * STEP);
    let live = live(slow).await;
    live.vapi.emulator.advance(3 * STEP).await;
    let say = json!({ "type": "say", "content": "Stop.", "interruptAssistantEnabled": true });
    assert_eq!(live.tell(say).await, 200);
    assert_eq!(
        live.over().await["artifact"]["transcript"],
        "AI: One two three\nAI: Stop.\n"
    );
}

#[tokio::test]
async fn a_message_is_added_without_a_word() {
    let live = live(quiet()).await;
    let add = json!({ "type": "add-message", "message": { "role": "system", "content": "The customer is Tim." } });
    assert_eq!(live.tell(add).await, 200);
    let call = live.over().await;
    assert_eq!(
        call["artifact"]["messagesOpenAIFormatted"],
        json!([{ "role": "system", "content": "The customer is Tim." }])
    );
}

#[tokio::test]
async fn the_muted_are_not_heard() {
    let script = quiet()
        .assistant_says("Unheard.")
        .customer_says("Hello?")
        .pause(STEP)
        .assistant_says("Heard.")
        .customer_says("Unheard, too.");
    let live = live(script).await;
    let control = |what: &str| live.tell(json!({ "type": "control", "control": what }));
    assert_eq!(control("mute-assistant").await, 200);
    live.vapi.emulator.advance(STEP + 2 * SECOND).await;
    assert_eq!(control("unmute-assistant").await, 200);
    assert_eq!(control("mute-customer").await, 200);
    assert_eq!(
        live.over().await["artifact"]["transcript"],
        "User: Hello?\nAI: Heard.\n"
    );
}

#[tokio::test]
async fn the_first_message_can_be_asked_for() {
    let live = live(quiet()).await;
    let say = json!({ "type": "control", "control": "say-first-message" });
    assert_eq!(live.tell(say).await, 200);
    assert_eq!(live.over().await["artifact"]["transcript"], "AI: Ada here.\n");
}

#[tokio::test]
async fn a_call_can_be_ended() {
    let live = live(Script::new().assistant_says("One two three four.").lasting(4 * STEP)).await;
    live.vapi.emulator.advance(2 * STEP).await;
    assert_eq!(live.tell(json!({ "type": "end-call" })).await, 200);
    let call = live.read().await;
    assert_eq!(
        (&call["status"], &call["endedReason"]),
        (&json!("ended"), &json!("assistant-ended-call"))
    );
    assert_eq!(call["artifact"]["transcript"], "AI: One two\n");
}

#[tokio::test]
async fn a_call_can_be_transferred() {
    let live = live(quiet()).await;
    let destination = json!({ "type": "sip", "sipUri": "sip:desk@example.com" });
    let transfer = json!({ "type": "transfer", "destination": destination, "content": "One moment." });
    assert_eq!(live.tell(transfer).await, 200);
    live.vapi.emulator.advance(SECOND).await;
    assert_eq!(live.read().await["status"], "forwarding");
    let call = live.over().await;
    assert_eq!(call["endedReason"], "assistant-forwarded-call");
    assert_eq!(call["destination"], destination);
    assert_eq!(call["artifact"]["transcript"], "AI: One moment.\n");
}

#[tokio::test]
async fn a_call_can_be_handed_off_and_goes_on() {
    let live = live(quiet().customer_says("Hi, Bob.")).await;
    let assistant = json!({ "name": "Bob", "firstMessage": "Bob here." });
    let handoff = json!({ "type": "handoff", "destination": { "type": "assistant", "assistant": assistant } });
    assert_eq!(live.tell(handoff).await, 200);
    let call = live.over().await;
    assert_eq!(call["artifact"]["transcript"], "AI: Bob here.\nUser: Hi, Bob.\n");
}

#[tokio::test]
async fn a_message_to_the_carrier_is_taken() {
    let live = live(quiet()).await;
    for message in [
        json!({ "transport": "vapi.sip", "sipVerb": "INFO", "headers": {}, "body": "1" }),
        json!({ "transport": "twilio", "twiml": "<Response/>" }),
    ] {
        assert_eq!(
            live.tell(json!({ "type": "send-transport-message", "message": message }))
                .await,
            200
        );
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let live = live(quiet()).await;
    for message in [
        json!({}),
        json!({ "type": "dance" }),
        json!({ "type": "say" }),
        json!({ "type": "say", "content": "Hi.", "endCallAfterSpoken": "yes" }),
        json!({ "type": "add-message", "message": { "role": "king", "content": "Hi." } }),
        json!({ "type": "add-message", "message": { "role": "user" } }),
        json!({ "type": "control", "control": "mute-everybody" }),
        json!({ "type": "transfer" }),
        json!({ "type": "transfer", "destination": { "type": "number" } }),
        json!({ "type": "handoff", "destination": { "type": "number", "number": "+15555550199" } }),
        json!({ "type": "send-transport-message", "message": { "transport": "vapi.sip", "sipVerb": "BYE" } }),
    ] {
        assert_eq!(live.tell(message.clone()).await, 400, "{message}");
    }
    assert_eq!(live.read().await["status"], "in-progress");
}

#[tokio::test]
async fn a_call_that_is_over_can_not_be_told_anything() {
    let live = live(quiet()).await;
    live.over().await;
    for message in [
        json!({ "type": "end-call" }),
        json!({ "type": "say", "content": "Hello?" }),
    ] {
        assert_eq!(live.tell(message).await, 404);
    }
}

#[tokio::test]
async fn a_server_may_control_the_call_while_it_is_asked() {
    let vapi = start_with(Emulator::builder().call_step(STEP)).await;
    vapi.emulator
        .script(Script::new().calls_tool("look_up", json!({})).customer_says("Great."));
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let receiver = Receiver::answering(move |sent| {
        let message = sent.message();
        if message["type"] == "tool-calls" {
            let control = message["call"]["monitor"]["controlUrl"].as_str().expect("an address");
            let say = json!({ "type": "say", "content": "Still looking." });
            tokio::spawn(http.post(control).json(&say).send());
            return None;
        }
        Some((200, json!({})))
    })
    .await;
    let server = json!({ "url": receiver.url, "timeoutSeconds": 2 });
    let id = vapi.create("/call", json!({ "assistant": { "server": server } })).await;
    vapi.emulator.advance(60 * STEP).await;
    let call = vapi.get(&format!("/call/{id}")).await.1;
    assert_eq!(call["artifact"]["transcript"], "AI: Still looking.\nUser: Great.\n");
}
