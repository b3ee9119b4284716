//! Audio on a socket: synthetic sound in the requested format, and detection of speech.

use std::f32::consts::TAU;
use std::sync::Arc;

use serde_json::Value;

use crate::calls::model::VOICE_RATE;

/// Samples above this are speech. The maximum is 32,768.
const SPEECH: i32 = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// 16 bits, little-endian.
    Pcm,
    /// 8 bits, G.711.
    Mulaw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub encoding: Encoding,
    /// Samples per second.
    pub rate: u32,
}

/// The audible speaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    Nobody,
    Customer,
    Assistant,
}

/// The audible sound of a call, frame by frame: the tone of the speaker, or the sound of a custom voice.
pub(crate) struct Playback {
    voice: Voice,
    /// The sound of the assistant's line.
    sound: Option<Arc<[i16]>>,
    /// The number of frames since the voice changed.
    frames: u64,
}

impl Playback {
    pub fn of(voice: Voice) -> Playback {
        Playback {
            voice,
            sound: None,
            frames: 0,
        }
    }

    /// Follows an event of the call. `sound` returns the sound of the assistant's line.
    pub fn follow(&mut self, event: &Value, sound: impl FnOnce() -> Option<Arc<[i16]>>) {
        if let Some(voice) = voice_after(event) {
            *self = Playback {
                sound: (voice == Voice::Assistant).then(sound).flatten(),
                ..Playback::of(voice)
            };
        }
    }

    /// Returns the next frame, with the customer or without.
    pub fn next_frame(&mut self, format: Format, with_customer: bool) -> Vec<u8> {
        self.frames += 1;
        if let Some(sound) = &self.sound {
            let count = (VOICE_RATE / 50) as usize;
            let from = usize::try_from(self.frames - 1).map_or(usize::MAX, |frame| frame.saturating_mul(count));
            let part = sound.iter().skip(from).take(count).copied();
            let mut part: Vec<i16> = part.collect();
            part.resize(count, 0);
            return format.encode(resampled(&part, VOICE_RATE, format.rate).into_iter());
        }
        let voice = match self.voice {
            Voice::Customer if !with_customer => Voice::Nobody,
            voice => voice,
        };
        format.frame(voice, self.frames)
    }
}

/// Returns samples at another rate, by straight lines between them. That is enough for speech that programs hear.
pub(crate) fn resampled(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    if from == to {
        return samples.to_vec();
    }
    let count = samples.len() * to as usize / from as usize;
    let at = |index: usize| f64::from(samples.get(index).or(samples.last()).copied().unwrap_or_default());
    (0..count)
        .map(|number| {
            let place = number as f64 * f64::from(from) / f64::from(to);
            let (index, part) = (place as usize, place.fract());
            (at(index) * (1.0 - part) + at(index + 1) * part) as i16
        })
        .collect()
}

/// Returns the audible speaker after an event, if the event changes it.
fn voice_after(event: &Value) -> Option<Voice> {
    (event["type"] == "speech-update").then(|| match (event["status"].as_str(), event["role"].as_str()) {
        (Some("started"), Some("user")) => Voice::Customer,
        (Some("started"), _) => Voice::Assistant,
        _ => Voice::Nobody,
    })
}

impl Format {
    /// Reads the format of `transport.audioFormat`. Missing properties have the API's defaults.
    pub fn of(asked: &Value) -> Format {
        let encoding = match asked["format"].as_str() {
            Some("mulaw") => Encoding::Mulaw,
            _ => Encoding::Pcm,
        };
        let usual = match encoding {
            Encoding::Pcm => 16_000,
            Encoding::Mulaw => 8_000,
        };
        let rate = asked["sampleRate"]
            .as_f64()
            .filter(|rate| (3_000.0..=192_000.0).contains(rate));
        Format {
            encoding,
            rate: rate.map_or(usual, |rate| rate as u32),
        }
    }

    /// Returns the 20 milliseconds with this number of a voice, one channel. Each voice has its own tone.
    pub fn frame(self, voice: Voice, number: u64) -> Vec<u8> {
        let count = u64::from(self.rate / 50);
        let hertz = match voice {
            Voice::Nobody => None,
            Voice::Customer => Some(440.0),
            Voice::Assistant => Some(660.0),
        };
        let sample = |at: u64| {
            // Whole seconds are whole waves, so that the number stays small and the sine exact.
            let second = (at % u64::from(self.rate)) as f32 / self.rate as f32;
            hertz.map_or(0, |hertz: f32| ((second * hertz * TAU).sin() * 8_192.0) as i16)
        };
        self.encode((number * count..(number + 1) * count).map(sample))
    }

    fn encode(self, samples: impl Iterator<Item = i16>) -> Vec<u8> {
        match self.encoding {
            Encoding::Pcm => samples.flat_map(i16::to_le_bytes).collect(),
            Encoding::Mulaw => samples.map(to_mulaw).collect(),
        }
    }

    /// Returns the samples of a sound.
    pub fn samples(self, sound: &[u8]) -> Vec<i16> {
        match self.encoding {
            Encoding::Pcm => sound
                .chunks_exact(2)
                .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
                .collect(),
            Encoding::Mulaw => sound.iter().map(|byte| of_mulaw(*byte)).collect(),
        }
    }

