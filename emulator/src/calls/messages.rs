//! WebhookServer messages: what the user's server is told of a call, when it wants to hear it, and in which envelope.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::calls::driver::Driver;
use crate::calls::view;
use crate::state::events::CallEvent;
use crate::state::webhook_server::WebhookServer;
use crate::webhooks;

/// What an assistant's server hears of unless `serverMessages` says otherwise.
const BY_DEFAULT: [&str; 11] = [
    "conversation-update",
    "end-of-call-report",
    "function-call",
    "hang",
    "speech-update",
    "status-update",
    "tool-calls",
    "transfer-destination-request",
    "handoff-destination-request",
    "user-interrupted",
    "assistant.started",
];

impl Driver {
    /// Something happened that a server may want to hear of. `message` is made only if anybody listens.
    pub fn notify(&self, message: impl FnOnce() -> Value) {
        let server = self.server();
        if server.is_none() && self.state.events.receiver_count() == 0 {
            return;
        }
        let message = message();
        let wanted = server.filter(|_| self.wants(&message));
        if let Some(server) = wanted {
            self.post(server, self.enveloped(message.clone()));
        }
        self.publish(|| message);
    }

    /// Something happened that no server hears of.
    pub fn publish(&self, message: impl FnOnce() -> Value) {
        if self.state.events.receiver_count() > 0 {
            let _ = self.state.events.send(CallEvent::Message {
                call_id: self.id.clone(),
                message: Arc::new(message()),
            });
        }
    }

    /// Where messages of the call go now.
    pub fn server(&self) -> Option<WebhookServer> {
        webhooks::for_call(&self.state, &self.organization, &self.call(), &self.assistant)
    }

    /// Whether the assistant's server hears of such a message.
    pub fn wants(&self, message: &Value) -> bool {
        let kind = message["type"].as_str().unwrap_or_default();
        let Some(wanted) = self.assistant["serverMessages"].as_array() else {
            return BY_DEFAULT.contains(&kind);
        };
        let is_final = message["transcriptType"] == "final";
        wanted
            .iter()
            .any(|wanted| wanted == kind || (is_final && wanted == "transcript[transcriptType=\"final\"]"))
    }

    /// The message with all that comes with every message.
    pub fn enveloped(&self, mut message: Value) -> Value {
        let stored = self.resource();
        let phone_number = webhooks::phone_number(&self.state, &self.organization, &stored);
        let mut call = view::as_of_now(&self.state, stored);
        if let Some(call) = call.as_object_mut() {
            // Those of the envelope are enough.
            call.retain(|name, _| !["messages", "artifact"].contains(&name.as_str()));
        }
        message["timestamp"] = json!(self.at);
        if message.get("artifact").is_none() {
            message["artifact"] = self.change(|record| record.conversation.artifact()).unwrap_or_default();
        }
        if call["customer"].is_object() {
            message["customer"] = call["customer"].clone();
        }
        if phone_number.is_object() {
            message["phoneNumber"] = phone_number;
        }
        if self.assistant.is_object() {
            message["assistant"] = (*self.assistant).clone();
        }
        message["call"] = call;
        message
    }

    /// The conversation has another message.
    pub fn notify_conversation(&self) {
        self.notify(|| {
            let artifact = self.change(|record| record.conversation.artifact()).unwrap_or_default();
            json!({
                "type": "conversation-update",
                "conversation": artifact["messagesOpenAIFormatted"],
                "messages": artifact["messages"],
                "messagesOpenAIFormatted": artifact["messagesOpenAIFormatted"],
            })
        });
    }
}
