use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use vapi::webhooks::{ToolContext, ToolError, WebhookToolCall};

use crate::webhook_server::{message, open, post, tool_calls};

#[derive(Deserialize)]
struct BookTable {
    guests: u32,
    #[serde(default)]
    dishes: Vec<Dish>,
}

#[derive(Deserialize)]
struct Dish {
    name: String,
}

#[derive(Serialize)]
struct Booking {
    table: u32,
    note: &'static str,
}

async fn results(webhooks: &vapi::webhooks::Webhooks, body: String) -> Value {
    let (status, mut body) = post(webhooks, body).await;
    assert_eq!(status, 200, "{body}");
    body["results"].take()
}

#[tokio::test]
async fn a_tool_gets_typed_arguments_and_its_context() {
    let webhooks = open().on_tool("book_table", |table: BookTable, context: ToolContext| async move {
        let dishes: Vec<_> = table.dishes.into_iter().map(|dish| dish.name).collect();
        let call = context.call_id().unwrap_or_default().to_owned();
        Ok(format!(
            "{} {dishes:?}\nfor {call} {}",
            table.guests,
            context.tool_call_id()
        ))
    });
    let arguments = json!({"guests": 4, "dishes": [{"name": "soup"}]});
    let expected = json!([{"toolCallId": "t-1", "result": "4 [\"soup\"] for call-1 t-1"}]);
    let as_object = tool_calls(&[("t-1", "book_table", arguments.clone())]);
    assert_eq!(results(&webhooks, as_object).await, expected);
    let as_text = tool_calls(&[("t-1", "book_table", arguments.to_string().into())]);
    assert_eq!(results(&webhooks, as_text).await, expected);
    let short = message(
        "tool-calls",
        json!({"toolCallList": [{"id": "t-2", "name": "book_table", "parameters": {"guests": 1}}]}),
    );
    let expected = json!([{"toolCallId": "t-2", "result": "1 [] for call-1 t-2"}]);
    assert_eq!(results(&webhooks, short).await, expected);
}

#[tokio::test]
async fn what_is_not_text_is_sent_as_json() {
    let webhooks = open()
        .on_tool("book", |_: Value, _| async {
            Ok(Booking {
                table: 7,
                note: "by the\nwindow",
            })
        })
        .on_tool("count", |_: Value, _| async { Ok(12) })
        .on_tool("nothing", |_: Value, _| async { Ok(()) });
    let calls = ["book", "count", "nothing"].map(|name| (name, name, json!({})));
    let expected = json!([
        {"toolCallId": "book", "result": r#"{"table":7,"note":"by the\nwindow"}"#},
        {"toolCallId": "count", "result": "12"},
        {"toolCallId": "nothing", "result": "done"},
    ]);
    assert_eq!(results(&webhooks, tool_calls(&calls)).await, expected);
}

#[tokio::test]
async fn bad_arguments_come_back_with_their_name() {
    let webhooks = open().on_tool("book_table", |table: BookTable, _| async move { Ok(table.guests) });
    let body = tool_calls(&[
        ("1", "book_table", json!({"guests": "four"})),
        (
            "2",
            "book_table",
            json!({"guests": 4, "dishes": [{"name": "soup"}, {"name": 5}]}),
        ),
        ("3", "book_table", json!({})),
        ("4", "book_table", "{not json".into()),
    ]);
    let results = results(&webhooks, body).await;
    for (index, named) in ["`guests`", "`dishes[1].name`", "`guests`", "book_table"]
        .into_iter()
        .enumerate()
    {
        let error = results[index]["error"].as_str().unwrap();
        assert!(error.contains(named) && error.contains("not valid"), "{error}");
        assert!(results[index].get("result").is_none());
    }
}

#[tokio::test]
async fn unknown_tools_are_errors_of_their_own() {
    let webhooks = open().on_tool("known", |_: Value, _| async { Ok("here") });
    let body = tool_calls(&[("1", "unknown", json!({})), ("2", "known", json!({}))]);
    let expected = json!([
        {"toolCallId": "1", "error": "There is no tool `unknown`."},
        {"toolCallId": "2", "result": "here"},
    ]);
    assert_eq!(results(&webhooks, body).await, expected);
}

#[tokio::test]
async fn tools_without_handlers_may_share_one() {
    let webhooks = open()
        .on_other_tool(|call: WebhookToolCall, _| async move { Ok(format!("{} {}", call.name, call.arguments)) })
        .on_tool("known", |_: Value, _| async { Ok("here") });
    let body = tool_calls(&[("1", "unknown", json!({"a": 1})), ("2", "known", json!({}))]);
    let expected = json!([
        {"toolCallId": "1", "result": r#"unknown {"a":1}"#},
        {"toolCallId": "2", "result": "here"},
    ]);
    assert_eq!(results(&webhooks, body).await, expected);
}

#[tokio::test]
async fn errors_and_panics_stay_with_their_tool() {
    let webhooks = open()
        .on_tool("full", |_: Value, _| async {
            Err::<(), _>(ToolError::new("No table\nis free."))
        })
        .on_tool("parse", |_: Value, _| async { Ok("x".parse::<u8>()?) })
        .on_tool("panics", |arguments: Value, _| async move {
            Ok(arguments["list"].as_array().unwrap().len())
        })
        .on_tool("panics_at_once", |arguments: Value, _| {
            assert!(arguments.is_null(), "the handler is broken");
            async { Ok(()) }
        })
        .on_tool("works", |_: Value, _| async { Ok("fine") });
    let calls = ["full", "parse", "panics", "panics_at_once", "works"].map(|name| (name, name, json!({})));
    let expected = json!([
        {"toolCallId": "full", "error": "No table is free."},
        {"toolCallId": "parse", "error": "invalid digit found in string"},
        {"toolCallId": "panics", "error": "`panics` has failed."},
        {"toolCallId": "panics_at_once", "error": "`panics_at_once` has failed."},
        {"toolCallId": "works", "result": "fine"},
    ]);
    assert_eq!(results(&webhooks, tool_calls(&calls)).await, expected);
    // The server goes on.
    let expected = json!([{"toolCallId": "again", "result": "fine"}]);
    assert_eq!(
        results(&webhooks, tool_calls(&[("again", "works", json!({}))])).await,
        expected
    );
}

#[tokio::test]
async fn tools_of_one_message_run_at_the_same_time() {
    let both = Arc::new(Barrier::new(2));
    let webhooks = open().on_tool("meet", move |_: Value, _| {
        let both = Arc::clone(&both);
        async move {
            // Neither returns before the other has begun.
            both.wait().await;
            Ok("met")
        }
    });
    let body = tool_calls(&[("1", "meet", json!({})), ("2", "meet", json!({}))]);
    let expected = json!([{"toolCallId": "1", "result": "met"}, {"toolCallId": "2", "result": "met"}]);
    assert_eq!(results(&webhooks, body).await, expected);
}

#[tokio::test]
async fn a_message_without_calls_has_no_results() {
    assert_eq!(
        results(&open(), message("tool-calls", json!({"toolCallList": []}))).await,
        json!([])
    );
}
