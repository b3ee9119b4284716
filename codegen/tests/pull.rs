//! `vapi-spec pull` as a user runs it, against a server on loopback.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

const DOCUMENT: &str = r#"{
    "paths": {"/call": {"get": {"summary": "Lists calls", "operationId": "list", "responses": {"200": {"description": "Calls"}}}}},
    "info": {"version": "1.0", "title": "Someone's API"},
    "openapi": "3.0.0"
}"#;

const SNAPSHOT: &str = r#"{
 "openapi": "3.0.0",
 "info": {
  "title": "Vapi",
  "version": "1.0"
 },
 "paths": {
  "/call": {
   "get": {
    "operationId": "list",
    "responses": {
     "200": {
      "description": ""
     }
    }
   }
  }
 }
}
"#;

/// A directory with an old snapshot in it, and the command that is to replace it.
struct Workspace {
    directory: TempDir,
}

/// The result of a run of the command.
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Workspace {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let workspace = Workspace { directory };
        fs::write(workspace.snapshot(), "the old snapshot").unwrap();
        workspace
    }

    fn snapshot(&self) -> PathBuf {
        self.directory.path().join("openapi.json")
    }

    /// Pulls without a question.
    fn pull(&self, arguments: &[&str]) -> Outcome {
        self.run(&[&["--yes"], arguments].concat())
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vapi-spec"));
        for proxy in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"] {
            command.env_remove(proxy);
            command.env_remove(proxy.to_lowercase());
        }
        let output = command
            .args(["pull", "--out"])
            .arg(self.snapshot())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn assert_wrote(&self, outcome: &Outcome) {
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        assert_eq!(fs::read_to_string(self.snapshot()).unwrap(), SNAPSHOT);
        self.assert_nothing_else_is_here();
    }

    /// The pull failed with a sentence that names `source` and says `cause`, and left the old snapshot alone.
    #[track_caller]
    fn assert_failed(&self, outcome: &Outcome, source: &str, cause: &str) {
        assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
        assert_eq!(outcome.stderr, format!("error: `{source}` {cause}\n"));
        assert_eq!(fs::read_to_string(self.snapshot()).unwrap(), "the old snapshot");
        self.assert_nothing_else_is_here();
    }

    #[track_caller]
    fn assert_nothing_else_is_here(&self) {
        let names: Vec<_> = fs::read_dir(self.directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["openapi.json"]);
    }
}

/// Starts a server that sends `response` unchanged to one request, and returns its URL.
fn serve(response: impl Into<Vec<u8>>) -> String {
    let response = response.into();
    serve_with(move |stream| stream.write_all(&response).unwrap())
}

fn serve_with(response: impl FnOnce(&mut std::net::TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api-json", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
            request.push(byte[0]);
        }
        let request = String::from_utf8(request).unwrap().to_lowercase();
        assert!(request.starts_with("get /api-json http/1.1\r\n"));
        assert!(request.contains("\r\nuser-agent: vapi-rust/"));
        response(&mut stream);
    });
    url
}

