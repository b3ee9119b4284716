//! The measured servers, each in its own process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::TcpStream;

use crate::load::{Target, answer};

pub struct Server {
    pub port: u16,
    process: Child,
}

impl Server {
    /// Starts a program with the arguments of its port, and waits until it responds.
    pub async fn start(program: &Path, arguments: impl Fn(String) -> Vec<String>) -> Server {
        let port = free_port();
        let process = Command::new(program)
            .args(arguments(port.to_string()))
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let server = Server { port, process };
        for _ in 0..50_000 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                answer(&Target::get(port, "/assistant/none")).await;
                return server;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        panic!("{} does not listen", program.display());
    }

    /// The emulator as a test has it, with its log of requests.
    pub async fn emulator() -> Server {
        Server::start(&this(), |port| vec!["emulator".into(), port]).await
    }

    pub async fn create(&self, path: &str, body: &str) -> String {
        let (status, created) = answer(&Target::post(self.port, path, body)).await;
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&created));
        let created: serde_json::Value = serde_json::from_slice(&created).expect("JSON");
        created["id"].as_str().expect("an id").to_owned()
    }

    /// Returns the resident memory in megabytes.
    pub fn resident(&self) -> f64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kilobytes.and_then(|number| number.parse::<f64>().ok()).expect("a size") / 1e3
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn this() -> PathBuf {
    std::env::current_exe().expect("a path")
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The bare handler: prepared bytes, on one thread, like the emulator.
pub async fn axum(port: &str, file: &str) {
    let body = Bytes::from(std::fs::read(file).expect("the body"));
    let handler = move || std::future::ready(([(CONTENT_TYPE, "application/json; charset=utf-8")], body.clone()));
    let app = axum::Router::new().route("/assistant/{id}", get(handler));
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .expect("a free port");
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await.expect("it serves");
}

pub async fn emulator(port: &str) {
    let builder = vapi_emulator::Emulator::builder().port(port.parse().expect("a port"));
    let _emulator = builder.start().await.expect("it starts");
    std::future::pending().await
}
