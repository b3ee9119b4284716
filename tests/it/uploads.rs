//! Files on their way up.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_core::Stream;
use vapi::Client;
use vapi::Upload;
use vapi::operation::Operation;

use crate::support::*;

fn send(vapi: &Client, upload: Upload) -> Operation<UploadThing> {
    Operation::new(vapi).form(upload)
}

/// A stream of these chunks.
struct Chunks(Vec<io::Result<&'static [u8]>>);

impl Stream for Chunks {
    type Item = io::Result<&'static [u8]>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = (!self.0.is_empty()).then(|| self.0.remove(0));
        Poll::Ready(next)
    }
}

/// Returns the form's parts as they are on the wire, without the boundary.
fn parts(request: &Received) -> Vec<String> {
    let content_type = request.header("content-type").unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let text = request.text();
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.first(), Some(&""));
    assert_eq!(parts.last(), Some(&"--\r\n"));
    parts[1..parts.len() - 1]
        .iter()
        .map(|part| part.trim().to_owned())
        .collect()
}

#[tokio::test]
async fn bytes_go_as_the_part_named_file() {
    let server = Server::replying([Reply::thing()]).await;
    let upload = Upload::bytes("menu.pdf", "%PDF-1.7");
    assert_eq!(send(&client(&server), upload).await.unwrap().id, "t-1");
    let request = server.request();
    assert_eq!(request.method, "POST");
    assert_eq!(request.target, "/file");
    assert_eq!(request.header("authorization"), Some("Bearer sk-test-4f1c2a"));
    assert_eq!(
        parts(&request),
        [
            "Content-Disposition: form-data; name=\"file\"; filename=\"menu.pdf\"\r\n\
          Content-Type: application/pdf\r\n\r\n%PDF-1.7"
        ]
    );
}

#[tokio::test]
async fn a_file_on_disk_is_sent_with_name_and_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.md");
    let content = "# Menu\n".repeat(40_000);
    std::fs::write(&path, &content).unwrap();
    let server = Server::replying([Reply::thing()]).await;
    send(&client(&server), Upload::path(&path)).await.unwrap();
    let request = server.request();
    assert!(request.header("content-length").is_some());
    assert_eq!(request.header("transfer-encoding"), None);
    let parts = parts(&request);
    assert!(parts[0].starts_with(
        "Content-Disposition: form-data; name=\"file\"; filename=\"notes.md\"\r\nContent-Type: text/markdown\r\n\r\n# Menu"
    ));
    assert!(parts[0].ends_with(content.trim_end()));
}

