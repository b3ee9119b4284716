//! The end of a call, and its transfer to a person or another assistant.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::calls::driver::{CallFlow, Driver, Interrupt, Interruptible};
use crate::calls::results::Finished;
use crate::calls::start::spoken;
use crate::calls::{assistant, results, uploads, view};
use crate::state::call::CallStatus;
use crate::state::webhook_server::WebhookServer;

impl Driver {
    /// Transfers the call. It ends if the destination is a number or an address, and continues if it is an assistant.
    pub async fn transfer(&mut self, destination: Value, text: Option<String>, reason: &str) -> CallFlow<()> {
        if destination["type"] == "assistant" {
            return self.hand_off(&destination, text).await;
        }
        let at = self.at;
        let mut recorded = destination.clone();
        if let Some(recorded) = recorded.as_object_mut() {
            recorded.remove("message");
            recorded.extend(text.clone().map(|text| ("message".to_owned(), json!(text))));
        }
        self.change(|record| record.recording.add(json!({ "transfer": recorded }), at, at));
        if let Some(text) = text {
            self.assistant_says(&text).await?;
        }
        self.notify(|| json!({ "type": "transfer-update", "destination": destination }));
        self.notify(|| json!({ "type": "phone-call-control", "request": "forward", "destination": destination }));
        let mode = destination["transferPlan"]["mode"]
            .as_str()
            .unwrap_or("blind-transfer")
            .to_owned();
        self.change(|record| {
            record.learned.insert("destination".into(), destination.clone());
            record
                .transfers
                .push(json!({ "destination": destination, "mode": mode, "status": "completed" }));
        });
        self.enter(CallStatus::Forwarding, json!({ "destination": destination }));
        let (due, deadline) = (self.at + self.step(), self.deadline.take());
        self.until(due, Interruptible::Nothing).await?;
        self.deadline = deadline;
        Err(Interrupt::ended(reason))
    }

    /// Hands the call off to another assistant, which says its first message.
    pub async fn hand_off(&mut self, destination: &Value, text: Option<String>) -> CallFlow<()> {
        if let Some(text) = text {
            self.say_from_outside(&text, false).await?;
        }
        let at = self.at;
        self.change(|record| record.recording.add(json!({ "handoff": destination }), at, at));
        let next = assistant::of_destination(&self.state, &self.organization, &self.call(), destination);
        let Some(next) = next else {
            self.add_built_in("handoff", json!({ "destination": destination }), "Assistant not found.");
            return Ok(());
        };
        let before = self.assistant.clone();
        self.notify(|| {
            json!({
                "type": "transfer-update", "destination": destination, "fromAssistant": *before, "toAssistant": next,
            })
        });
        self.set_assistant(next);
        self.notify(|| json!({ "type": "assistant.started", "newAssistant": *self.assistant }));
        let waits = self.assistant["firstMessageMode"] == "assistant-waits-for-user";
        match self.text("firstMessage").filter(|_| !waits) {
            Some(greeting) => self.assistant_says(&greeting).await,
            None => Ok(()),
        }
    }

    pub async fn ask_where_to_transfer(&mut self) -> CallFlow<()> {
        let response = self
            .ask_for_destination(json!({ "type": "transfer-destination-request" }))
            .await?;
        match response {
            Ok(response) => {
                let destination = response["destination"].clone();
                let text = spoken(&response["message"]).or_else(|| spoken(&destination["message"]));
                self.add_built_in(
                    "transferCall",
                    json!({ "destination": destination }),
                    "Transfer initiated.",
                );
                Err(Interrupt::Transfer {
                    destination,
                    text,
                    taken: None,
                })
            }
            Err(problem) => {
                self.add_built_in("transferCall", json!({}), &problem);
                Ok(())
            }
        }
    }

    pub async fn ask_whom_to_hand_off_to(&mut self, parameters: &Value) -> CallFlow<()> {
        let request = json!({ "type": "handoff-destination-request", "parameters": parameters });
        match self.ask_for_destination(request).await? {
            Ok(response) => {
                self.add_built_in("handoff", parameters.clone(), "Handoff initiated.");
                Err(Interrupt::Handoff {
                    destination: response["destination"].clone(),
                    text: spoken(&response["destination"]["message"]),
                    taken: None,
                })
            }
            Err(problem) => {
                self.add_built_in("handoff", parameters.clone(), &problem);
                Ok(())
            }
        }
    }

    /// Returns the server's response with its destination, or the problem that the model is told instead.
    async fn ask_for_destination(&mut self, request: Value) -> CallFlow<Result<Value, String>> {
        let server: Option<WebhookServer> = self.server().filter(|_| self.wants(&request));
        self.publish(|| request.clone());
        let Some(server) = server else {
            return Ok(Err("No destination returned.".into()));
        };
        let reply = self.request_reply(server, self.enveloped(request), false).await?;
        let response = reply.json().unwrap_or_default();
        if response["destination"]["type"].is_string() {
            return Ok(Ok(response));
        }
        let problem = ["error", "result"].into_iter().find_map(|name| response[name].as_str());
        Ok(Err(problem.unwrap_or("No destination returned.").to_owned()))
    }

    /// Computes what the call is evaluated for.
    fn complete_results(&self) {
        let (at, now) = (self.at, self.state.clock.now());
        let outputs = results::outputs(&self.state, &self.organization, &self.call(), &self.assistant);
        self.change(|record| {
            if let Some(finished) = Finished::of(record, at) {
                let results = results::complete(&outputs, &finished, now, (*record.results).clone());
                record.results = Arc::new(results);
            }
        });
    }

    /// Ends the call: sets the status and sends the report.
    pub fn end(&mut self, reason: &str) {
        self.change(|record| reason.clone_into(&mut record.ended_reason));
        self.complete_results();
        let mut more = Map::from_iter([("endedReason".to_owned(), json!(reason))]);
        if self.debugging_artifacts.is_object() {
            more.insert(
                "inboundPhoneCallDebuggingArtifacts".into(),
                self.debugging_artifacts.take(),
            );
        }
        self.enter(CallStatus::Ended, Value::Object(more));
        self.notify(|| view::report(&self.state, &self.resource()));
        if view::has_artifacts(&self.state, &self.id) {
            let stored = uploads::report(&self.state, &self.organization, &self.call(), &self.assistant);
            if let Some(stored) = stored {
                self.notify(|| stored);
            }
        }
        let watchers = self.change(|record| std::mem::take(&mut record.watchers));
        for watcher in watchers.unwrap_or_default() {
            // The watcher is gone if what it waits for was canceled.
            let _ = watcher.send(self.state.timers.activity_guard());
        }
    }
}
