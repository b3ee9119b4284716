//! The recording of a call. It has the duration of the call and a tone during speech.

use crate::artifacts::media;
use crate::artifacts::media::Channel;
use crate::state::State;
use crate::state::call::Call;

const SAMPLE_RATE: usize = 16_000;

/// The longest recording.
const LONGEST_SECONDS: i64 = 600;

/// Returns a WAV with one channel for each voice. A call without a script has a sample of two seconds.
pub(crate) fn wav(state: &State, id: &str, channels: &[Channel]) -> Vec<u8> {
    let spoken = {
        let records = state.calls.lock();
        let record = records.get(id).filter(|record| record.results.scripted);
        record.map(|record| (samples(record.duration().unwrap_or_default()), speech_ranges(record)))
    };
    match spoken {
        Some((length, speech_ranges)) => media::wav_of(channels, length, &speech_ranges),
        None => media::wav(channels),
    }
}

fn samples(milliseconds: i64) -> usize {
    let milliseconds = milliseconds.clamp(0, LONGEST_SECONDS * 1000);
    usize::try_from(milliseconds).unwrap_or(0) * (SAMPLE_RATE / 1000)
}

/// Returns the ranges of speech, in samples from the start.
fn speech_ranges(record: &Call) -> Vec<(Channel, std::ops::Range<usize>)> {
    let started = record.started.unwrap_or_default();
    let spoken = record.conversation.messages.iter().filter_map(|message| {
        let voice = match message["role"].as_str()? {
            "bot" => Channel::Assistant,
            "user" => Channel::Customer,
            _ => return None,
        };
        let (from, to) = (message["time"].as_i64()?, message["endTime"].as_i64()?);
        Some((voice, samples(from - started)..samples(to - started)))
    });
    spoken.collect()
}
