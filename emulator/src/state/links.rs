//! Links to the second listener, and their signatures.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;

/// Makes links to the second listener and knows its own signatures again.
pub(crate) struct Links {
    address: SocketAddr,
    key: u64,
}

impl Links {
    /// Links to an address, signed with a key that is kept as long as they are to be good.
    pub fn to(address: SocketAddr, key: u64) -> Links {
        Links { address, key }
    }

    /// Host and port, as they are in every link.
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

    /// A link that carries its own permission.
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
