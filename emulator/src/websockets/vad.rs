//! When a customer on a socket has said something. What it was can't be understood, only that there was something.

/// So much silence ends what is said, in milliseconds.
const SILENCE: u64 = 400;

#[derive(Default)]
pub(crate) struct VoiceActivity {
    /// Silence since the customer last spoke; `None` while there is nothing to wait for.
    silence: Option<u64>,
}

impl VoiceActivity {
    /// So much sound came, in milliseconds. True when it ends what the customer said.
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
    fn a_turn_ends_with_a_silence() {
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
