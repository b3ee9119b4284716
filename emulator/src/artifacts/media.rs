//! Synthetic artifacts of a call: small, but valid in their formats.

use std::f32::consts::TAU;
use std::io::Write;
use std::ops::Range;

use flate2::{Compression, GzBuilder};
use serde_json::json;

const SAMPLE_RATE: u32 = 16_000;
const SECONDS: u32 = 2;

/// The voices on a channel. Each voice has its own tone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Customer,
    Assistant,
    Both,
}

impl Channel {
    fn includes(self, voice: Channel) -> bool {
        self == Channel::Both || self == voice
    }

    /// Returns one second of the voice. It can be repeated: its tone has whole waves.
    fn second(self) -> Vec<i16> {
        let hertz = if self == Channel::Customer { 440.0 } else { 660.0 };
        let samples = (0..SAMPLE_RATE).map(|sample| {
            let time = sample as f32 / SAMPLE_RATE as f32;
            ((time * hertz * TAU).sin() * 0.25 * f32::from(i16::MAX)) as i16
        });
        samples.collect()
    }
}

/// Returns two seconds of 16-bit PCM, one channel for each voice.
pub(crate) fn wav(channels: &[Channel]) -> Vec<u8> {
    let length = (SAMPLE_RATE * SECONDS) as usize;
    wav_of(
        channels,
        length,
        &[(Channel::Customer, 0..length), (Channel::Assistant, 0..length)],
    )
}

/// Returns 16-bit PCM of a length in samples, one channel for each voice, with a tone where it speaks.
pub(crate) fn wav_of(channels: &[Channel], length: usize, spoken: &[(Channel, Range<usize>)]) -> Vec<u8> {
    let count = u16::try_from(channels.len()).unwrap_or(1);
    let frame = u32::from(count) * 2;
    let size = u32::try_from(length).unwrap_or(u32::MAX / 8) * frame;
    let mut file = Vec::with_capacity(size as usize + 44);
    file.extend(b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend(SAMPLE_RATE.to_le_bytes());
    file.extend((SAMPLE_RATE * frame).to_le_bytes());
    file.extend((count * 2).to_le_bytes());
    file.extend(16_u16.to_le_bytes());
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    file.resize(44 + size as usize, 0);
    for (channel, channel_voice) in channels.iter().enumerate() {
        for (voice, range) in spoken.iter().filter(|(voice, _)| channel_voice.includes(*voice)) {
            let tone = voice.second();
            for sample in range.clone().take_while(|sample| *sample < length) {
                let at = 44 + sample * frame as usize + channel * 2;
                if let (Some(tone), Some(place)) = (tone.get(sample % tone.len()), file.get_mut(at..at + 2)) {
                    let before = i16::from_le_bytes([place[0], place[1]]);
                    place.copy_from_slice(&before.saturating_add(*tone).to_le_bytes());
                }
            }
        }
    }
    file
}

/// Returns a capture of a few RTP packets (mu-law silence over UDP over IPv4 over Ethernet).
pub(crate) fn pcap() -> Vec<u8> {
    const PACKETS: u16 = 5;
    const PAYLOAD: u16 = 160;
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend([2, 0, 4, 0]);
    file.extend([0; 8]);
    file.extend(65_535_u32.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    for sequence in 0..PACKETS {
        let length = u32::from(14 + 20 + 8 + 12 + PAYLOAD);
        file.extend(0_u32.to_le_bytes());
        file.extend((u32::from(sequence) * 20_000).to_le_bytes());
        file.extend(length.to_le_bytes());
        file.extend(length.to_le_bytes());
        file.extend([0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00]);
        file.extend(ip_header(20 + 8 + 12 + PAYLOAD));
        file.extend(40_000_u16.to_be_bytes());
        file.extend(40_002_u16.to_be_bytes());
        file.extend((8 + 12 + PAYLOAD).to_be_bytes());
        file.extend([0, 0]);
        file.extend([0x80, 0]);
        file.extend(sequence.to_be_bytes());
        file.extend((u32::from(sequence) * u32::from(PAYLOAD)).to_be_bytes());
        file.extend(1_u32.to_be_bytes());
        file.resize(file.len() + usize::from(PAYLOAD), 0x7f);
    }
    file
}

fn ip_header(length: u16) -> [u8; 20] {
    let [high, low] = length.to_be_bytes();
    let mut header = [0x45, 0, high, low, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1];
    let words = header
        .chunks(2)
        .map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])));
    let sum: u32 = words.sum();
    let checksum = !((sum & 0xffff) + (sum >> 16)) as u16;
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    header
}

/// Returns a video without length and tracks.
pub(crate) fn mp4() -> Vec<u8> {
    let mut header = vec![0; 12];
    header.extend(1000_u32.to_be_bytes());
    header.extend([0; 4]);
    header.extend(0x0001_0000_u32.to_be_bytes());
    header.extend([1, 0]);
    header.extend([0; 10]);
    // The identity matrix.
    for value in [0x0001_0000_u32, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] {
        header.extend(value.to_be_bytes());
    }
    header.extend([0; 24]);
    header.extend(1_u32.to_be_bytes());
    let mut file = mp4_box(b"ftyp", b"isom\0\0\x02\0isomiso2mp41");
    file.extend(mp4_box(b"moov", &mp4_box(b"mvhd", &header)));
    file
}

fn mp4_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], kind, content].concat()
}

/// Returns gzipped JSON lines, one for each event of the call.
pub(crate) fn call_logs(now: i64) -> Vec<u8> {
    let rows = [
        json!({ "time": now, "body": "Call started", "attributes": { "category": "system", "event": "call.started" } }),
        json!({ "time": now + 400, "body": "Voice input", "attributes": { "category": "voice", "input": "Hello.", "latency": 120 } }),
        json!({ "time": now + 900, "body": "Transcriber output", "attributes": { "category": "transcriber", "text": "Hi!" } }),
        json!({ "time": now + 1500, "body": "Call ended", "attributes": { "category": "system", "event": "call.ended" } }),
    ];
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::fast());
    for row in rows {
        // Writing to memory cannot fail.
        let _ = writeln!(gzip, "{row}");
    }
    gzip.finish().unwrap_or_default()
}
