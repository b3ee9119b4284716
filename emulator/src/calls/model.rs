//! The turn of an assistant whose model the emulator can ask, and what is asked before it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::calls::assistant;
use crate::calls::driver::{CallFlow, Driver, Interrupt, Interruptible};
use crate::calls::view;
use crate::llm::{Completion, CustomLlm, ModelError, Surroundings};
use crate::state::call::Activity;
use crate::state::clock::whole_milliseconds;
use crate::state::webhook_server::WebhookServer;
use crate::webhooks;
use crate::webhooks::signature::Subject;

/// The number of times that a model may call tools within one turn.
const MOST_ROUNDS: usize = 20;

/// The longest delay that a custom endpointing model may ask for.
const LONGEST_ENDPOINTING: Duration = Duration::from_secs(15);

/// The sample rate that is requested of a custom voice.
pub(crate) const VOICE_RATE: u32 = 24_000;

impl Driver {
    /// Returns whether the assistant has a model that the emulator can ask.
    pub fn has_model(&self) -> bool {
        CustomLlm::of(&self.assistant).is_some()
    }

    /// Asks the model, says what it says, and calls the tools that it calls, until it calls none.
    pub async fn answer_by_model(&mut self) -> CallFlow<()> {
        for _ in 0..MOST_ROUNDS {
            self.set_activity(Activity::Thinking);
            let completion = self.ask_model().await;
            self.set_activity(Activity::Nothing);
            let completion = match completion? {
                None => return Ok(()),
                Some(Ok(completion)) => completion,
                Some(Err(error)) => return self.fail(&error),
            };
            if !completion.text.trim().is_empty() {
                self.assistant_answers(completion.text.trim()).await?;
                if self.is_last_phrase(&completion.text) {
                    return Err(Interrupt::ended("assistant-said-end-call-phrase"));
                }
            }
            if completion.tool_calls.is_empty() || self.is_interrupted() {
                return Ok(());
            }
            self.call_tools(&completion.into_tool_uses()).await?;
        }
        self.fail(&ModelError::no_end_of_tools(MOST_ROUNDS))
    }

    /// Ends the call because of the model.
    fn fail(&self, error: &ModelError) -> CallFlow<()> {
        let message = json!(error.message());
        self.change(|record| record.learned.insert("endedMessage".into(), message));
        Err(Interrupt::ended(error.ended_reason()))
    }

    /// Returns the response of the model; `None` if the customer interrupts meanwhile.
    async fn ask_model(&mut self) -> CallFlow<Option<Result<Completion, ModelError>>> {
        let (state, organization) = (self.state.clone(), self.organization.clone());
        let (assistant, subject) = (self.assistant.clone(), Subject::Call(self.id.clone()));
        let (messages, surroundings) = (self.messages_for_model(), self.surroundings());
        let asked = async move {
            let model = CustomLlm::of(&assistant)?;
            // The assistant speaks when the whole line is known.
            let mut on_text = |_: &str| {};
            let completion = model.complete(&state, &organization, &subject, &messages, &surroundings, &mut on_text);
            Some(completion.await)
        };
        Ok(self.wait_for(asked).await?.flatten())
    }

    /// Returns the prompt of the current assistant and the conversation.
    fn messages_for_model(&mut self) -> Vec<Value> {
        let mut messages = assistant::prompt(&self.assistant, |text| self.filled(text));
        if let Some(documents) = self.documents.take() {
            messages.push(json!({ "role": "system", "content": documents }));
        }
        let conversation = self.change(|record| record.conversation.open_ai());
        messages.extend(conversation.unwrap_or_default().into_iter().skip(self.prompts));
        messages
    }

    fn surroundings(&self) -> Surroundings {
        let stored = self.resource();
        let call = view::as_of_now(&self.state, stored);
        Surroundings {
            customer: call["customer"].clone(),
            phone_number: webhooks::phone_number(&self.state, &self.organization, &call),
            call,
            chat: Value::Null,
        }
    }

