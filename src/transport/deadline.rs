//! Points in time that may be too far away for a clock. One file, so that no wait decides for itself what an overflow means.

use std::time::Duration;

use tokio::time::Instant;

/// Thirty years, which every clock can add.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 86_400);

/// Returns the time after a delay from now. A delay that the clock cannot add is the longest one, never none.
pub(crate) fn after(delay: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(delay).unwrap_or(now + FOREVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_that_overflows_is_the_longest() {
        let in_a_year = Instant::now() + Duration::from_secs(365 * 86_400);
        for delay in [Duration::MAX, Duration::from_secs_f64(1e19)] {
            assert!(after(delay) > in_a_year, "{delay:?}");
        }
    }
}
