//! The build: the client is generated from the snapshot or from what `VAPI_OPENAPI` names, and only after a change.
//!
//! A program is built against a copy of the repository whose snapshot describes a single operation, so that the tests can
//! change it and a build takes seconds.

#[path = "seed/cargo.rs"]
mod cargo;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::SystemTime;

use cargo::{Build, Crate};

/// The tests change the copy that they all build.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A copy of the repository, and a program that is built against it.
struct Copy {
    repository: PathBuf,
    program: Crate,
    _alone: MutexGuard<'static, ()>,
}

impl Copy {
    /// Returns the copy as it is to begin with, built.
    fn built() -> Self {
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let repository = cargo::scratch().join("repository");
        cargo::copy_repository(&repository);
        let copy = Self {
            program: Crate::new("against-copy", &repository),
            repository,
            _alone: alone,
        };
        copy.write_snapshot(&seed());
        copy.build().expect_success();
        copy
    }

    fn build(&self) -> Build {
        self.program.build(None, &[])
    }

    fn build_from(&self, document: &str, arguments: &[&str]) -> Build {
        self.program.build(Some(document), arguments)
    }

    fn snapshot(&self) -> PathBuf {
        self.repository.join("spec/openapi.json")
    }

    fn write_snapshot(&self, document: &str) {
        fs::write(self.snapshot(), document).unwrap();
    }
}

fn seed() -> String {
    fs::read_to_string(cargo::seed_document()).unwrap()
}

/// Returns the time at which cargo last ran the build script that wrote here.
fn script_ran(build: &Build) -> SystemTime {
    modified(&build.out_dir.as_ref().unwrap().with_file_name("output"))
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

/// The build failed, and one line said why.
#[track_caller]
fn assert_fails_with(build: &Build, error: &str) {
    assert!(!build.succeeded);
    assert!(
        build.stderr.lines().any(|line| line.trim() == error),
        "{}",
        build.stderr
    );
}

/// Serves `document` to whoever asks, and returns its URL.
fn serve(document: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/openapi.json", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let head = format!("content-type: application/json\r\ncontent-length: {}", document.len());
            // A client that has gone away needs no response.
            let _ = write!(
                &stream,
                "HTTP/1.1 200 OK\r\n{head}\r\nconnection: close\r\n\r\n{document}"
            );
        }
    });
    url
}

#[test]
fn a_second_build_does_nothing() {
    let copy = Copy::built();
    let first = copy.build().expect_success();
    let second = copy.build().expect_success();
    assert_eq!(second.rebuilt(), Vec::<&str>::new());
    assert_eq!(script_ran(&second), script_ran(&first));
}

#[test]
fn a_changed_snapshot_is_generated_and_compiled_again() {
    let copy = Copy::built();
    copy.write_snapshot(&seed().replace("\"phoneNumberId\"", "\"voicemailMessage\""));
    let build = copy.build();

    // The program still says `phone_number_id`.
    assert!(!build.succeeded);
    assert!(
        build.stderr.contains("no method named `phone_number_id`"),
        "{}",
        build.stderr
    );
    assert_eq!(build.rebuilt(), ["vapi"]);
    assert!(
        build
            .generated("types.rs")
            .contains("voicemail_message \"voicemailMessage\" opt one String;")
    );
}

#[test]
fn a_snapshot_that_only_looks_changed_gives_the_same_files() {
    let copy = Copy::built();
    let before = copy.build().expect_success();
    let (ran, written) = (script_ran(&before), modified(&before.out_dir.unwrap().join("types.rs")));

    File::options()
        .write(true)
        .open(copy.snapshot())
        .unwrap()
        .set_modified(SystemTime::now())
        .unwrap();
    let build = copy.build().expect_success();

    assert!(script_ran(&build) > ran);
    assert_eq!(modified(&build.out_dir.as_ref().unwrap().join("types.rs")), written);
    // Cargo compiles what depends on a script that ran, and no more.
    assert_eq!(build.rebuilt(), ["seed-client", "vapi"]);
}

#[test]
fn a_missing_document_is_an_error_that_names_it() {
    let copy = Copy::built();
    let missing = copy.repository.join("spec/nowhere.json");
    let missing = missing.to_str().unwrap();
    let build = copy.build_from(missing, &[]);
    assert_fails_with(
        &build,
        &format!("error: `{missing}` cannot be read: No such file or directory (os error 2)"),
    );
}

#[test]
fn a_url_without_the_feature_is_explained() {
    let copy = Copy::built();
    let url = "http://127.0.0.1:9/openapi.json";
    let build = copy.build_from(url, &[]);
    assert_fails_with(
        &build,
        &format!(
            "error: `{url}` is a URL, and this build cannot fetch: enable the cargo feature `fetch`, or save a \
             snapshot with `vapi-spec pull {url}` and give its path"
        ),
    );
}

#[test]
fn with_the_feature_a_url_is_fetched() {
    let copy = Copy::built();
    let url = serve(seed().replace("\"createdAt\"", "\"placedAt\""));
    let build = copy.build_from(&url, &["--features", "fetch"]);
    assert!(
        build.generated("types.rs").contains("placed_at \"placedAt\""),
        "{}",
        build.stderr
    );

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}/openapi.json");
    let build = copy.build_from(&url, &["--features", "fetch"]);
    assert_fails_with(
        &build,
        &format!("error: `{url}` cannot be fetched: the connection was refused"),
    );
}
