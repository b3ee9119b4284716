//! What a subscriber learns of an operation: enough to find it again, and no secret.

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use support::*;

type Fields = BTreeMap<&'static str, String>;

/// Keeps the fields of every span named `vapi`.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<BTreeMap<u64, Fields>>>);

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

    fn on_record(&self, id: &tracing::Id, values: &tracing::span::Record<'_>, _: Context<'_, Registry>) {
        if let Some(fields) = self.0.lock().unwrap().get_mut(&id.into_u64()) {
            values.record(&mut Visitor(fields));
        }
    }
}

/// The spans of one awaited operation, each with its fields.
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
