//! Calls over audio, and the servers for voices and transcribers, over loopback.
#![cfg(all(
    feature = "audio",
    vapi_op = "CallController_create",
    vapi_op = "CallController_findOne",
    vapi_type = "AudioFormat",
    vapi_type = "CallOrBatch",
    vapi_type = "ClientInboundMessagePayload",
    vapi_type = "ClientMessagePayload",
    vapi_type = "ServerMessageStatusUpdate",
    vapi_type = "ServerMessageVoiceRequest",
    vapi_type = "VapiWebsocketTransport"
))]

mod captured;
mod hostile;
mod peer;
mod session;
mod transcriber;
mod voice;
