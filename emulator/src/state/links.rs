//! Links to the second listener, and their signatures.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;

/// Creates links to the second listener and verifies their signatures.
pub(crate) struct Links {
    address: SocketAddr,
    key: u64,
}

impl Links {
    /// Creates links to an address. A link is valid for as long as the key is kept.
    pub fn to(address: SocketAddr, key: u64) -> Links {
        Links { address, key }
    }

    /// Returns host and port, as they stand in every link.
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only the data file needs it"))]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn plain(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn websocket(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// Returns a link with a signature, which needs no token.
    pub fn signed(&self, path: &str) -> String {
        format!("{}?X-Amz-Signature={}", self.plain(path), self.signature(path))
    }

    fn signature(&self, path: &str) -> String {
        let mut hasher = DefaultHasher::new();
        (self.key, path).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    pub fn allows(&self, path: &str, query: &str) -> bool {
        query
            .split('&')
            .any(|pair| pair.strip_prefix("X-Amz-Signature=") == Some(self.signature(path).as_str()))
    }
}
