//! The sound of a call, taken apart by its sides.

use super::TranscriberStart;
use crate::audio::frame_format::Codec;
use crate::error::{Error, ErrorKind, Result};

/// A piece of the sound of a call, by sides. Both have the same length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallAudio {
    /// The sound of the customer.
    pub customer: Vec<i16>,
    /// The sound of the assistant. Empty if Vapi sends one channel.
    pub assistant: Vec<i16>,
}

/// Takes channels apart. Messages may end anywhere, even within a sample.
pub(super) struct Deinterleaver {
    codec: Codec,
    channels: usize,
    rest: Vec<u8>,
}

impl Deinterleaver {
    pub(super) fn new(start: &TranscriberStart) -> Result<Self> {
        let codec = match start.encoding.as_str() {
            "linear16" | "pcm_s16le" => Codec::Pcm,
            "mulaw" => Codec::Mulaw,
            other => {
                let detail = format!("sound in the encoding `{other}` cannot be read");
                return Err(Error::new(ErrorKind::Decode, detail));
            }
        };
        if !(1..=8).contains(&start.channels) {
            let detail = format!("sound of {} channels cannot be read", start.channels);
            return Err(Error::new(ErrorKind::Decode, detail));
        }
        Ok(Deinterleaver {
            codec,
            channels: start.channels,
            rest: Vec::new(),
        })
    }

    pub(super) fn split(&mut self, bytes: &[u8]) -> CallAudio {
        self.rest.extend_from_slice(bytes);
        let width = self.codec.bytes_per_sample() * self.channels;
        let whole = self.rest.len() / width * width;
        let samples = self.codec.decode(&self.rest[..whole]);
        self.rest.drain(..whole);
        let channel = |number: usize| samples.iter().skip(number).step_by(self.channels).copied().collect();
        CallAudio {
            customer: channel(0),
            assistant: if self.channels > 1 { channel(1) } else { Vec::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn start(encoding: &str, channels: usize) -> TranscriberStart {
        let message = json!({ "encoding": encoding, "container": "raw", "sampleRate": 16_000, "channels": channels });
        serde_json::from_value(message).unwrap()
    }

    #[test]
    fn channels_are_taken_apart_across_messages() {
        let mut deinterleaver = Deinterleaver::new(&start("linear16", 2)).unwrap();
        let bytes = Codec::Pcm.encode([1, -1, 2, -2, 3, -3]);
        let mut both = CallAudio::default();
        for piece in [&bytes[..5], &bytes[5..6], &bytes[6..]] {
            let audio = deinterleaver.split(piece);
            assert_eq!(audio.customer.len(), audio.assistant.len());
            both.customer.extend(audio.customer);
            both.assistant.extend(audio.assistant);
        }
        assert_eq!((both.customer, both.assistant), (vec![1, 2, 3], vec![-1, -2, -3]));
    }

    #[test]
    fn one_channel_is_the_customer() {
        let mut deinterleaver = Deinterleaver::new(&start("mulaw", 1)).unwrap();
        let audio = deinterleaver.split(&[0xff, 0x80]);
        assert_eq!((audio.customer, audio.assistant), (vec![0, 32_124], vec![]));
    }

    #[test]
    fn sound_that_cannot_be_read_is_refused() {
        for (start, sentence) in [
            (start("opus", 2), "sound in the encoding `opus` cannot be read"),
            (start("linear16", 0), "sound of 0 channels cannot be read"),
            (start("linear16", 9), "sound of 9 channels cannot be read"),
        ] {
            let Err(error) = Deinterleaver::new(&start) else {
                panic!("it is refused");
            };
            assert!(error.is_decode());
            assert_eq!(error.to_string(), sentence);
        }
    }

    proptest! {
        #[test]
        fn no_sample_is_lost(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..40), channels in 1..9_usize) {
            let mut deinterleaver = Deinterleaver::new(&start("linear16", channels)).unwrap();
            let taken: usize = pieces.iter().map(|piece| deinterleaver.split(piece).customer.len()).sum();
            let bytes: usize = pieces.iter().map(Vec::len).sum();
            prop_assert_eq!(taken, bytes / (2 * channels));
        }
    }
}
