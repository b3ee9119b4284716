//! Resampling of a stream.

use std::fmt;

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters, SincInterpolationType, WindowFunction};

use super::frame_format::check_rate;
use crate::error::{Error, Result};

/// Chunks in a second. Sound waits until a chunk is full.
const CHUNKS_PER_SECOND: u32 = 100;

/// Length of the filter: a delay of half of it, and an alias-free band that speech fills.
const SINC_LEN: usize = 128;

/// A change of the sample rate of one channel of sound, which comes in pieces of any length.
///
/// The output is delayed by some milliseconds, and begins that much earlier to compensate: the first sample out belongs to the
/// first sample in.
///
/// # Examples
///
/// ```
/// # fn main() -> vapi::Result<()> {
/// use vapi::audio::Resampler;
///
/// let mut resampler = Resampler::new(44_100, 16_000)?;
/// let mut resampled = resampler.process(&vec![0; 44_100]);
/// resampled.extend(resampler.finish());
/// assert_eq!(resampled.len(), 16_000);
/// # Ok(())
/// # }
/// ```
pub struct Resampler {
    from: u32,
    to: u32,
    /// `None` if the rates are equal.
    filter: Option<Filter>,
}

struct Filter {
    inner: Async<f32>,
    /// Input that is not a chunk yet.
    pending: Vec<f32>,
    output: Vec<f32>,
    /// Samples of the filter's delay, which are still to be dropped from its output.
    delay: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// Creates a resampler between two rates.
    ///
    /// # Errors
    ///
    /// A rate is below 3,000 or above 192,000.
    pub fn new(from: u32, to: u32) -> Result<Self> {
        check_rate(from)?;
        check_rate(to)?;
        let filter = (from != to).then(|| Filter::new(from, to)).transpose()?;
        Ok(Resampler { from, to, filter })
    }

    /// Resamples the next samples. Some stay behind until more come.
    pub fn process(&mut self, samples: &[i16]) -> Vec<i16> {
        match &mut self.filter {
            None => samples.to_vec(),
            Some(filter) => filter.process(samples),
        }
    }

    /// Returns the samples that stayed behind. The resampler can be used again after it, for other sound.
    pub fn finish(&mut self) -> Vec<i16> {
        match &mut self.filter {
            None => Vec::new(),
            Some(filter) => filter.finish(self.from, self.to),
        }
    }
}

impl fmt::Debug for Resampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resampler")
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

impl Filter {
    fn new(from: u32, to: u32) -> Result<Self> {
        let chunk = (from / CHUNKS_PER_SECOND) as usize;
        let parameters = SincInterpolationParameters::new(SINC_LEN, WindowFunction::Blackman2)
            .interpolation(SincInterpolationType::Quadratic);
        let ratio = f64::from(to) / f64::from(from);
        let inner = Async::new_sinc(ratio, 1.0, &parameters, chunk, 1, FixedAsync::Input)
            .map_err(|cause| Error::input("the sound cannot be resampled").caused_by(cause))?;
        Ok(Filter {
            output: vec![0.0; inner.output_frames_max()],
            delay: delay_of(&inner),
            pending: Vec::with_capacity(chunk),
            inner,
            taken: 0,
            given: 0,
        })
    }

    fn process(&mut self, samples: &[i16]) -> Vec<i16> {
        self.taken += samples.len() as u64;
        self.pending
            .extend(samples.iter().map(|sample| f32::from(*sample) / 32_768.0));
        let mut resampled = Vec::new();
        let mut from = 0;
        loop {
            let chunk = self.inner.input_frames_next();
            let Some(input) = self.pending.get(from..from + chunk) else {
                break;
            };
            let written = resample(&mut self.inner, input, &mut self.output);
            from += chunk;
            let skipped = self.delay.min(written);
            self.delay -= skipped;
            resampled.extend(self.output[skipped..written].iter().map(|sample| to_i16(*sample)));
        }
        self.pending.drain(..from);
        self.given += resampled.len() as u64;
        resampled
    }

    fn finish(&mut self, from: u32, to: u32) -> Vec<i16> {
        let (taken, given) = (self.taken, self.given);
        let expected = (taken * u64::from(to)).div_ceil(from.into());
        let missing = usize::try_from(expected - given.min(expected)).unwrap_or(usize::MAX);
        let mut resampled = Vec::with_capacity(missing);
        // Silence pushes the rest out.
        let silence = vec![0; self.inner.input_frames_next()];
        while resampled.len() < missing {
            resampled.extend(self.process(&silence));
        }
        resampled.truncate(missing);
        self.inner.reset();
        self.pending.clear();
        self.delay = delay_of(&self.inner);
        (self.taken, self.given) = (0, 0);
        resampled
    }
}

