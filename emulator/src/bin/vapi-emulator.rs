//! `vapi-emulator`: a local Vapi from the command line.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use vapi_emulator::{Emulator, Fault, Script};

/// The number of requests kept for `GET /emulator/requests`.
const REQUESTS: usize = 500;

/// A local Vapi: serves the API's OpenAPI document on 127.0.0.1, stores what clients create, and simulates calls.
#[derive(Parser)]
#[command(version = version())]
struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The address to listen on; any but 127.0.0.1 lets other machines in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = address)]
    host: IpAddr,
    /// Store everything in this file and continue from it at the next start
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Serve this OpenAPI document (JSON) instead of the built-in one
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// The API key to print; any bearer token is accepted and has its own organization
    #[arg(long, env = "VAPI_EMULATOR_KEY", default_value = "local-vapi-key")]
    key: String,
    /// Refuse every other key than that of --key, as the API does
    #[arg(long)]
    strict_key: bool,
    /// A fault: 'POST /call=500,times=2', 'CallController_findOne=latency:300ms', '*=reset'
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,
    /// Accept requests that break the rules of the document or of the API
    #[arg(long)]
    lenient: bool,
    /// Accept ids of resources that do not exist
    #[arg(long)]
    allow_unknown_ids: bool,
    /// Accept calls, chats and campaigns without an assistant or a phone number
    #[arg(long)]
    allow_incomplete_calls: bool,
    /// Let pages of this origin use the API in a browser, such as https://app.example.com; pages of this machine always may
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Send webhooks, and requests to models and tools, to this host, too; by default to this machine only ('*' is any host)
    #[arg(long = "allow-host", value_name = "HOST")]
    hosts: Vec<String>,
    /// The time that a call stays in each status, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    call_step: u64,
    /// Scripts of calls, in TOML (a file named *.toml) or JSON
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// The server for messages of calls whose assistant and phone number have none
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Write the completions of a shell, and end
    #[arg(long, value_name = "SHELL")]
    completions: Option<Shell>,
    /// Write the manual page, and end
    #[arg(long)]
    man: bool,
}

/// Returns the version of this program, with the date of the document that it serves.
fn version() -> &'static str {
    const DATE: &str = include_str!("../../date.txt").trim_ascii();
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| format!("{} (document of {DATE})", env!("CARGO_PKG_VERSION")))
}

fn address(text: &str) -> Result<IpAddr, String> {
    match text {
        "localhost" => Ok(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        _ => text
            .parse()
            .map_err(|_| "give an IP address, such as 127.0.0.1 or 0.0.0.0".to_owned()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(shell) = arguments.completions {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), env!("CARGO_BIN_NAME"), &mut script);
        return written(&script);
    }
    if arguments.man {
        let mut page = Vec::new();
        return match clap_mangen::Man::new(Arguments::command()).render(&mut page) {
            Ok(()) => written(&page),
            Err(error) => failed(&error.to_string()),
        };
    }
    let mut emulator = Emulator::builder()
        .port(arguments.port)
        .host(arguments.host)
        .api_key(arguments.key)
        .strict_key(arguments.strict_key)
        .lenient(arguments.lenient)
        .allow_unknown_ids(arguments.allow_unknown_ids)
        .allow_incomplete_calls(arguments.allow_incomplete_calls)
        .call_step(Duration::from_millis(arguments.call_step))
        .keep_requests(REQUESTS)
        .shutdown_timeout(Duration::from_secs(10));
    for origin in arguments.origins {
        emulator = emulator.allow_origin(origin);
    }
    for host in arguments.hosts {
        emulator = emulator.allow_host(host);
    }
    for fault in arguments.faults {
        emulator = emulator.fault(fault);
    }
    if let Some(spec) = arguments.spec {
        emulator = emulator.spec_file(spec);
    }
    if let Some(data) = &arguments.data {
        emulator = emulator.data(data);
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
            Err(error) => return failed(&error.to_string()),
        }
    }
    let started = |url: &str, key: &str| {
        let mut banner = format!("Vapi is at {url}, key {key}\n  calls     {url}/\n");
        if cfg!(feature = "reference") {
            banner += &format!("  docs      {url}/docs\n");
        }
        banner += &format!("  document  {url}/api-json\n");
        if let Some(data) = &arguments.data {
            banner += &format!("  data      {}\n", data.display());
        }
        // Standard output may be closed.
        let _ = writeln!(std::io::stdout(), "{banner}Ctrl-C stops it.");
        if !arguments.host.is_loopback() {
            eprintln!(
                "Warning: {} is not loopback, so other machines can use this emulator, with {} key.",
                arguments.host,
                if arguments.strict_key { "the" } else { "any" }
            );
        }
    };
    let stop = match stop_signal() {
        Ok(stop) => stop,
        Err(error) => return failed(&format!("cannot listen for signals: {error}")),
    };
    match emulator.run(started, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

/// Writes to the standard output, unless whoever reads has seen enough.
fn written(text: &[u8]) -> ExitCode {
    match std::io::stdout().write_all(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => failed(&error.to_string()),
        _ => ExitCode::SUCCESS,
    }
}

fn failed(problem: &str) -> ExitCode {
    eprintln!("vapi-emulator: {problem}");
    ExitCode::FAILURE
}

/// Waits for Ctrl-C or SIGTERM. A second signal ends the process at once.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            std::process::exit(130);
        });
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a handler the process is stopped from outside.
            std::future::pending::<()>().await;
        }
    })
}
