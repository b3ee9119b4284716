//! Attacks that a local server meets: smuggled requests, full disks, memory that grows, and many emulators at once. Broken clients
//! are in `hostile`, damaged files in `damage`, kills in `storage`, and text of callers that tries to run on the pages in
//! `tests/browser`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vapi_emulator::Emulator;

use crate::client::{Vapi, answer, start_with};

/// The request that each attack tries to hide in another one.
const HIDDEN: &str = "DELETE /assistant/hidden HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n\r\n";

fn send(vapi: &Vapi, bytes: &[u8]) -> String {
    let address = vapi.emulator.base_url();
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a timeout");
    // The server may disconnect before the write is complete.
    let _ = stream.write_all(bytes);
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read);
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn no_request_is_smuggled_in_another() {
    let vapi = start_with(Emulator::builder().client_timeout(Duration::from_millis(200))).await;
    let length = HIDDEN.len();
    let chunk = format!("{length:x}\r\n{HIDDEN}\r\n0\r\n\r\n");
    // Headers that two servers may read in two ways, and a body that has the hidden request for one of them.
    let attempts = [
        // Both a length and chunks.
        (
            format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
            chunk.clone(),
        ),
        (
            "Content-Length: 4\r\nTransfer-Encoding: chunked".to_owned(),
            chunk.clone(),
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 0".to_owned(),
            format!("0\r\n\r\n{HIDDEN}"),
        ),
        // Two lengths.
        (
            format!("Content-Length: 0\r\nContent-Length: {length}"),
            HIDDEN.to_owned(),
        ),
        (
            format!("Content-Length: {length}\r\nContent-Length: 0"),
            HIDDEN.to_owned(),
        ),
        (format!("Content-Length: 0, {length}"), HIDDEN.to_owned()),
        // A length that is no number, or no number to all.
        (format!("Content-Length: +{length}"), HIDDEN.to_owned()),
        (format!("Content-Length: 0x{length:x}"), HIDDEN.to_owned()),
        (format!("Content-Length: {length} 0"), HIDDEN.to_owned()),
        ("Content-Length: -1".to_owned(), HIDDEN.to_owned()),
        ("Content-Length: 18446744073709551616".to_owned(), HIDDEN.to_owned()),
        // Codings that are not the last one, or none.
        ("Transfer-Encoding: chunked, identity".to_owned(), chunk.clone()),
        ("Transfer-Encoding: identity".to_owned(), HIDDEN.to_owned()),
        ("Transfer-Encoding: xchunked".to_owned(), chunk.clone()),
        ("Transfer-Encoding: \u{b}chunked".to_owned(), chunk.clone()),
        // Names that are headers to some.
        ("Transfer-Encoding : chunked".to_owned(), chunk.clone()),
        (" Transfer-Encoding: chunked".to_owned(), chunk.clone()),
        ("X: y\nTransfer-Encoding: chunked".to_owned(), chunk.clone()),
        // Chunks with more than a size.
        (
            "Transfer-Encoding: chunked".to_owned(),
            format!("0x{length:x}\r\n{HIDDEN}\r\n0\r\n\r\n"),
        ),
    ];
    for (headers, body) in attempts {
        // An unknown path, so that only the framing counts.
        let request = format!("POST /outer HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n{body}");
        send(&vapi, request.as_bytes());
    }
    let hidden = || {
        let requests = vapi.emulator.requests().into_iter();
        requests.filter(|request| request.method == Method::DELETE).count()
    };
    assert_eq!(hidden(), 0);
    // In the open it is a request.
    send(
        &vapi,
        format!("POST /outer HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n{HIDDEN}").as_bytes(),
    );
    assert_eq!(hidden(), 1);
}

#[tokio::test]
async fn a_hundred_emulators_share_a_process() {
    let mut emulators = Vec::new();
    for _ in 0..100 {
        emulators.push(start_with(Emulator::builder()).await);
    }
    for (number, vapi) in emulators.iter().enumerate() {
        vapi.create("/assistant", json!({ "name": format!("a-{number}") }))
            .await;
    }
    for (number, vapi) in emulators.iter().enumerate() {
        let (_, list) = vapi.get("/assistant").await;
        assert_eq!(list.as_array().map(Vec::len), Some(1));
        assert_eq!(list[0]["name"], format!("a-{number}"));
    }
}

/// The resident memory of a process in bytes.
#[cfg(all(feature = "cli", target_os = "linux"))]
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.expect("a number") * 1024
}

#[cfg(all(feature = "cli", target_os = "linux"))]
#[tokio::test]
async fn memory_stays_flat_over_many_requests() {
    let emulator = crate::process::start(&[]);
    let refused = json!({ "nam": "x".repeat(1000) });
    let round = async |count: usize| {
        for number in 0..count {
            // Each kind that leaves something: a resource that goes again, a refusal, a key of its own.
            if number % 10 == 0 {
                let (_, created) = emulator.post("/assistant", json!({})).await;
                let path = format!("/assistant/{}", created["id"].as_str().expect("an id"));
                assert_eq!(answer(emulator.request(Method::DELETE, &path)).await.0, 200);
            }
            assert_eq!(emulator.post("/assistant", refused.clone()).await.0, 400);
        }
    };
    // The log of requests is full after this.
    round(800).await;
    let before = resident(emulator.id());
    round(2400).await;
    let after = resident(emulator.id());
    assert!(after < before + 16 * 1024 * 1024, "{before} bytes, then {after}");
}

#[cfg(all(feature = "cli", unix))]
#[tokio::test]
async fn a_full_disk_is_said_and_loses_nothing() {
    use crate::process::{Scratch, start, start_from};

    let scratch = Scratch::new("full");
    let path = scratch.path("vapi.redb");
    // The file may not grow beyond 4 MB: blocks of 512 bytes. The shell ignores the signal, and the emulator inherits that.
    let limited = "trap '' XFSZ; ulimit -f 8192; exec \"$0\" \"$@\"";
    let emulator = start_from(
        "sh",
        &["-c", limited, env!("CARGO_BIN_EXE_vapi-emulator")],
        &["--data", &path],
    );
    let mut confirmed = Vec::new();
    let problem = loop {
        let name = format!("a-{}", confirmed.len());
        let text = "Good morning. ".repeat(2000);
        let (status, response) = emulator
            .post(
                "/tool",
                json!({ "type": "function", "function": { "name": name, "description": text } }),
            )
            .await;
        if status != 201 {
            break (status, response);
        }
        confirmed.push(response["id"].as_str().expect("an id").to_owned());
        assert!(confirmed.len() < 1000, "the disk is never full");
    };
    assert_eq!(problem.0, 500);
    let said = problem.1["message"].as_str().expect("a sentence");
    assert!(said.starts_with(&format!("the data file {path}: ")), "{said}");
    // What it has in memory may be more than the file has, so it shows nothing any more.
    assert_eq!(emulator.get("/tool?limit=1").await, problem);
    drop(emulator);
    // With room, all that was confirmed is there.
    let emulator = start(&["--data", &path]);
    for id in confirmed {
        assert_eq!(emulator.get(&format!("/tool/{id}")).await.0, 200, "{id}");
    }
}
