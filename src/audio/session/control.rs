//! The handle that steers a call over its socket.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::driver::Command;
use super::shared::{AudioStats, Shared};
use crate::error::{Error, Result};
use crate::types::{ClientInboundMessageEndCall, ClientInboundMessagePayload, ClientInboundMessageSay};

/// A handle that steers a call over its socket. Clones steer the same call.
#[derive(Clone)]
pub struct AudioControl {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) shared: Arc<Shared>,
}

impl AudioControl {
    /// Sends a control message: to say something, add a message, mute, transfer.
    ///
    /// A message that the document lacks is [`ClientInboundMessagePayload::Unknown`]. A refusal of the server comes as
    /// [`CallEvent::Problem`](super::CallEvent::Problem).
    ///
    /// # Errors
    ///
    /// The session has ended. The message was sent or not.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(control: vapi::audio::AudioControl) -> vapi::Result<()> {
    /// use serde_json::json;
    /// use vapi::types::{ClientInboundMessageControl, ClientInboundMessageControlControl, ClientInboundMessagePayload};
    ///
    /// let mute = ClientInboundMessageControl::new(ClientInboundMessageControlControl::MuteAssistant);
    /// control.send(mute).await?;
    ///
    /// let handoff = json!({ "type": "handoff", "destination": { "type": "assistant", "assistantName": "Billing" } });
    /// control.send(ClientInboundMessagePayload::Unknown(handoff)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(&self, message: impl Into<ClientInboundMessagePayload>) -> Result<()> {
        let mut message = message.into();
        if let ClientInboundMessagePayload::Say(say) = &mut message
            && say.type_.is_none()
        {
            // The document has no fixed tag here.
            say.type_ = Some("say".to_owned());
        }
        let (sent, was_sent) = oneshot::channel();
        let command = Command::Send(to_text(&message)?, sent);
        let enqueued = self.commands.send(command).await;
        enqueued.map_err(|_| self.shared.has_ended())?;
        was_sent.await.map_err(|_| self.shared.has_ended())
    }

    /// Lets the assistant say a text.
    ///
    /// # Errors
    ///
    /// The session has ended.
    pub async fn say(&self, text: impl Into<String>) -> Result<()> {
        self.send(ClientInboundMessageSay::new().content(text)).await
    }

    /// Ends the call, and waits until the socket is closed. A session that has ended is no error.
    ///
    /// # Errors
    ///
    /// The message cannot be written as JSON.
    pub async fn end(&self) -> Result<()> {
        let command = Command::End(end_text()?);
        if self.commands.send(command).await.is_ok() {
            // The task drops its end of the channel last.
            self.commands.closed().await;
        }
        Ok(())
    }

    /// Returns whether the session has ended.
    pub fn is_over(&self) -> bool {
        self.shared.is_over()
    }

    /// Returns the numbers of the session so far.
    pub fn stats(&self) -> AudioStats {
        self.shared.stats()
    }
}

impl fmt::Debug for AudioControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudioControl")
            .field("is_over", &self.is_over())
            .finish_non_exhaustive()
    }
}

/// Returns the text of the message that ends a call.
pub(super) fn end_text() -> Result<String> {
    to_text(&ClientInboundMessageEndCall::new())
}

fn to_text(message: &impl Serialize) -> Result<String> {
    serde_json::to_string(message)
        .map_err(|cause| Error::input("the control message cannot be written as JSON").caused_by(cause))
}
