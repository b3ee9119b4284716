//! The response to a request for the destination of a transfer.

use serde_json::json;

use super::{NeedsResponse, json_response};
use crate::model::Object;
use crate::types;

/// The destination of a transfer, and the words that the customer hears.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferResponse(types::ServerMessageResponseTransferDestinationRequest);

json_response!(TransferResponse(ServerMessageResponseTransferDestinationRequest));

#[cfg(vapi_type = "ServerMessageTransferDestinationRequest")]
impl NeedsResponse for types::ServerMessageTransferDestinationRequest {
    type Response = TransferResponse;
}

impl TransferResponse {
    /// Creates a response that transfers the call to a phone number.
    #[cfg(vapi_type = "TransferDestinationNumber")]
    pub fn number(number: impl Into<String>) -> Self {
        types::TransferDestinationNumber::new(number).into()
    }

    /// Creates a response that transfers the call to a SIP address.
    #[cfg(vapi_type = "TransferDestinationSip")]
    pub fn sip(uri: impl Into<String>) -> Self {
        types::TransferDestinationSip::new(uri).into()
    }

    /// Creates a response that transfers the conversation to a member of the squad.
    #[cfg(vapi_type = "TransferDestinationAssistant")]
    pub fn assistant_name(name: impl Into<String>) -> Self {
        types::TransferDestinationAssistant::new(name).into()
    }

    /// Creates a response without a transfer. The text is the reason, for the model to act on.
    pub fn error(text: impl Into<String>) -> Self {
        Self(body().error(text))
    }

    /// Sets the words that the customer hears while the transfer begins.
    #[must_use]
    pub fn message(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        // The manual has the text in `message` and the document in `content`. Older documents do not have it as a field.
        let message = json!({"type": "request-start", "message": text, "content": text});
        self.0.extra_mut().insert("message".to_owned(), message);
        self
    }
}

fn body() -> types::ServerMessageResponseTransferDestinationRequest {
    types::ServerMessageResponseTransferDestinationRequest::new()
}

#[cfg(vapi_type = "TransferDestinationNumber")]
impl From<types::TransferDestinationNumber> for TransferResponse {
    fn from(destination: types::TransferDestinationNumber) -> Self {
        Self(body().destination(destination))
    }
}

#[cfg(vapi_type = "TransferDestinationSip")]
impl From<types::TransferDestinationSip> for TransferResponse {
    fn from(destination: types::TransferDestinationSip) -> Self {
        Self(body().destination(destination))
    }
}

#[cfg(vapi_type = "TransferDestinationAssistant")]
impl From<types::TransferDestinationAssistant> for TransferResponse {
    fn from(destination: types::TransferDestinationAssistant) -> Self {
        Self(body().destination(destination))
    }
}
