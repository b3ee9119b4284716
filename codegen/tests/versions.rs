//! A client of one document and an emulator of another: nothing is lost between them.
//!
//! The directory of the documents is `VAPI_UPSTREAM`, or `../shared/upstream` beside the repository.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn document(date: &str) -> PathBuf {
    let directory =
        std::env::var_os("VAPI_UPSTREAM").map_or_else(|| repository().join("../shared/upstream"), PathBuf::from);
    let path = directory.join(format!("{date}.json"));
    path.canonicalize()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Builds the client of one document and runs its tests against the other. Returns the last lines of what cargo says, and whether all
/// tests passed.
fn run(client: &str, served: &str) -> (bool, String) {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--workspace", "--offline", "--quiet", "--no-fail-fast"])
        .args([
            "--test",
            "every_operation",
            "--test",
            "drift",
            "another_version",
            "--",
            "--ignored",
            "--nocapture",
        ])
        .current_dir(repository())
        // The last lines are what a test printed.
        .env("RUST_BACKTRACE", "0")
        // The dependencies are there already. What depends on the document is built again by the next build of this crate.
        .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/.."))
        .env("VAPI_OPENAPI", document(client))
        .env("VAPI_SERVED", document(served))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let lines: Vec<&str> = said.iter().flat_map(|text| text.lines()).collect();
    (
        output.status.success(),
        lines[lines.len().saturating_sub(60)..].join("\n"),
    )
}

#[test]
#[ignore = "needs ../shared/upstream"]
fn a_client_of_another_document_loses_nothing() {
    let mut failed = Vec::new();
    // The newest document is the last that the test of documents builds.
    for (client, served) in [("2026-08-18", "2025-11-12"), ("2025-11-12", "2026-08-18")] {
        let started = Instant::now();
        let (passed, said) = run(client, served);
        let seconds = started.elapsed().as_secs_f32();
        println!("client of {client}, emulator of {served}: {seconds:.1} s\n{said}");
        if !passed {
            failed.push(format!("client of {client}, emulator of {served}"));
        }
    }
    assert!(failed.is_empty(), "something is lost: {}", failed.join("; "));
}
