//! The sound that waits to be sent, and the frames made of it.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use crate::audio::frame_format::{FRAME, FrameFormat};

/// A bounded queue of samples that gives one frame at each tick, of sound or of silence.
///
/// After silence it waits for some sound before it gives any (the cushion), so that a source whose pieces come a little late is
/// not torn apart.
#[derive(Debug)]
pub(super) struct Playout {
    format: FrameFormat,
    queue: VecDeque<i16>,
    /// The queue is full with this many samples.
    capacity: usize,
    cushion: usize,
    /// True if the last frame had silence in it.
    starved: bool,
    /// The frames of silence that were given while less than the cushion was queued.
    waited: usize,
    /// True if the newest sound comes from a live source, whose sound loses its worth with time.
    live: bool,
    /// The number of frames so far.
    frames: u64,
    /// Samples that were dropped because they were late.
    pub(super) dropped: u64,
    /// Frames of nothing but silence.
    pub(super) silent_frames: u64,
}

impl Playout {
    pub(super) fn new(format: FrameFormat, capacity: Duration, cushion: Duration) -> Self {
        let capacity = format.samples_in(capacity.max(FRAME));
        Playout {
            format,
            queue: VecDeque::new(),
            capacity,
            cushion: format.samples_in(cushion).min(capacity),
            starved: true,
            waited: 0,
            live: false,
            frames: 0,
            dropped: 0,
            silent_frames: 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= self.capacity
    }

    /// Returns the number of samples that fit.
    pub(super) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.queue.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Returns the duration of what is queued.
    pub(super) fn queued(&self) -> Duration {
        Duration::from_secs(1) * self.queue.len() as u32 / self.format.sample_rate()
    }

    /// Adds sound of a source that waits while the queue is full.
    pub(super) fn add(&mut self, samples: &[i16]) {
        self.live = false;
        self.queue.extend(samples);
    }

    /// Adds sound of a source that does not wait. If it does not fit, the oldest sound makes room.
    pub(super) fn add_live(&mut self, samples: &[i16]) {
        self.live = true;
        let kept = &samples[samples.len().saturating_sub(self.capacity)..];
        self.dropped += (samples.len() - kept.len()) as u64;
        self.queue.extend(kept);
        self.drop_oldest(self.queue.len().saturating_sub(self.capacity));
    }

    /// Discards what is queued, on purpose: it is not counted.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }

    /// Notes ticks that passed without a frame. Live sound of that time is late and is dropped; other sound waits.
    pub(super) fn skip(&mut self, ticks: u64) {
        if self.live {
            let late = self.format.samples_in(FRAME).saturating_mul(ticks as usize);
            self.drop_oldest(late.min(self.queue.len()));
        }
    }

    /// Returns the frame of this tick, encoded.
    pub(super) fn frame(&mut self) -> Bytes {
        let length = self.format.samples_in_frame(self.frames);
        self.frames += 1;
        if !self.is_ready() {
            self.silent_frames += 1;
            return self.format.codec().silence(length);
        }
        let sound = length.min(self.queue.len());
        self.starved = sound < length;
        let samples = self.queue.drain(..sound);
        let silence = std::iter::repeat_n(0, length - sound);
        self.format.codec().encode(samples.chain(silence))
    }

    /// Returns whether the next frame has sound.
    fn is_ready(&mut self) -> bool {
        if self.queue.is_empty() {
            (self.starved, self.waited) = (true, 0);
            return false;
        }
        let waited = self.format.samples_in(FRAME) * self.waited;
        if self.starved && self.queue.len() < self.cushion && waited < self.cushion {
            self.waited += 1;
            return false;
        }
        self.waited = 0;
        true
    }

    fn drop_oldest(&mut self, samples: usize) {
        self.queue.drain(..samples);
        self.dropped += samples as u64;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PCM: FrameFormat = FrameFormat::pcm(8_000);
    const MS: Duration = Duration::from_millis(1);

    fn playout(capacity: u32, cushion: u32) -> Playout {
        Playout::new(PCM, MS * capacity, MS * cushion)
    }

    fn samples(playout: &mut Playout) -> Vec<i16> {
        PCM.codec().decode(&playout.frame())
    }

    #[test]
    fn an_empty_queue_gives_silence() {
        let mut playout = playout(1_000, 0);
        assert_eq!(samples(&mut playout), [0; 160]);
        assert_eq!(playout.silent_frames, 1);
        let mut mulaw = Playout::new(FrameFormat::mulaw(), MS, MS);
        assert_eq!(&mulaw.frame()[..], [0x7f; 160]);
    }

    #[test]
    fn sound_is_cut_into_frames_and_filled_up() {
        let mut playout = playout(1_000, 0);
        playout.add(&[7; 200]);
        assert_eq!(samples(&mut playout), [7; 160]);
        let last = samples(&mut playout);
        assert_eq!((&last[..40], &last[40..]), ([7; 40].as_slice(), [0; 120].as_slice()));
        assert!(playout.is_empty());
        assert_eq!(playout.silent_frames, 0);
    }

    #[test]
    fn sound_after_silence_waits_for_the_cushion() {
        let mut playout = playout(1_000, 40);
        playout.add(&[7; 80]);
        assert_eq!(samples(&mut playout), [0; 160], "10 ms are not 40");
        playout.add(&[7; 240]);
        assert_eq!(samples(&mut playout), [7; 160]);
        assert_eq!(samples(&mut playout), [7; 160], "the cushion is for the beginning");
    }

    #[test]
    fn short_sound_waits_no_longer_than_the_cushion() {
        let mut playout = playout(1_000, 40);
        playout.add(&[7; 80]);
        assert_eq!(samples(&mut playout), [0; 160]);
        assert_eq!(samples(&mut playout), [0; 160]);
        assert_eq!(samples(&mut playout)[..80], [7; 80]);
    }

    #[test]
    fn live_sound_pushes_out_the_oldest() {
        let mut playout = playout(40, 0);
        playout.add_live(&[1; 160]);
        playout.add_live(&[2; 160]);
        playout.add_live(&[3; 160]);
        assert_eq!(playout.dropped, 160);
        assert_eq!(samples(&mut playout), [2; 160]);
        playout.add_live(&[4; 1_000]);
        assert_eq!((playout.queued(), playout.dropped), (40 * MS, 160 + 680 + 160));
        assert_eq!(samples(&mut playout), [4; 160]);
    }

    #[test]
    fn skipped_ticks_drop_live_sound_only() {
        let mut playout = playout(1_000, 0);
        playout.add(&[1; 480]);
        playout.skip(2);
        assert_eq!(playout.dropped, 0);
        playout.add_live(&[2; 160]);
        playout.skip(3);
        assert_eq!(playout.dropped, 480);
        assert_eq!(samples(&mut playout), [2; 160]);
        playout.skip(1_000);
        assert_eq!(playout.dropped, 480);
    }

    #[test]
    fn a_queue_is_full_at_its_capacity() {
        let mut playout = playout(40, 0);
        playout.add(&[1; 319]);
        assert!(!playout.is_full());
        playout.add(&[1]);
        assert!(playout.is_full());
        playout.clear();
        assert!(playout.is_empty());
        assert_eq!(playout.dropped, 0);
    }

    proptest! {
        /// Whatever comes, frames have their length, the queue its bound, and each sample is given or counted.
        #[test]
        fn samples_are_given_or_counted(steps in prop::collection::vec((0..3_u8, 0..700_usize), 0..200)) {
            let mut playout = playout(60, 40);
            let (mut given, mut added) = (0_u64, 0_u64);
            for (step, size) in steps {
                match step {
                    0 => {
                        playout.add_live(&vec![1; size]);
                        added += size as u64;
                        prop_assert!(playout.queue.len() <= playout.capacity);
                    }
                    1 => playout.skip(size as u64 / 100),
                    _ => {
                        let frame = samples(&mut playout);
                        prop_assert_eq!(frame.len(), 160);
                        given += frame.iter().filter(|sample| **sample == 1).count() as u64;
                    }
                }
            }
            prop_assert_eq!(added, given + playout.dropped + playout.queue.len() as u64);
        }
    }
}