    /// Returns whether the assistant said one of its `endCallPhrases`.
    fn is_last_phrase(&self, text: &str) -> bool {
        let said = text.to_lowercase();
        let phrases = self.assistant["endCallPhrases"].as_array().into_iter().flatten();
        let mut phrases = phrases.filter_map(Value::as_str).filter(|phrase| !phrase.is_empty());
        phrases.any(|phrase| said.contains(&phrase.to_lowercase()))
    }

    /// Asks the servers that have to be asked before the customer is answered. Returns the message that a knowledge base wants spoken.
    pub async fn ask_before_answer(&mut self) -> CallFlow<Option<String>> {
        if !std::mem::take(&mut self.heard) {
            return Ok(None);
        }
        self.ask_for_endpointing().await?;
        self.ask_knowledge_base().await
    }

    /// Sends `call.endpointing.request` to a custom endpointing model, and waits for as long as it says.
    async fn ask_for_endpointing(&mut self) -> CallFlow<()> {
        let plan = &self.assistant["startSpeakingPlan"]["smartEndpointingPlan"];
        let Some(server) = WebhookServer::of(plan).filter(|_| plan["provider"] == "custom-endpointing-model") else {
            return Ok(());
        };
        let request = self.with_messages("call.endpointing.request");
        self.publish(|| request.clone());
        let reply = self.request_reply(server, self.enveloped(request), false).await?;
        let seconds = reply.json().and_then(|reply| reply["timeoutSeconds"].as_f64());
        let Some(delay) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) else {
            return Ok(());
        };
        let due = self.at + whole_milliseconds(delay.min(LONGEST_ENDPOINTING));
        self.until(due, Interruptible::Interruptions).await?;
        Ok(())
    }

    /// Sends `knowledge-base-request` to a custom knowledge base. Its documents are for the model; a message is spoken instead of the
    /// model's, and returned.
    async fn ask_knowledge_base(&mut self) -> CallFlow<Option<String>> {
        let base = &self.assistant["model"]["knowledgeBase"];
        let Some(server) = WebhookServer::of(base).filter(|_| base["provider"] == "custom-knowledge-base") else {
            return Ok(None);
        };
        let request = self.with_messages("knowledge-base-request");
        self.publish(|| request.clone());
        let reply = self.request_reply(server, self.enveloped(request), false).await?;
        let reply = reply.json().unwrap_or_default();
        let documents = reply["documents"].as_array().into_iter().flatten();
        let documents: Vec<&str> = documents.filter_map(|document| document["content"].as_str()).collect();
        self.documents =
            (!documents.is_empty()).then(|| format!("From the knowledge base:\n\n{}", documents.join("\n\n")));
        let said = reply["message"]["content"].as_str().filter(|text| !text.is_empty());
        Ok(said.map(str::to_owned))
    }

    /// Sends `voice-request` to a custom voice. Returns the duration of its sound in milliseconds; `None` if it sends none.
    pub async fn ask_for_voice(&mut self, text: &str) -> CallFlow<Option<i64>> {
        self.change(|record| record.sound = None);
        let voice = &self.assistant["voice"];
        let Some(server) = WebhookServer::of(voice).filter(|_| voice["provider"] == "custom-voice") else {
            return Ok(None);
        };
        let request = json!({ "type": "voice-request", "text": text, "sampleRate": VOICE_RATE });
        self.publish(|| request.clone());
        // No line is spoken meanwhile: this one is first.
        let (delivery, message) = (self.delivery(), self.enveloped(request));
        let Some(reply) = self
            .wait_for(async move { delivery.request(server, message).await })
            .await?
        else {
            return Ok(None);
        };
        if !reply.is_success() {
            return Ok(None);
        }
        let samples = reply.body.chunks_exact(2);
        let samples: Arc<[i16]> = samples.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        let count = i64::try_from(samples.len()).unwrap_or_default();
        self.change(|record| record.sound = Some(samples));
        Ok((count > 0).then(|| count * 1000 / i64::from(VOICE_RATE)))
    }

    fn with_messages(&self, kind: &str) -> Value {
        let artifact = self.change(|record| record.conversation.artifact()).unwrap_or_default();
        json!({
            "type": kind,
            "messages": artifact["messages"],
            "messagesOpenAIFormatted": artifact["messagesOpenAIFormatted"],
        })
    }
}
