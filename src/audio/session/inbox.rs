//! The queue of messages that were received and not read yet.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use crate::audio::frame_format::FrameFormat;

/// The most events that are kept.
const MOST_EVENTS: usize = 1_000;

/// The longest text of all kept events together.
const LONGEST_EVENTS: usize = 8 << 20;

/// A message as it came. It is decoded by who reads it, not by the task that keeps the time.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Sound(Bytes),
    Event(String),
}

/// A bounded queue of messages. If it is full, the oldest sound makes room for new sound, and the oldest event for new events.
#[derive(Debug)]
pub(super) struct Inbox {
    messages: VecDeque<Message>,
    /// The most bytes of sound that are kept.
    most_sound: usize,
    sound: usize,
    events: usize,
    event_bytes: usize,
    /// Bytes of sound that were dropped.
    pub(super) dropped_sound: u64,
    pub(super) dropped_events: u64,
}

impl Inbox {
    pub(super) fn new(format: FrameFormat, backlog: Duration) -> Self {
        let samples = format.samples_in(backlog);
        Inbox {
            messages: VecDeque::new(),
            most_sound: samples.saturating_mul(format.codec().bytes_per_sample()),
            sound: 0,
            events: 0,
            event_bytes: 0,
            dropped_sound: 0,
            dropped_events: 0,
        }
    }

    pub(super) fn add_sound(&mut self, bytes: Bytes) {
        self.sound += bytes.len();
        self.messages.push_back(Message::Sound(bytes));
        // The newest is kept, however long it is.
        while self.sound > self.most_sound
            && let Some(dropped) = self.drop_oldest(|message| matches!(message, Message::Sound(_)))
        {
            self.dropped_sound += dropped as u64;
        }
    }

    pub(super) fn add_event(&mut self, text: String) {
        self.events += 1;
        self.event_bytes += text.len();
        self.messages.push_back(Message::Event(text));
        while (self.events > MOST_EVENTS || self.event_bytes > LONGEST_EVENTS)
            && self
                .drop_oldest(|message| matches!(message, Message::Event(_)))
                .is_some()
        {
            self.dropped_events += 1;
        }
    }

    pub(super) fn next(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.forget(&message);
        Some(message)
    }

    /// Drops the oldest message of a kind, unless it is the newest of all. Returns its length.
    fn drop_oldest(&mut self, is_kind: impl Fn(&Message) -> bool) -> Option<usize> {
        let oldest = self.messages.iter().position(is_kind)?;
        if oldest + 1 == self.messages.len() {
            return None;
        }
        let message = self.messages.remove(oldest)?;
        Some(self.forget(&message))
    }

    /// Takes a message that has left the queue out of the sums. Returns its length.
    fn forget(&mut self, message: &Message) -> usize {
        match message {
            Message::Sound(bytes) => {
                self.sound -= bytes.len();
                bytes.len()
            }
            Message::Event(text) => {
                self.events -= 1;
                self.event_bytes -= text.len();
                text.len()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(byte: u8, bytes: usize) -> Bytes {
        vec![byte; bytes].into()
    }

    #[test]
    fn messages_come_out_in_their_order() {
        let mut inbox = Inbox::new(FrameFormat::mulaw(), Duration::from_secs(1));
        inbox.add_sound(sound(1, 160));
        inbox.add_event("a".to_owned());
        inbox.add_sound(sound(2, 160));
        let mut read = || inbox.next();
        assert_eq!(read(), Some(Message::Sound(sound(1, 160))));
        assert_eq!(read(), Some(Message::Event("a".to_owned())));
        assert_eq!(read(), Some(Message::Sound(sound(2, 160))));
        assert_eq!(read(), None);
    }

    #[test]
    fn the_oldest_sound_makes_room_and_events_stay() {
        let mut inbox = Inbox::new(FrameFormat::mulaw(), Duration::from_millis(40));
        inbox.add_event("a".to_owned());
        for byte in 1..=5 {
            inbox.add_sound(sound(byte, 160));
        }
        assert_eq!(inbox.dropped_sound, 480);
        assert_eq!(inbox.next(), Some(Message::Event("a".to_owned())));
        assert_eq!(inbox.next(), Some(Message::Sound(sound(4, 160))));
    }

    #[test]
    fn a_message_longer_than_the_backlog_is_kept_alone() {
        let mut inbox = Inbox::new(FrameFormat::pcm(8_000), Duration::from_millis(20));
        inbox.add_sound(sound(1, 320));
        inbox.add_sound(sound(2, 9_000));
        assert_eq!(inbox.dropped_sound, 320);
        assert_eq!(inbox.next(), Some(Message::Sound(sound(2, 9_000))));
        assert_eq!(inbox.next(), None);
        assert_eq!(inbox.sound, 0);
    }

    #[test]
    fn the_oldest_events_make_room() {
        let mut inbox = Inbox::new(FrameFormat::mulaw(), Duration::from_secs(1));
        for number in 0..MOST_EVENTS + 3 {
            inbox.add_event(number.to_string());
        }
        assert_eq!(inbox.dropped_events, 3);
        assert_eq!(inbox.next(), Some(Message::Event("3".to_owned())));
        inbox.add_event("x".repeat(LONGEST_EVENTS + 1));
        assert_eq!(inbox.dropped_events, 3 + MOST_EVENTS as u64 - 1);
        assert!(matches!(inbox.next(), Some(Message::Event(text)) if text.len() > LONGEST_EVENTS));
        assert_eq!((inbox.next(), inbox.event_bytes), (None, 0));
    }
}
