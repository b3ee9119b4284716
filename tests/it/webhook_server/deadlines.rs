use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use vapi::webhooks::{AssistantResponse, KnowledgeBaseResponse, PredialResponse, TransferResponse, Webhooks};

use crate::webhook_server::{message, open, post, tool_calls};

/// Returns the status, the body and the seconds that a response takes.
async fn timed(webhooks: &Webhooks, body: String) -> (u16, Value, f64) {
    let began = Instant::now();
    let (status, body) = post(webhooks, body).await;
    (status.as_u16(), body, began.elapsed().as_secs_f64())
}

fn slow() -> impl Future<Output = ()> + Send + 'static {
    sleep(Duration::from_secs(60))
}

/// Returns a server whose handlers take a minute.
fn slow_server() -> Webhooks {
    open()
        .on_assistant_request(|_| async {
            slow().await;
            AssistantResponse::assistant_id("too-late")
        })
        .on_transfer_destination_request(|_| async {
            slow().await;
            TransferResponse::number("+15555550123")
        })
        .on_knowledge_base_request(|_| async {
            slow().await;
            KnowledgeBaseResponse::new().document("too late", 1.0)
        })
        .on_campaign_predial(|_| async {
            slow().await;
            PredialResponse::eligible(true)
        })
        .on_status_update(|_| slow())
        .on_tool("slow", |_: Value, _| async {
            slow().await;
            Ok("too late")
        })
        .on_tool("quick", |_: Value, _| async { Ok("in time") })
        .spoken_error("We are closed.")
}

#[tokio::test(start_paused = true)]
async fn an_assistant_request_has_seven_seconds() {
    let webhooks = slow_server().timeout(Duration::from_secs(300));
    let (status, body, seconds) = timed(&webhooks, message("assistant-request", json!({}))).await;
    assert_eq!((status, body), (200, json!({"error": "We are closed."})));
    assert!((7.0..7.1).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn other_messages_have_the_time_of_the_server() {
    let webhooks = slow_server();
    let cases = [
        ("transfer-destination-request", 200, json!({"error": "We are closed."})),
        ("knowledge-base-request", 200, json!({"documents": []})),
        (
            "campaign.predial",
            504,
            json!({"error": "the handler did not finish in time"}),
        ),
        ("status-update", 202, json!({})),
    ];
    for (kind, expected_status, expected) in cases {
        let (status, body, seconds) = timed(&webhooks, message(kind, json!({}))).await;
        assert_eq!((status, body), (expected_status, expected), "{kind}");
        assert!((19.5..19.6).contains(&seconds), "{kind}: {seconds}");
    }
    let webhooks = slow_server().timeout(Duration::from_secs(3));
    let (_, _, seconds) = timed(&webhooks, message("status-update", json!({}))).await;
    assert!((2.5..2.6).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn late_tools_are_errors_and_quick_ones_results() {
    let body = tool_calls(&[("1", "slow", json!({})), ("2", "quick", json!({}))]);
    let (status, body, seconds) = timed(&slow_server(), body).await;
    let expected = json!({"results": [
        {"toolCallId": "1", "error": "`slow` has not finished in time. It may still succeed."},
        {"toolCallId": "2", "result": "in time"},
    ]});
    assert_eq!((status, body), (200, expected));
    assert!((19.5..19.6).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_late_tool_goes_on_and_its_result_is_kept() {
    let webhooks = slow_server();
    let body = tool_calls(&[("1", "slow", json!({}))]);
    post(&webhooks, body.clone()).await;
    sleep(Duration::from_secs(60)).await;
    let (_, body, seconds) = timed(&webhooks, body).await;
    assert_eq!(body, json!({"results": [{"toolCallId": "1", "result": "too late"}]}));
    assert!(seconds < 0.1, "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_goes_on_if_the_connection_breaks() {
    let finished = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&finished);
    let webhooks = open().on_status_update(move |_| {
        let seen = Arc::clone(&seen);
        async move {
            sleep(Duration::from_secs(5)).await;
            seen.store(true, Ordering::SeqCst);
        }
    });
    let response = post(&webhooks, message("status-update", json!({})));
    assert!(tokio::time::timeout(Duration::from_secs(1), response).await.is_err());
    webhooks.shutdown().await;
    assert!(finished.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn shutdown_waits_for_handlers_and_refuses_requests() {
    let webhooks = slow_server();
    let running = tokio::spawn({
        let webhooks = webhooks.clone();
        async move { post(&webhooks, tool_calls(&[("1", "slow", json!({}))])).await }
    });
    sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    let shutdown = tokio::spawn({
        let webhooks = webhooks.clone();
        async move { webhooks.shutdown().await }
    });
    sleep(Duration::from_secs(1)).await;
    let (status, body) = post(&webhooks, message("hang", json!({}))).await;
    assert_eq!(
        (status.as_u16(), body),
        (503, json!({"error": "the server is shutting down"}))
    );
    shutdown.await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 59);
    assert_eq!(running.await.unwrap().0, 200);
}

/// The log as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn contains(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.0.lock().unwrap()).contains(text)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_warning_comes_before_the_deadline() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let webhooks = slow_server();
    let response = tokio::spawn(async move { post(&webhooks, message("assistant-request", json!({}))).await });
    sleep(Duration::from_millis(5200)).await;
    assert!(!log.contains("WARN"));
    sleep(Duration::from_millis(100)).await;
    assert!(log.contains("a handler has used three quarters of its time") && !log.contains("ERROR"));
    response.await.unwrap();
    assert!(log.contains("ERROR") && log.contains("a handler has not finished in time") && log.contains("call-1"));
}
