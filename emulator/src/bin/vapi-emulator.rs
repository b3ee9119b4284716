//! `vapi-emulator`: a local Vapi from the command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use vapi_emulator::{Emulator, Script};

/// A local Vapi: serves the API's OpenAPI document on 127.0.0.1, remembers what is created, and lets calls live and end.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Serve this OpenAPI document (JSON) instead of the built-in one
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// The API key to tell; any bearer token is accepted and gets an organization of its own
    #[arg(long, env = "VAPI_EMULATOR_KEY", default_value = "local-vapi-key")]
    key: String,
    /// Accept requests that break the rules of the document
    #[arg(long)]
    lenient: bool,
    /// How long a call stays in each state, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    call_step: u64,
    /// What happens in calls: scripts in TOML (by its name, *.toml) or JSON
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Send messages of calls here when neither the assistant nor the phone number has a server
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut emulator = Emulator::builder()
        .port(arguments.port)
        .api_key(arguments.key)
        .lenient(arguments.lenient)
        .call_step(std::time::Duration::from_millis(arguments.call_step))
        // Nobody asks a process for what it received.
        .keep_requests(0);
    if let Some(spec) = arguments.spec {
        emulator = emulator.spec_file(spec);
    }
    if let Some(url) = arguments.server {
        emulator = emulator.server(serde_json::json!({ "url": url }));
    }
    if let Some(file) = arguments.scenario {
        match Script::from_file(file) {
            Ok(scripts) => {
                emulator = scripts
                    .into_iter()
                    .fold(emulator, |emulator, script| emulator.script(script))
            }
            Err(error) => {
                eprintln!("vapi-emulator: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    let started = |url: &str, key: &str| {
        println!("Vapi is at {url}, key {key}, document {url}/api-json. Ctrl-C stops it.");
    };
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without the signal there is nothing to wait for; the process is stopped from outside.
            std::future::pending::<()>().await;
        }
    };
    match emulator.run(started, interrupted).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vapi-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}
