//! The requests that were accepted lately.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The digest of what identifies a request.
type Key = [u8; 32];

/// The requests that were accepted within a time, up to a number of them.
pub(super) struct Replays {
    capacity: usize,
    /// The time after which a request would be refused for its age. `None` if requests have no time.
    window: Option<Duration>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    keys: HashSet<Key>,
    oldest_first: VecDeque<(SystemTime, Key)>,
}

impl Replays {
    pub(super) fn new(capacity: usize, window: Option<Duration>) -> Self {
        Replays {
            capacity: capacity.max(1),
            window,
            seen: Mutex::default(),
        }
    }

    /// Notes a request. Returns false if it was noted before.
    pub(super) fn note(&self, key: Key, now: SystemTime) -> bool {
        // A panic between two changes could at most leave a key too many.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((noted, oldest)) = seen.oldest_first.front().copied() {
            let expired = self.window.is_some_and(|window| {
                // A clock that was set back makes nothing expire.
                now.duration_since(noted).is_ok_and(|age| age > window)
            });
            if !expired && seen.oldest_first.len() < self.capacity {
                break;
            }
            if !expired && seen.keys.contains(&key) {
                return false;
            }
            seen.oldest_first.pop_front();
            seen.keys.remove(&oldest);
        }
        if !seen.keys.insert(key) {
            return false;
        }
        seen.oldest_first.push_back((now, key));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_request_is_new_once_within_the_window() {
        let replays = Replays::new(8, Some(Duration::from_secs(10)));
        assert!(replays.note([1; 32], at(100)));
        assert!(!replays.note([1; 32], at(110)));
        assert!(replays.note([2; 32], at(110)));
        assert!(replays.note([1; 32], at(111)));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let replays = Replays::new(2, None);
        for key in 0..100 {
            assert!(replays.note([key; 32], at(1)));
        }
        assert!(!replays.note([98; 32], at(2)));
        assert!(!replays.note([99; 32], at(2)));
        assert!(replays.note([97; 32], at(2)));
        let seen = replays.seen.lock().unwrap();
        assert_eq!((seen.keys.len(), seen.oldest_first.len()), (2, 2));
    }

    #[test]
    fn a_clock_set_back_forgets_nothing() {
        let replays = Replays::new(8, Some(Duration::from_secs(10)));
        assert!(replays.note([1; 32], at(1000)));
        assert!(!replays.note([1; 32], at(5)));
    }
}
