//! Chats that answer word by word: `vapi.chats().create(..).stream()`, and its twin in OpenAI's form.
//!
//! The document does not declare these streams. What is read here is what the vendor documents and its clients accept; what else
//! comes is kept as `Unknown`.

mod chat_event;
mod event_stream;
mod response_event;
mod text_deltas;

#[allow(unused_imports, reason = "a document may have no chats")]
use crate::error::Result;

pub use chat_event::{ChatDelta, ChatEvent, ChatOutput};
pub use event_stream::{EventStream, Progress, Source, StreamEvent};
pub use response_event::{CompletedResponse, ResponseEvent, ResponseText, ResponseTextDelta};
pub use text_deltas::TextDeltas;

/// What `vapi.chats().create(..).stream()` gives.
///
/// ```no_run
/// # async fn example(vapi: vapi::Client) -> vapi::Result<()> {
/// use serde_json::json;
/// use vapi::chat::ChatStream;
/// use vapi::http::Method;
///
/// // As `vapi.chats().create(..).stream()` does it, for an address that the document lacks.
/// let body = json!({ "assistantId": "a", "input": "Hello!", "stream": true });
/// let bytes = vapi.request(Method::POST, "/chat/web").json(&body).send_stream().await?;
/// let mut chat = ChatStream::from_bytes(bytes).await?;
/// let mut words = chat.text_deltas();
/// while let Some(words) = words.next().await {
///     print!("{}", words?);
/// }
/// println!(" (chat {:?})", chat.chat_id());
/// # Ok(())
/// # }
/// ```
pub type ChatStream = EventStream<ChatEvent>;

/// What `vapi.chats().create_response(..).stream()` gives: a chat in the form of OpenAI's Responses.
pub type ResponseStream = EventStream<ResponseEvent>;

#[cfg(vapi_op = "ChatController_createChat")]
impl crate::operation::Operation<'_, crate::resources::endpoint::ChatsCreate> {
    /// Sends it and gives the answer word by word. `stream` is set in the body by this.
    ///
    /// ```no_run
    /// # async fn example(vapi: vapi::Client, id: &str) -> vapi::Result<()> {
    /// use vapi::types::CreateChatDto;
    ///
    /// let request = CreateChatDto::new("Tell me a story.").assistant_id(id);
    /// let mut chat = vapi.chats().create(request).stream().await?;
    /// let mut words = chat.text_deltas();
    /// while let Some(words) = words.next().await {
    ///     print!("{}", words?);
    /// }
    /// println!(" (chat {:?})", chat.chat_id());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of every operation, while the answer has not begun; from then on the stream has them. The time limit is for the
    /// beginning alone. After that the server may take as long as it does not fall silent.
    pub async fn stream(self) -> Result<ChatStream> {
        ChatStream::from_bytes(self.open_events().await?).await
    }
}

#[cfg(vapi_op = "ChatController_createOpenAIChat")]
impl crate::operation::Operation<'_, crate::resources::endpoint::ChatsCreateResponse> {
    /// Sends it and gives the answer word by word, as OpenAI's Responses do. `stream` is set in the body by this.
    ///
    /// # Errors
    /// Those of every operation, while the answer has not begun; from then on the stream has them. The time limit is for the
    /// beginning alone. After that the server may take as long as it does not fall silent.
    pub async fn stream(self) -> Result<ResponseStream> {
        ResponseStream::from_bytes(self.open_events().await?).await
    }
}
