//! The setters of handlers, one for each type of message.

use std::future::Future;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Webhooks;
use super::handler::{Failure, Fallback, Handler, HandlerOutput, Projection, Received, typed};
use super::tools::{self, ToolContext, ToolError};
use crate::types::{self, ServerMessagePayload};
use crate::webhooks::responses::*;
use crate::webhooks::{WebhookMessage, WebhookResponse, WebhookToolCall};

/// Returns the payload of a message, if it is of this variant. In some documents it is boxed.
macro_rules! projection {
    ($variant:ident($message:ident)) => {
        |payload| match payload {
            ServerMessagePayload::$variant(message) => {
                let message: &types::$message = message;
                Some(message)
            }
            _ => None,
        }
    };
}

/// Writes the setter of a handler for a message that needs a response.
macro_rules! on_request {
    ($(#[$doc:meta])* $method:ident, $variant:ident($message:ident) -> $response:ident, $fallback:expr) => {
        $(#[$doc])*
        ///
        /// The handler returns the response, or a `Result` of it with an error that is logged.
        pub fn $method<F, Fut>(self, handler: F) -> Self
        where
            F: Fn(Received<types::$message>) -> Fut + Send + Sync + 'static,
            Fut: Future<Output: HandlerOutput<$response>> + Send + 'static,
        {
            self.on::<types::$message, $response, _, _>(projection!($variant($message)), $fallback, handler)
        }
    };
}

/// Writes the setter of a handler for a message that needs none.
macro_rules! on_event {
    ($(#[$doc:meta])* $method:ident, $variant:ident($message:ident)) => {
        $(#[$doc])*
        ///
        /// The handler returns nothing, or a `Result`. An error is logged, and the response has status 500.
        pub fn $method<F, Fut>(self, handler: F) -> Self
        where
            F: Fn(Received<types::$message>) -> Fut + Send + Sync + 'static,
            Fut: Future<Output: HandlerOutput<()>> + Send + 'static,
        {
            self.on::<types::$message, (), _, _>(projection!($variant($message)), event_fallback, handler)
        }
    };
}

fn event_fallback(failure: Failure, _: &str) -> http::Response<bytes::Bytes> {
    failure.into_http_of_event()
}

#[allow(dead_code, reason = "a document may have no message that fails without a text")]
fn silent_fallback(failure: Failure, _: &str) -> http::Response<bytes::Bytes> {
    failure.into_http()
}

impl Webhooks {
    /// Adds a tool, and the handler of its calls.
    ///
    /// The arguments are of a type of your own, the one that [`tools::function`](crate::tools) makes a schema of. Arguments that do not fit
    /// it are not your concern: the model is told which one is wrong. What the handler returns is serialized: text as it is, anything else
    /// as JSON. An error and a panic are this tool's error, and other calls of the message are not affected.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use vapi::webhooks::{ToolContext, ToolError, Verifier, Webhooks};
    ///
    /// #[derive(Deserialize)]
    /// struct BookTable {
    ///     guests: u32,
    /// }
    ///
    /// # fn main() -> vapi::Result<()> {
    /// let webhooks = Webhooks::new(Verifier::secret("a-long-random-secret")?)
    ///     .on_tool("book_table", |table: BookTable, _: ToolContext| async move {
    ///         if table.guests > 12 {
    ///             return Err(ToolError::new("There is no table for more than 12 guests."));
    ///         }
    ///         Ok(format!("Booked for {}.", table.guests))
    ///     });
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_tool<A, T, F, Fut>(self, name: impl Into<String>, handler: F) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        T: Serialize + Send + 'static,
        F: Fn(A, ToolContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, ToolError>> + Send + 'static,
    {
        self.edit(|router| {
            router.tools.insert(name.into(), tools::typed(handler));
        })
    }

    /// Sets the handler of calls of all tools that have no handler of their own, such as tools that are made while the program runs.
    ///
    /// ```
    /// use vapi::webhooks::{Verifier, WebhookToolCall, Webhooks};
    ///
    /// let webhooks = Webhooks::new(Verifier::none())
    ///     .on_other_tool(|call: WebhookToolCall, _| async move { Ok(format!("{} of {}", call.name, call.arguments)) });
    /// ```
    #[must_use]
    pub fn on_other_tool<T, F, Fut>(self, handler: F) -> Self
    where
        T: Serialize + Send + 'static,
        F: Fn(WebhookToolCall, ToolContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, ToolError>> + Send + 'static,
    {
        self.edit(|router| router.other_tool = Some(tools::untyped(handler)))
    }

    #[cfg(all(
        vapi_type = "ServerMessageAssistantRequest",
        vapi_type = "ServerMessageResponseAssistantRequest"
    ))]
    on_request! {
        /// Sets the handler that chooses the assistant for an incoming call.
        ///
        /// If it fails or takes more than 7 seconds, the caller hears the [`spoken_error`](Self::spoken_error).
        #[must_use]
        on_assistant_request, AssistantRequest(ServerMessageAssistantRequest) -> AssistantResponse,
        |_, text| AssistantResponse::error(text).into_http()
    }

    #[cfg(all(
        vapi_type = "ServerMessageTransferDestinationRequest",
        vapi_type = "ServerMessageResponseTransferDestinationRequest"
    ))]
    on_request! {
        /// Sets the handler that says where a call is transferred to.
        ///
        /// If it fails or is late, the response has the [`spoken_error`](Self::spoken_error), and the call stays.
        #[must_use]
        on_transfer_destination_request, TransferDestinationRequest(ServerMessageTransferDestinationRequest) -> TransferResponse,
        |_, text| TransferResponse::error(text).into_http()
    }

    #[cfg(all(
        vapi_type = "ServerMessageHandoffDestinationRequest",
        vapi_type = "ServerMessageResponseHandoffDestinationRequest"
    ))]
    on_request! {
        /// Sets the handler that says to whom a conversation is handed.
        ///
        /// If it fails or is late, the response has the [`spoken_error`](Self::spoken_error), and the assistant stays.
        #[must_use]
        on_handoff_destination_request, HandoffDestinationRequest(ServerMessageHandoffDestinationRequest) -> HandoffResponse,
        |_, text| HandoffResponse::error(text).into_http()
    }

    #[cfg(all(
        vapi_type = "ServerMessageKnowledgeBaseRequest",
        vapi_type = "ServerMessageResponseKnowledgeBaseRequest"
    ))]
    on_request! {
        /// Sets the handler that searches your knowledge base.
        ///
        /// If it fails or is late, nothing was found.
        #[must_use]
        on_knowledge_base_request, KnowledgeBaseRequest(ServerMessageKnowledgeBaseRequest) -> KnowledgeBaseResponse,
        |_, _| KnowledgeBaseResponse::new().into_http()
    }

    #[cfg(all(
        vapi_type = "ServerMessageCallEndpointingRequest",
        vapi_type = "ServerMessageResponseCallEndpointingRequest"
    ))]
    on_request! {
        /// Sets the handler that decides how long the assistant waits before it speaks.
        #[must_use]
        on_endpointing_request, CallEndpointingRequest(ServerMessageCallEndpointingRequest) -> EndpointingResponse,
        silent_fallback
    }

    #[cfg(all(
        vapi_type = "ServerMessageCampaignPredial",
        vapi_type = "ServerMessageResponseCampaignPredial"
    ))]
    on_request! {
        /// Sets the handler that decides whether a contact of a campaign is called.
        ///
        /// If it fails or is late, the contact is not called.
        #[must_use]
        on_campaign_predial, CampaignPredial(ServerMessageCampaignPredial) -> PredialResponse,
        silent_fallback
    }

    #[cfg(vapi_type = "ServerMessageVoiceRequest")]
    on_request! {
        /// Sets the handler that speaks a text as audio.
        #[must_use]
        on_voice_request, VoiceRequest(ServerMessageVoiceRequest) -> VoiceResponse,
        silent_fallback
    }

    #[cfg(vapi_type = "ServerMessageEndOfCallReport")]
    on_event! {
        /// Sets the handler of the reports on ended calls.
        #[must_use]
        on_end_of_call_report, EndOfCallReport(ServerMessageEndOfCallReport)
    }

    #[cfg(vapi_type = "ServerMessageStatusUpdate")]
    on_event! {
        /// Sets the handler of changes of a call's status.
        #[must_use]
        on_status_update, StatusUpdate(ServerMessageStatusUpdate)
    }

    #[cfg(vapi_type = "ServerMessageTranscript")]
    on_event! {
        /// Sets the handler of what was said, partial and final.
        #[must_use]
        on_transcript, Transcript(ServerMessageTranscript)
    }

    #[cfg(vapi_type = "ServerMessageConversationUpdate")]
    on_event! {
        /// Sets the handler of additions to the conversation.
        #[must_use]
        on_conversation_update, ConversationUpdate(ServerMessageConversationUpdate)
    }

    #[cfg(vapi_type = "ServerMessageSpeechUpdate")]
    on_event! {
        /// Sets the handler of beginnings and ends of speech.
        #[must_use]
        on_speech_update, SpeechUpdate(ServerMessageSpeechUpdate)
    }

    /// Sets the handler of all messages that no other handler takes, unknown ones included.
    ///
    /// It cannot respond. If it gets a message that needs a response, the status is 501, and there is a warning. Tool calls do not come here.
    #[must_use]
    pub fn on_other<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(WebhookMessage) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerOutput<()>> + Send + 'static,
    {
        self.edit(|router| {
            router.other = Some(Arc::new(move |message| {
                let output = handler(message);
                Box::pin(async move { output.await.into_result().map(<()>::into_http) })
            }));
        })
    }

    #[allow(dead_code, reason = "a document may have no message with a handler")]
    fn on<T, R, F, Fut>(self, project: Projection<T>, fallback: Fallback, handler: F) -> Self
    where
        T: 'static,
        R: WebhookResponse,
        F: Fn(Received<T>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output: HandlerOutput<R>> + Send + 'static,
    {
        self.edit(|router| {
            router
                .handlers
                .push(Handler::new(project, fallback, typed(project, handler)));
        })
    }
}
