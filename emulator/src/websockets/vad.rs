//! Voice activity detection: the end of a customer's speech on a socket. The words are not recognized.

/// The silence that ends an utterance, in milliseconds.
const SILENCE: u64 = 400;

#[derive(Default)]
pub(crate) struct VoiceActivity {
    /// The silence since the customer last spoke; `None` before any speech.
    silence: Option<u64>,
}

impl VoiceActivity {
    /// Adds sound of a duration in milliseconds. Returns true when it ends an utterance.
    pub fn hears(&mut self, time: u64, is_speech: bool) -> bool {
        if is_speech {
            self.silence = Some(0);
            return false;
        }
        let Some(silence) = &mut self.silence else { return false };
        *silence += time;
        if *silence < SILENCE {
            return false;
        }
        self.silence = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_ends_a_turn() {
        let mut activity = VoiceActivity::default();
        assert!(!activity.hears(1000, false), "nothing was said yet");
        assert!(!activity.hears(20, true));
        assert!(!activity.hears(380, false));
        assert!(!activity.hears(20, true), "only a pause");
        assert!(!activity.hears(380, false));
        assert!(activity.hears(20, false));
        assert!(!activity.hears(1000, false), "once is enough");
    }
}
