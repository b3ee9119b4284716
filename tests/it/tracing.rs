//! The span and the closing event of an operation: enough to find it again, and no secret.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex};

use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::support::*;

type Fields = BTreeMap<&'static str, String>;

/// Keeps the fields of every span named `vapi`, those of the events that close an operation, and those of warnings.
#[derive(Clone, Default)]
struct Spans(
    Arc<Mutex<BTreeMap<u64, Fields>>>,
    Arc<Mutex<Vec<Fields>>>,
    Arc<Mutex<Vec<Fields>>>,
);

struct Visitor<'a>(&'a mut Fields);

impl tracing::field::Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Layer<Registry> for Spans {
    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, id: &tracing::Id, _: Context<'_, Registry>) {
        if attributes.metadata().name() == "vapi" {
            let mut spans = self.0.lock().unwrap();
            attributes.record(&mut Visitor(spans.entry(id.into_u64()).or_default()));
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, Registry>) {
        if event.metadata().name() == "vapi.closed" {
            let mut fields = Fields::new();
            event.record(&mut Visitor(&mut fields));
            self.1.lock().unwrap().push(fields);
        }
        if *event.metadata().level() == tracing::Level::WARN {
            let mut fields = Fields::new();
            event.record(&mut Visitor(&mut fields));
            self.2.lock().unwrap().push(fields);
        }
    }

    fn on_record(&self, id: &tracing::Id, values: &tracing::span::Record<'_>, _: Context<'_, Registry>) {
        if let Some(fields) = self.0.lock().unwrap().get_mut(&id.into_u64()) {
            values.record(&mut Visitor(fields));
        }
    }
}

/// Returns the spans of one awaited operation, each with its fields.
async fn spans_of(server: &Server) -> Vec<Fields> {
    let spans = Spans::default();
    let subscriber = Registry::default().with(spans.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let vapi = client(server);
    let _ = get(&vapi, "private-id").query("q", "private-query").await;
    let spans = spans.0.lock().unwrap();
    spans.values().cloned().collect()
}

#[tokio::test]
async fn an_operation_is_one_span_however_often_it_is_sent() {
    let last = Reply::thing().header("x-request-id", "req-9");
    let server = Server::replying([Reply::empty(500), last]).await;
    let spans = spans_of(&server).await;
    assert_eq!(spans.len(), 1);
    let span = &spans[0];
    assert_eq!(span["operation"], "ThingController_findOne");
    assert_eq!(span["method"], "GET");
    assert_eq!(span["path"], "/thing/{id}");
    assert_eq!(span["status"], "200");
    assert_eq!(span["attempts"], "2");
    assert_eq!(span["request_id"], "req-9");
    assert!(span["duration_ms"].parse::<u64>().is_ok());
}

#[tokio::test]
async fn a_span_holds_neither_key_nor_ids_nor_bodies() {
    let body = r#"{"id":"t-1","apiKey":"private-body"}"#;
    let server = Server::replying([Reply::json(200, body)]).await;
    let shown = format!("{:?}", spans_of(&server).await);
    assert!(!shown.contains("private") && !shown.contains(KEY), "{shown}");
}

/// Returns the events that close an operation while `run` runs.
async fn closing_events<F: Future>(run: F) -> Vec<Fields> {
    let spans = Spans::default();
    let subscriber = Registry::default().with(spans.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    run.await;
    let events = spans.1.lock().unwrap();
    events.clone()
}

#[tokio::test]
async fn an_operation_closes_with_one_event() {
    let server = Server::replying([Reply::empty(500), Reply::thing()]).await;
    let vapi = client(&server);
    let events = closing_events(async { drop(get(&vapi, "a").await) }).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["operation"], "ThingController_findOne");
    assert_eq!(events[0]["status"], "200");
    assert_eq!(events[0]["attempts"], "2");
    assert!(events[0]["duration_ms"].parse::<u64>().is_ok());
}

#[tokio::test]
async fn a_failed_operation_closes_with_one_event() {
    let server = Server::replying([Reply::empty(404)]).await;
    let vapi = client(&server);
    let events = closing_events(async { drop(get(&vapi, "a").await) }).await;
    let statuses: Vec<_> = events.iter().map(|event| &event["status"]).collect();
    assert_eq!(statuses, ["404"]);
}

#[tokio::test]
async fn a_stream_closes_with_one_event_at_its_end() {
    let server = Server::replying([Reply::thing()]).await;
    let vapi = client(&server);
    let events = closing_events(async {
        let mut stream = get(&vapi, "a").open().await.unwrap();
        while stream.chunk().await.unwrap().is_some() {}
    })
    .await;
    let statuses: Vec<_> = events.iter().map(|event| &event["status"]).collect();
    assert_eq!(statuses, ["200"]);
}

#[cfg(vapi_op = "CallController_findOne")]
#[tokio::test]
async fn the_raw_client_closes_with_one_event() {
    let server = Server::replying([Reply::empty(404)]).await;
    let raw = client(&server).raw();
    let events = closing_events(async { drop(raw.call_controller_find_one("a").await) }).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["operation"], "CallController_findOne");
    assert_eq!(events[0]["status"], "404");
}

#[tokio::test]
async fn a_request_id_with_the_key_is_in_no_span() {
    let reply = Reply::thing().header("x-request-id", format!("r-{KEY}"));
    let server = Server::replying([reply]).await;
    let shown = format!("{:?}", spans_of(&server).await);
    assert!(!shown.contains(KEY), "{shown}");
}

/// The warnings while `run` runs.
fn warnings(run: impl FnOnce()) -> Vec<Fields> {
    let spans = Spans::default();
    let subscriber = Registry::default().with(spans.clone());
    tracing::subscriber::with_default(subscriber, run);
    let warnings = spans.2.lock().unwrap();
    warnings.clone()
}

#[test]
fn plain_http_to_another_machine_is_warned_of_once() {
    let build = |url: &str| drop(builder(url).build().unwrap());
    let found = warnings(|| build("http://api.example"));
    assert_eq!(found.len(), 1);
    assert!(found[0]["message"].contains("plain http"), "{found:?}");
    assert_eq!(found[0]["base_url"], "http://api.example");
    for url in [
        "http://localhost:1",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "https://api.example",
    ] {
        assert!(warnings(|| build(url)).is_empty(), "{url}");
    }
}
