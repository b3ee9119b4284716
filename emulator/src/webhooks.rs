//! Webhooks: where a message of a call goes, how it is signed and sent, and what came of it.

mod client;
mod courier;
mod record;
mod server;
mod sign;
#[cfg(feature = "https")]
mod tls;
mod token;

pub(crate) use courier::{Courier, Parcel, Reply};
pub use record::SentWebhook;
pub(crate) use record::WebhookLog;
pub(crate) use server::{Server, for_call, for_phone_number, phone_number};
pub(crate) use token::Tokens;
