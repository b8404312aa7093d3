//! Pure. Voicing: how much a stretch of sound repeats itself, and how long its period is.
//!
//! The normalised autocorrelation of 30 ms, at 8 kHz, over periods of 2 to 12.5 ms (500 to 80 Hz), after
//! Talkin 1995 (RAPT): each lag is normalised by the energy of both stretches it compares.

use crate::HOP;

/// 48 kHz to 8 kHz.
const DOWN: usize = 6;
/// Samples at 8 kHz that are compared with what came a period before: 30 ms.
const LENGTH: usize = 240;
const SHORTEST: usize = 16;
const LONGEST: usize = 100;
const KEPT: usize = LENGTH + LONGEST;
/// Samples at 8 kHz in a hop.
const HOP_DOWN: usize = HOP / DOWN;
/// Half the length of the low-pass before decimation, in samples at 48 kHz.
const TAPS: usize = 48;

/// What was found in the newest 30 ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pitch {
    /// Correlation at the best period, -1.0..=1.0: near 1 in vowels, near 0.2 in noise.
    pub(crate) voicing: f32,
    /// The best period, in samples at 48 kHz.
    pub(crate) period: usize,
}

/// Follows the pitch of one channel.
#[derive(Debug)]
pub(crate) struct Tracker {
    low_pass: [f32; TAPS],
    recent: [f32; TAPS + HOP],
    down: [f32; KEPT],
}

impl Tracker {
    pub(crate) fn new() -> Self {
        // A Hann-windowed sinc of 1.2 kHz: voicing shows in the lowest formants.
        #[expect(clippy::cast_precision_loss, reason = "below 48")]
        let mut low_pass: [f32; TAPS] = std::array::from_fn(|n| {
            let (t, width) = (n as f32 - (TAPS - 1) as f32 / 2.0, 2.0 * 1200.0 / 48_000.0);
            let x = std::f32::consts::PI * width * t;
            let hann = (std::f32::consts::PI * (n as f32 + 0.5) / TAPS as f32).sin();
            x.sin() / x * hann * hann
        });
        let sum: f32 = low_pass.iter().sum();
        for tap in &mut low_pass {
            *tap /= sum;
        }
        Self {
            low_pass,
            recent: [0.0; TAPS + HOP],
            down: [0.0; KEPT],
        }
    }

    /// Takes the next 10 ms.
    pub(crate) fn push(&mut self, hop: &[f32; HOP]) -> Pitch {
        self.recent.copy_within(HOP.., 0);
        self.recent[TAPS..].copy_from_slice(hop);
        self.down.copy_within(HOP_DOWN.., 0);
        for (n, sample) in self.down[KEPT - HOP_DOWN..].iter_mut().enumerate() {
            let from = n * DOWN + DOWN;
            *sample = self.recent[from..from + TAPS]
                .iter()
                .zip(&self.low_pass)
                .map(|(sample, tap)| sample * tap)
                .sum();
        }
        self.best()
    }

    fn best(&self) -> Pitch {
        // The floor keeps digital silence and rumble of -90 dB from counting as anything.
        const FLOOR: f32 = LENGTH as f32 * 1e-9;
        let newest = &self.down[LONGEST..];
        let energy: f32 = newest.iter().map(|sample| sample * sample).sum();
        let mut scores = [0.0f32; LONGEST + 1];
        let mut lagged: f32 = self.down[LONGEST - SHORTEST..KEPT - SHORTEST]
            .iter()
            .map(|sample| sample * sample)
            .sum();
        for (lag, score) in scores.iter_mut().enumerate().skip(SHORTEST) {
            let before = &self.down[LONGEST - lag..KEPT - lag];
            if lag > SHORTEST {
                lagged += before[0] * before[0] - self.down[KEPT - lag] * self.down[KEPT - lag];
            }
            let product: f32 = newest.iter().zip(before).map(|(a, b)| a * b).sum();
            *score = product / ((energy + FLOOR) * (lagged.max(0.0) + FLOOR)).sqrt();
        }
        // The first peak that is nearly as high as the highest: its multiples repeat as well.
        let highest = scores.iter().fold(0.0f32, |a, b| a.max(*b));
        let period = (SHORTEST + 1..LONGEST)
            .find(|&lag| {
                scores[lag] >= 0.9 * highest
                    && scores[lag] >= scores[lag - 1]
                    && scores[lag] >= scores[lag + 1]
            })
            .unwrap_or(SHORTEST);
        Pitch {
            voicing: scores[period],
            period: period * DOWN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: f32, sample: impl Fn(usize) -> f32) -> Pitch {
        let mut tracker = Tracker::new();
        let mut found = tracker.push(&[0.0; HOP]);
        for hop in 0..(seconds * 100.0) as usize {
            found = tracker.push(&std::array::from_fn(|n| sample(hop * HOP + n)));
        }
        found
    }

    #[test]
    fn a_buzz_is_voiced_and_its_period_found() {
        for hz in [90.0f32, 140.0, 220.0, 330.0] {
            let period = 48_000.0 / hz;
            let found = after(0.2, |n| ((n as f32 / period).fract() - 0.5) * 0.3);
            assert!(found.voicing > 0.9, "{hz}: {found:?}");
            assert!(
                (found.period as f32 - period).abs() < 7.0,
                "{hz}: {found:?}"
            );
        }
    }

    #[test]
    fn noise_and_silence_are_not_voiced() {
        let noise = after(0.3, |n| {
            let x = (n as u32)
                .wrapping_mul(2_654_435_761)
                .rotate_left(13)
                .wrapping_mul(2_246_822_519);
            (x >> 8) as f32 / 16_777_216.0 - 0.5
        });
        assert!(noise.voicing < 0.5, "{noise:?}");
        assert!(after(0.2, |_| 0.0).voicing.abs() < 0.01);
    }
}
