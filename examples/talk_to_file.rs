//! A call over audio with files in place of a microphone and a loudspeaker:
//! `cargo run --example talk_to_file -- question.wav answer.wav`.
//!
//! `VAPI_ASSISTANT_ID` names the assistant. Without files, a tone is the question and the answer goes to the folder for temporary
//! files. The README beside this file shows how to run it against a local server, where nothing is understood and a tone is the answer.

mod support;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use vapi::Client;
use vapi::audio::{CallEvent, Incoming};
use vapi::types::{ClientMessagePayload, ClientMessageTranscriptRole, CreateCallDto, MessageSpeechUpdateStatus};

use crate::support::variable;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let vapi = Client::from_env()?;
    let assistant = variable("VAPI_ASSISTANT_ID", "the id of an assistant")?;
    let mut files = std::env::args_os().skip(1).map(PathBuf::from);
    let (question, rate) = match files.next() {
        Some(file) => read(&file)?,
        None => (tone(24_000), 24_000),
    };
    let answer = files.next().unwrap_or_else(|| std::env::temp_dir().join("answer.wav"));

    // The file's rate is converted to that of the call, and back.
    let call = CreateCallDto::new().assistant_id(assistant);
    let session = vapi.calls().create_websocket(call).sample_rate(rate).await?;
    println!("call {}", session.call().id);
    let control = session.control().clone();
    let (mut ear, mut mouth) = session.split();

    let speak = tokio::spawn(async move {
        // The assistant greets first.
        tokio::time::sleep(Duration::from_secs(1)).await;
        mouth.send(question).await?;
        mouth.drained().await
    });
    // An assistant that never answers is waited for no longer than this.
    let give_up = tokio::spawn({
        let control = control.clone();
        async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            control.end().await
        }
    });

    let mut file = WavWriter::create(&answer, spec(rate))?;
    while let Some(incoming) = ear.next().await {
        match incoming? {
            Incoming::Audio(samples) => samples.iter().try_for_each(|sample| file.write_sample(*sample))?,
            Incoming::Event(CallEvent::Message(message)) => match *message {
                ClientMessagePayload::Transcript(said) => println!("{}", said.transcript.unwrap_or_default()),
                ClientMessagePayload::SpeechUpdate(update)
                    if speak.is_finished()
                        && update.role == Some(ClientMessageTranscriptRole::Assistant)
                        && update.status == Some(MessageSpeechUpdateStatus::Stopped) =>
                {
                    // The answer is complete.
                    let control = control.clone();
                    tokio::spawn(async move { control.end().await });
                }
                _ => {}
            },
            _ => {}
        }
    }
    give_up.abort();
    speak.await??;
    println!("{} s in {}", file.duration() / rate, answer.display());
    file.finalize()?;
    println!("{:?}", control.stats());
    Ok(())
}

/// Reads a file of 16-bit samples. Of several channels, the first is taken.
fn read(file: &Path) -> Result<(Vec<i16>, u32), Box<dyn Error>> {
    let mut file = WavReader::open(file)?;
    let spec = file.spec();
    let samples = file.samples::<i16>().step_by(spec.channels.into());
    Ok((samples.collect::<Result<_, _>>()?, spec.sample_rate))
}

fn spec(rate: u32) -> WavSpec {
    WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    }
}

/// Returns a second of a tone.
fn tone(rate: u32) -> Vec<i16> {
    let turn = 440.0 * std::f32::consts::TAU / rate as f32;
    (0..rate)
        .map(|at| ((at as f32 * turn).sin() * 8_000.0) as i16)
        .collect()
}
