//! Lists of several pages, over HTTP. The steps from page to page are tested beside the code.
#![cfg(all(
    vapi_op = "AssistantController_create",
    vapi_op = "CallController_findAll",
    vapi_op = "KnowledgeBaseV2Controller_findAll",
    vapi_op = "SessionController_create"
))]

use std::future::poll_fn;
use std::pin::Pin;

use futures_core::Stream;
use vapi::Client;
use vapi::types::{Call, CreateAssistantDto, CreateSessionDto};
use vapi_emulator::Emulator;

use crate::support::*;

/// The names that they get are the numbers.
async fn create_assistants(vapi: &Client, numbers: std::ops::Range<u32>) -> Vec<String> {
    let mut ids = Vec::new();
    for number in numbers {
        let assistant = CreateAssistantDto::new().name(number.to_string());
        ids.push(vapi.assistants().create(assistant).await.unwrap().id);
    }
    ids
}

/// Returns the value of a query parameter in each request that the emulator has had since it was last asked to forget them.
fn asked(local: &Emulator, name: &str) -> Vec<Option<String>> {
    let requests = local.requests();
    let of = |query: &[(String, String)]| {
        query
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.clone())
    };
    requests.iter().map(|request| of(&request.query)).collect()
}

fn calls(items: &[(&str, &str)]) -> String {
    let items = items
        .iter()
        .map(|(id, at)| format!(r#"{{"id":"{id}","createdAt":"2026-03-01T10:00:00.{at}Z"}}"#));
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

#[tokio::test]
async fn each_item_comes_once_and_newest_first() {
    let (local, vapi) = local().await;
    create_assistants(&vapi, 0..25).await;
    local.clear_requests();
    let assistants = vapi.assistants().list().limit(10).stream().into_vec().await.unwrap();
    let names: Vec<String> = assistants.into_iter().filter_map(|assistant| assistant.name).collect();
    let wanted: Vec<String> = (0..25).rev().map(|number: u32| number.to_string()).collect();
    assert_eq!(names, wanted);
    assert_eq!(asked(&local, "limit"), vec![Some("10".to_owned()); 4]);
    assert_eq!(asked(&local, "createdAtLe")[0], None);
}

#[tokio::test]
async fn nothing_is_requested_before_it_is_wanted() {
    let (local, vapi) = local().await;
    create_assistants(&vapi, 0..8).await;
    local.clear_requests();
    // Of three, at most two came before: they can be a millisecond apart, and the bound is that much later than the last.
    let mut assistants = vapi.assistants().list().limit(3).stream();
    assert_eq!(local.requests().len(), 0);
    assistants.next().await.unwrap().unwrap();
    assistants.next().await.unwrap().unwrap();
    assistants.next().await.unwrap().unwrap();
    assert_eq!(local.requests().len(), 1);
    assistants.next().await.unwrap().unwrap();
    assert_eq!(local.requests().len(), 2);
    drop(assistants);
    vapi.assistants().list().await.unwrap();
    assert_eq!(local.requests().len(), 3);
}

#[tokio::test]
async fn items_created_or_deleted_meanwhile_do_not_disturb_the_others() {
    let (_local, vapi) = local().await;
    let ids = create_assistants(&vapi, 0..12).await;
    let mut assistants = vapi.assistants().list().limit(4).stream();
    let mut names = Vec::new();
    while let Some(assistant) = assistants.next().await {
        names.push(assistant.unwrap().name.unwrap());
        if names.len() == 4 {
            create_assistants(&vapi, 100..106).await;
            // The one where the page ended, one that came, one that is still to come.
            for index in [8, 10, 3] {
                vapi.assistants().delete(&ids[index]).await.unwrap();
            }
        }
    }
    assert_eq!(names, ["11", "10", "9", "8", "7", "6", "5", "4", "2", "1", "0"]);
}

#[tokio::test]
async fn items_of_one_millisecond_on_two_pages_come_once() {
    let server = Server::replying([
        Reply::json(200, &calls(&[("e", "030"), ("d", "020")])),
        Reply::json(200, &calls(&[("d", "020"), ("c", "020")])),
        Reply::json(200, &calls(&[("d", "020"), ("c", "020")])),
        Reply::json(200, &calls(&[("d", "020"), ("c", "020"), ("b", "020"), ("a", "010")])),
        Reply::json(200, &calls(&[("a", "010")])),
    ])
    .await;
    let vapi = client(&server);
    let came = vapi.calls().list().limit(2).stream().into_vec().await.unwrap();
    assert_eq!(came.iter().map(|call| call.id.as_str()).collect::<String>(), "edcba");
    let targets: Vec<String> = server.received().into_iter().map(|request| request.target).collect();
    let at = |millisecond: &str| format!("createdAtLe=2026-03-01T10%3A00%3A00.{millisecond}Z");
    assert_eq!(
        targets,
        [
            "/call?limit=2".to_owned(),
            format!("/call?limit=2&{}", at("021")),
            format!("/call?limit=2&{}", at("021")),
            format!("/call?limit=20&{}", at("021")),
            format!("/call?limit=2&{}", at("011")),
        ]
    );
}

#[tokio::test]
async fn the_callers_own_bound_is_never_lifted() {
    let server = Server::replying([
        Reply::json(200, &calls(&[("b", "499"), ("a", "100")])),
        Reply::json(200, "[]"),
    ])
    .await;
    let vapi = client(&server);
    let list = vapi
        .calls()
        .list()
        .created_at_lt("2026-03-01T10:00:00.500Z")
        .assistant_id("x");
    list.stream().into_vec().await.unwrap();
    let targets: Vec<String> = server.received().into_iter().map(|request| request.target).collect();
    assert_eq!(
        targets,
        [
            "/call?createdAtLt=2026-03-01T10%3A00%3A00.500Z&assistantId=x&limit=100",
            "/call?assistantId=x&limit=100&createdAtLe=2026-03-01T10%3A00%3A00.101Z",
        ]
    );
}

#[tokio::test]
async fn pages_tell_where_they_stand() {
    let (local, vapi) = local().await;
    for _ in 0..5 {
        vapi.sessions().create(CreateSessionDto::new()).await.unwrap();
    }
    local.clear_requests();
    let mut pages = vapi.sessions().list().limit(2).pages();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        seen.push((page.number(), page.items.len(), page.total_items(), page.total_pages()));
    }
    let page = |number, items| (Some(number), items, Some(5), Some(3));
    assert_eq!(seen, [page(1, 2), page(2, 2), page(3, 1)]);
    // After the first page it goes on by the cursor that came with it.
    assert_eq!(asked(&local, "page"), [Some("1".to_owned()), None, None]);
    let with_cursor: Vec<bool> = asked(&local, "cursor").iter().map(Option::is_some).collect();
    assert_eq!(with_cursor, [false, true, true]);
}

#[tokio::test]
async fn an_item_that_moves_to_the_next_page_comes_once() {
    let (_local, vapi) = local().await;
    let mut wanted = Vec::new();
    for _ in 0..5 {
        wanted.insert(0, vapi.sessions().create(CreateSessionDto::new()).await.unwrap().id);
    }
    let mut sessions = vapi.sessions().list().limit(2).stream();
    let mut ids = Vec::new();
    while let Some(session) = sessions.next().await {
        ids.push(session.unwrap().id);
        if ids.len() == 1 {
            vapi.sessions().create(CreateSessionDto::new()).await.unwrap();
        }
    }
    assert_eq!(ids, wanted);
}

#[tokio::test]
async fn an_empty_list_has_one_empty_page() {
    let (_local, vapi) = local().await;
    let mut pages = vapi.sessions().list().pages();
    let page = pages.next().await.unwrap().unwrap();
    assert_eq!((page.items.len(), page.total_items()), (0, Some(0)));
    assert!(pages.next().await.is_none());
    assert_eq!(vapi.knowledge_bases().list().stream().into_vec().await.unwrap(), []);
}

#[tokio::test]
async fn a_list_may_have_the_other_form() {
    let wrapped = Reply::json(200, r#"{"results":[{"id":"a"}],"metadata":{"hasNextPage":false}}"#);
    let server = Server::replying([wrapped, Reply::json(200, r#"[{"id":"b"}]"#), Reply::json(200, "[]")]).await;
    let vapi = client(&server);
    assert_eq!(vapi.calls().list().stream().into_vec().await.unwrap()[0].id, "a");
    assert_eq!(vapi.sessions().list().stream().into_vec().await.unwrap()[0].id, "b");
}

#[tokio::test]
async fn an_unreadable_item_does_not_stop_the_others() {
    let server = Server::replying([Reply::json(200, r#"[{"id":"a"},{"id":5},{"id":"c"}]"#)]).await;
    let vapi = client(&server);
    let mut came = vapi.calls().list().stream();
    assert_eq!(came.next().await.unwrap().unwrap().id, "a");
    let error = came.next().await.unwrap().unwrap_err();
    assert!(error.is_decode());
    assert_eq!(error.json_path(), Some("[1].id"));
    assert_eq!(error.operation(), Some("CallController_findAll"));
    assert_eq!(came.next().await.unwrap().unwrap().id, "c");
    assert!(came.next().await.is_none());
}

#[tokio::test]
async fn a_request_that_fails_ends_the_stream() {
    let server = Server::replying([Reply::json(200, &calls(&[("a", "010")])), Reply::empty(401)]).await;
    let vapi = client(&server);
    let mut came = vapi.calls().list().stream();
    assert!(came.next().await.unwrap().is_ok());
    assert!(came.next().await.unwrap().unwrap_err().is_unauthorized());
    assert!(came.next().await.is_none());
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn each_request_has_the_options_and_retries_of_the_operation() {
    let server = Server::replying([
        Reply::json(200, &calls(&[("a", "010")])),
        Reply::empty(503),
        Reply::json(200, "[]"),
    ])
    .await;
    let vapi = client(&server);
    let list = vapi.calls().list().header("x-trace", "42").query("beta", true);
    assert_eq!(list.stream().into_vec().await.unwrap().len(), 1);
    let received = server.received();
    assert_eq!(received.len(), 3);
    for request in received {
        assert_eq!(request.header("x-trace"), Some("42"));
        assert!(request.target.contains("beta=true"), "{}", request.target);
    }
}

#[tokio::test]
async fn the_stream_is_one_for_everybody_and_outlives_the_client() {
    fn any_stream(list: impl Stream<Item = vapi::Result<Call>> + Send + Unpin + 'static) -> impl Send {
        tokio::spawn(async move {
            let mut list = list;
            let mut count = 0;
            while let Some(call) = poll_fn(|context| Pin::new(&mut list).poll_next(context)).await {
                call.unwrap();
                count += 1;
            }
            assert_eq!(count, 0);
        })
    }
    let server = Server::replying([Reply::json(200, "[]")]).await;
    let vapi = client(&server);
    let list = vapi.calls().list().stream();
    drop(vapi);
    let _task = any_stream(list);
    server.has_received(1).await;
}
