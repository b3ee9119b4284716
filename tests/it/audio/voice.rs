//! A custom voice behind axum and behind hyper, as Vapi calls it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use vapi::audio::Codec;
use vapi::audio::voice::{VoiceRequest, VoiceService};

use crate::support::http;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Speaks each character as 10 ms of one sample. The text `fail` fails, and `break` breaks off.
fn voice() -> VoiceService {
    VoiceService::new(|request: VoiceRequest| async move {
        if request.text == "fail" {
            return Err(Failure::from("a secret cause"));
        }
        let length = request.sample_rate as usize / 100;
        let mut pieces: Vec<Result<Bytes, Failure>> = Vec::new();
        for character in request.text.chars() {
            pieces.push(Ok(Codec::Pcm.encode(vec![character as i16; length])));
        }
        if request.text == "break" {
            pieces.push(Err("a secret cause".into()));
        }
        Ok(stream::iter(pieces))
    })
}

async fn serve(voice: VoiceService) -> String {
    let address = crate::support::serve(axum::Router::new().route_service("/voice", voice)).await;
    format!("http://{address}/voice")
}

async fn ask(url: &str, message: Value) -> vapi::reqwest::Response {
    let body = json!({ "message": message });
    http().post(url).json(&body).send().await.unwrap()
}

fn request(text: &str) -> Value {
    json!({ "type": "voice-request", "text": text, "sampleRate": 8_000, "call": { "id": "c", "orgId": "o" } })
}

#[tokio::test]
async fn a_text_becomes_pcm() {
    let url = serve(voice()).await;
    let response = ask(&url, request("ab")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    let samples = Codec::Pcm.decode(&response.bytes().await.unwrap());
    assert_eq!(samples, [vec![97; 80], vec![98; 80]].concat());
}

#[tokio::test]
async fn mistakes_and_failures_have_their_statuses() {
    let url = serve(voice()).await;
    for (message, status, part) in [
        (json!({ "type": "transcript" }), 400, "not a `voice-request`"),
        (
            json!({ "type": "voice-request", "sampleRate": 8_000 }),
            400,
            "no `text`",
        ),
        (json!({ "type": "voice-request", "text": "a" }), 400, "no `sampleRate`"),
        (request("fail"), 500, "the voice failed"),
    ] {
        let response = ask(&url, message).await;
        assert_eq!(response.status(), status);
        let text = response.text().await.unwrap();
        assert!(text.contains(part) && !text.contains("secret"), "{text}");
    }
    assert_eq!(http().get(&url).send().await.unwrap().status(), 405);
    let garbage = http().post(&url).body("{").send().await.unwrap();
    assert_eq!(garbage.status(), 400);
}

#[tokio::test]
async fn a_voice_that_breaks_off_is_not_whole() {
    let url = serve(voice()).await;
    let body = json!({ "message": request("break") });
    // It may break off before the beginning of the response is on its way.
    let received = match http().post(&url).json(&body).send().await {
        Ok(response) => response.bytes().await,
        Err(error) => Err(error),
    };
    assert!(received.is_err());
}

#[tokio::test]
async fn a_request_that_is_not_authorized_is_refused() {
    let voice = voice().authorize(|parts| parts.headers.get("x-vapi-secret").is_some_and(|secret| secret == "s"));
    let url = serve(voice).await;
    assert_eq!(ask(&url, request("a")).await.status(), 401);
    let body = json!({ "message": request("a") });
    let allowed = http().post(&url).header("x-vapi-secret", "s").json(&body);
    assert_eq!(allowed.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn sound_is_sent_as_it_is_made() {
    // The second piece never comes; the first must not wait for it.
    let voice = VoiceService::new(|_: VoiceRequest| async {
        let first = stream::iter([Ok::<_, Failure>(Bytes::from_static(b"ab"))]);
        Ok::<_, Failure>(futures_util::StreamExt::chain(first, stream::pending()))
    });
    let url = serve(voice).await;
    let mut response = ask(&url, request("a")).await;
    let first = tokio::time::timeout(Duration::from_secs(10), response.chunk()).await;
    assert_eq!(first.unwrap().unwrap().unwrap(), "ab");
}
