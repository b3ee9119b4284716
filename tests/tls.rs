//! TLS in a program that has TLS of its own, and on a machine without root certificates.

#[path = "seed/cargo.rs"]
mod cargo;

use std::path::Path;
use std::process::{Command, Output};

use cargo::Crate;

/// The variables of a machine without root certificates.
const NO_ROOTS: [(&str, &str); 2] = [("SSL_CERT_FILE", "/no/such/file"), ("SSL_CERT_DIR", "/no/such/folder")];
/// The words of rustls, as README has them.
const PANIC: &str = "Could not automatically determine the process-level CryptoProvider from Rustls crate features.";

/// Builds the program with these features.
#[track_caller]
fn build(features: &[&str]) {
    let program = Crate::of("tls", "tls", cargo::repository());
    program
        .build(cargo::seed_document().to_str(), features)
        .expect_success();
}

/// Runs the program that was built last. Not by cargo, which replaces variables that lead to no certificates.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let program = cargo::target().join("debug/seed-tls");
    Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

#[track_caller]
fn succeeds(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(arguments, variables);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

// One test: the builds use the same folder, one after the other.
#[test]
fn tls_beside_other_tls_and_without_root_certificates() {
    build(&[]);
    let output = run(&["build", "rustls"], &[]);
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(PANIC), "{stderr}");
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(readme.contains(PANIC), "README does not have the words of the panic");
    // The first way out of README: a provider for the process.
    succeeds(&["install", "build", "rustls"], &[]);

    let http = succeeds(&["http"], &NO_ROOTS);
    assert_eq!(http, "http: done\n");
    let https = succeeds(&["https"], &NO_ROOTS);
    let sentence = "config true, attempts 1: GET /: https needs root certificates, and this machine has none: \
                    install them (the package `ca-certificates` on Linux), name them in SSL_CERT_FILE, or enable \
                    the cargo feature `webpki-roots` of the crate `vapi`\n";
    assert_eq!(https, format!("{sentence}https: done\n"));

    build(&["--features", "webpki-roots"]);
    let https = succeeds(&["https"], &NO_ROOTS);
    assert!(https.contains("invalid peer certificate: BadEncoding"), "{https}");

    // The second way out: the provider that rustls has by default.
    build(&["--no-default-features", "--features", "aws-lc"]);
    succeeds(&["build", "rustls"], &[]);
    let https = succeeds(&["https"], &NO_ROOTS);
    assert_eq!(https, format!("{sentence}https: done\n"));
}
