//! A call over a WebSocket: the transport `vapi.websocket`.

mod call_event;
mod connect;
mod control;
mod driver;
mod inbox;
mod pacer;
mod playout;
mod receiver;
mod sender;
mod shared;

use std::fmt;

use crate::types::Call;

pub use call_event::{CallEvent, SessionProblem};
pub use connect::ConnectAudio;
pub use control::AudioControl;
pub use receiver::{AudioReceiver, Incoming};
pub use sender::AudioSender;
pub use shared::AudioStats;

/// A call over audio that is connected, made by [`ConnectAudio`].
///
/// A task of its own holds the socket. It sends a frame each 20 ms in real time: of the sound that [`AudioSender`] gave it, else of
/// silence. What it receives waits for [`AudioReceiver`]. All queues are bounded: [`AudioStats`] counts what did not fit.
///
/// The call ends with [`AudioControl::end`], when the other side ends it, or when the session and all that came from it is dropped.
pub struct AudioSession {
    receiver: AudioReceiver,
    sender: AudioSender,
    call: Call,
}

impl AudioSession {
    /// Returns the call, as it was when it was created.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Returns the half that hears.
    pub fn receiver(&mut self) -> &mut AudioReceiver {
        &mut self.receiver
    }

    /// Returns the half that speaks.
    pub fn sender(&mut self) -> &mut AudioSender {
        &mut self.sender
    }

    /// Returns a handle to steer the call, which can be cloned.
    pub fn control(&self) -> &AudioControl {
        self.sender.control()
    }

    /// Returns the numbers of the session so far.
    pub fn stats(&self) -> AudioStats {
        self.control().stats()
    }

    /// Splits the session into the half that hears and the half that speaks. Each can move into a task of its own.
    pub fn split(self) -> (AudioReceiver, AudioSender) {
        (self.receiver, self.sender)
    }
}

impl fmt::Debug for AudioSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudioSession")
            .field("call", &self.call.id)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
