//! The binary: its output, its stop, and its start errors.

use std::io::{Read, Write};
use std::net::TcpListener;

use reqwest::Method;
use serde_json::json;

use crate::process::{Scratch, command, fails, start};

fn complaint(arguments: &[&str]) -> String {
    String::from_utf8(fails(arguments).stderr).expect("text")
}

#[tokio::test]
async fn it_says_where_it_is_and_how_to_stop_it() {
    let emulator = start(&["--key", "my-key"]);
    let url = &emulator.url;
    assert!(url.starts_with("http://127.0.0.1:"));
    let mut lines = vec![
        format!("Vapi is at {url}, key my-key"),
        format!("  calls     {url}/"),
        format!("  docs      {url}/docs"),
        format!("  document  {url}/api-json"),
        "Ctrl-C stops it.".to_owned(),
    ];
    lines.retain(|line| cfg!(feature = "reference") || !line.ends_with("/docs"));
    assert_eq!(emulator.said, lines);
    assert_eq!(emulator.get("/assistant").await, (200, json!([])));
}

#[test]
fn it_writes_its_version_completions_and_manual_page() {
    let written = |arguments: &[&str]| {
        let output = command(arguments).output().expect("the binary runs");
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("text")
    };
    let date = include_str!("../../date.txt").trim();
    let version = format!("vapi-emulator {} (document of {date})\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(written(&["--version"]), version);
    assert!(written(&["--completions", "fish"]).contains("complete -c vapi-emulator"));
    assert!(written(&["--man"]).contains(".TH vapi-emulator 1"));
}

#[tokio::test]
async fn it_warns_when_other_machines_can_reach_it() {
    let emulator = start(&["--host", "0.0.0.0"]);
    // The address at which this machine reaches it.
    assert!(emulator.url.starts_with("http://127.0.0.1:"), "{}", emulator.url);
    assert_eq!(emulator.get("/assistant").await.0, 200);
    emulator.signal("TERM");
    let (_, errors) = emulator.end();
    assert_eq!(
        errors,
        "Warning: 0.0.0.0 is not loopback, so other machines can use this emulator, with any key.\n"
    );
}

#[tokio::test]
async fn it_stops_by_either_signal_and_finishes_what_it_answers() {
    for signal in ["INT", "TERM"] {
        let emulator = start(&["--fault", "GET /assistant=latency=300ms"]);
        let mut connection = emulator.connect();
        connection
            .write_all(b"GET /assistant HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nConnection: close\r\n\r\n")
            .expect("sent");
        // A logged request is in progress.
        while emulator
            .get("/emulator/requests")
            .await
            .1
            .as_array()
            .is_none_or(Vec::is_empty)
        {}
        emulator.signal(signal);
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("a response");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("[]"),
            "{answer}"
        );
        let (status, errors) = emulator.end();
        assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
    }
}

#[tokio::test]
async fn everything_stored_is_in_the_file_after_a_stop() {
    let scratch = Scratch::new("stop");
    let path = scratch.path("vapi.redb");
    let emulator = start(&["--data", &path]);
    assert!(emulator.said.contains(&format!("  data      {path}")));
    assert_eq!(emulator.post("/assistant", json!({ "name": "Ada" })).await.0, 201);
    emulator.signal("TERM");
    assert_eq!(emulator.end().0.code(), Some(0));
    let emulator = start(&["--data", &path]);
    assert_eq!(emulator.get("/assistant").await.1[0]["name"], "Ada");
}

#[tokio::test]
async fn faults_can_be_given_on_the_command_line() {
    let emulator = start(&[
        "--fault",
        "POST /assistant=503,times=1",
        "--fault",
        "GET /squad=retry-after=2",
    ]);
    assert_eq!(emulator.post("/assistant", json!({})).await.0, 503);
    assert_eq!(emulator.post("/assistant", json!({})).await.0, 201);
    let response = emulator
        .request(Method::GET, "/squad")
        .send()
        .await
        .expect("a response");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"2".parse().expect("a header"))
    );
}

#[test]
fn a_port_in_use_is_said_in_a_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    assert_eq!(
        complaint(&["--port", &port]),
        format!("vapi-emulator: 127.0.0.1:{port} is in use by another program; take another port\n")
    );
}

#[test]
fn a_document_that_can_not_be_served_is_named() {
    let scratch = Scratch::new("spec");
    let path = scratch.path("openapi.json");
    let complaint_of_spec = || complaint(&["--port", "0", "--spec", &path]);
    assert_eq!(
        complaint_of_spec(),
        format!("vapi-emulator: {path}: No such file or directory (os error 2)\n")
    );
    std::fs::write(&path, "<html>").expect("a file");
    assert!(complaint_of_spec().starts_with(&format!("vapi-emulator: {path}: the document is not JSON: ")));
    std::fs::write(&path, "{}").expect("a file");
    assert_eq!(
        complaint_of_spec(),
        format!("vapi-emulator: {path}: the document has no `paths`\n")
    );
}

#[test]
fn a_fault_that_makes_no_sense_is_explained() {
    let said = complaint(&["--fault", "POST /call=often"]);
    assert!(
        said.contains("`POST /call=often`: `often` is not an item of a fault; the items are status, latency, "),
        "{said}"
    );
    let said = complaint(&["--port", "0", "--fault", "POST /cal=500"]);
    assert_eq!(
        said,
        "vapi-emulator: the document has no operation `POST /cal`; name one by its id or as `POST /call`\n"
    );
}

#[test]
fn an_address_that_is_none_is_explained() {
    let said = complaint(&["--host", "example.com"]);
    assert!(
        said.contains("give an IP address, such as 127.0.0.1 or 0.0.0.0"),
        "{said}"
    );
}
