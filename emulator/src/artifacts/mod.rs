//! Artifacts of calls and uploaded files, as the storage host of the API serves them.

mod call_log;
pub(crate) mod downloads;
mod media;
mod recording;
