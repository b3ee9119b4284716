//! Control of calls in a test: time, scripts, inbound calls, and sent webhooks.

use std::time::Duration;

use serde_json::{Value, json};

use crate::calls::inbound;
use crate::emulator::{Builder, Emulator};
use crate::script::Script;
use crate::state::webhook_log::SentWebhook;
use crate::state::webhook_server::WebhookServer;
use crate::text::ids;

impl Emulator {
    /// Advances the emulator's clock. When this returns, every call has run up to the new time, its messages are
    /// delivered, and the responses of servers are used. With a duration of zero it waits until no call is active.
    ///
    /// A server that receives messages may run on the same runtime. It must not wait for this future.
    pub async fn advance(&self, by: Duration) {
        self.state.timers.advance(&self.state.clock, by).await;
    }

    /// Adds a script for calls that start from now on: for all calls, or for those that match its conditions.
    pub fn script(&self, script: Script) {
        self.state.scripts.lock().add(script);
    }

    /// Removes all scripts. Running calls keep theirs.
    pub fn clear_scripts(&self) {
        self.state.scripts.lock().clear();
    }

    /// Creates an inbound call: a customer dials a phone number of the organization of [`Emulator::api_key`]. Returns
    /// the id of the call; `None` if there is no such phone number.
    ///
    /// If the number has neither an assistant nor a squad, its server is asked for one (`assistant-request`).
    pub fn inbound_call(&self, phone_number_id: &str, from: &str) -> Option<String> {
        let organization = ids::organization(self.api_key());
        let call = inbound::create(&self.state, &organization, phone_number_id, from)?;
        call["id"].as_str().map(str::to_owned)
    }

    /// Returns the webhooks sent to user's servers, oldest first: the most recent attempts, up to
    /// [`Builder::keep_webhooks`].
    pub fn webhooks(&self) -> Vec<SentWebhook> {
        self.state.webhooks.lock().all()
    }

    /// Removes all sent webhooks.
    pub fn clear_webhooks(&self) {
        self.state.webhooks.lock().clear();
    }
}

impl Builder {
    /// Sets the number of attempts kept for [`Emulator::webhooks`]; 512 by default.
    pub fn keep_webhooks(mut self, count: usize) -> Builder {
        self.settings.webhook_limit = count;
        self
    }

    /// Sets the organization's server, in the format of an assistant's `server`: `{"url": "http://..."}`. It receives
    /// messages for which no assistant and no phone number has a server.
    pub fn server(mut self, server: Value) -> Builder {
        self.settings.server = WebhookServer::of(&json!({ "server": server }));
        self
    }

    /// Sets the longest timeout of any server, in real time, whatever its `timeoutSeconds`; 300 seconds by default.
    pub fn webhook_timeout(mut self, longest: Duration) -> Builder {
        self.settings.webhook_timeout = longest;
        self
    }

    /// Adds a script from the start; [`Emulator::script`] adds more later.
    pub fn script(mut self, script: Script) -> Builder {
        self.scripts.push(script);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::emulator::Emulator;
    use crate::script::Script;
    use crate::state::events::CallEvent;
    use crate::text::ids;

    #[tokio::test]
    async fn subscribers_receive_every_event_of_a_call() {
        let emulator = Emulator::builder()
            .call_step(Duration::from_secs(10))
            .script(Script::new().customer_says("Hi."))
            .start()
            .await
            .expect("a free port");
        let mut changes = emulator.state.events.subscribe();
        let organization = ids::organization(emulator.api_key());
        let number = serde_json::json!({ "id": "line-1", "assistantId": "a" });
        let assistant = serde_json::json!({ "id": "a" });
        for (collection, resource) in [("/phone-number", number), ("/assistant", assistant)] {
            emulator
                .state
                .store
                .lock()
                .collection_mut(&organization, collection)
                .insert(resource);
        }
        let id = emulator.inbound_call("line-1", "+15555550101").expect("the number");
        emulator.advance(Duration::from_secs(60)).await;
        let mut events = Vec::new();
        while let Ok(change) = changes.try_recv() {
            assert_eq!(change.call_id(), id);
            events.push(match change {
                // The event precedes the message with the new status.
                CallEvent::Status { .. } => "status".to_owned(),
                CallEvent::Message { message, .. } => {
                    let what = if message["type"] == "status-update" {
                        "status"
                    } else {
                        "type"
                    };
                    message[what].as_str().unwrap_or_default().to_owned()
                }
                other => format!("{other:?}"),
            });
        }
        assert_eq!(
            events,
            [
                "status",
                "ringing",
                "status",
                "in-progress",
                "assistant.started",
                "speech-update",
                "transcript",
                "transcript",
                "voice-input",
                "speech-update",
                "conversation-update",
                "status",
                "ended",
                "end-of-call-report",
            ]
        );
    }

    #[tokio::test]
    async fn concurrent_advances_add_up() {
        let emulator = Emulator::start().await;
        let before = emulator.state.clock.now();
        let hour = Duration::from_secs(3600);
        tokio::join!(emulator.advance(hour), emulator.advance(hour));
        let moved = emulator.state.clock.now() - before;
        assert!((7_200_000..7_260_000).contains(&moved), "{moved}");
    }
}