fn response(status: &str, media_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn json(body: &str) -> String {
    response("200 OK", "application/json", body)
}

#[test]
fn a_url_becomes_a_snapshot_of_its_facts() {
    let workspace = Workspace::new();
    let url = serve(json(DOCUMENT));
    let outcome = workspace.pull(&[&url]);

    workspace.assert_wrote(&outcome);
    assert_eq!(
        outcome.stderr,
        format!(
            "note: there is nothing to compare with: `{snapshot}` is not JSON: expected ident at line 1 column 2\n\
             wrote {snapshot}: 1 operations, 0 schemas, 224 bytes, from {url}\n",
            snapshot = workspace.snapshot().display()
        )
    );
}

/// A snapshot in which the operation has a parameter.
fn old_snapshot() -> String {
    let parameter = r#"{"in": "query", "name": "limit", "schema": {"type": "number"}}"#;
    let responses = "\"responses\"";
    SNAPSHOT.replace(responses, &format!("\"parameters\": [{parameter}], {responses}"))
}

const REMOVED: &str = "    - `query limit`: removed, `number` [breaks requests, Rust code]\n";

#[test]
fn the_changes_are_shown_before_they_are_written() {
    let workspace = Workspace::new();
    fs::write(workspace.snapshot(), old_snapshot()).unwrap();
    let outcome = workspace.pull(&[&serve(json(DOCUMENT))]);
    workspace.assert_wrote(&outcome);
    assert!(outcome.stdout.ends_with(REMOVED), "{}", outcome.stdout);
}

#[test]
fn nothing_is_written_when_nobody_can_be_asked() {
    let workspace = Workspace::new();
    fs::write(workspace.snapshot(), old_snapshot()).unwrap();
    let outcome = workspace.run(&[&serve(json(DOCUMENT))]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.ends_with(REMOVED), "{}", outcome.stdout);
    let error = format!(
        "error: `{}` was not written: there is no terminal to ask on, and `--yes` was not given\n",
        workspace.snapshot().display()
    );
    assert!(outcome.stderr.ends_with(&error), "{}", outcome.stderr);
    assert_eq!(fs::read_to_string(workspace.snapshot()).unwrap(), old_snapshot());
    workspace.assert_nothing_else_is_here();
}

#[test]
fn a_first_snapshot_is_written_without_a_question() {
    let workspace = Workspace::new();
    fs::remove_file(workspace.snapshot()).unwrap();
    let outcome = workspace.run(&[&serve(json(DOCUMENT))]);
    workspace.assert_wrote(&outcome);
    assert_eq!(outcome.stdout, "");
}

#[test]
fn the_changelog_gets_the_changes() {
    let workspace = Workspace::new();
    fs::write(workspace.snapshot(), old_snapshot()).unwrap();
    let changelog = tempfile::NamedTempFile::new().unwrap();
    fs::write(changelog.path(), "# Changelog\n\n## [Unreleased]\n\n## [0.1.0]\n").unwrap();
    let path = changelog.path().to_str().unwrap();
    let outcome = workspace.pull(&[&serve(json(DOCUMENT)), "--changelog", path]);
    workspace.assert_wrote(&outcome);
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text.starts_with("# Changelog\n\n## [Unreleased]\n\n### The API's interface\n"),
        "{text}"
    );
    let end = "`GET /call`\n\n- `query limit`: removed, `number` [breaks requests, Rust code]\n\n## [0.1.0]\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn pulling_a_snapshot_onto_itself_does_not_touch_the_file() {
    let workspace = Workspace::new();
    let path = workspace.snapshot();
    fs::write(&path, SNAPSHOT).unwrap();
    let before = fs::metadata(&path).unwrap().modified().unwrap();

    let outcome = workspace.pull(&[path.to_str().unwrap()]);

    workspace.assert_wrote(&outcome);
    assert!(outcome.stderr.starts_with("unchanged "));
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
}

#[test]
fn the_first_published_document_that_responds_is_the_default() {
    let workspace = Workspace::new();
    let gone = serve(response("404 Not Found", "application/json", "{}"));
    let there = serve(json(DOCUMENT));
    let outcome = workspace.pull(&["--published", &gone, "--published", &there]);

    workspace.assert_wrote(&outcome);
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert_eq!(
        lines[0],
        format!("note: `{gone}` responded with status 404 Not Found, not 200")
    );
    assert!(lines[2].ends_with(&format!("from {there}")));
}

#[test]
fn a_redirect_is_followed() {
    let workspace = Workspace::new();
    let there = serve(json(DOCUMENT));
    let moved = serve(format!(
        "HTTP/1.1 302 Found\r\nlocation: {there}\r\ncontent-length: 0\r\n\r\n"
    ));
    workspace.assert_wrote(&workspace.pull(&[&moved]));
}

#[test]
fn a_refused_connection_is_an_error() {
    let workspace = Workspace::new();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let url = format!("http://{}/api-json", address.unwrap());
    let outcome = workspace.pull(&[&url]);
    workspace.assert_failed(&outcome, &url, "cannot be fetched: the connection was refused");
}

#[test]
fn a_status_other_than_200_is_an_error() {
    for status in ["404 Not Found", "500 Internal Server Error", "204 No Content"] {
        let workspace = Workspace::new();
        let url = serve(response(status, "application/json", ""));
        let cause = format!("responded with status {status}, not 200");
        workspace.assert_failed(&workspace.pull(&[&url]), &url, &cause);
    }
}

#[test]
fn html_is_an_error() {
    let workspace = Workspace::new();
    let url = serve(response("200 OK", "text/html", "\n<!DOCTYPE html><html></html>"));
    workspace.assert_failed(&workspace.pull(&[&url]), &url, "is HTML or XML, not JSON");
}

#[test]
fn text_and_nothing_at_all_are_errors() {
    let workspace = Workspace::new();
    // It is YAML, but not a document.
    let url = serve(json("openapi: 3.0.0"));
    let cause = "is no OpenAPI document: it has no object `paths`";
    workspace.assert_failed(&workspace.pull(&[&url]), &url, cause);

    let url = serve(json(""));
    workspace.assert_failed(&workspace.pull(&[&url]), &url, "is empty");
}

