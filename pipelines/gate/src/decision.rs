//! Pure. Open or closed, and why: two thresholds and a hold, over the network's answers.

use crate::Reason;
use crate::network::Answer;

/// Hops the gate stays open after the last sure voice at the most, without any further sign of one.
const HOLD_HOPS: u32 = 30;

/// How sure the network must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Thresholds {
    /// To open.
    pub(crate) open: f32,
    /// To stay open.
    pub(crate) stay: f32,
}

/// Remembers whether it is open.
#[derive(Debug)]
pub(crate) struct Decision {
    open: bool,
    since_voice: u32,
    kinds: [f32; 5],
}

impl Decision {
    pub(crate) const fn new() -> Self {
        Self {
            open: false,
            since_voice: 0,
            kinds: [0.0; 5],
        }
    }

    /// One hop further.
    pub(crate) fn step(&mut self, answer: &Answer, thresholds: Thresholds) -> Reason {
        for (kind, class) in self.kinds.iter_mut().zip(answer.classes) {
            *kind += 0.2 * (class - *kind);
        }
        let sure = answer.voice > thresholds.open;
        self.since_voice = if sure {
            0
        } else {
            self.since_voice.saturating_add(1)
        };
        self.open =
            sure || (self.open && answer.voice > thresholds.stay && self.since_voice <= HOLD_HOPS);
        match (self.open, sure) {
            (true, true) => Reason::Voice,
            (true, false) => Reason::Hold,
            (false, _) => self.why_closed(),
        }
    }

    fn why_closed(&self) -> Reason {
        let [nothing, _, whisper, page, impact] = self.kinds;
        let most = whisper.max(page).max(impact);
        if most < 0.25 || most < nothing {
            Reason::NoVoice
        } else if whisper >= most {
            Reason::Whisper
        } else if page >= most {
            Reason::Page
        } else {
            Reason::Impact
        }
    }
}
