//! Artifacts of a call: a redirect to another host, which needs no token.

use std::io::Read;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vapi_emulator::Emulator;

use crate::client::{Vapi, start_with};

const STEP: Duration = Duration::from_secs(60);

async fn ended_call() -> (Vapi, String) {
    let vapi = start_with(Emulator::builder().call_step(STEP)).await;
    let id = vapi.create("/call", json!({ "assistantId": "a" })).await;
    vapi.emulator.advance(3 * STEP).await;
    (vapi, id)
}

async fn location(vapi: &Vapi, path: &str) -> String {
    let response = vapi.request(Method::GET, path).send().await.expect("a response");
    assert_eq!(response.status(), 302);
    response.headers()["location"].to_str().expect("text").to_owned()
}

async fn download(path: &str) -> (String, Vec<u8>) {
    let (vapi, id) = ended_call().await;
    let location = location(&vapi, &format!("/call/{id}/{path}")).await;
    let response = vapi.elsewhere(Method::GET, &location).send().await.expect("a response");
    assert_eq!(response.status(), 200);
    let content_type = response.headers()["content-type"].to_str().expect("text").to_owned();
    (content_type, response.bytes().await.expect("a whole body").to_vec())
}

#[tokio::test]
async fn a_recording_is_elsewhere() {
    let (vapi, id) = ended_call().await;
    let location = location(&vapi, &format!("/call/{id}/mono-recording")).await;
    assert!(location.starts_with("http://127.0.0.1:"));
    assert!(!location.starts_with(&vapi.emulator.base_url()));
}

#[tokio::test]
async fn the_other_host_refuses_a_token() {
    let (vapi, id) = ended_call().await;
    let location = location(&vapi, &format!("/call/{id}/mono-recording")).await;
    let request = vapi
        .elsewhere(Method::GET, &location)
        .bearer_auth(vapi.emulator.api_key());
    assert_eq!(request.send().await.expect("a response").status(), 400);
}

#[tokio::test]
async fn the_other_host_refuses_a_link_that_was_changed() {
    let (vapi, id) = ended_call().await;
    let location = location(&vapi, &format!("/call/{id}/mono-recording"))
        .await
        .replace("mono", "stereo");
    let request = vapi.elsewhere(Method::GET, &location);
    assert_eq!(request.send().await.expect("a response").status(), 403);
}

#[tokio::test]
async fn a_recording_is_a_wav_of_pcm() {
    for (path, channels) in [
        ("mono-recording", 1),
        ("stereo-recording", 2),
        ("customer-recording", 1),
        ("assistant-recording", 1),
    ] {
        let (content_type, wav) = download(path).await;
        assert_eq!(content_type, "audio/wav");
        assert_eq!((&wav[..4], &wav[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
        assert_eq!(u16::from_le_bytes([wav[22], wav[23]]), channels, "{path}");
        let length = u32::from_le_bytes([wav[40], wav[41], wav[42], wav[43]]) as usize;
        assert_eq!(wav.len(), 44 + length);
        assert_eq!(length, 2 * 16_000 * 2 * usize::from(channels));
        assert!(wav[44..].iter().any(|byte| *byte != 0), "silence");
    }
}

#[tokio::test]
async fn a_capture_is_a_pcap_of_whole_packets() {
    let (_, pcap) = download("pcap").await;
    assert_eq!(pcap[..4], [0xd4, 0xc3, 0xb2, 0xa1]);
    let (mut at, mut packets) = (24, 0);
    while at < pcap.len() {
        let length = u32::from_le_bytes([pcap[at + 8], pcap[at + 9], pcap[at + 10], pcap[at + 11]]) as usize;
        at += 16 + length;
        packets += 1;
    }
    assert_eq!((at, packets), (pcap.len(), 5));
}

#[tokio::test]
async fn logs_are_gzipped_lines_of_json() {
    let (_, logs) = download("call-logs").await;
    let mut text = String::new();
    flate2::read::GzDecoder::new(&logs[..])
        .read_to_string(&mut text)
        .expect("gzip");
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(rows.len(), 4);
    assert!(
        rows.iter()
            .all(|row| row["time"].is_i64() && row["body"].is_string() && row["attributes"].is_object())
    );
}

#[tokio::test]
async fn a_video_is_an_mp4() {
    let (content_type, video) = download("video-recording").await;
    assert_eq!(content_type, "video/mp4");
    assert_eq!((&video[4..8], video.len()), (&b"ftyp"[..], 28 + 8 + 108));
}

#[tokio::test]
async fn a_call_that_goes_on_has_no_recording_yet() {
    let vapi = start_with(Emulator::builder().call_step(STEP)).await;
    let id = vapi.create("/call", json!({ "assistantId": "a" })).await;
    let (status, body) = vapi.get(&format!("/call/{id}/mono-recording")).await;
    assert_eq!(status, 404);
    assert_eq!(body["message"], json!(format!("mono recording of call {id} not found")));
}

#[tokio::test]
async fn the_links_in_an_ended_call_work() {
    let (vapi, id) = ended_call().await;
    let (_, call) = vapi.get(&format!("/call/{id}")).await;
    for name in [
        "presignedMonoUrl",
        "presignedStereoUrl",
        "presignedPcapUrl",
        "presignedLogUrl",
    ] {
        let link = call["artifact"][name].as_str().expect("a link");
        assert_eq!(
            vapi.elsewhere(Method::GET, link)
                .send()
                .await
                .expect("a response")
                .status(),
            200,
            "{name}"
        );
    }
}
