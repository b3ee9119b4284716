//! Responses: one type for each message that needs one, and how they are written.

#[cfg(vapi_type = "ServerMessageResponseAssistantRequest")]
mod assistant;
#[cfg(vapi_type = "ServerMessageResponseCallEndpointingRequest")]
mod endpointing;
#[cfg(vapi_type = "ServerMessageResponseHandoffDestinationRequest")]
mod handoff;
#[cfg(vapi_type = "ServerMessageResponseKnowledgeBaseRequest")]
mod knowledge_base;
#[cfg(vapi_type = "ServerMessageResponseCampaignPredial")]
mod predial;
#[cfg(all(vapi_type = "ServerMessageResponseToolCalls", vapi_type = "ToolCallResult"))]
mod tool_calls;
#[cfg(vapi_type = "ServerMessageResponseTransferDestinationRequest")]
mod transfer;
mod voice;

#[cfg(vapi_type = "ServerMessageResponseAssistantRequest")]
pub use assistant::AssistantResponse;
#[cfg(vapi_type = "ServerMessageResponseCallEndpointingRequest")]
pub use endpointing::EndpointingResponse;
#[cfg(vapi_type = "ServerMessageResponseHandoffDestinationRequest")]
pub use handoff::HandoffResponse;
#[cfg(vapi_type = "ServerMessageResponseKnowledgeBaseRequest")]
pub use knowledge_base::KnowledgeBaseResponse;
#[cfg(vapi_type = "ServerMessageResponseCampaignPredial")]
pub use predial::PredialResponse;
#[cfg(all(vapi_type = "ServerMessageResponseToolCalls", vapi_type = "ToolCallResult"))]
pub use tool_calls::{ToolCallsResponse, ToolResult};
#[cfg(vapi_type = "ServerMessageResponseTransferDestinationRequest")]
pub use transfer::TransferResponse;
pub use voice::VoiceResponse;

use bytes::Bytes;
use http::{HeaderValue, Response, header};

/// A message that needs a response, and the type of that response.
///
/// # Examples
///
/// The response to another message does not compile:
///
/// ```compile_fail,E0277
/// # use vapi::types::ServerMessageAssistantRequest;
/// # use vapi::webhooks::{NeedsResponse, TransferResponse};
/// fn choose(request: &ServerMessageAssistantRequest) -> vapi::http::Response<bytes::Bytes> {
///     request.respond(TransferResponse::number("+15555550123"))
/// }
/// ```
pub trait NeedsResponse {
    /// The response to this message.
    type Response: WebhookResponse;

    /// Returns the response as the body and headers that Vapi expects.
    fn respond(&self, response: impl Into<Self::Response>) -> Response<Bytes> {
        response.into().into_http()
    }
}

/// A response to a message.
pub trait WebhookResponse: Sized {
    /// Returns the body and the headers that Vapi expects. The status is 200.
    fn into_http(self) -> Response<Bytes>;
}

/// Returns a response with this body and content type.
fn response(body: Bytes, content_type: &'static str) -> Response<Bytes> {
    let mut response = Response::new(body);
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// Returns a response with a value as JSON. Vapi takes the bare object, not wrapped in anything.
#[allow(dead_code, reason = "a document may have no responses")]
fn json(value: &dyn crate::model::Slot) -> Response<Bytes> {
    response(crate::model::to_json(value).into(), "application/json")
}

/// Declares how a response is written, and its conversions from and to the generated type of its body:
/// `json_response! { AssistantResponse(ServerMessageResponseAssistantRequest) }`.
#[allow(unused_macros, reason = "a document may have no responses")]
macro_rules! json_response {
    ($response:ident($body:ident)) => {
        impl $crate::webhooks::WebhookResponse for $response {
            fn into_http(self) -> ::http::Response<::bytes::Bytes> {
                super::json(&self.0)
            }
        }

        impl ::serde::Serialize for $response {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl From<$crate::types::$body> for $response {
            fn from(body: $crate::types::$body) -> Self {
                Self(body)
            }
        }

        impl From<$response> for $crate::types::$body {
            fn from(response: $response) -> Self {
                response.0
            }
        }
    };
}

#[allow(unused_imports, reason = "a document may have no responses")]
use json_response;
