//! The changes that one transaction writes.

use bytes::Bytes;
use serde_json::Value;

use crate::state::store::ResourceChange;

/// Changes that are written together or not at all.
pub(crate) struct Batch {
    pub number: u64,
    pub resources: Vec<ResourceChange>,
    /// The lives of calls, by id; `None` for one that is gone.
    pub calls: Vec<(String, Option<Value>)>,
    /// By id; `None` for one that is gone.
    pub uploads: Vec<(String, Option<(String, Bytes)>)>,
    /// The emulator's time.
    pub now: i64,
}
