//! What the gate decided over a whole file, and what shares of its time that makes. Pure.

use gate::Reason;

/// One decision, and from where on it holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The first sample it holds for, counted in the file at 48 kHz.
    pub at: u64,
    /// Why the gate is open or closed.
    pub reason: Reason,
    /// How sure it is that somebody speaks, 0.0..=1.0.
    pub voice: f32,
}

/// All decisions in the order of time.
#[derive(Debug, Default)]
pub struct Track {
    decisions: Vec<Decision>,
}

impl Track {
    /// Adds the next one. It holds from no earlier than the one before.
    pub fn push(&mut self, mut decision: Decision) {
        if let Some(last) = self.decisions.last() {
            decision.at = decision.at.max(last.at);
        }
        self.decisions.push(decision);
    }

    /// Stretches of one decision as (decision, samples), in a file of so many samples.
    pub fn stretches(&self, total: u64) -> impl Iterator<Item = (Decision, u64)> + '_ {
        let ends = self.decisions.iter().skip(1).map(|next| next.at);
        self.decisions
            .iter()
            .zip(ends.chain([u64::MAX]))
            .map(move |(decision, end)| (*decision, end.min(total).saturating_sub(decision.at)))
            .filter(|(_, samples)| *samples > 0)
    }

    /// Samples by reason, in the order of [`Reason::ALL`].
    pub fn samples(&self, total: u64) -> [u64; Reason::ALL.len()] {
        let mut samples = [0; Reason::ALL.len()];
        for (decision, length) in self.stretches(total) {
            samples[decision.reason as usize] += length;
        }
        samples
    }

    /// How often the gate opened.
    pub fn openings(&self, total: u64) -> usize {
        let mut open = false;
        self.stretches(total)
            .filter(|(decision, _)| {
                let before = std::mem::replace(&mut open, decision.reason.is_open());
                open && !before
            })
            .count()
    }
}

/// Samples for which the gate was open.
pub fn open(samples: &[u64; Reason::ALL.len()]) -> u64 {
    let of = |reason: &Reason| samples[*reason as usize];
    Reason::ALL
        .iter()
        .filter(|reason| reason.is_open())
        .map(of)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(decisions: &[(u64, Reason)]) -> Track {
        let mut track = Track::default();
        for (at, reason) in decisions {
            track.push(Decision {
                at: *at,
                reason: *reason,
                voice: 0.5,
            });
        }
        track
    }

    #[test]
    fn every_sample_belongs_to_one_reason() {
        let track = track(&[
            (0, Reason::NoVoice),
            (100, Reason::Voice),
            (150, Reason::Hold),
            (140, Reason::Voice),
            (300, Reason::Whisper),
            (900, Reason::Voice),
        ]);
        let samples = track.samples(800);
        assert_eq!(samples.iter().sum::<u64>(), 800);
        assert_eq!(samples[Reason::Voice as usize], 50 + 150);
        assert_eq!(samples[Reason::Hold as usize], 0);
        assert_eq!(open(&samples), 200);
        assert_eq!(track.openings(800), 1);
        assert_eq!(track.openings(1000), 2);
    }

    #[test]
    fn reasons_are_numbered_as_they_are_listed() {
        for (n, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, n);
        }
    }
}
