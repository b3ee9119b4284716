//! Artifacts of a call: its recordings, and its log entry by entry.

#[cfg(feature = "logs")]
mod logs;
mod recording;

#[cfg(feature = "logs")]
#[cfg_attr(docsrs, doc(cfg(feature = "logs")))]
pub use logs::{LogEntries, LogEntry, LogLines};
pub use recording::RecordingTrack;
