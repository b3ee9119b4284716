//! The recording of a call: as long as the call was, with a tone while somebody speaks.

use crate::calls::Life;
use crate::media::{self, Voice};
use crate::world::World;

const SAMPLE_RATE: usize = 16_000;

/// A longer call is recorded up to here.
const LONGEST_SECONDS: i64 = 600;

/// A WAV with one channel for each voice. A call without a script has a sample of two seconds.
pub(crate) fn wav(world: &World, id: &str, channels: &[Voice]) -> Vec<u8> {
    let spoken = {
        let lives = world.lives.lock();
        let life = lives.get(id).filter(|life| life.outcome.scripted);
        life.map(|life| (samples(life.duration().unwrap_or_default()), spans(life)))
    };
    match spoken {
        Some((length, spans)) => media::wav_of(channels, length, &spans),
        None => media::wav(channels),
    }
}

fn samples(milliseconds: i64) -> usize {
    let milliseconds = milliseconds.clamp(0, LONGEST_SECONDS * 1000);
    usize::try_from(milliseconds).unwrap_or(0) * (SAMPLE_RATE / 1000)
}

/// Who speaks when, in samples from the start.
fn spans(life: &Life) -> Vec<(Voice, std::ops::Range<usize>)> {
    let started = life.started.unwrap_or_default();
    let spoken = life.conversation.messages.iter().filter_map(|message| {
        let voice = match message["role"].as_str()? {
            "bot" => Voice::Assistant,
            "user" => Voice::Customer,
            _ => return None,
        };
        let (from, to) = (message["time"].as_i64()?, message["endTime"].as_i64()?);
        Some((voice, samples(from - started)..samples(to - started)))
    });
    spoken.collect()
}
