//! The address under which an emulator is found, and its key.

use std::net::{IpAddr, SocketAddr};

/// Where an emulator is found, and with which key.
pub(crate) struct ServerAddress {
    pub address: SocketAddr,
    /// What it listens on; `address` is loopback if that is every address of the machine.
    pub listens_on: IpAddr,
    pub key: String,
}

impl ServerAddress {
    /// With no slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
