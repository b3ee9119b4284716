//! A mutex that survives a panic of one of its users.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A mutex that ignores poisoning: a panic in one request must not stop the server.
#[derive(Debug, Default)]
pub(crate) struct Locked<T>(Mutex<T>);

impl<T> Locked<T> {
    pub fn new(value: T) -> Locked<T> {
        Locked(Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
