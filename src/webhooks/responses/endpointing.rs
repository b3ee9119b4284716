//! The response to a request for endpointing.

use std::time::Duration;

use super::{NeedsResponse, json_response};
use crate::types;

/// The time to wait before the customer counts as having finished, from 0 to 15 seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointingResponse(types::ServerMessageResponseCallEndpointingRequest);

json_response!(EndpointingResponse(ServerMessageResponseCallEndpointingRequest));

#[cfg(vapi_type = "ServerMessageCallEndpointingRequest")]
impl NeedsResponse for types::ServerMessageCallEndpointingRequest {
    type Response = EndpointingResponse;
}

impl EndpointingResponse {
    /// Creates a response that waits for this long.
    pub fn wait(time: Duration) -> Self {
        Self(types::ServerMessageResponseCallEndpointingRequest::new(
            time.as_secs_f64(),
        ))
    }
}