#[test]
fn json_that_ends_early_is_an_error() {
    let workspace = Workspace::new();
    let url = serve(json(&DOCUMENT[..20]));
    workspace.assert_failed(
        &workspace.pull(&[&url]),
        &url,
        "is JSON that was cut short: EOF while parsing a string at line 2 column 18",
    );
}

#[test]
fn a_connection_that_ends_early_is_an_error() {
    let workspace = Workspace::new();
    let url = serve(&json(DOCUMENT).as_bytes()[..150]);
    workspace.assert_failed(
        &workspace.pull(&[&url]),
        &url,
        "was cut short: the connection ended before the document did",
    );
}

#[test]
fn another_version_of_openapi_is_an_error() {
    let workspace = Workspace::new();
    let url = serve(json(r#"{"swagger": "2.0", "paths": {}}"#));
    let cause = "is an OpenAPI 2.0 document, and only 3.0 and 3.1 can be read";
    workspace.assert_failed(&workspace.pull(&[&url]), &url, cause);

    let url = serve(json(r#"{"openapi": "3.2.0", "paths": {}}"#));
    let cause = "is an OpenAPI 3.2.0 document, and only 3.0 and 3.1 can be read";
    workspace.assert_failed(&workspace.pull(&[&url]), &url, cause);
}

#[test]
fn json_that_is_no_openapi_document_is_an_error() {
    let workspace = Workspace::new();
    let url = serve(json(r#"{"message": "ok"}"#));
    workspace.assert_failed(
        &workspace.pull(&[&url]),
        &url,
        r#"is JSON but no OpenAPI document: it has no `openapi` with a version such as "3.0.0""#,
    );
}

#[test]
fn a_document_without_operations_replaces_nothing() {
    let workspace = Workspace::new();
    let url = serve(json(r#"{"openapi": "3.0.0", "paths": {}}"#));
    let cause = "has no operations: no snapshot was written";
    workspace.assert_failed(&workspace.pull(&[&url]), &url, cause);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let workspace = Workspace::new();
    let url = serve_with(|_| thread::sleep(Duration::from_secs(30)));
    let outcome = workspace.pull(&[&url, "--timeout", "0.3"]);
    workspace.assert_failed(&outcome, &url, "was not read within 300ms");
}

#[test]
fn a_server_that_never_ends_is_given_up() {
    let workspace = Workspace::new();
    let url = serve_with(|stream| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        for _ in 0..300 {
            thread::sleep(Duration::from_millis(100));
            if stream.write_all(b" ").is_err() {
                return;
            }
        }
    });
    let outcome = workspace.pull(&[&url, "--timeout", "0.5"]);
    workspace.assert_failed(&outcome, &url, "was not read within 500ms");
}

#[test]
fn a_document_over_the_size_cap_is_an_error() {
    let workspace = Workspace::new();
    let url = serve(json(DOCUMENT));
    let outcome = workspace.pull(&[&url, "--max-bytes", "100"]);
    workspace.assert_failed(&outcome, &url, "is larger than 100 bytes");

    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), DOCUMENT).unwrap();
    let path = file.path().to_str().unwrap();
    let outcome = workspace.pull(&[path, "--max-bytes", "100"]);
    workspace.assert_failed(&outcome, path, "is larger than 100 bytes");
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let workspace = Workspace::new();
    let outcome = workspace.pull(&["no/such/file.json"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome
            .stderr
            .starts_with("error: `no/such/file.json` cannot be read: ")
    );
}

#[test]
fn a_snapshot_that_cannot_be_written_is_an_error() {
    let workspace = Workspace::new();
    fs::remove_file(workspace.snapshot()).unwrap();
    fs::create_dir(workspace.snapshot()).unwrap();
    let outcome = workspace.pull(&[&serve(json(DOCUMENT))]);

    assert_eq!(outcome.code, Some(1));
    let snapshot = workspace.snapshot();
    let error = format!("error: `{}` cannot be written: ", snapshot.display());
    assert!(outcome.stderr.starts_with(&error), "{}", outcome.stderr);
    workspace.assert_nothing_else_is_here();
}

#[test]
fn a_mistake_in_the_command_line_exits_with_2() {
    let workspace = Workspace::new();
    assert_eq!(workspace.pull(&["ftp://example.com"]).code, Some(2));
    assert_eq!(workspace.pull(&["a.json", "b.json"]).code, Some(2));
    assert_eq!(workspace.pull(&["--frobnicate"]).code, Some(2));
}
