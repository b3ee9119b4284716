//! The format of sound on a socket.

use std::time::Duration;

use audio_codec_algorithms::{decode_ulaw, encode_ulaw};
use bytes::Bytes;

use crate::error::{Error, Result};

/// The duration of a frame. Vapi expects one frame after the other in real time, silence included.
pub(crate) const FRAME: Duration = Duration::from_millis(20);

/// Frames in a second.
pub(crate) const FRAMES_PER_SECOND: u64 = 50;

/// Rates that the transport takes.
const RATES: std::ops::RangeInclusive<u32> = 3_000..=192_000;

/// The silence that Vapi's guides name for mu-law. Like 0xFF, it stands for a sample of zero.
const MULAW_SILENCE: u8 = 0x7f;

/// An encoding of samples as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// 16 bits, signed, little-endian: `pcm_s16le`.
    Pcm,
    /// 8 bits, G.711 mu-law: `mulaw`.
    Mulaw,
}

impl Codec {
    /// Returns the number of bytes of a sample.
    pub fn bytes_per_sample(self) -> usize {
        match self {
            Codec::Pcm => 2,
            Codec::Mulaw => 1,
        }
    }

    /// Encodes samples.
    ///
    /// # Examples
    ///
    /// ```
    /// use vapi::audio::Codec;
    ///
    /// assert_eq!(Codec::Pcm.encode([1, -2]), [0x01, 0x00, 0xfe, 0xff].as_slice());
    /// assert_eq!(Codec::Mulaw.encode([0, 1000]), [0xff, 0xce].as_slice());
    /// ```
    pub fn encode(self, samples: impl IntoIterator<Item = i16>) -> Bytes {
        let samples = samples.into_iter();
        match self {
            Codec::Pcm => {
                let mut bytes = Vec::with_capacity(2 * samples.size_hint().0);
                samples.for_each(|sample| bytes.extend_from_slice(&sample.to_le_bytes()));
                bytes.into()
            }
            Codec::Mulaw => samples.map(encode_ulaw).collect(),
        }
    }

    /// Decodes samples. Half a sample at the end is dropped.
    pub fn decode(self, bytes: &[u8]) -> Vec<i16> {
        match self {
            Codec::Pcm => bytes
                .chunks_exact(2)
                .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
                .collect(),
            Codec::Mulaw => bytes.iter().map(|byte| decode_ulaw(*byte)).collect(),
        }
    }

    /// Returns silence of a length in samples.
    pub fn silence(self, samples: usize) -> Bytes {
        let byte = match self {
            Codec::Pcm => 0,
            Codec::Mulaw => MULAW_SILENCE,
        };
        vec![byte; samples * self.bytes_per_sample()].into()
    }
}

/// The format of sound on the socket of a call: an encoding and a sample rate, one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameFormat {
    codec: Codec,
    sample_rate: u32,
}

impl FrameFormat {
    /// Returns PCM at this sample rate.
    pub const fn pcm(sample_rate: u32) -> Self {
        FrameFormat {
            codec: Codec::Pcm,
            sample_rate,
        }
    }

    /// Returns mu-law at 8 kHz, as telephones have it.
    pub const fn mulaw() -> Self {
        FrameFormat {
            codec: Codec::Mulaw,
            sample_rate: 8_000,
        }
    }

    /// Sets the sample rate.
    pub const fn with_sample_rate(mut self, sample_rate: u32) -> Self {
        self.sample_rate = sample_rate;
        self
    }

    /// Returns the encoding.
    pub const fn codec(self) -> Codec {
        self.codec
    }

    /// Returns the samples per second.
    pub const fn sample_rate(self) -> u32 {
        self.sample_rate
    }

    /// Returns the number of samples in the frame with this number, counted from 0. Where 20 ms are no whole number of samples, as
    /// at 11,025 Hz, frames differ by one sample, and a second of frames is a second.
    pub(crate) fn samples_in_frame(self, number: u64) -> usize {
        let rate = u64::from(self.sample_rate);
        let number = number % FRAMES_PER_SECOND;
        let start = |number: u64| number * rate / FRAMES_PER_SECOND;
        (start(number + 1) - start(number)) as usize
    }

