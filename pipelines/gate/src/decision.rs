//! Pure. Open or closed, and why: two thresholds and a hold, over the network's answers.

use crate::Reason;
use crate::network::Answer;

/// Hops the gate stays open after the last sure voice at the most, without any further sign of one.
const HOLD_HOPS: u32 = 30;

/// How sure the network must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Thresholds {
    /// To open, two hops on end: a single one is often the edge of a whisper or a knock.
    pub(crate) open: f32,
    /// To open at once.
    pub(crate) at_once: f32,
    /// To stay open.
    pub(crate) stay: f32,
}

/// Remembers whether it is open.
#[derive(Debug)]
pub(crate) struct Decision {
    open: bool,
    before: f32,
    since_voice: u32,
    kinds: [f32; 5],
}

impl Decision {
    pub(crate) const fn new() -> Self {
        Self {
            open: false,
            before: 0.0,
            since_voice: 0,
            kinds: [0.0; 5],
        }
    }

    /// One hop further.
    pub(crate) fn step(&mut self, answer: &Answer, thresholds: Thresholds) -> Reason {
        for (kind, class) in self.kinds.iter_mut().zip(answer.classes) {
            *kind += 0.2 * (class - *kind);
        }
        let sure = answer.voice > thresholds.open
            && (self.open || self.before > thresholds.open || answer.voice > thresholds.at_once);
        self.before = answer.voice;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::BANDS;

    const THRESHOLDS: Thresholds = Thresholds {
        open: 0.6,
        at_once: 0.8,
        stay: 0.3,
    };

    fn answer(voice: f32, class: usize) -> Answer {
        let mut classes = [0.0; 5];
        classes[class] = 1.0;
        Answer {
            voice,
            gains: [1.0; BANDS],
            classes,
        }
    }

    fn last(decision: &mut Decision, hops: u32, voice: f32, class: usize) -> Reason {
        (0..hops)
            .map(|_| decision.step(&answer(voice, class), THRESHOLDS))
            .last()
            .expect("hops")
    }

    #[test]
    fn a_sure_voice_opens_at_once_and_a_doubtful_one_does_not() {
        let mut decision = Decision::new();
        assert_eq!(last(&mut decision, 50, 0.5, 0), Reason::NoVoice);
        assert_eq!(last(&mut decision, 1, 0.9, 1), Reason::Voice);
    }

    #[test]
    fn a_fairly_sure_voice_opens_at_its_second_hop() {
        let mut decision = Decision::new();
        assert!(!last(&mut decision, 1, 0.7, 1).is_open());
        assert!(!last(&mut decision, 1, 0.1, 1).is_open());
        assert_eq!(last(&mut decision, 2, 0.7, 1), Reason::Voice);
    }

    #[test]
    fn a_doubtful_end_is_held_but_not_for_ever_and_a_sure_end_not_at_all() {
        let mut decision = Decision::new();
        last(&mut decision, 5, 0.9, 1);
        assert_eq!(last(&mut decision, HOLD_HOPS, 0.4, 0), Reason::Hold);
        assert!(!last(&mut decision, 1, 0.4, 0).is_open());
        last(&mut decision, 5, 0.9, 1);
        assert!(!last(&mut decision, 1, 0.1, 0).is_open());
    }

    #[test]
    fn closed_it_tells_what_it_hears() {
        for (class, reason) in [
            (0, Reason::NoVoice),
            (2, Reason::Whisper),
            (3, Reason::Page),
            (4, Reason::Impact),
        ] {
            assert_eq!(last(&mut Decision::new(), 20, 0.1, class), reason);
        }
    }
}
