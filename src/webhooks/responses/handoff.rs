//! The response to a request for the destination of a handoff.

use serde_json::Map;

use super::{NeedsResponse, json_response};
use crate::by_name::{from_members, to_value};
use crate::model::Object;
use crate::types;

/// The assistant or squad that the conversation is handed to.
#[derive(Clone, Debug, PartialEq)]
pub struct HandoffResponse(types::ServerMessageResponseHandoffDestinationRequest);

json_response!(HandoffResponse(ServerMessageResponseHandoffDestinationRequest));

#[cfg(vapi_type = "ServerMessageHandoffDestinationRequest")]
impl NeedsResponse for types::ServerMessageHandoffDestinationRequest {
    type Response = HandoffResponse;
}

impl HandoffResponse {
    /// Creates a response that hands the conversation to a saved assistant.
    #[cfg(vapi_type = "HandoffDestinationAssistant")]
    pub fn assistant_id(id: impl Into<String>) -> Self {
        types::HandoffDestinationAssistant::new().assistant_id(id).into()
    }

    /// Creates a response that hands the conversation to a member of the squad.
    #[cfg(vapi_type = "HandoffDestinationAssistant")]
    pub fn assistant_name(name: impl Into<String>) -> Self {
        types::HandoffDestinationAssistant::new().assistant_name(name).into()
    }

    /// Creates a response that hands the conversation to an assistant for this call alone.
    #[cfg(all(vapi_type = "HandoffDestinationAssistant", vapi_type = "CreateAssistantDto"))]
    pub fn assistant(assistant: impl Into<types::CreateAssistantDto>) -> Self {
        types::HandoffDestinationAssistant::new()
            .assistant(assistant.into())
            .into()
    }

    /// Creates a response that hands the conversation to a saved squad.
    #[cfg(vapi_type = "HandoffDestinationSquad")]
    pub fn squad_id(id: impl Into<String>) -> Self {
        types::HandoffDestinationSquad::new().squad_id(id).into()
    }

    /// Creates a response without a handoff. The text is the reason, for the model to act on.
    pub fn error(text: impl Into<String>) -> Self {
        Self(body().error(text))
    }

    /// Creates a response without a handoff. The text is the result of the tool, for the model.
    pub fn result(text: impl Into<String>) -> Self {
        let mut body = body();
        // Older documents do not have it as a field.
        body.extra_mut().insert("result".to_owned(), text.into().into());
        Self(body)
    }

    #[allow(dead_code, reason = "a document may have no destinations")]
    fn destination<T: serde::Serialize>(destination: &T) -> Self {
        // Generated types have maps with names of text, and no field that refuses to be written.
        let destination = to_value(destination).unwrap_or_default();
        // Older documents have one type of destination.
        Self(from_members(Map::from_iter([("destination".to_owned(), destination)])))
    }
}

fn body() -> types::ServerMessageResponseHandoffDestinationRequest {
    types::ServerMessageResponseHandoffDestinationRequest::new()
}

#[cfg(vapi_type = "HandoffDestinationAssistant")]
impl From<types::HandoffDestinationAssistant> for HandoffResponse {
    fn from(destination: types::HandoffDestinationAssistant) -> Self {
        Self::destination(&destination)
    }
}

#[cfg(vapi_type = "HandoffDestinationSquad")]
impl From<types::HandoffDestinationSquad> for HandoffResponse {
    fn from(destination: types::HandoffDestinationSquad) -> Self {
        Self::destination(&destination)
    }
}
