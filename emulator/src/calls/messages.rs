//! Server messages: their selection by `serverMessages`, and their envelope.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::calls::driver::Driver;
use crate::calls::view;
use crate::state::events::CallEvent;
use crate::state::webhook_server::WebhookServer;
use crate::webhooks;

/// The messages that a server receives unless `serverMessages` is set.
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

/// Returns whether the server of an assistant wants a message.
pub(crate) fn wants(assistant: &Value, message: &Value) -> bool {
    let kind = message["type"].as_str().unwrap_or_default();
    let Some(wanted) = assistant["serverMessages"].as_array() else {
        return BY_DEFAULT.contains(&kind);
    };
    let is_final = message["transcriptType"] == "final";
    wanted
        .iter()
        .any(|wanted| wanted == kind || (is_final && wanted == "transcript[transcriptType=\"final\"]"))
}

impl Driver {
    /// Sends a message to the server, if it wants it, and to subscribers. `message` is called only if anyone receives
    /// it.
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

    /// Sends a message to subscribers only.
    pub fn publish(&self, message: impl FnOnce() -> Value) {
        if self.state.events.receiver_count() > 0 {
            let _ = self.state.events.send(CallEvent::Message {
                call_id: self.id.clone(),
                message: Arc::new(message()),
            });
        }
    }

    /// Returns the server that messages of the call go to now.
    pub fn server(&self) -> Option<WebhookServer> {
        webhooks::for_call(&self.state, &self.organization, &self.call(), &self.assistant)
    }

    /// Returns whether the assistant's server wants a message.
    pub fn wants(&self, message: &Value) -> bool {
        wants(&self.assistant, message)
    }

    /// Adds the properties that every message has.
    pub fn enveloped(&self, mut message: Value) -> Value {
        let stored = self.resource();
        let phone_number = webhooks::phone_number(&self.state, &self.organization, &stored);
        let mut call = view::as_of_now(&self.state, stored);
        if let Some(call) = call.as_object_mut() {
            // The envelope has both already.
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

    /// Sends a `conversation-update`.
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
