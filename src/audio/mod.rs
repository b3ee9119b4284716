//! Calls over audio, and servers for custom voices and custom transcribers.
//!
//! - [`AudioSession`] is a call whose sound goes over a WebSocket, in both directions: `vapi.calls().create_websocket(..)`.
//! - [`voice`] has a server that Vapi asks for the sound of a text.
//! - [`transcriber`] has a server that Vapi asks for the text of a sound.
//!
//! Sound is `i16` samples. [`Codec`] encodes them, [`Resampler`] changes their rate.

#[allow(dead_code, reason = "a document may have no calls over audio")]
mod frame_format;
mod resampler;
#[cfg(all(
    vapi_op = "CallController_create",
    vapi_type = "AudioEncoding",
    vapi_type = "AudioFormat",
    vapi_type = "Call",
    vapi_type = "CallOrBatch",
    vapi_type = "ClientInboundMessageEndCall",
    vapi_type = "ClientInboundMessagePayload",
    vapi_type = "ClientInboundMessageSay",
    vapi_type = "ClientMessagePayload",
    vapi_type = "CreateCallDto",
    vapi_type = "EndedReason",
    vapi_type = "ServerMessageStatusUpdate",
    vapi_type = "Transport",
    vapi_type = "VapiWebsocketTransport"
))]
mod session;
pub mod transcriber;
#[cfg(vapi_type = "ServerMessageVoiceRequest")]
pub mod voice;

pub use frame_format::{Codec, FrameFormat};
pub use resampler::Resampler;
#[cfg(all(
    vapi_op = "CallController_create",
    vapi_type = "AudioEncoding",
    vapi_type = "AudioFormat",
    vapi_type = "Call",
    vapi_type = "CallOrBatch",
    vapi_type = "ClientInboundMessageEndCall",
    vapi_type = "ClientInboundMessagePayload",
    vapi_type = "ClientInboundMessageSay",
    vapi_type = "ClientMessagePayload",
    vapi_type = "CreateCallDto",
    vapi_type = "EndedReason",
    vapi_type = "ServerMessageStatusUpdate",
    vapi_type = "Transport",
    vapi_type = "VapiWebsocketTransport"
))]
pub use session::{
    AudioControl, AudioReceiver, AudioSender, AudioSession, AudioStats, CallEvent, ConnectAudio, Incoming,
    SessionProblem,
};
