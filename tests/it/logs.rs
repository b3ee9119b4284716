//! Call logs as entries: unpacked as they come, and never more of them in memory than a line.
#![cfg(feature = "logs")]

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use vapi::Client;
use vapi::Download;
use vapi::artifacts::LogEntry;

use crate::support::*;

const LOG: &str = concat!(
    r#"{"time":1700000000000,"body":"Call started","attributes":{"category":"system","event":"call.started"}}"#,
    "\n",
    r#"{"time":1700000000400,"body":"Voice input","attributes":{"category":"voice","input":"Grüße 你好","latency":120}}"#,
    "\n",
);

fn packed(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn download(vapi: &Client) -> Download {
    Download::new(vapi, "CallArtifactController_logs", "/call/{id}/call-logs").path("id", "c-1")
}

fn gzip(body: impl Into<Vec<u8>>) -> Reply {
    Reply::new(200, "application/gzip", body)
}

/// Returns the lines up to the end or the first error.
async fn lines_of(reply: Reply) -> (Vec<String>, Option<vapi::Error>) {
    let storage = Server::replying([reply]).await;
    let api = Server::replying([Reply::redirect(format!("{}/log.jsonl.gz", storage.url))]).await;
    let mut stream = download(&client(&api)).lines().await.unwrap();
    let mut lines = Vec::new();
    while let Some(line) = stream.next().await {
        match line {
            Ok(line) => lines.push(line),
            Err(error) => {
                assert!(stream.next().await.is_none(), "an error is the end");
                return (lines, Some(error));
            }
        }
    }
    (lines, None)
}

async fn entries_of(text: &str) -> Vec<vapi::Result<LogEntry>> {
    let server = Server::replying([gzip(packed(text))]).await;
    let mut stream = download(&client(&server)).entries().await.unwrap();
    let mut entries = Vec::new();
    while let Some(entry) = stream.next().await {
        entries.push(entry);
    }
    entries
}

#[cfg(vapi_download = "CallArtifactController_callLogsDownload")]
#[cfg(vapi_op = "CallController_create")]
#[tokio::test]
async fn the_log_of_a_call_is_read_entry_by_entry() {
    use vapi::types::{CallOrBatch, CreateCallDto, CreateCustomerDto};
    let (local, vapi) = local().await;
    let request = CreateCallDto::new()
        .assistant_id("a-1")
        .phone_number_id("line-1")
        .customer(CreateCustomerDto::new().number("+15555550123"));
    let CallOrBatch::Call(call) = vapi.calls().create(request).await.unwrap() else {
        panic!("not a call");
    };
    local.advance(Duration::from_secs(3600)).await;
    let mut entries = vapi.calls().logs(&call.id).entries().await.unwrap();
    let mut events = Vec::new();
    while let Some(entry) = entries.next().await {
        let entry = entry.unwrap();
        assert!(entry.time.unwrap() > 1_600_000_000_000);
        events.push((entry.body.clone().unwrap(), entry.category().unwrap().to_owned()));
    }
    let events: Vec<(&str, &str)> = events.iter().map(|(body, kind)| (&**body, &**kind)).collect();
    assert_eq!(events.first(), Some(&("Call started", "system")));
    assert_eq!(events.last(), Some(&("Call ended", "system")));
}

#[tokio::test]
async fn an_entry_has_time_text_and_attributes() {
    let entries: Vec<LogEntry> = entries_of(LOG).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1].time, Some(1_700_000_000_400));
    assert_eq!(entries[1].body.as_deref(), Some("Voice input"));
    assert_eq!(entries[1].category(), Some("voice"));
    assert_eq!(entries[1].attributes["input"], "Grüße 你好");
    assert_eq!(entries[1].attributes["latency"], 120);
}

