//! Measures the emulator beside a bare axum handler that returns the same bytes. `benches/emulator.sh` at the root
//! builds and starts it.
//!
//! Each server is its own process. Rounds are interleaved, so that other load of the machine affects all of them.

mod load;
mod servers;

use std::path::Path;
use std::time::{Duration, Instant};

use load::{Target, answer, load};
use servers::Server;

const CONNECTIONS: usize = 32;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[1..] {
        ["axum", port, body] => servers::axum(port, body).await,
        ["emulator", port] => servers::emulator(port).await,
        [binary, rounds, requests] => {
            let rounds = rounds.parse().expect("a number of rounds");
            let requests = requests.parse().expect("a number of requests");
            start_up(binary).await;
            gets(rounds).await;
            lists(rounds).await;
            memory(requests).await;
        }
        _ => panic!("usage: vapi-emulator-speed <the emulator's binary> <rounds> <requests>"),
    }
}

/// Measures the time from the start of the process to its first response.
async fn start_up(binary: &str) {
    let mut took = Vec::new();
    for _ in 0..20 {
        let before = Instant::now();
        let server = Server::start(Path::new(binary), |port| vec!["--port".into(), port]).await;
        took.push(before.elapsed());
        drop(server);
    }
    took.sort();
    println!(
        "| start to first answer, median of {} | {:.1} ms |",
        took.len(),
        millis(took[took.len() / 2])
    );
    println!("| the slowest of them | {:.1} ms |\n", millis(took[took.len() - 1]));
}

/// Measures GETs of one resource.
async fn gets(rounds: usize) {
    let emulator = Server::emulator().await;
    let id = emulator.create("/assistant", ASSISTANT).await;
    let resource = Target::get(emulator.port, &format!("/assistant/{id}"));
    let (_, body) = answer(&resource).await;
    let file = std::env::temp_dir().join(format!("vapi-emulator-speed-{}.json", std::process::id()));
    std::fs::write(&file, &body).expect("a temporary file");
    let axum = Server::start(&servers::this(), |port| {
        vec!["axum".into(), port, file.display().to_string()]
    })
    .await;
    let same = Target::get(axum.port, &format!("/assistant/{id}"));
    assert_eq!(answer(&same).await.1, body);
    println!(
        "GETs a second of one assistant ({} bytes), {CONNECTIONS} connections",
        body.len()
    );
    println!("| round | axum | emulator | ratio |\n| --- | --- | --- | --- |");
    let mut ratios = Vec::new();
    // The first round warms up.
    for round in 0..=rounds {
        let bare = load(&same, CONNECTIONS, Duration::from_secs(2)).await;
        let ours = load(&resource, CONNECTIONS, Duration::from_secs(2)).await;
        if round > 0 {
            println!("| {round} | {bare:.0} | {ours:.0} | {:.2} |", ours / bare);
            ratios.push(ours / bare);
        }
    }
    ratios.sort_by(f64::total_cmp);
    println!("| median | | | {:.2} |\n", ratios[ratios.len() / 2]);
    let _ = std::fs::remove_file(file);
}

/// Measures pages of ten thousand resources.
async fn lists(rounds: usize) {
    let emulator = Server::emulator().await;
    let before = Instant::now();
    for _ in 0..10_000 {
        emulator.create("/assistant", ASSISTANT).await;
    }
    println!("| 10,000 assistants made | {:.1} s |", before.elapsed().as_secs_f64());
    let page = Target::get(emulator.port, "/assistant?limit=100");
    let mut took = Vec::new();
    for _ in 0..rounds * 10 {
        let before = Instant::now();
        answer(&page).await;
        took.push(before.elapsed());
    }
    took.sort();
    println!(
        "| a list of 100 of them, median | {:.2} ms |\n",
        millis(took[took.len() / 2])
    );
}

/// Measures resident memory during requests, with the default size of the log.
async fn memory(requests: usize) {
    let emulator = Server::emulator().await;
    let id = emulator.create("/assistant", ASSISTANT).await;
    let target = Target::get(emulator.port, &format!("/assistant/{id}"));
    println!("| requests | resident |\n| --- | --- |");
    let mut sent = 0;
    for tenth in 0..=10 {
        if tenth > 0 {
            sent += load::requests(&target, CONNECTIONS, requests / 10).await;
        }
        println!("| {sent} | {:.1} MB |", emulator.resident());
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Returns a typical assistant.
const ASSISTANT: &str = r#"{
    "name": "Reservations",
    "firstMessage": "Thank you for calling. How can I help you?",
    "firstMessageMode": "assistant-speaks-first",
    "maxDurationSeconds": 600,
    "model": { "provider": "openai", "model": "gpt-4o", "temperature": 0.3, "messages": [
        { "role": "system", "content": "You take reservations for a small restaurant. Ask for name, time and number of guests, repeat what you understood, and book the table with the tool. Be brief." }
    ], "tools": [{ "type": "function", "function": { "name": "book_table", "description": "Books a table.", "parameters": {
        "type": "object", "properties": { "guests": { "type": "integer" }, "time": { "type": "string" } } } } }] },
    "voice": { "provider": "11labs", "voiceId": "sarah", "stability": 0.5 },
    "transcriber": { "provider": "deepgram", "model": "nova-2", "language": "en" },
    "server": { "url": "http://127.0.0.1:9/", "timeoutSeconds": 20 },
    "serverMessages": ["end-of-call-report", "status-update", "tool-calls"],
    "endCallPhrases": ["goodbye", "talk to you soon"],
    "metadata": { "restaurant": "12", "plan": "small" }
}"#;
