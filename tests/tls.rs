//! TLS in a program that has TLS of its own, and on a machine without root certificates.

#[path = "seed/cargo.rs"]
mod cargo;

use std::path::Path;
use std::process::Output;

use cargo::Crate;

/// The variables of a machine without root certificates.
const NO_ROOTS: [(&str, &str); 2] = [("SSL_CERT_FILE", "/no/such/file"), ("SSL_CERT_DIR", "/no/such/folder")];
/// The words of rustls, as README has them.
const PANIC: &str = "Could not automatically determine the process-level CryptoProvider from Rustls crate features.";

struct Program {
    program: Crate,
    features: &'static [&'static str],
}

impl Program {
    fn with(features: &'static [&'static str]) -> Self {
        Program {
            program: Crate::of("tls", "tls", cargo::repository()),
            features,
        }
    }

    #[track_caller]
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let document = cargo::seed_document();
        let arguments = [self.features, &["--"], arguments].concat();
        self.program.run_with(document.to_str().unwrap(), &arguments, variables)
    }

    #[track_caller]
    fn succeeds(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let output = self.run(arguments, variables);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

// One test: the builds use the same folder, one after the other.
#[test]
fn tls_beside_other_tls_and_without_root_certificates() {
    let ring = Program::with(&[]);
    let output = ring.run(&["build", "rustls"], &[]);
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(PANIC), "{stderr}");
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(readme.contains(PANIC), "README does not have the words of the panic");
    // The first way out of README: a provider for the process.
    ring.succeeds(&["install", "build", "rustls"], &[]);

    let http = ring.succeeds(&["http"], &NO_ROOTS);
    assert_eq!(http, "http: done\n");
    let https = ring.succeeds(&["https"], &NO_ROOTS);
    let sentence = "config true, attempts 1: GET /: https needs root certificates, and this machine has none: \
                    install them (the package `ca-certificates` on Linux), name them in SSL_CERT_FILE, or enable \
                    the cargo feature `webpki-roots` of the crate `vapi`\n";
    assert_eq!(https, format!("{sentence}https: done\n"));

    let own_roots = Program::with(&["--features", "webpki-roots"]);
    let https = own_roots.succeeds(&["https"], &NO_ROOTS);
    assert!(https.contains("invalid peer certificate: BadEncoding"), "{https}");

    // The second way out: the provider that rustls has by default.
    let aws_lc = Program::with(&["--no-default-features", "--features", "aws-lc"]);
    aws_lc.succeeds(&["build", "rustls"], &[]);
    let https = aws_lc.succeeds(&["https"], &NO_ROOTS);
    assert_eq!(https, format!("{sentence}https: done\n"));
}
