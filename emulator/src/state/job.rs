//! A job: work that an operation starts and the emulator's clock finishes.

use crate::state::timers::ActivityGuard;

/// A new job that waits to be run. What it does follows from the collection of its resource.
pub(crate) struct NewJob {
    pub organization: String,
    /// The collection of the resource that the job finishes.
    pub collection: String,
    /// The id of that resource.
    pub id: String,
    pub guard: ActivityGuard,
}
