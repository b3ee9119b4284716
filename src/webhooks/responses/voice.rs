//! The response to a voice request.

use std::fmt;

use bytes::Bytes;
use http::Response;

use super::{WebhookResponse, response};
#[cfg(vapi_type = "ServerMessageVoiceRequest")]
use crate::types;

/// The audio of a text: samples of 16 bits, little-endian, of one channel, at the `sampleRate` of the request.
#[derive(Clone, PartialEq)]
pub struct VoiceResponse(Bytes);

#[cfg(vapi_type = "ServerMessageVoiceRequest")]
impl super::NeedsResponse for types::ServerMessageVoiceRequest {
    type Response = VoiceResponse;
}

impl VoiceResponse {
    /// Creates a response of audio that is encoded already.
    pub fn pcm(audio: impl Into<Bytes>) -> Self {
        Self(audio.into())
    }

    /// Creates a response of samples.
    pub fn samples(samples: impl IntoIterator<Item = i16>) -> Self {
        Self(samples.into_iter().flat_map(i16::to_le_bytes).collect())
    }
}

impl WebhookResponse for VoiceResponse {
    fn into_http(self) -> Response<Bytes> {
        response(self.0, "application/octet-stream")
    }
}

/// Shows the length of the audio.
impl fmt::Debug for VoiceResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VoiceResponse({} bytes)", self.0.len())
    }
}
