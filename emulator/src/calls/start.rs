//! The start of a call: dialing for an outbound call, finding an assistant for an inbound one.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use vapi_validator::Undeclared;

use crate::calls::driver::{CallFlow, Driver, Interrupt, Interruptible};
use crate::calls::talk::NEVER;
use crate::calls::{assistant, launch, template};
use crate::openapi::validator;
use crate::script::Pickup;
use crate::state::call::CallStatus;
use crate::webhooks;
use crate::webhooks::Reply;

/// The timeout of `assistant-request`, whatever the server's own timeout.
const ASSISTANT_REQUEST_TIMEOUT: Duration = Duration::from_millis(7500);

/// The time that a call waits for its websocket, in milliseconds.
const SOCKET_TIMEOUT: i64 = 60_000;

impl Driver {
    /// Runs an outbound call until it is answered.
    pub async fn outbound(&mut self, queued: i64) -> CallFlow<()> {
        let (created, status) = self
            .change(|record| (record.since, record.status))
            .ok_or(Interrupt::Gone)?;
        self.at = created;
        if let Some(assistant) = assistant::of_call(&self.state, &self.organization, &self.call()) {
            self.set_assistant(assistant);
        }
        self.notify_status(status, json!({}));
        self.until(queued, Interruptible::Nothing).await?;
        if status == CallStatus::Scheduled {
            self.enter(CallStatus::Queued, json!({}));
        }
        if self.resource()["type"] == "vapi.websocketCall" {
            return self.wait_for_socket(queued + SOCKET_TIMEOUT).await;
        }
        let step = self.step();
        let rung = match self.resource()["phoneCallProviderBypassEnabled"] == true {
            // The user's own provider places the call, which nobody here can see.
            true => self.wait_for_answer(NEVER).await,
            false => self.ring(queued + step, queued + 2 * step).await,
        };
        match rung {
            Ok(()) => self.pick_up().await,
            Err(Interrupt::Answered(pickup)) => self.answer_as(pickup).await,
            Err(other) => Err(other),
        }
    }

    async fn ring(&mut self, from: i64, to: i64) -> CallFlow<()> {
        self.wait_for_answer(from).await?;
        self.enter(CallStatus::Ringing, json!({}));
        self.wait_for_answer(to).await
    }

    /// Waits until `due`, unless a person picks up before.
    async fn wait_for_answer(&mut self, due: i64) -> CallFlow<()> {
        if let Some(pickup) = self.answer.take() {
            return Err(Interrupt::Answered(pickup));
        }
        self.rings = true;
        let waited = self.until(due, Interruptible::Nothing).await;
        self.rings = false;
        waited.map(|_| ())
    }

    /// Follows a person who picks up, or does not.
    async fn answer_as(&mut self, pickup: Pickup) -> CallFlow<()> {
        if self.change(|record| record.status) != Some(CallStatus::Ringing) {
            self.enter(CallStatus::Ringing, json!({}));
        }
        let picked_up = self.pick_up_as(pickup).await;
        if self.change(|record| record.by_hand) != Some(true) {
            // The script goes on, and nobody waits for a turn.
            self.turn_taken.clear();
        }
        picked_up
    }

    /// Waits for the websocket of a call. Such a call does not ring; opening the socket answers it.
    async fn wait_for_socket(&mut self, due: i64) -> CallFlow<()> {
        self.waits_for_socket = true;
        match self.until(due, Interruptible::Nothing).await {
            Err(Interrupt::Connected) => self.pick_up().await,
            Ok(_) => Err(Interrupt::ended(
                "call.in-progress.error-providerfault-transport-never-connected",
            )),
            Err(other) => Err(other),
        }
    }

