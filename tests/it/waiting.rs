//! Waiting for what takes its time, over HTTP. Paces, deadlines and troubles have their tests beside the code, on a paused clock.
#![cfg(all(
    vapi_op = "CallController_create",
    vapi_op = "EvalController_getRun",
    vapi_op = "FileController_findOne",
    vapi_op = "KnowledgeBaseV2Controller_filesGet",
    vapi_op = "SimulationRunController_findOne",
    vapi_type = "CallOrBatch"
))]

use std::future::IntoFuture;
use std::time::Duration;

use vapi::Client;
use vapi::types::{CallStatus, CreateCallDto, CreateCustomerDto, FileStatus, KnowledgeBaseV2FileStatus};
use vapi_emulator::{Emulator, Fault};

use crate::support::*;

const OFTEN: Duration = Duration::from_millis(3);

async fn start(step: Duration) -> (Emulator, Client, String) {
    let (local, vapi) = local_with_step(step).await;
    let call = CreateCallDto::new()
        .assistant_id("a")
        .phone_number_id("p")
        .customer(CreateCustomerDto::new().number("+15555550123"));
    let call = vapi.calls().create(call).await.unwrap().into_call().unwrap();
    (local, vapi, call.id)
}

#[tokio::test]
async fn a_call_is_waited_for_until_it_has_ended() {
    let (_local, vapi, id) = start(Duration::from_millis(30)).await;
    let mut states = Vec::new();
    let wait = vapi.calls().wait_until_ended(&id).poll_every(OFTEN);
    let call = wait
        .on_update(|call| states.push(call.status.clone().unwrap()))
        .await
        .unwrap();
    assert_eq!(call.status, Some(CallStatus::Ended));
    assert!(call.ended_reason.is_some());
    assert_eq!(states.last(), Some(&CallStatus::Ended));
    // As often as it changed, not as often as it was looked at.
    assert!(states.len() <= 4, "{states:?}");
}

#[tokio::test]
async fn the_states_of_a_call_are_a_stream_too() {
    let (_local, vapi, id) = start(Duration::from_millis(30)).await;
    let mut states = vapi.calls().wait_until_ended(&id).poll_every(OFTEN).stream();
    let mut last = None;
    while let Some(call) = states.next().await {
        last = call.unwrap().status;
    }
    assert_eq!(last, Some(CallStatus::Ended));
    assert!(states.next().await.is_none());
}

#[tokio::test]
async fn a_wait_that_times_out_has_the_status() {
    let (_local, vapi, id) = start(Duration::from_secs(3600)).await;
    let wait = vapi.calls().wait_until_ended(&id).poll_every(OFTEN);
    let error = wait.timeout(Duration::from_millis(100)).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(
        error.to_string(),
        "CallController_findOne: the status is still `queued` after 100ms"
    );
}

#[tokio::test]
async fn a_server_that_is_down_is_waited_for() {
    let (local, vapi, id) = start(Duration::from_millis(1)).await;
    local.fault(Fault::on("CallController_findOne").status(503).times(7));
    let call = vapi.calls().wait_until_ended(&id).poll_every(OFTEN).await.unwrap();
    assert_eq!(call.status, Some(CallStatus::Ended));
}

#[tokio::test]
async fn a_missing_call_is_an_error_at_once() {
    let (local, vapi, _) = start(Duration::from_millis(1)).await;
    local.clear_requests();
    let error = vapi.calls().wait_until_ended("no-such-call").await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(local.requests().len(), 1);
}

#[tokio::test]
async fn an_id_that_would_lead_elsewhere_is_refused() {
    let (local, vapi, _) = start(Duration::from_millis(1)).await;
    local.clear_requests();
    assert!(
        vapi.calls()
            .wait_until_ended("../assistant")
            .await
            .unwrap_err()
            .is_invalid_input()
    );
    assert_eq!(local.requests().len(), 0);
}

