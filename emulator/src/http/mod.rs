//! HTTP for both listeners: responses, addresses, keys, and rules for browsers.

pub(crate) mod api_key;
pub(crate) mod cors;
mod jwt;
pub(crate) mod listener;
pub(crate) mod query;
pub(crate) mod response;
pub(crate) mod same_origin;
pub(crate) mod server_address;
