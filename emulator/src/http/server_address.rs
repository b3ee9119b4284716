//! The address and the API key of an emulator.

use std::net::{IpAddr, SocketAddr};

/// The address and the API key of an emulator.
pub(crate) struct ServerAddress {
    pub address: SocketAddr,
    /// The address that it listens on. `address` is loopback if this is unspecified.
    pub listens_on: IpAddr,
    pub key: String,
}

impl ServerAddress {
    /// Returns the base URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
