//! Commands to a running call, which are posted to its control URL.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

use http::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{CONTROL, LiveCall, explain};
use crate::by_name::to_value;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::transport::{self, RequestParts};
#[allow(unused_imports, reason = "a document may have none of the types")]
use crate::types;

/// A command to a running call. Await it to send it.
///
/// It is sent again only if the server cannot have acted: what is said twice is heard twice. A success means that the command was
/// accepted, not that it was carried out: speech comes a moment later, or is dropped if the call ends meanwhile.
///
/// # Errors
///
/// The errors of every operation. If the control URL has gone, the call is requested, and the error says whether it has ended
/// ([`Error::is_call_ended`]) or has not begun.
#[must_use = "a command is sent when it is awaited"]
pub struct Command<K = Plain> {
    client: Client,
    /// The id of the call.
    id: String,
    /// The parts of the request, or the reason for which there is none.
    parts: Result<RequestParts>,
    body: Map<String, Value>,
    kind: PhantomData<fn() -> K>,
}

/// The kind of a [`Command`] that has no options.
#[derive(Debug)]
pub enum Plain {}

/// The kind of a [`Command`] that lets the assistant say a text.
#[derive(Debug)]
pub enum Say {}

/// The kind of a [`Command`] that adds a message to the conversation.
#[derive(Debug)]
pub enum AddMessage {}

/// The kind of a [`Command`] that gives the call to somebody else.
#[derive(Debug)]
pub enum Redirect {}

/// Shows the type of the message, not its text.
impl<K> fmt::Debug for Command<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("type", &self.body.get("type"))
            .finish_non_exhaustive()
    }
}

impl LiveCall {
    /// Makes the assistant say a text.
    pub fn say(&self, text: impl Into<String>) -> Command<Say> {
        self.command("live.say", json!({ "type": "say", "content": text.into() }))
    }

    /// Adds a message to the conversation: as the system, to instruct the assistant, or as one of the parties.
    ///
    /// The assistant responds to it, unless [`trigger_response`](Command::trigger_response) says otherwise.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(live: vapi::live::LiveCall) -> vapi::Result<()> {
    /// use vapi::types::{OpenAiMessage, OpenAiMessageRole};
    ///
    /// let message = OpenAiMessage::new(OpenAiMessageRole::System).content("The table is free at seven.");
    /// live.add_message(message).trigger_response(false).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(vapi_type = "OpenAiMessage")]
    pub fn add_message(&self, message: types::OpenAiMessage) -> Command<AddMessage> {
        self.with_value("live.add_message", "add-message", "message", &message)
    }

    /// Mutes the assistant: the customer does not hear it.
    pub fn mute_assistant(&self) -> Command {
        self.control("live.mute_assistant", "mute-assistant")
    }

    /// Ends [`mute_assistant`](Self::mute_assistant).
    pub fn unmute_assistant(&self) -> Command {
        self.control("live.unmute_assistant", "unmute-assistant")
    }

    /// Mutes the customer: the assistant does not hear them.
    pub fn mute_customer(&self) -> Command {
        self.control("live.mute_customer", "mute-customer")
    }

    /// Ends [`mute_customer`](Self::mute_customer).
    pub fn unmute_customer(&self) -> Command {
        self.control("live.unmute_customer", "unmute-customer")
    }

    /// Makes the assistant say its first message.
    pub fn say_first_message(&self) -> Command {
        self.control("live.say_first_message", "say-first-message")
    }

    /// Transfers the call to a phone number or a SIP address.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(live: vapi::live::LiveCall) -> vapi::Result<()> {
    /// use vapi::types::TransferDestinationNumber;
    ///
    /// live.transfer(TransferDestinationNumber::new("+15555550123"))
    ///     .content("I will put you through.")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(vapi_type = "TransferDestination")]
    pub fn transfer(&self, destination: impl Into<types::TransferDestination>) -> Command<Redirect> {
        self.with_value("live.transfer", "transfer", "destination", &destination.into())
    }

    /// Gives the conversation to another assistant or squad.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(live: vapi::live::LiveCall) -> vapi::Result<()> {
    /// use vapi::types::HandoffDestinationAssistant;
    ///
    /// live.handoff(HandoffDestinationAssistant::new().assistant_name("Billing")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(vapi_type = "HandoffDestination")]
    pub fn handoff(&self, destination: impl Into<types::HandoffDestination>) -> Command<Redirect> {
        self.with_value("live.handoff", "handoff", "destination", &destination.into())
    }