#[tokio::test]
async fn dropping_a_wait_ends_it() {
    let (local, vapi, id) = start(Duration::from_secs(3600)).await;
    let wait = vapi.calls().wait_until_ended(&id).poll_every(OFTEN);
    assert!(
        tokio::time::timeout(Duration::from_millis(50), wait.into_future())
            .await
            .is_err()
    );
    let requests = local.requests().len();
    tokio::time::sleep(OFTEN * 5).await;
    assert_eq!(local.requests().len(), requests);
}

async fn asked(replies: &[&str]) -> (Server, Client) {
    let server = Server::replying(replies.iter().map(|body| Reply::json(200, body))).await;
    let vapi = client(&server);
    (server, vapi)
}

#[tokio::test]
async fn a_simulation_run_is_waited_for_until_it_has_ended() {
    let (server, vapi) = asked(&[
        r#"{"id":"r","status":"queued"}"#,
        r#"{"id":"r","status":"running","itemCounts":{"total":2,"running":2}}"#,
        r#"{"id":"r","status":"running","itemCounts":{"total":2,"running":1}}"#,
        r#"{"id":"r","status":"ended","itemCounts":{"total":2,"passed":2}}"#,
    ])
    .await;
    let mut updates = 0;
    let wait = vapi.simulation_runs().wait_until_ended("r").poll_every(OFTEN);
    let run = wait.on_update(|_| updates += 1).await.unwrap();
    assert_eq!((run.id.as_str(), updates), ("r", 4));
    assert_eq!(server.received()[3].target, "/eval/simulation/run/r");
}

#[tokio::test]
async fn an_eval_run_is_waited_for_until_it_has_ended() {
    let (server, vapi) = asked(&[
        r#"{"id":"e","type":"eval","status":"running"}"#,
        r#"{"id":"e","type":"eval","status":"ended"}"#,
    ])
    .await;
    let run = vapi.evals().wait_until_run_ended("e").poll_every(OFTEN).await.unwrap();
    assert_eq!(run.id, "e");
    assert_eq!(server.received()[1].target, "/eval/run/e");
}

#[tokio::test]
async fn a_file_is_waited_for_until_it_is_processed() {
    let (server, vapi) = asked(&[r#"{"id":"f","status":"processing"}"#, r#"{"id":"f","status":"failed"}"#]).await;
    let file = vapi.files().wait_until_processed("f").poll_every(OFTEN).await.unwrap();
    assert_eq!(file.status, Some(FileStatus::Failed));
    assert_eq!(server.received()[1].target, "/file/f");
}

#[tokio::test]
async fn a_knowledge_base_file_is_waited_for() {
    let (server, vapi) = asked(&[
        r#"[{"id":"1","fileId":"other","status":"ready"},{"id":"2","fileId":"f","status":"indexing"}]"#,
        r#"[{"id":"1","fileId":"other","status":"ready"},{"id":"2","fileId":"f","status":"ready"}]"#,
    ])
    .await;
    let wait = vapi.knowledge_bases().wait_until_file_indexed("kb", "f");
    let file = wait.poll_every(OFTEN).await.unwrap();
    assert_eq!(
        (file.id.as_str(), file.status),
        ("2", Some(KnowledgeBaseV2FileStatus::Ready))
    );
    assert_eq!(server.received()[1].target, "/v2/knowledge-base/kb/file");
}

#[tokio::test]
async fn an_unreadable_state_is_an_error_with_a_path() {
    let (_server, vapi) = asked(&[r#"{"id":7,"status":"ended"}"#]).await;
    let error = vapi.calls().wait_until_ended("c").await.unwrap_err();
    assert_eq!(error.json_path(), Some("id"));
    let (_server, vapi) = asked(&[r#"[{"id":7,"fileId":"f"}]"#]).await;
    let error = vapi
        .knowledge_bases()
        .wait_until_file_indexed("kb", "f")
        .await
        .unwrap_err();
    assert_eq!(error.json_path(), Some("[0].id"));
}
