//! Webhooks: the messages that Vapi sends to your server.

mod verifier;

pub use verifier::{BearerScheme, HmacAlgorithm, HmacScheme, TimestampUnit, VerificationError, Verifier};