    /// Runs an inbound call until the assistant answers.
    pub async fn inbound(&mut self, received_at: i64) -> CallFlow<()> {
        self.at = received_at;
        let call = self.call();
        if let Some(assistant) = assistant::of_call(&self.state, &self.organization, &call) {
            self.set_assistant(assistant);
        } else if call["assistantId"].is_string() || call["squadId"].is_string() {
            self.notify_status(CallStatus::Ringing, json!({}));
            return Err(Interrupt::ended("assistant-not-found"));
        } else {
            self.request_assistant(&call).await?;
        }
        self.choose_script();
        self.notify_status(CallStatus::Ringing, json!({}));
        let answered = self.at + self.step();
        match self.wait_for_answer(answered).await {
            Ok(()) => self.pick_up().await,
            Err(Interrupt::Answered(pickup)) => self.answer_as(pickup).await,
            Err(other) => Err(other),
        }
    }

    /// Sets the assistant of the call.
    pub fn set_assistant(&mut self, assistant: Value) {
        let variables = template::variables(self.at, &self.call()["customer"], &assistant["variableValues"]);
        self.assistant = Arc::new(assistant);
        let assistant = self.assistant.clone();
        self.change(|record| {
            record.activate(assistant);
            record.variables = variables;
        });
    }

    /// Returns a text property of the assistant with its variables filled in.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = self.assistant[name].as_str().filter(|text| !text.is_empty())?;
        Some(self.filled(text))
    }

    /// Returns a text of the assistant with its variables filled in.
    pub fn filled(&self, text: &str) -> String {
        let variables = self.change(|record| record.variables.clone());
        template::render(text, &variables.unwrap_or_default(), self.at)
    }

    fn choose_script(&mut self) {
        let script = launch::script_for(&self.state, &self.call(), &self.assistant);
        let results = script.as_ref().map(|script| Arc::new(script.results.clone()));
        self.change(|record| record.results = results.unwrap_or_default());
        self.script = script;
    }

    async fn pick_up(&mut self) -> CallFlow<()> {
        let pickup = self
            .script
            .as_ref()
            .map_or(Pickup::Customer, |script| script.answer.clone());
        self.pick_up_as(pickup).await
    }

    async fn pick_up_as(&mut self, pickup: Pickup) -> CallFlow<()> {
        if let Pickup::Nobody(reason) = &pickup {
            return Err(Interrupt::ended(reason));
        }
        self.start();
        if pickup == Pickup::Voicemail {
            if let Some(message) = self.text("voicemailMessage") {
                self.assistant_says(&message).await?;
            }
            return Err(Interrupt::ended("voicemail"));
        }
        Ok(())
    }

    /// Marks the call as answered.
    pub fn start(&mut self) {
        let at = self.at;
        if let Some(seconds) = self.assistant["maxDurationSeconds"].as_f64() {
            self.deadline = Some(at.saturating_add((seconds * 1000.0) as i64));
        }
        let prompts: Vec<String> = self.assistant["model"]["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|message| message["role"] == "system")
            .filter_map(|message| message["content"].as_str().map(|prompt| self.filled(prompt)))
            .collect();
        self.prompts = prompts.len();
        self.change(|record| {
            record.started = Some(at);
            record.recording.start(at);
            record.conversation.started = at;
            for prompt in &prompts {
                record.conversation.add_unspoken("system", prompt, at);
            }
        });
        self.enter(CallStatus::InProgress, json!({}));
        self.notify(|| json!({ "type": "assistant.started", "newAssistant": *self.assistant }));
    }

    /// Sends `assistant-request` to the server of the phone number and follows its response.
    async fn request_assistant(&mut self, call: &Value) -> CallFlow<()> {
        let phone_number = webhooks::phone_number(&self.state, &self.organization, call);
        let Some(mut server) = webhooks::for_phone_number(&self.state, &self.organization, &phone_number) else {
            self.notify_status(CallStatus::Ringing, json!({}));
            return Err(Interrupt::ended("call-start-error-neither-assistant-nor-server-set"));
        };
        server.timeout = ASSISTANT_REQUEST_TIMEOUT;
        let message = json!({ "type": "assistant-request" });
        self.publish(|| message.clone());
        let reply = self.request_reply(server, self.enveloped(message), true).await?;
        let Some(response) = reply.json().filter(Value::is_object) else {
            return self.refuse("assistant-request-failed", &reply);
        };
        if !response["error"].is_null() {
            let Some(error) = response["error"].as_str().filter(|error| !error.trim().is_empty()) else {
                return self.refuse("assistant-request-returned-unspeakable-error", &reply);
            };
            self.start();
            self.assistant_says(error).await?;
            return Err(Interrupt::ended("assistant-request-returned-error"));
        }
        if response["destination"].is_object() {
            let destination = response["destination"].clone();
            let said = spoken(&destination["message"]);
            if said.is_some() {
                self.start();
            }
            let reason = "assistant-request-returned-forwarding-phone-number";
            return self.transfer(destination, said, reason).await;
        }
        let names = [
            "assistantId",
            "assistant",
            "assistantOverrides",
            "squadId",
            "squad",
            "squadOverrides",
            "workflowId",
            "workflow",
            "workflowOverrides",
        ];
        let chosen = names.into_iter().filter(|name| !response[*name].is_null());
        let chosen: Vec<(String, Value)> = chosen.map(|name| (name.to_owned(), response[name].clone())).collect();
        if !chosen.iter().any(|(name, _)| !name.ends_with("Overrides")) {
            return self.refuse("assistant-request-returned-no-assistant", &reply);
        }
        let problems = self.problems_of(&response);
        if !problems.is_empty() {
            let error = format!("Invalid Assistant. Errors: [ {} ]", problems.join(", "));
            return self.refuse_because("assistant-request-returned-invalid-assistant", &reply, error);
        }
        self.change(|record| record.learned.extend(chosen));
        match assistant::of_call(&self.state, &self.organization, &self.call()) {
            Some(assistant) => self.set_assistant(assistant),
            // Workflows have left the API. Only a script can replace one.
            None if response["workflowId"].is_string() || response["workflow"].is_object() => {}
            None => return self.refuse("assistant-request-returned-invalid-assistant", &reply),
        }
        Ok(())
    }

    /// Returns what is wrong with the assistant of a response, as JSON strings.
    fn problems_of(&self, response: &Value) -> Vec<String> {
        if self.state.settings.lenient {
            return Vec::new();
        }
        let validator = self.state.document.validator();
        let kinds = [
            ("assistant", "CreateAssistantDTO"),
            ("assistantOverrides", "AssistantOverrides"),
            ("squad", "CreateSquadDTO"),
        ];
        let given = kinds.into_iter().filter(|(name, _)| response[*name].is_object());
        let found = given.flat_map(|(name, schema)| {
            // The name of the property is part of each sentence.
            let body = json!({ name: response[name] });
            let reference = json!({ "$ref": format!("#/components/schemas/{schema}") });
            let schema = json!({ "type": "object", "properties": { name: reference } });
            validator.check(&schema, &body, Undeclared::Refused)
        });
        validator::messages(found.collect())
            .iter()
            .map(|sentence| json!(sentence).to_string())
            .collect()
    }

    /// Ends a call that cannot start and sends the server the problem of its response.
    fn refuse(&mut self, reason: &str, reply: &Reply) -> CallFlow<()> {
        let error = if reply.is_success() {
            reason.to_owned()
        } else {
            reply.problem()
        };
        self.refuse_because(reason, reply, error)
    }

    fn refuse_because(&mut self, reason: &str, reply: &Reply, error: String) -> CallFlow<()> {
        let response = match serde_json::from_slice(&reply.body) {
            Ok(json) => json,
            Err(_) => json!(String::from_utf8_lossy(&reply.body)),
        };
        let artifacts = json!({
            "error": reason,
            "assistantRequestError": error,
            "assistantRequestResponse": response,
        });
        self.debugging_artifacts = artifacts;
        Err(Interrupt::ended(reason))
    }
}

/// Returns the message before a transfer: a text, or a message with a `message` or `content`.
pub(crate) fn spoken(message: &Value) -> Option<String> {
    [message, &message["message"], &message["content"]]
        .into_iter()
        .find_map(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}
