//! Calls as a test steers them: time, scripts, callers, and what was sent to servers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::calls::inbound;
use crate::emulator::{Builder, Emulator};
use crate::script::Script;
use crate::state::webhook_log::SentWebhook;
use crate::state::webhook_server::WebhookServer;
use crate::text::ids;

impl Emulator {
    /// Moves the emulator's clock on. Every call has lived up to the new time when this returns: what it says of itself was
    /// delivered, and what servers answered was used. With no time at all it waits until all is quiet.
    ///
    /// A server that is sent something may run on the same runtime. It must not wait for this, as this waits for it.
    pub async fn advance(&self, by: Duration) {
        self.state.timers.advance(&self.state.clock, by).await;
    }

    /// Gives calls a course: for all that are placed or come in from now on, or for those that the script is for.
    pub fn script(&self, script: Script) {
        self.state.scripts.lock().add(script);
    }

    /// Forgets all scripts. Calls that have begun keep theirs.
    pub fn clear_scripts(&self) {
        self.state.scripts.lock().clear();
    }

    /// A customer dials a phone number of the organization that [`Emulator::api_key`] belongs to. This gives the id of the
    /// call; `None` if there is no such phone number.
    ///
    /// Where neither an assistant nor a squad belongs to the number, its server is asked for one (`assistant-request`).
    pub fn inbound_call(&self, phone_number_id: &str, from: &str) -> Option<String> {
        let organization = ids::organization(self.api_key());
        let call = inbound::create(&self.state, &organization, phone_number_id, from)?;
        call["id"].as_str().map(str::to_owned)
    }

    /// What was sent to the servers of assistants and phone numbers, oldest first: the most recent attempts, up to
    /// [`Builder::keep_webhooks`].
    pub fn webhooks(&self) -> Vec<SentWebhook> {
        self.state.webhooks.lock().all()
    }

    /// Forgets what was sent so far.
    pub fn clear_webhooks(&self) {
        self.state.webhooks.lock().clear();
    }
}

impl Builder {
    /// How many deliveries are kept for [`Emulator::webhooks`]; 512 otherwise.
    pub fn keep_webhooks(mut self, count: usize) -> Builder {
        self.settings.webhook_limit = count;
        self
    }

    /// The organization's server, as the `server` of an assistant is written: `{"url": "http://..."}`. Messages go there
    /// that no assistant and no phone number has a server for.
    pub fn server(mut self, server: Value) -> Builder {
        self.settings.server = WebhookServer::of(&json!({ "server": server }));
        self
    }

    /// The longest that any server may take to answer, in real time, whatever its `timeoutSeconds`.
    pub fn webhook_timeout(mut self, longest: Duration) -> Builder {
        self.settings.webhook_timeout = longest;
        self
    }

    /// A course for calls, from the start; [`Emulator::script`] adds more later.
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
    async fn whoever_watches_hears_what_happens_to_a_call() {
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
        let mut heard = Vec::new();
        while let Ok(change) = changes.try_recv() {
            assert_eq!(change.call_id(), id);
            heard.push(match change {
                // It comes before the message that says which.
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
            heard,
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
    async fn two_who_move_the_clock_move_it_by_both() {
        let emulator = Emulator::start().await;
        let before = emulator.state.clock.now();
        let hour = Duration::from_secs(3600);
        tokio::join!(emulator.advance(hour), emulator.advance(hour));
        let moved = emulator.state.clock.now() - before;
        assert!((7_200_000..7_260_000).contains(&moved), "{moved}");
    }
}