#[tokio::test]
async fn what_is_not_known_is_kept() {
    let entries = entries_of(r#"{"time":"soon","body":"x","level":"warn","attributes":null}"#).await;
    let entry = entries[0].as_ref().unwrap();
    assert_eq!((entry.time, entry.body.as_deref()), (None, Some("x")));
    assert_eq!(
        Value::Object(entry.extra.clone()),
        json!({ "time": "soon", "level": "warn", "attributes": null })
    );
}

#[tokio::test]
async fn a_malformed_line_does_not_hide_the_next() {
    let entries = entries_of("{\"body\":\"a\"}\n\n{\"body\":\n{\"body\":\"b\"}\n").await;
    assert_eq!(entries[0].as_ref().unwrap().body.as_deref(), Some("a"));
    let error = entries[1].as_ref().unwrap_err();
    assert!(error.is_decode());
    let start = "CallArtifactController_logs: line 3 of the log is not an entry: EOF while parsing";
    assert!(error.to_string().starts_with(start), "{error}");
    assert_eq!(entries[2].as_ref().unwrap().body.as_deref(), Some("b"));
    assert_eq!(entries.len(), 3);
}

#[tokio::test]
async fn a_log_may_come_in_pieces_of_any_size() {
    let whole = packed(LOG);
    let bytes: Vec<&[u8]> = whole.chunks(1).collect();
    let (lines, error) = lines_of(gzip("").chunked(&bytes, Duration::ZERO)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(lines, LOG.lines().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_log_may_be_of_several_gzip_members() {
    let (first, second) = LOG.split_at(70);
    let (lines, error) = lines_of(gzip([packed(first), packed(second)].concat())).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(lines, LOG.lines().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_log_that_is_not_packed_is_read_too() {
    let (lines, error) = lines_of(gzip(LOG.replace('\n', "\r\n"))).await;
    assert!(error.is_none());
    assert_eq!(lines, LOG.lines().collect::<Vec<_>>());
}

#[tokio::test]
async fn the_last_line_needs_no_line_feed() {
    assert_eq!(lines_of(gzip(packed("a\nb"))).await.0, ["a", "b"]);
    assert_eq!(lines_of(gzip(packed(""))).await.0, [""; 0]);
    assert_eq!(lines_of(gzip("")).await.0, [""; 0]);
}

#[tokio::test]
async fn a_long_log_is_read_to_its_end() {
    let line = r#"{"time":1,"body":"Voice input","attributes":{}}"#;
    let (lines, error) = lines_of(gzip(packed(&format!("{line}\n").repeat(200_000)))).await;
    assert!(error.is_none());
    assert_eq!(lines.len(), 200_000);
    assert!(lines.iter().all(|read| read == line));
}

#[tokio::test]
async fn a_line_without_end_is_refused_at_the_limit() {
    let bomb = packed(&" ".repeat(64 << 20));
    assert!(bomb.len() < 100 << 10);
    let (lines, error) = lines_of(gzip(bomb)).await;
    assert!(lines.is_empty());
    assert_eq!(
        error.unwrap().to_string(),
        "CallArtifactController_logs: a line is longer than 8 MiB"
    );
}

#[tokio::test]
async fn a_log_that_breaks_off_ends_in_an_interruption() {
    let line = (0..4000)
        .map(|n| format!("line {n} {}\n", n * 7919))
        .collect::<String>();
    let whole = packed(&line);
    let half = whole.len() / 2;
    // The transfer breaks off; or what is stored does.
    for reply in [gzip(whole.clone()).cut_after(half), gzip(&whole[..half])] {
        let (lines, error) = lines_of(reply).await;
        assert!(lines.len() > 100 && lines[0] == "line 0 0", "{}", lines.len());
        assert!(error.unwrap().is_interrupted());
    }
}

#[tokio::test]
async fn a_damaged_log_is_said_to_be_damaged() {
    let mut damaged = packed(LOG);
    damaged[12..40].fill(0xff);
    let (_, error) = lines_of(gzip(damaged)).await;
    let error = error.unwrap();
    assert!(error.is_decode());
    assert!(error.to_string().contains("the log cannot be unpacked: "), "{error}");
}

#[tokio::test]
async fn a_log_that_is_not_there_yet_is_a_404() {
    let api = Server::replying([Reply::json(404, r#"{"message":"not yet"}"#)]).await;
    let error = download(&client(&api)).entries().await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn a_byte_order_mark_before_a_log_is_skipped() {
    let entries = entries_of(&format!("\u{feff}{LOG}")).await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].as_ref().unwrap().body.as_deref(), Some("Call started"));
}
