//! Data files that something has damaged, and starts that were interrupted.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use vapi_emulator::Emulator;

use crate::client::{Vapi, start_with};
use crate::process::{self, KEY, Scratch, fails};

const DAMAGED: &str = "it is damaged; put a copy in its place, or remove it to start without data";

async fn start_on(path: &str) -> Vapi {
    start_with(
        Emulator::builder()
            .api_key(KEY)
            .data(path)
            .call_step(Duration::from_secs(3600)),
    )
    .await
}

/// Fills a file and returns its content.
async fn filled(path: &str) -> Vec<u8> {
    let vapi = start_on(path).await;
    for number in 0..20 {
        let text = format!("Hello, {number}. ").repeat(40);
        vapi.create(
            "/assistant",
            json!({ "name": format!("a-{number}"), "firstMessage": text }),
        )
        .await;
    }
    vapi.create("/call", json!({ "assistant": { "name": "Ada" } })).await;
    drop(vapi);
    fs::read(path).expect("the file")
}

#[tokio::test]
async fn the_binary_ends_in_one_sentence() {
    let scratch = Scratch::new("damage-sentence");
    let path = scratch.path("vapi.redb");
    let content = filled(&path).await;
    fs::write(&path, &content[..content.len() / 2]).expect("written");
    let said = fails(&["--port", "0", "--data", &path]);
    assert_eq!(
        String::from_utf8_lossy(&said.stderr),
        format!("vapi-emulator: the data file {path}: {DAMAGED}\n")
    );
}

#[tokio::test]
async fn a_kill_during_the_first_start_spoils_nothing() {
    for round in 0..8_u64 {
        let scratch = Scratch::new(&format!("first-{round}"));
        let path = scratch.path("vapi.redb");
        let mut child = process::command(&["--port", "0", "--data", &path])
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the binary runs");
        // At any moment: the file may be there already, or not yet.
        std::thread::sleep(Duration::from_millis(5 * round));
        child.kill().expect("it ran");
        child.wait().expect("it is gone");
        let vapi = start_on(&path).await;
        vapi.create("/assistant", json!({})).await;
        let beside = fs::read_dir(Path::new(&path).parent().expect("a directory"));
        assert_eq!(beside.expect("a directory").count(), 1, "only the file is left");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new("mode");
    let path = scratch.path("vapi.redb");
    let leftover = scratch.path("vapi.redb.4242.new");
    fs::write(&leftover, "half of a file").expect("written");
    drop(start_on(&path).await);
    let mode = fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!Path::new(&leftover).exists());
}

#[tokio::test]
async fn an_empty_file_becomes_a_data_file() {
    let scratch = Scratch::new("empty");
    let path = scratch.path("vapi.redb");
    fs::write(&path, "").expect("written");
    let vapi = start_on(&path).await;
    let id = vapi.create("/assistant", json!({})).await;
    drop(vapi);
    assert_eq!(start_on(&path).await.get(&format!("/assistant/{id}")).await.0, 200);
}