#[tokio::test]
async fn text_fields_come_before_the_file() {
    let server = Server::replying([Reply::thing()]).await;
    let upload = Upload::bytes("a.txt", "A")
        .field("purpose", "assistant")
        .field("metadata", r#"{"k":1}"#);
    send(&client(&server), upload).await.unwrap();
    let parts = parts(&server.request());
    assert_eq!(parts.len(), 3);
    assert_eq!(
        parts[0],
        "Content-Disposition: form-data; name=\"purpose\"\r\n\r\nassistant"
    );
    assert_eq!(
        parts[1],
        "Content-Disposition: form-data; name=\"metadata\"\r\n\r\n{\"k\":1}"
    );
}

#[tokio::test]
async fn the_name_and_the_content_type_can_be_given() {
    let server = Server::replying([Reply::thing()]).await;
    let upload = Upload::bytes("a.bin", "A")
        .file_name("b.csv")
        .content_type("text/x-mine");
    send(&client(&server), upload).await.unwrap();
    assert!(parts(&server.request())[0].contains("filename=\"b.csv\"\r\nContent-Type: text/x-mine"));
}

#[tokio::test]
async fn a_name_of_no_known_type_goes_as_bytes() {
    let server = Server::replying([Reply::thing()]).await;
    send(&client(&server), Upload::bytes("noname", "A")).await.unwrap();
    assert!(parts(&server.request())[0].contains("application/octet-stream"));
}

#[tokio::test]
async fn a_content_type_that_is_none_is_refused() {
    let server = Server::replying([Reply::thing()]).await;
    let upload = Upload::bytes("a", "A").content_type("not a type");
    assert!(send(&client(&server), upload).await.unwrap_err().is_invalid_input());
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_missing_file_is_named_and_nothing_is_sent() {
    let server = Server::replying([Reply::thing()]).await;
    let error = send(&client(&server), Upload::path("no/such.pdf")).await.unwrap_err();
    assert!(error.is_file());
    assert!(
        error
            .to_string()
            .starts_with("FileController_create: cannot read no/such.pdf: "),
        "{error}"
    );
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_folder_is_not_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::replying([Reply::thing()]).await;
    let result = send(&client(&server), Upload::path(folder.path())).await;
    assert!(result.unwrap_err().is_file());
}

#[tokio::test]
async fn a_stream_of_known_length_goes_with_its_length() {
    let server = Server::replying([Reply::thing()]).await;
    let chunks = Chunks(vec![Ok(b"one "), Ok(b"two")]);
    send(&client(&server), Upload::stream("a.txt", chunks, Some(7)))
        .await
        .unwrap();
    let request = server.request();
    assert!(request.header("content-length").is_some());
    assert!(parts(&request)[0].ends_with("one two"));
}

#[tokio::test]
async fn a_stream_of_unknown_length_goes_in_chunks() {
    let server = Server::replying([Reply::thing()]).await;
    let chunks = Chunks(vec![Ok(b"one "), Ok(b"two")]);
    send(&client(&server), Upload::stream("a.txt", chunks, None))
        .await
        .unwrap();
    let request = server.request();
    assert_eq!(request.header("transfer-encoding"), Some("chunked"));
    assert!(parts(&request)[0].ends_with("one two"));
}

#[tokio::test]
async fn a_stream_that_fails_ends_the_upload() {
    let server = Server::replying([Reply::thing()]).await;
    let chunks = Chunks(vec![Ok(b"one "), Err(io::Error::other("the disk is gone"))]);
    let error = send(&client(&server), Upload::stream("a.txt", chunks, None))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("the disk is gone"), "{error}");
}

#[tokio::test]
async fn a_file_is_sent_again_after_429() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::fs::write(&path, "content").unwrap();
    for upload in [Upload::path(&path), Upload::bytes("a.txt", "content")] {
        let server = Server::replying([Reply::empty(429), Reply::thing()]).await;
        send(&client(&server), upload).await.unwrap();
        let received = server.received();
        assert_eq!(received.len(), 2);
        assert_eq!(parts(&received[0]), parts(&received[1]));
    }
}

#[tokio::test]
async fn a_stream_is_sent_once() {
    let server = Server::replying([Reply::empty(429), Reply::thing()]).await;
    let chunks = Chunks(vec![Ok(b"one")]);
    let result = send(&client(&server), Upload::stream("a.txt", chunks, None)).await;
    assert!(result.unwrap_err().is_rate_limited());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_file_that_the_server_has_read_is_sent_once() {
    let server = Server::replying([Reply::empty(500)]).await;
    let result = send(&client(&server), Upload::bytes("a.txt", "A")).await;
    assert!(result.unwrap_err().is_server());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn progress_is_reported_up_to_the_end() {
    let server = Server::replying([Reply::thing()]).await;
    let reports = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&reports);
    let upload = Upload::bytes("a.bin", vec![7; 100_000])
        .on_progress(move |sent, total| list.lock().unwrap().push((sent, total)));
    send(&client(&server), upload).await.unwrap();
    assert_eq!(
        *reports.lock().unwrap(),
        [(65_536, Some(100_000)), (100_000, Some(100_000))]
    );
}

#[test]
fn debug_output_has_the_name_and_not_the_content() {
    let upload = Upload::bytes("a.txt", "private").field("metadata", "private");
    assert_eq!(
        format!("{upload:?}"),
        "Upload { file_name: \"a.txt\", replayable: true, .. }"
    );
}
