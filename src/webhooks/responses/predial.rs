//! The response to a campaign that is about to dial.

use super::{NeedsResponse, json_response};
use crate::types;

/// The decision about a contact of a campaign. Without one the contact is not called.
#[derive(Clone, Debug, PartialEq)]
pub struct PredialResponse(types::ServerMessageResponseCampaignPredial);

json_response!(PredialResponse(ServerMessageResponseCampaignPredial));

#[cfg(vapi_type = "ServerMessageCampaignPredial")]
impl NeedsResponse for types::ServerMessageCampaignPredial {
    type Response = PredialResponse;
}

impl PredialResponse {
    /// Creates a response that says whether the contact may be called.
    pub fn eligible(eligible: bool) -> Self {
        Self(types::ServerMessageResponseCampaignPredial::new(eligible))
    }
}

/// `true` says that the contact may be called.
impl From<bool> for PredialResponse {
    fn from(eligible: bool) -> Self {
        Self::eligible(eligible)
    }
}
