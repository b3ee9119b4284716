//! Text forms of times, durations and ids.

pub(crate) mod duration;
pub(crate) mod ids;
pub(crate) mod timestamp;
