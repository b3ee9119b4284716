//! The events of one name, as text.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer};

/// A layer that keeps the events with one name, each as its level and its fields.
#[derive(Clone)]
pub struct Warnings {
    name: &'static str,
    pub texts: Arc<Mutex<Vec<String>>>,
}

impl Warnings {
    pub fn named(name: &'static str) -> Self {
        Warnings {
            name,
            texts: Arc::default(),
        }
    }
}

struct Visitor<'a>(&'a mut String);

impl tracing::field::Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

impl Layer<Registry> for Warnings {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, Registry>) {
        if event.metadata().name() == self.name {
            let mut text = format!("{} ", event.metadata().level());
            event.record(&mut Visitor(&mut text));
            self.texts.lock().unwrap().push(text);
        }
    }
}
