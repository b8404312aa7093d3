//! The test microphone's sound: soft syllables of a made-up voice, its pitch taken from the title, so that
//! rooms can be told apart by ear and by measure. Pure.

use std::f32::consts::TAU;

/// A voice that speaks syllables of harmonics, with pauses as in talk.
pub(crate) struct Voice {
    /// Fundamental frequency in Hz.
    pitch: f32,
    rate: f32,
    at: u64,
    phase: f32,
}

impl Voice {
    /// The voice of `title`, at `rate` samples per second.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub(crate) fn new(title: &str, rate: u32) -> Self {
        let sum = title.bytes().fold(17u32, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u32::from(byte))
        });
        Self {
            pitch: 105.0 + (sum % 16) as f32 * 9.0,
            rate: rate as f32,
            at: 0,
            phase: 0.0,
        }
    }

    /// The next samples (mono, -1.0..=1.0).
    pub(crate) fn fill(&mut self, block: &mut [f32]) {
        for sample in block {
            *sample = self.next();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a position within one sentence")]
    fn next(&mut self) -> f32 {
        // A sentence: 2.4 s of syllables, then 0.6 s of breath.
        let in_sentence = (self.at % (3 * self.rate as u64)) as f32 / self.rate;
        self.at += 1;
        let speaking = in_sentence < 2.4;
        // Four and a half syllables in a second, each a bump, each with its own vowel and pitch.
        let syllable = in_sentence * 4.5;
        let bump = (syllable.fract() * std::f32::consts::PI).sin();
        let vowel = (syllable.floor() * 2.399).sin();
        self.phase = (self.phase + self.pitch * (1.0 + 0.12 * vowel) / self.rate).fract();
        if !speaking {
            return 0.0;
        }
        let bright = 0.5 + 0.35 * vowel;
        let harmonics = (1u8..=8).fold((0.0, 1.0f32), |(sum, strength), n| {
            let tone = (TAU * f32::from(n) * self.phase).sin() * strength;
            (sum + tone, strength * bright)
        });
        0.16 * bump * bump * harmonics.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_soft_voice_with_pauses_and_two_towns_differ() {
        let mut block = vec![0.0; 3 * 48_000];
        Voice::new("Brest", 48_000).fill(&mut block);
        let peak = block
            .iter()
            .fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.1..0.9).contains(&peak), "{peak}");
        assert!(block[120_000..].iter().all(|sample| *sample == 0.0));
        let mut other = vec![0.0; 3 * 48_000];
        Voice::new("Loudéac", 48_000).fill(&mut other);
        assert!(block != other);
    }
}
