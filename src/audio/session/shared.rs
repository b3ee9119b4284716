//! The state that the task of a session and its handles share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;

use super::inbox::{Inbox, Message};
use super::playout::Playout;
use crate::audio::frame_format::FrameFormat;
use crate::error::{Error, ErrorKind, RequestContext, Result};

/// The numbers of a session so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AudioStats {
    /// Frames of 20 ms that were sent.
    pub sent_frames: u64,
    /// Frames among them that were nothing but silence, because no sound was there.
    pub silent_frames: u64,
    /// Frames that were never sent, because the program or the network was behind by more than 100 ms.
    pub skipped_frames: u64,
    /// Sound that [`AudioSender::push`](super::AudioSender::push) dropped because it was late.
    pub dropped_sent: Duration,
    /// Sound that waits to be sent.
    pub queued: Duration,
    /// Messages of sound that were received.
    pub received_frames: u64,
    /// Received sound that was dropped because nobody read it.
    pub dropped_received: Duration,
    /// Received events that were dropped because nobody read them.
    pub dropped_events: u64,
}

/// The state between the task that holds the socket and the handles of the user.
pub(super) struct Shared {
    pub(super) format: FrameFormat,
    /// The operation that errors name.
    context: RequestContext,
    state: Mutex<SessionState>,
}

struct SessionState {
    playout: Playout,
    inbox: Inbox,
    /// Wakes the sender when the queue has room or is empty.
    sender: Option<Waker>,
    /// Wakes the receiver when there is something to read.
    receiver: Option<Waker>,
    /// True after the user has asked for the end.
    ending: bool,
    end: SessionEnd,
    sent_frames: u64,
    skipped_frames: u64,
    received_frames: u64,
}

enum SessionEnd {
    Open,
    /// The receiver has not read this yet.
    Failed(Error),
    Over,
}

impl Shared {
    pub(super) fn new(format: FrameFormat, playout: Playout, inbox: Inbox, context: RequestContext) -> Self {
        Shared {
            format,
            context,
            state: Mutex::new(SessionState {
                playout,
                inbox,
                sender: None,
                receiver: None,
                ending: false,
                end: SessionEnd::Open,
                sent_frames: 0,
                skipped_frames: 0,
                received_frames: 0,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the next frame to send, after so many ticks without one.
    pub(super) fn frame(&self, skipped: u64) -> Bytes {
        let mut state = self.lock();
        state.skipped_frames += skipped;
        state.playout.skip(skipped);
        let frame = state.playout.frame();
        if !state.playout.is_full() {
            wake(&mut state.sender);
        }
        frame
    }

    pub(super) fn frame_was_sent(&self) {
        self.lock().sent_frames += 1;
    }

    pub(super) fn add_received(&self, message: Message) {
        let mut state = self.lock();
        match message {
            Message::Sound(bytes) => {
                state.received_frames += 1;
                state.inbox.add_sound(bytes);
            }
            Message::Event(text) => state.inbox.add_event(text),
        }
        wake(&mut state.receiver);
    }

    /// Notes that the user wants the session to end: whatever ends it now is no error.
    pub(super) fn begin_end(&self) {
        self.lock().ending = true;
    }

    /// Ends the session. Only the first end counts.
    pub(super) fn end(&self, outcome: Result<()>) {
        let mut state = self.lock();
        if !matches!(state.end, SessionEnd::Open) {
            return;
        }
        state.end = match outcome {
            Err(error) if !state.ending => SessionEnd::Failed(error.for_request(&self.context)),
            _ => SessionEnd::Over,
        };
        wake(&mut state.sender);
        wake(&mut state.receiver);
    }

    pub(super) fn is_over(&self) -> bool {
        !matches!(self.lock().end, SessionEnd::Open)
    }

    /// Returns the next received message; `None` at the end.
    pub(super) fn poll_received(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        let mut state = self.lock();
        if let Some(message) = state.inbox.next() {
            return Poll::Ready(Some(Ok(message)));
        }
        match std::mem::replace(&mut state.end, SessionEnd::Over) {
            SessionEnd::Open => {
                state.end = SessionEnd::Open;
                state.receiver = Some(cx.waker().clone());
                Poll::Pending
            }
            SessionEnd::Failed(error) => Poll::Ready(Some(Err(error))),
            SessionEnd::Over => Poll::Ready(None),
        }
    }

    /// Waits until the condition holds for the queue of sound.
    ///
    /// # Errors
    ///
    /// The session has ended.
    pub(super) fn poll_playout(
        &self,
        cx: &mut Context<'_>,
        condition: impl FnOnce(&Playout) -> bool,
    ) -> Poll<Result<()>> {
        let mut state = self.lock();
        if !matches!(state.end, SessionEnd::Open) {
            return Poll::Ready(Err(self.has_ended()));
        }
        if condition(&state.playout) {
            return Poll::Ready(Ok(()));
        }
        state.sender = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Changes the queue of sound.
    ///
    /// # Errors
    ///
    /// The session has ended.
    pub(super) fn with_playout<T>(&self, change: impl FnOnce(&mut Playout) -> T) -> Result<T> {
        let mut state = self.lock();
        match state.end {
            SessionEnd::Open => Ok(change(&mut state.playout)),
            _ => Err(self.has_ended()),
        }
    }

    /// Creates the error for using a session that has ended.
    pub(super) fn has_ended(&self) -> Error {
        Error::new(ErrorKind::Interrupted, "the session has ended").for_request(&self.context)
    }

    pub(super) fn stats(&self) -> AudioStats {
        let state = self.lock();
        let duration = |samples: u64| {
            Duration::from_nanos((u128::from(samples) * 1_000_000_000 / u128::from(self.format.sample_rate())) as u64)
        };
        AudioStats {
            sent_frames: state.sent_frames,
            silent_frames: state.playout.silent_frames,
            skipped_frames: state.skipped_frames,
            dropped_sent: duration(state.playout.dropped),
            queued: state.playout.queued(),
            received_frames: state.received_frames,
            dropped_received: duration(state.inbox.dropped_sound / self.format.codec().bytes_per_sample() as u64),
            dropped_events: state.inbox.dropped_events,
        }
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}