/// Returns the delay in samples. What `rubato` 5.1 reports is one more: the test of phases measures it.
fn delay_of(inner: &Async<f32>) -> usize {
    inner.output_delay().saturating_sub(1)
}

/// Resamples one chunk. Returns the number of samples that were written.
fn resample(inner: &mut Async<f32>, input: &[f32], output: &mut [f32]) -> usize {
    let room = output.len();
    let adapters = (
        SequentialSlice::new(input, 1, input.len()),
        SequentialSlice::new_mut(output, 1, room),
    );
    let (Ok(input), Ok(mut output)) = adapters else {
        unreachable!("one channel of its own length fits");
    };
    match inner.process_into_buffer(&input, &mut output, None) {
        Ok((_, written)) => written,
        Err(error) => unreachable!("the buffers are as large as the resampler asks: {error}"),
    }
}

/// Converts a sample. What is too loud is clipped.
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round() as i16
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn tone(rate: u32, hertz: f64, samples: usize) -> Vec<i16> {
        let sample = |at: usize| ((at as f64 * hertz * TAU / f64::from(rate)).sin() * 10_000.0) as i16;
        (0..samples).map(sample).collect()
    }

    fn resample_in_pieces(from: u32, to: u32, sound: &[i16], piece: usize) -> Vec<i16> {
        let mut resampler = Resampler::new(from, to).unwrap();
        let mut resampled = Vec::new();
        for piece in sound.chunks(piece) {
            resampled.extend(resampler.process(piece));
        }
        resampled.extend(resampler.finish());
        resampled
    }

    #[test]
    fn a_tone_keeps_its_pitch_phase_and_volume() {
        for (from, to) in [
            (8_000, 16_000),
            (16_000, 8_000),
            (44_100, 16_000),
            (22_050, 48_000),
            (48_000, 8_000),
        ] {
            let resampled = resample_in_pieces(from, to, &tone(from, 440.0, from as usize / 2), 333);
            let expected = tone(to, 440.0, to as usize / 2);
            assert_eq!(resampled.len(), expected.len(), "{from} to {to}");
            // The ends are cut off, where the filter meets the silence around the sound.
            let inner = to as usize / 20..expected.len() - to as usize / 20;
            let worst = inner
                .map(|at| (i32::from(resampled[at]) - i32::from(expected[at])).abs())
                .max();
            // The delay is a whole number of samples, so the phase may be off by a part of one.
            let slope = 10_000.0 * 440.0 * TAU / f64::from(to);
            assert!(
                f64::from(worst.unwrap()) < 0.75 * slope,
                "{from} to {to}: off by {worst:?} of {slope}"
            );
        }
    }

    #[test]
    fn what_the_new_rate_cannot_have_is_filtered_out() {
        // 6 kHz would be heard as 2 kHz.
        let resampled = resample_in_pieces(16_000, 8_000, &tone(16_000, 6_000.0, 8_000), 160);
        let loudest = resampled[400..3_600].iter().map(|sample| sample.unsigned_abs()).max();
        assert!(loudest.unwrap() < 50, "{loudest:?}");
    }

    #[test]
    fn the_size_of_pieces_does_not_matter() {
        let sound = tone(44_100, 300.0, 10_000);
        let whole = resample_in_pieces(44_100, 16_000, &sound, sound.len());
        for piece in [1, 7, 441, 1_000] {
            assert!(resample_in_pieces(44_100, 16_000, &sound, piece) == whole, "{piece}");
        }
    }

    #[test]
    fn equal_rates_change_nothing() {
        let mut resampler = Resampler::new(8_000, 8_000).unwrap();
        assert_eq!(resampler.process(&[1, 2, 3]), [1, 2, 3]);
        assert!(resampler.finish().is_empty());
    }

    #[test]
    fn a_finished_resampler_begins_anew() {
        let sound = tone(16_000, 500.0, 1_600);
        let mut resampler = Resampler::new(16_000, 24_000).unwrap();
        let mut both = [Vec::new(), Vec::new()];
        for resampled in &mut both {
            resampled.extend(resampler.process(&sound));
            resampled.extend(resampler.finish());
            assert_eq!(resampled.len(), 2_400);
        }
        assert_eq!(both[0], both[1]);
    }

    #[test]
    fn the_loudest_sound_is_clipped_not_wrapped() {
        assert_eq!(to_i16(1.5), i16::MAX);
        assert_eq!(to_i16(-1.5), i16::MIN);
    }
}
