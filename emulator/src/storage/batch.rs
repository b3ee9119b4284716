//! The changes that one transaction writes.

use bytes::Bytes;
use serde_json::Value;

use crate::state::store::ResourceChange;

/// Changes that are written together or not at all.
pub(crate) struct Batch {
    pub number: u64,
    pub resources: Vec<ResourceChange>,
    /// Calls by id; `None` stands for a removed call.
    pub calls: Vec<(String, Option<Value>)>,
    /// Uploaded files by id; `None` stands for a removed file.
    pub uploads: Vec<(String, Option<(String, Bytes)>)>,
    /// The emulator's time.
    pub now: i64,
}
