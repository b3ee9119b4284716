//! The binary with a file of scripts.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(name: &str, scenario: &str) -> Command {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, scenario).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vapi-emulator"));
    command
        .args([
            "--port",
            "0",
            "--key",
            "k",
            "--call-step",
            "5",
            "--allow-unknown-ids",
            "--allow-incomplete-calls",
            "--scenario",
        ])
        .arg(file);
    command
}

#[tokio::test]
async fn calls_follow_the_scenario() {
    let scenario = "[[scripts]]\nwordSeconds = 0.001\nsteps = [{ customer = \"It works.\" }]\n";
    let mut child = command("works.toml", scenario)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary");
    let output = child.stdout.take().expect("its output");
    let _running = Running(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("a line");
    let url = line
        .split_whitespace()
        .find(|word| word.starts_with("http://"))
        .expect("its address");
    let url = format!("{}/call", url.trim_end_matches(','));
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let placed = http.post(&url).bearer_auth("k").json(&json!({ "assistantId": "a" }));
    let placed: Value = placed.send().await.expect("a response").json().await.expect("a call");
    let url = format!("{url}/{}", placed["id"].as_str().expect("an id"));
    let ended = loop {
        let read = http.get(&url).bearer_auth("k").send().await.expect("a response");
        let call: Value = read.json().await.expect("a call");
        if call["status"] == "ended" {
            break call;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!(ended["artifact"]["transcript"], "User: It works.\n");
}

#[test]
fn a_scenario_with_a_mistake_is_not_played() {
    let output = command("broken.json", r#"[{ "steps": [{ "pause": "long" }] }]"#)
        .output()
        .expect("the binary");
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.starts_with("vapi-emulator: "), "{said}");
    assert!(
        said.ends_with("broken.json: scripts[0].steps[0].pause: must be a number\n"),
        "{said}"
    );
}
