//! For handlers of axum: an extractor of verified messages, and responses that handlers can return.

use axum_core::extract::{FromRef, FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;

use super::responses::*;
use super::service::{MAX_BODY_BYTES, Refusal, verified};
use super::{Verifier, WebhookMessage};
use crate::http_service::read_body;

/// A message of a request that was verified, for handlers of axum. The [`Verifier`] is the state of the router, or a part of it.
///
/// A body of more than 4 MiB is refused, as are requests that are not verified or are no message: [`Refusal::status`].
///
/// ```
/// use axum::Router;
/// use axum::response::{IntoResponse, Response};
/// use axum::routing::post;
/// use vapi::types::ServerMessagePayload;
/// use vapi::webhooks::{AssistantResponse, Verified, Verifier};
///
/// async fn webhook(Verified(message): Verified) -> Response {
///     match message.payload() {
///         ServerMessagePayload::AssistantRequest(_) => AssistantResponse::assistant_id("front-desk").into_response(),
///         _ => ().into_response(),
///     }
/// }
///
/// # fn main() -> vapi::Result<()> {
/// let app: Router = Router::new().route("/vapi", post(webhook)).with_state(Verifier::secret("a-long-random-secret")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Verified(pub WebhookMessage);

impl<S> FromRequest<S> for Verified
where
    Verifier: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let verifier = Verifier::from_ref(state);
        let (request, body) = request.into_parts();
        let body: Bytes = read_body(body, MAX_BODY_BYTES).await?;
        verified(&verifier, &request, body).map(Verified)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.into_http().map(axum_core::body::Body::from)
    }
}

macro_rules! into_response {
    ($response:ident) => {
        impl IntoResponse for $response {
            fn into_response(self) -> Response {
                self.into_http().map(axum_core::body::Body::from)
            }
        }
    };
}

#[cfg(vapi_type = "ServerMessageResponseAssistantRequest")]
into_response!(AssistantResponse);
#[cfg(vapi_type = "ServerMessageResponseCallEndpointingRequest")]
into_response!(EndpointingResponse);
#[cfg(vapi_type = "ServerMessageResponseHandoffDestinationRequest")]
into_response!(HandoffResponse);
#[cfg(vapi_type = "ServerMessageResponseKnowledgeBaseRequest")]
into_response!(KnowledgeBaseResponse);
#[cfg(vapi_type = "ServerMessageResponseCampaignPredial")]
into_response!(PredialResponse);
#[cfg(all(vapi_type = "ServerMessageResponseToolCalls", vapi_type = "ToolCallResult"))]
into_response!(ToolCallsResponse);
#[cfg(vapi_type = "ServerMessageResponseTransferDestinationRequest")]
into_response!(TransferResponse);
into_response!(VoiceResponse);
