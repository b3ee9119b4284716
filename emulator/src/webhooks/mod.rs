//! Webhooks: the server that a message of a call goes to, its signature, and its delivery.

mod client;
mod delivery;
mod oauth;
mod recipient;
mod signature;
#[cfg(feature = "https")]
mod tls;

pub(crate) use delivery::{Delivery, OutgoingMessage, Reply};
pub(crate) use recipient::{for_call, for_phone_number, phone_number};