    /// Returns whether the sound has speech.
    pub fn is_speech(self, sound: &[u8]) -> bool {
        let loud = |sample: i16| i32::from(sample).abs() > SPEECH;
        match self.encoding {
            Encoding::Pcm => sound
                .chunks_exact(2)
                .any(|pair| loud(i16::from_le_bytes([pair[0], pair[1]]))),
            Encoding::Mulaw => sound.iter().any(|byte| loud(of_mulaw(*byte))),
        }
    }

    /// Returns the duration of the sound, in milliseconds.
    pub fn lasts(self, sound: &[u8]) -> u64 {
        let width = match self.encoding {
            Encoding::Pcm => 2,
            Encoding::Mulaw => 1,
        };
        sound.len() as u64 * 1000 / (u64::from(self.rate) * width)
    }
}

/// Encodes a sample by G.711: a sign, three bits of exponent and four of mantissa, all inverted.
fn to_mulaw(sample: i16) -> u8 {
    const BIAS: i32 = 132;
    let (sign, size) = if sample < 0 {
        (0x80, -i32::from(sample))
    } else {
        (0, i32::from(sample))
    };
    let size = size.min(32_635) + BIAS;
    // From 7 to 14, since the bias exceeds 2 to the 7th.
    let power = 31 - size.leading_zeros();
    let exponent = power.saturating_sub(7);
    let mantissa = (size >> (exponent + 3)) & 0x0f;
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}

fn of_mulaw(byte: u8) -> i16 {
    let byte = !byte;
    let size = ((i32::from(byte & 0x0f) << 3) + 132) << ((byte >> 4) & 0x07);
    let size = (size - 132) as i16;
    if byte & 0x80 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mulaw_matches_the_standard() {
        for (sample, byte) in [
            (0, 0xff),
            (-1, 0x7f),
            (8, 0xfe),
            (1000, 0xce),
            (-1000, 0x4e),
            (32_767, 0x80),
            (-32_768, 0x00),
        ] {
            assert_eq!(to_mulaw(sample), byte, "{sample}");
        }
        for (byte, sample) in [(0xff, 0), (0x7f, 0), (0xfe, 8), (0x80, 32_124), (0x00, -32_124)] {
            assert_eq!(of_mulaw(byte), sample, "{byte:#x}");
        }
    }

    #[test]
    fn samples_are_resampled_on_straight_lines() {
        assert_eq!(
            resampled(&[0, 100, 200, 300], 8_000, 16_000),
            [0, 50, 100, 150, 200, 250, 300, 300]
        );
        assert_eq!(
            resampled(&[0, 100, 200, 300, 400, 500], 24_000, 16_000),
            [0, 150, 300, 450]
        );
        assert_eq!(resampled(&[7, 8], 16_000, 16_000), [7, 8]);
        assert_eq!(resampled(&[], 8_000, 16_000), Vec::<i16>::new());
    }

    #[test]
    fn the_sound_of_a_custom_voice_is_heard() {
        let format = Format::of(&Value::Null);
        let mut playback = Playback::of(Voice::Nobody);
        let event = json!({ "type": "speech-update", "status": "started", "role": "assistant" });
        playback.follow(&event, || Some(vec![1_000; 480].into()));
        assert!(
            format
                .samples(&playback.next_frame(format, false))
                .iter()
                .all(|sample| *sample == 1_000)
        );
        // Then it is over, though the assistant's turn is not.
        assert!(!format.is_speech(&playback.next_frame(format, false)));
        playback.follow(&event, || None);
        assert!(format.is_speech(&playback.next_frame(format, false)), "a tone");
    }

    #[test]
    fn the_format_is_the_one_asked_for() {
        let format = |encoding, rate| Format { encoding, rate };
        assert_eq!(Format::of(&Value::Null), format(Encoding::Pcm, 16_000));
        assert_eq!(
            Format::of(&json!({ "format": "mulaw" })),
            format(Encoding::Mulaw, 8_000)
        );
        assert_eq!(
            Format::of(&json!({ "format": "pcm_s16le", "sampleRate": 24_000 })),
            format(Encoding::Pcm, 24_000)
        );
        assert_eq!(Format::of(&json!({ "sampleRate": 0 })), format(Encoding::Pcm, 16_000));
    }

    #[test]
    fn a_frame_has_twenty_milliseconds_of_voice_or_silence() {
        for (encoding, rate, bytes) in [
            (Encoding::Pcm, 16_000, 640),
            (Encoding::Pcm, 44_100, 1764),
            (Encoding::Mulaw, 8_000, 160),
        ] {
            let format = Format { encoding, rate };
            for (voice, speaks) in [
                (Voice::Nobody, false),
                (Voice::Customer, true),
                (Voice::Assistant, true),
            ] {
                let frame = format.frame(voice, 77);
                assert_eq!((frame.len(), format.is_speech(&frame)), (bytes, speaks));
                assert_eq!(format.lasts(&frame), 20);
            }
        }
    }
}
