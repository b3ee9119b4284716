//! The clock of frames.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::audio::frame_format::FRAME;

/// The delay up to which late frames are sent at once, one after the other. A listener has as much in its own buffer.
const CATCH_UP: Duration = Duration::from_millis(100);

/// Ticks in real time, one for each frame.
///
/// Its grid is fixed, so that small delays do not add up. After a long delay it skips the ticks that passed: their sound would come
/// too late. `tokio::time::interval` can do one or the other.
#[derive(Debug)]
pub(super) struct Pacer {
    next: Instant,
}

impl Pacer {
    /// Creates a pacer whose first tick is now.
    pub(super) fn new() -> Self {
        Pacer { next: Instant::now() }
    }

    /// Waits for the next tick. Returns the number of ticks that were skipped before it. Nothing is lost if the future is dropped.
    pub(super) async fn tick(&mut self) -> u64 {
        sleep_until(self.next).await;
        let late = self.next.elapsed();
        let skipped = if late > CATCH_UP {
            (late.as_nanos() / FRAME.as_nanos()) as u32
        } else {
            0
        };
        self.next += FRAME * (skipped + 1);
        skipped.into()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;

    /// Returns the times of the next ticks, in milliseconds from `start`.
    async fn ticks(pacer: &mut Pacer, start: Instant, count: usize) -> Vec<u128> {
        let mut times = Vec::new();
        for _ in 0..count {
            pacer.tick().await;
            times.push(start.elapsed().as_millis());
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn ticks_come_every_twenty_milliseconds() {
        let start = Instant::now();
        assert_eq!(ticks(&mut Pacer::new(), start, 4).await, [0, 20, 40, 60]);
    }

    #[tokio::test(start_paused = true)]
    async fn work_between_ticks_shifts_none() {
        let (start, mut pacer) = (Instant::now(), Pacer::new());
        for expected in [0, 20, 40] {
            assert_eq!(ticks(&mut pacer, start, 1).await, [expected]);
            sleep(Duration::from_millis(7)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_delay_is_caught_up() {
        let (start, mut pacer) = (Instant::now(), Pacer::new());
        pacer.tick().await;
        advance(Duration::from_millis(95)).await;
        assert_eq!(ticks(&mut pacer, start, 6).await, [95, 95, 95, 95, 100, 120]);
    }

    #[tokio::test(start_paused = true)]
    async fn ticks_of_a_long_delay_are_skipped() {
        let mut pacer = Pacer::new();
        assert_eq!(pacer.tick().await, 0);
        let start = Instant::now();
        advance(Duration::from_millis(1_010)).await;
        // Due were 50, at 20, 40 up to 1000; the last of them is sent.
        assert_eq!(pacer.tick().await, 49);
        assert_eq!(ticks(&mut pacer, start, 2).await, [1_020, 1_040]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_wait_loses_no_tick() {
        let (start, mut pacer) = (Instant::now(), Pacer::new());
        pacer.tick().await;
        let wait = tokio::time::timeout(Duration::from_millis(13), pacer.tick());
        assert!(wait.await.is_err());
        assert_eq!(ticks(&mut pacer, start, 2).await, [20, 40]);
    }
}
