//! Chats as streams of events: `vapi.chats().create(..).stream()`, and its twin in OpenAI's format.
//!
//! The document does not declare these streams. The events here are those that the vendor describes and its clients accept; any
//! other event is kept as `Unknown`.

mod chat_event;
mod event_stream;
mod response_event;
mod text_deltas;

#[allow(unused_imports, reason = "a document may have no chats")]
use crate::error::Result;

pub use chat_event::{ChatDelta, ChatEvent, ChatOutput};
pub use event_stream::{EventStream, StreamEvent, StreamProgress, TextSource};
pub use response_event::{CompletedResponse, ResponseEvent, ResponseText, ResponseTextDelta};
pub use text_deltas::TextDeltas;

/// The stream that `vapi.chats().create(..).stream()` returns.
///
/// # Examples
///
/// ```no_run
/// # async fn example(vapi: vapi::Client) -> vapi::Result<()> {
/// use serde_json::json;
/// use vapi::chat::ChatStream;
/// use vapi::http::Method;
///
/// // The same for a path that the document lacks.
/// let body = json!({ "assistantId": "a", "input": "Hello!", "stream": true });
/// let bytes = vapi.request(Method::POST, "/v2/chat").json(&body).send_stream().await?;
/// let mut chat = ChatStream::from_bytes(bytes).await?;
/// let mut deltas = chat.text_deltas();
/// while let Some(delta) = deltas.next().await {
///     print!("{}", delta?);
/// }
/// println!(" (chat {:?})", chat.chat_id());
/// # Ok(())
/// # }
/// ```
pub type ChatStream = EventStream<ChatEvent>;

/// The stream that `vapi.chats().create_response(..).stream()` returns: a chat in the format of OpenAI's Responses API.
pub type ResponseStream = EventStream<ResponseEvent>;

#[cfg(vapi_op = "ChatController_createChat")]
impl crate::resources::prepared::ChatsCreate {
    /// Sends the operation with `stream` set in its body, and returns the events of the response as they come.
    ///
    /// The time limit ends with the beginning of the response. After that the stream may last any time, except that it may not
    /// fall silent.
    ///
    /// # Errors
    ///
    /// The errors of every operation. Once the response has begun, the stream returns the errors.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
    /// use vapi::types::CreateChatDto;
    ///
    /// let request = CreateChatDto::new("Tell me a story.").assistant_id(id);
    /// let mut chat = vapi.chats().create(request).stream().await?;
    /// let mut deltas = chat.text_deltas();
    /// while let Some(delta) = deltas.next().await {
    ///     print!("{}", delta?);
    /// }
    /// println!(" (chat {:?})", chat.chat_id());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream(self) -> Result<ChatStream> {
        ChatStream::from_bytes(self.open_events().await?).await
    }
}

#[cfg(vapi_op = "ChatController_createWebChat")]
impl crate::resources::prepared::ChatsCreateWeb {
    /// Sends the operation with `stream` set in its body, and returns the events of the response as they come.
    ///
    /// The time limit ends with the beginning of the response. After that the stream may last any time, except that it may not
    /// fall silent.
    ///
    /// # Errors
    ///
    /// The errors of every operation. Once the response has begun, the stream returns the errors.
    pub async fn stream(self) -> Result<ChatStream> {
        ChatStream::from_bytes(self.open_events().await?).await
    }
}

#[cfg(vapi_op = "ChatController_createOpenAIChat")]
impl crate::resources::prepared::ChatsCreateResponse {
    /// Sends the operation with `stream` set in its body, and returns the events of the response as they come.
    ///
    /// The time limit ends with the beginning of the response. After that the stream may last any time, except that it may not
    /// fall silent.
    ///
    /// # Errors
    ///
    /// The errors of every operation. Once the response has begun, the stream returns the errors.
    pub async fn stream(self) -> Result<ResponseStream> {
        ResponseStream::from_bytes(self.open_events().await?).await
    }
}