    /// Returns the number of samples in a duration.
    pub(crate) fn samples_in(self, duration: Duration) -> usize {
        samples_in(self.sample_rate, duration)
    }
}

impl Default for FrameFormat {
    /// PCM at 16 kHz, the default of the API.
    fn default() -> Self {
        FrameFormat::pcm(16_000)
    }
}

/// Returns the number of samples in a duration.
pub(crate) fn samples_in(rate: u32, duration: Duration) -> usize {
    let samples = duration.as_nanos().saturating_mul(rate.into()) / 1_000_000_000;
    usize::try_from(samples).unwrap_or(usize::MAX)
}

/// Refuses a sample rate that no sound has.
///
/// # Errors
///
/// The rate is below 3,000 or above 192,000.
pub(crate) fn check_rate(rate: u32) -> Result<()> {
    if RATES.contains(&rate) {
        return Ok(());
    }
    let (least, most) = (RATES.start(), RATES.end());
    Err(Error::input(format!(
        "a sample rate of {rate} is not between {least} and {most}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mulaw_matches_the_standard() {
        for (sample, byte) in [
            (0, 0xff),
            (8, 0xfe),
            (1000, 0xce),
            (-1000, 0x4e),
            (i16::MAX, 0x80),
            (i16::MIN, 0x00),
        ] {
            assert_eq!(&Codec::Mulaw.encode([sample])[..], [byte], "{sample}");
        }
        assert_eq!(
            Codec::Mulaw.decode(&[0xff, 0x7f, 0xfe, 0x80, 0x00, 0xce]),
            [0, 0, 8, 32_124, -32_124, 988]
        );
    }

    #[test]
    fn every_mulaw_byte_survives_a_round_trip() {
        for byte in 0..=u8::MAX {
            // There are two zeros, and the encoder writes the positive one.
            let expected = if byte == 0x7f { 0xff } else { byte };
            let samples = Codec::Mulaw.decode(&[byte]);
            assert_eq!(&Codec::Mulaw.encode(samples)[..], [expected]);
        }
    }

    #[test]
    fn mulaw_errs_by_less_than_a_step() {
        for sample in (i16::MIN..=i16::MAX).step_by(7) {
            let decoded = i32::from(Codec::Mulaw.decode(&Codec::Mulaw.encode([sample]))[0]);
            let sample = i32::from(sample);
            // A step is a sixteenth of its segment, and the loudest samples are clipped.
            let step = ((sample.abs() + 132) / 16).max(8) + 132;
            assert!((decoded - sample).abs() <= step, "{sample} became {decoded}");
        }
    }

    #[test]
    fn pcm_is_little_endian_and_whole() {
        assert_eq!(&Codec::Pcm.encode([0x0102, -2])[..], [0x02, 0x01, 0xfe, 0xff]);
        assert_eq!(Codec::Pcm.decode(&[0x02, 0x01, 0xfe, 0xff, 0x33]), [0x0102, -2]);
    }

    #[test]
    fn silence_decodes_to_zeros() {
        for codec in [Codec::Pcm, Codec::Mulaw] {
            let silence = codec.silence(3);
            assert_eq!(silence.len(), 3 * codec.bytes_per_sample());
            assert_eq!(codec.decode(&silence), [0, 0, 0]);
        }
    }

    #[test]
    fn fifty_frames_are_a_second_at_any_rate() {
        for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 3_001] {
            let format = FrameFormat::pcm(rate);
            let samples: usize = (50..100).map(|number| format.samples_in_frame(number)).sum();
            assert_eq!(samples, rate as usize);
        }
        assert_eq!(FrameFormat::mulaw().samples_in_frame(7), 160);
        assert_eq!(
            [0, 1].map(|number| FrameFormat::pcm(11_025).samples_in_frame(number)),
            [220, 221]
        );
    }

    #[test]
    fn a_rate_out_of_range_is_refused() {
        assert!(check_rate(3_000).is_ok() && check_rate(192_000).is_ok());
        let error = check_rate(0).unwrap_err();
        assert!(error.is_invalid_input());
        assert_eq!(error.to_string(), "a sample rate of 0 is not between 3000 and 192000");
    }
}
