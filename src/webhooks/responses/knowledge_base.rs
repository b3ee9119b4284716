//! The response to a search in your knowledge base.

use super::{NeedsResponse, json_response};
use crate::types;

/// The documents that were found, for the model to speak about, or the words of the assistant.
///
/// ```
/// # #[cfg(vapi_type = "ServerMessageResponseKnowledgeBaseRequest")] {
/// use vapi::webhooks::KnowledgeBaseResponse;
///
/// let response = KnowledgeBaseResponse::new().document("The kitchen closes at eleven.", 0.93);
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KnowledgeBaseResponse(types::ServerMessageResponseKnowledgeBaseRequest);

json_response!(KnowledgeBaseResponse(ServerMessageResponseKnowledgeBaseRequest));

#[cfg(vapi_type = "ServerMessageKnowledgeBaseRequest")]
impl NeedsResponse for types::ServerMessageKnowledgeBaseRequest {
    type Response = KnowledgeBaseResponse;
}

impl KnowledgeBaseResponse {
    /// Creates a response with nothing found.
    pub fn new() -> Self {
        Self::from_iter([])
    }

    /// Adds a document and its similarity to the question, from 0 to 1.
    #[must_use]
    pub fn document(mut self, content: impl Into<String>, similarity: f64) -> Self {
        let document = types::KnowledgeBaseResponseDocument::new(content, similarity);
        self.0.documents.get_or_insert_default().push(document);
        self
    }

    /// Sets the words of the assistant. The model is not asked then.
    #[cfg(vapi_type = "CustomMessage")]
    #[must_use]
    pub fn say(self, text: impl Into<String>) -> Self {
        Self(self.0.message(types::CustomMessage::new().content(text)))
    }
}

impl Default for KnowledgeBaseResponse {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<types::KnowledgeBaseResponseDocument> for KnowledgeBaseResponse {
    fn from_iter<I: IntoIterator<Item = types::KnowledgeBaseResponseDocument>>(documents: I) -> Self {
        Self(types::ServerMessageResponseKnowledgeBaseRequest::new().documents(documents))
    }
}
