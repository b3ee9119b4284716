//! The half of a session that speaks.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_sink::Sink;

use super::control::AudioControl;
use super::playout::Playout;
use super::shared::AudioStats;
use crate::audio::resampler::Resampler;
use crate::error::{Error, Result};

/// The half of a session that speaks.
///
/// It takes samples of one channel, at the rate of the session. There are two ways to give them:
///
/// - [`send`](Self::send) waits while the queue is full. It is for sound that is there all at once: a file, or a voice that is made
///   faster than it speaks. As a `Sink`, this type does the same.
/// - [`push`](Self::push) never waits. It is for sound that comes as it is spoken, such as a microphone: what does not fit is late,
///   and the oldest is dropped.
pub struct AudioSender {
    control: AudioControl,
    resampler: Resampler,
}

impl AudioSender {
    pub(super) fn new(control: AudioControl, resampler: Resampler) -> Self {
        AudioSender { control, resampler }
    }

    /// Queues samples, and waits while the queue is full. It returns when they are queued, not when they have been heard.
    ///
    /// # Errors
    ///
    /// The session has ended.
    pub async fn send(&mut self, samples: impl AsRef<[i16]>) -> Result<()> {
        let samples = self.resampler.process(samples.as_ref());
        self.add(&samples).await
    }

    /// Queues live samples at once. If the queue is full, the oldest sound in it is dropped.
    ///
    /// # Errors
    ///
    /// The session has ended.
    pub fn push(&mut self, samples: impl AsRef<[i16]>) -> Result<()> {
        let samples = self.resampler.process(samples.as_ref());
        self.control.shared.with_playout(|playout| playout.add_live(&samples))
    }

    /// Discards what is queued, for an assistant or a customer that interrupts.
    pub fn clear(&mut self) {
        self.resampler.finish();
        // After the end there is nothing to discard.
        let _ = self.control.shared.with_playout(Playout::clear);
    }

    /// Waits until all queued sound has been sent. Silence follows it, and the call goes on.
    ///
    /// # Errors
    ///
    /// The session has ended.
    pub async fn drained(&mut self) -> Result<()> {
        poll_fn(|cx| self.poll_drained(cx)).await
    }

    /// Returns a handle to steer the call, which can be cloned.
    pub fn control(&self) -> &AudioControl {
        &self.control
    }

    /// Returns the numbers of the session so far.
    pub fn stats(&self) -> AudioStats {
        self.control.stats()
    }

    /// Adds samples of the socket's rate, as many at a time as the queue has room for.
    async fn add(&mut self, samples: &[i16]) -> Result<()> {
        let shared = &self.control.shared;
        let mut rest = samples;
        while !rest.is_empty() {
            poll_fn(|cx| shared.poll_playout(cx, |playout| !playout.is_full())).await?;
            rest = shared.with_playout(|playout| {
                let (now, later) = rest.split_at(playout.room().min(rest.len()));
                playout.add(now);
                later
            })?;
        }
        Ok(())
    }

    fn poll_drained(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let rest = self.resampler.finish();
        let shared = &self.control.shared;
        if !rest.is_empty() {
            shared.with_playout(|playout| playout.add(&rest))?;
        }
        shared.poll_playout(cx, Playout::is_empty)
    }
}

/// Takes a piece when the queue is not full. Flushing waits for nothing, so that `SinkExt::send` leaves no gaps. Closing waits until
/// all has been sent, and leaves the call open.
impl Sink<Vec<i16>> for AudioSender {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.control.shared.poll_playout(cx, |playout| !playout.is_full())
    }

    fn start_send(self: Pin<&mut Self>, samples: Vec<i16>) -> Result<()> {
        let this = self.get_mut();
        let samples = this.resampler.process(&samples);
        this.control.shared.with_playout(|playout| playout.add(&samples))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.get_mut().poll_drained(cx)
    }
}

impl fmt::Debug for AudioSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudioSender")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
