//! The response to an assistant request.

use super::{NeedsResponse, json_response};
use crate::types;

/// The assistant, squad or destination for an incoming call. It must arrive within 7.5 seconds.
///
/// What has no constructor here can be set in the generated type, from which this is made:
///
/// ```
/// # #[cfg(vapi_type = "CreateWorkflowDto")] {
/// use vapi::types::ServerMessageResponseAssistantRequest;
/// use vapi::webhooks::AssistantResponse;
///
/// let response: AssistantResponse = ServerMessageResponseAssistantRequest::new().workflow_id("onboarding").into();
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AssistantResponse(types::ServerMessageResponseAssistantRequest);

json_response!(AssistantResponse(ServerMessageResponseAssistantRequest));

#[cfg(vapi_type = "ServerMessageAssistantRequest")]
impl NeedsResponse for types::ServerMessageAssistantRequest {
    type Response = AssistantResponse;
}

impl AssistantResponse {
    /// Creates a response with a saved assistant.
    pub fn assistant_id(id: impl Into<String>) -> Self {
        Self(body().assistant_id(id))
    }

    /// Creates a response with an assistant for this call alone.
    #[cfg(vapi_type = "CreateAssistantDto")]
    pub fn assistant(assistant: impl Into<types::CreateAssistantDto>) -> Self {
        Self(body().assistant(assistant.into()))
    }

    /// Creates a response with a saved squad.
    pub fn squad_id(id: impl Into<String>) -> Self {
        Self(body().squad_id(id))
    }

    /// Creates a response with a squad for this call alone.
    #[cfg(vapi_type = "CreateSquadDto")]
    pub fn squad(squad: impl Into<types::CreateSquadDto>) -> Self {
        Self(body().squad(squad.into()))
    }

    /// Creates a response that forwards the call to a phone number. No assistant takes part.
    #[cfg(vapi_type = "TransferDestinationNumber")]
    pub fn number(number: impl Into<String>) -> Self {
        types::TransferDestinationNumber::new(number).into()
    }

    /// Creates a response that forwards the call to a SIP address. No assistant takes part.
    #[cfg(vapi_type = "TransferDestinationSip")]
    pub fn sip(uri: impl Into<String>) -> Self {
        types::TransferDestinationSip::new(uri).into()
    }

    /// Creates a response that refuses the call. The text is spoken to the caller.
    pub fn error(text: impl Into<String>) -> Self {
        Self(body().error(text))
    }

    /// Sets changes to the assistant, and values for its template variables.
    #[cfg(vapi_type = "AssistantOverrides")]
    #[must_use]
    pub fn overrides(self, overrides: impl Into<types::AssistantOverrides>) -> Self {
        Self(self.0.assistant_overrides(overrides.into()))
    }
}

fn body() -> types::ServerMessageResponseAssistantRequest {
    types::ServerMessageResponseAssistantRequest::new()
}

/// Forwards the call to the number.
#[cfg(vapi_type = "TransferDestinationNumber")]
impl From<types::TransferDestinationNumber> for AssistantResponse {
    fn from(destination: types::TransferDestinationNumber) -> Self {
        Self(body().destination(destination))
    }
}

/// Forwards the call to the SIP address.
#[cfg(vapi_type = "TransferDestinationSip")]
impl From<types::TransferDestinationSip> for AssistantResponse {
    fn from(destination: types::TransferDestinationSip) -> Self {
        Self(body().destination(destination))
    }
}

#[cfg(vapi_type = "CreateAssistantDto")]
impl From<types::CreateAssistantDto> for AssistantResponse {
    fn from(assistant: types::CreateAssistantDto) -> Self {
        Self::assistant(assistant)
    }
}
