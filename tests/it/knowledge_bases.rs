//! A file added to a knowledge base: against the local Vapi, and with the states that take time.
#![cfg(all(
    vapi_op = "FileController_create",
    vapi_op = "FileController_findOne",
    vapi_op = "KnowledgeBaseV2Controller_create",
    vapi_op = "KnowledgeBaseV2Controller_fileAttach",
    vapi_op = "KnowledgeBaseV2Controller_filesGet",
    vapi_type = "CreateKnowledgeBaseV2Dto",
    vapi_type = "KnowledgeBaseV2FileStatus"
))]

use std::time::Duration;

use vapi::types::{CreateKnowledgeBaseV2Dto, KnowledgeBaseV2FileStatus};
use vapi::{Error, Upload};

use crate::support::*;

const OFTEN: Duration = Duration::from_millis(2);

fn menu() -> Upload {
    Upload::bytes("menu.txt", "Soup, bread, cake.")
}

#[tokio::test]
async fn a_file_is_uploaded_and_attached() {
    let (local, vapi) = local().await;
    let base = vapi
        .knowledge_bases()
        .create(CreateKnowledgeBaseV2Dto::new("Food"))
        .await
        .unwrap();
    let added = vapi.knowledge_bases().add_file(&base.id, menu()).await.unwrap();
    let files = vapi.knowledge_bases().list_files(&base.id).await.unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!((&files[0].id, &files[0].file_id), (&added.id, &added.file_id));
    let uploaded = vapi.files().get(added.file_id.unwrap()).await.unwrap();
    assert_eq!(uploaded.name.as_deref(), Some("menu.txt"));
    let upload = &local.requests()[1];
    assert!(String::from_utf8_lossy(&upload.body).contains("knowledge-base-v2"));
}

/// Adds a file with these responses of the API.
async fn add(replies: &[&str]) -> (Server, Result<Option<KnowledgeBaseV2FileStatus>, Error>) {
    let server = Server::replying(replies.iter().map(|body| Reply::json(200, body))).await;
    let bases = client(&server).knowledge_bases();
    let added = bases
        .add_file("kb", menu())
        .poll_every(OFTEN)
        .timeout(Duration::from_secs(2));
    let added = added.await.map(|file| file.status);
    (server, added)
}

#[tokio::test]
async fn a_file_is_ready_after_both_waits() {
    let (server, added) = add(&[
        r#"{"id":"f"}"#,
        r#"{"id":"f","status":"processing"}"#,
        r#"{"id":"f","status":"done"}"#,
        r#"{"id":"1","fileId":"f","status":"indexing"}"#,
        r#"[{"id":"1","fileId":"f","status":"indexing"}]"#,
        r#"[{"id":"1","fileId":"f","status":"ready"}]"#,
    ])
    .await;
    assert_eq!(added.unwrap(), Some(KnowledgeBaseV2FileStatus::Ready));
    let requests: Vec<_> = server
        .received()
        .iter()
        .map(|request| format!("{} {}", request.method, request.target))
        .collect();
    assert_eq!(
        requests,
        [
            "POST /file",
            "GET /file/f",
            "GET /file/f",
            "POST /v2/knowledge-base/kb/file",
            "GET /v2/knowledge-base/kb/file",
            "GET /v2/knowledge-base/kb/file",
        ]
    );
    assert_eq!(server.received()[3].text(), r#"{"fileId":"f"}"#);
}

#[tokio::test]
async fn a_file_that_fails_is_an_error_with_its_id() {
    let (server, added) = add(&[r#"{"id":"f"}"#, r#"{"id":"f","status":"failed"}"#]).await;
    assert_eq!(added.unwrap_err().to_string(), "the file f could not be processed");
    assert_eq!(server.received().len(), 2);
    let (_server, added) = add(&[
        r#"{"id":"f"}"#,
        r#"{"id":"f","status":"done"}"#,
        r#"{"id":"1","fileId":"f"}"#,
        r#"[{"id":"1","fileId":"f","status":"failed"}]"#,
    ])
    .await;
    assert_eq!(added.unwrap_err().to_string(), "the file f could not be indexed");
}

#[tokio::test]
async fn the_time_limit_holds_for_both_waits() {
    let server = Server::replying([Reply::json(200, r#"{"id":"f","status":"processing"}"#)]).await;
    let bases = client(&server).knowledge_bases();
    let added = bases
        .add_file("kb", menu())
        .poll_every(OFTEN)
        .timeout(Duration::from_millis(50));
    assert!(added.await.unwrap_err().is_timeout());
}
