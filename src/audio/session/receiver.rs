//! The half of a session that hears.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;

use super::call_event::CallEvent;
use super::control::AudioControl;
use super::inbox::Message;
use super::shared::AudioStats;
use crate::audio::frame_format::Codec;
use crate::audio::resampler::Resampler;
use crate::error::Result;

/// A sound or an event that a session receives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Incoming {
    /// Sound of the assistant: samples of one channel at the rate of the session.
    Audio(Vec<i16>),
    /// An event of the call.
    Event(CallEvent),
}

/// The half of a session that hears: a stream that ends with the session.
///
/// It ends without an error if either side ended the call, and else in one error: the server closed the socket for a reason of its own,
/// the connection broke, or the server fell silent.
pub struct AudioReceiver {
    control: AudioControl,
    codec: Codec,
    resampler: Resampler,
    /// The first half of a sample whose second half has not come.
    half: Option<u8>,
}

impl AudioReceiver {
    pub(super) fn new(control: AudioControl, resampler: Resampler) -> Self {
        AudioReceiver {
            codec: control.shared.format.codec(),
            control,
            resampler,
            half: None,
        }
    }

    /// Returns the next sound or event, or `None` after the end.
    pub async fn next(&mut self) -> Option<Result<Incoming>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Returns a handle to steer the call, which can be cloned.
    pub fn control(&self) -> &AudioControl {
        &self.control
    }

    /// Returns the numbers of the session so far.
    pub fn stats(&self) -> AudioStats {
        self.control.stats()
    }

    fn samples(&mut self, sound: &Bytes) -> Vec<i16> {
        let samples = match self.half.take() {
            Some(half) => self.codec.decode(&[&[half], &sound[..]].concat()),
            None => self.codec.decode(sound),
        };
        let whole = samples.len() * self.codec.bytes_per_sample();
        if whole < sound.len() {
            self.half = sound.last().copied();
        }
        self.resampler.process(&samples)
    }
}

impl Stream for AudioReceiver {
    type Item = Result<Incoming>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            match ready!(this.control.shared.poll_received(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(Message::Event(text))) => return Poll::Ready(Some(Ok(Incoming::Event(CallEvent::read(text))))),
                Some(Ok(Message::Sound(sound))) => {
                    let samples = this.samples(&sound);
                    // The resampler may hold all of it back.
                    if !samples.is_empty() {
                        return Poll::Ready(Some(Ok(Incoming::Audio(samples))));
                    }
                }
            }
        }
    }
}

impl fmt::Debug for AudioReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudioReceiver")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
