use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use vapi::webhooks::{ToolCallClaim, ToolError, ToolResult, ToolResultStore, ToolResultStoreError, Webhooks};

use crate::webhook_server::{open, post, tool_calls};

/// Returns a server with a tool that counts its runs, takes a while, and fails at the second one.
fn counting(runs: &Arc<AtomicU32>) -> Webhooks {
    let runs = Arc::clone(runs);
    open().on_tool("count", move |_: Value, _| {
        let runs = Arc::clone(&runs);
        async move {
            let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
            sleep(Duration::from_secs(1)).await;
            if run == 2 {
                Err(ToolError::new("two is too many"))
            } else {
                Ok(format!("run {run}"))
            }
        }
    })
}

fn call(id: &str) -> String {
    tool_calls(&[(id, "count", json!({}))])
}

#[tokio::test(start_paused = true)]
async fn a_redelivered_call_has_the_first_result() {
    let runs = Arc::new(AtomicU32::new(0));
    let webhooks = counting(&runs);
    let first = post(&webhooks, call("a")).await;
    assert_eq!(first.1, json!({"results": [{"toolCallId": "a", "result": "run 1"}]}));
    assert_eq!(post(&webhooks, call("a")).await, first);
    let second = post(&webhooks, call("b")).await;
    assert_eq!(
        second.1,
        json!({"results": [{"toolCallId": "b", "error": "two is too many"}]})
    );
    assert_eq!(post(&webhooks, call("b")).await, second);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_redelivered_while_it_runs_is_waited_for() {
    let runs = Arc::new(AtomicU32::new(0));
    let webhooks = counting(&runs);
    let deliveries = [(); 5].map(|()| {
        let webhooks = webhooks.clone();
        tokio::spawn(async move { post(&webhooks, call("a")).await })
    });
    for delivery in deliveries {
        let expected = json!({"results": [{"toolCallId": "a", "result": "run 1"}]});
        assert_eq!(delivery.await.unwrap().1, expected);
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_id_in_another_call_is_another_one() {
    let runs = Arc::new(AtomicU32::new(0));
    let webhooks = counting(&runs);
    post(&webhooks, call("a")).await;
    post(&webhooks, call("a").replace("call-1", "call-2")).await;
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

/// A store that several servers share. It keeps text, as one behind a network does.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<HashMap<String, String>>>);

impl ToolResultStore for Shared {
    async fn claim(&self, key: &str) -> Result<ToolCallClaim, ToolResultStoreError> {
        sleep(Duration::from_millis(1)).await;
        let mut results = self.0.lock().unwrap();
        match results.get(key).map(String::as_str) {
            None => {
                results.insert(key.to_owned(), String::new());
                Ok(ToolCallClaim::New)
            }
            Some("") => Ok(ToolCallClaim::Running),
            Some(result) => Ok(ToolCallClaim::Finished(serde_json::from_str(result)?)),
        }
    }

    async fn finish(&self, key: &str, result: &ToolResult) -> Result<(), ToolResultStoreError> {
        let text = serde_json::to_string(result)?;
        self.0.lock().unwrap().insert(key.to_owned(), text);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn replicas_with_one_store_run_a_call_once() {
    let runs = Arc::new(AtomicU32::new(0));
    let store = Shared::default();
    let one = counting(&runs).tool_results(store.clone());
    let other = counting(&runs).tool_results(store.clone());
    let (of_one, of_other) = tokio::join!(post(&one, call("a")), post(&other, call("a")));
    assert_eq!(of_one.1, json!({"results": [{"toolCallId": "a", "result": "run 1"}]}));
    assert_eq!(of_one, of_other);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert!(store.0.lock().unwrap().contains_key("call-1/a"));
}

struct Broken;

impl ToolResultStore for Broken {
    async fn claim(&self, _: &str) -> Result<ToolCallClaim, ToolResultStoreError> {
        Err("no connection".into())
    }

    async fn finish(&self, _: &str, _: &ToolResult) -> Result<(), ToolResultStoreError> {
        Err("no connection".into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_runs_although_the_store_fails() {
    let webhooks = counting(&Arc::default()).tool_results(Broken);
    let (_, body) = post(&webhooks, call("a")).await;
    assert_eq!(body, json!({"results": [{"toolCallId": "a", "result": "run 1"}]}));
}
