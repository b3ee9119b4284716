//! Webhooks: the server that a message of a call goes to, its signature, and its delivery.

pub(crate) mod client;
mod delivery;
pub(crate) mod exchange;
pub(crate) mod oauth;
mod recipient;
pub(crate) mod signature;
#[cfg(feature = "https")]
mod tls;

pub(crate) use delivery::{Delivery, OutgoingMessage, Reply};
pub(crate) use recipient::{for_call, for_phone_number, phone_number};