    /// Sends a message through the transport of the call: a SIP request, or TwiML.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(live: vapi::live::LiveCall) -> vapi::Result<()> {
    /// use vapi::types::TwilioTransportMessage;
    ///
    /// let twiml = "<Response><Play>https://files.example.com/ring.mp3</Play></Response>";
    /// live.send_transport_message(TwilioTransportMessage::new(twiml)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(vapi_type = "TransportMessage")]
    pub fn send_transport_message(&self, message: impl Into<types::TransportMessage>) -> Command {
        let (operation, kind) = ("live.send_transport_message", "send-transport-message");
        self.with_value(operation, kind, "message", &message.into())
    }

    /// Ends the call.
    pub fn end(&self) -> Command {
        self.command("live.end", json!({ "type": "end-call" }))
    }

    /// Sends a message of a type that has no method here. It is an object with a `type`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(live: vapi::live::LiveCall) -> vapi::Result<()> {
    /// live.send(&serde_json::json!({ "type": "new-message", "volume": 0.5 })).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn send<M: Serialize>(&self, message: &M) -> Command {
        match to_value(message) {
            Ok(message) => self.command("live.send", message),
            Err(cause) => self.refused("live.send", &cause),
        }
    }

    fn control<K>(&self, operation: &'static str, control: &str) -> Command<K> {
        self.command(operation, json!({ "type": "control", "control": control }))
    }

    fn with_value<K>(&self, operation: &'static str, kind: &str, name: &str, value: &impl Serialize) -> Command<K> {
        match to_value(value) {
            Ok(value) => self.command(operation, json!({ "type": kind, name: value })),
            Err(cause) => self.refused(operation, &cause),
        }
    }

    fn refused<K>(&self, operation: &'static str, cause: &serde_json::Error) -> Command<K> {
        let mut command = self.command(operation, Value::Null);
        command.parts = Err(Error::input(format!("the message cannot be written as JSON: {cause}")));
        command
    }

    fn command<K>(&self, operation: &'static str, body: Value) -> Command<K> {
        let parts = match (&self.control_url, &body) {
            (None, _) => Err(Error::input(format!(
                "the call {} has no `{CONTROL}`: its assistant's `monitorPlan` forbids control",
                self.id
            ))),
            (Some(_), body) if !body.is_object() => Err(Error::input("the message is not a JSON object")),
            (Some(url), _) => {
                let mut parts = RequestParts::to_url(operation, Method::POST, CONTROL, url.clone());
                if let Some(key) = &self.public_key {
                    parts.header("authorization", &format!("Bearer {key}"));
                }
                Ok(parts)
            }
        };
        let body = match body {
            Value::Object(body) => body,
            _ => Map::new(),
        };
        Command {
            client: self.client.clone(),
            id: self.id.clone(),
            parts,
            body,
            kind: PhantomData,
        }
    }
}

impl<K> Command<K> {
    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.body.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the time limit of this command, instead of the client's.
    pub fn timeout(mut self, limit: std::time::Duration) -> Self {
        if let Ok(parts) = &mut self.parts {
            parts.timeout(limit);
        }
        self
    }

    async fn send(self) -> Result<()> {
        let mut parts = self.parts?;
        parts.json(&self.body);
        match transport::send(self.client.settings(), parts).await {
            Ok(_) => Ok(()),
            Err(error) => Err(explain(&self.client, &self.id, error).await),
        }
    }
}

impl Command<Say> {
    /// Sets whether the call ends after the text.
    pub fn end_call_after_spoken(self, ends: bool) -> Self {
        self.set("endCallAfterSpoken", ends)
    }

    /// Sets whether the customer may interrupt the text.
    pub fn interruptions_enabled(self, enabled: bool) -> Self {
        self.set("interruptionsEnabled", enabled)
    }

    /// Sets whether the text interrupts what the assistant is saying.
    pub fn interrupt_assistant_enabled(self, enabled: bool) -> Self {
        self.set("interruptAssistantEnabled", enabled)
    }
}

impl Command<AddMessage> {
    /// Sets whether the assistant responds to the message at once. By default it does.
    pub fn trigger_response(self, triggers: bool) -> Self {
        self.set("triggerResponseEnabled", triggers)
    }
}

impl Command<Redirect> {
    /// Sets the text that the assistant says before.
    pub fn content(self, text: impl Into<String>) -> Self {
        self.set("content", text.into())
    }
}

impl<K: 'static> IntoFuture for Command<K> {
    type Output = Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
