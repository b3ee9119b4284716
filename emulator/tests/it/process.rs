//! The real binary as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::client::answer;

pub const KEY: &str = "local-vapi-key";

pub struct Process {
    child: Child,
    pub url: String,
    /// The lines it printed at the start.
    pub said: Vec<String>,
    http: reqwest::Client,
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vapi-emulator"));
    command
        .args(arguments)
        .env_remove("VAPI_EMULATOR_KEY")
        .stdin(Stdio::null());
    command
}

/// Runs the binary when it should fail.
pub fn fails(arguments: &[&str]) -> Output {
    let output = command(arguments).output().expect("the binary runs");
    assert!(!output.status.success());
    output
}

/// Starts the binary on a free port and waits until it is ready.
pub fn start(arguments: &[&str]) -> Process {
    start_from(env!("CARGO_BIN_EXE_vapi-emulator"), &[], arguments)
}

/// Starts the binary by another program, which replaces itself by it.
pub fn start_from(program: &str, before: &[&str], arguments: &[&str]) -> Process {
    let mut child = Command::new(program)
        .args(before)
        .args(["--port", "0"])
        .args(arguments)
        .env_remove("VAPI_EMULATOR_KEY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut said = Vec::new();
    while said.last().is_none_or(|line: &String| !line.contains("stops it")) {
        match lines.next() {
            Some(line) => said.push(line.expect("text")),
            None => {
                let mut problem = String::new();
                let _ = child
                    .stderr
                    .take()
                    .map(|mut stderr| stderr.read_to_string(&mut problem));
                panic!("it did not start: {problem}");
            }
        }
    }
    let url = said[0]
        .split([' ', ','])
        .find(|word| word.starts_with("http://"))
        .expect("its address")
        .to_owned();
    // In a build with the `vapi` crate, reqwest has TLS and needs an explicit cryptography provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Process {
        child,
        url,
        said,
        http: reqwest::Client::builder().no_proxy().build().expect("a client"),
    }
}

impl Process {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(KEY)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(self.url.trim_start_matches("http://")).expect("a connection")
    }

    #[cfg(target_os = "linux")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process with SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is gone");
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &id])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for the end of the process and returns its standard error.
    pub fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it ends");
        let mut errors = String::new();
        let _ = self
            .child
            .stderr
            .take()
            .map(|mut stderr| stderr.read_to_string(&mut errors));
        (status, errors)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The path of a new file in a temporary directory.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Scratch {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).expect("a directory");
        Scratch(directory)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path of text").to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
