//! From 48 kHz to 16 kHz and back, by one symmetric filter of finite length.
//!
//! Windowed by Kaiser and Schafer (1980, "On the use of the I0-sinh window for spectrum analysis"): 60 dB
//! of attenuation over a transition of 1.6 kHz, from 7.0 to 8.6 kHz.

use crate::HOP;

/// Samples at 48 kHz for one at 16 kHz.
pub(super) const RATIO: usize = 3;
/// Samples of a hop at 16 kHz.
pub(super) const LOW_HOP: usize = HOP / RATIO;
/// Delay down and up again, in samples at 48 kHz: half the filter each way, less the two samples that
/// are newer than the first of three.
pub(super) const DELAY: usize = TAPS - 1 - (RATIO - 1);

const TAPS: usize = 109;
/// Taps for each of three samples that lie between two at 16 kHz.
const PHASE: usize = TAPS.div_ceil(RATIO);
/// Middle of the transition, in parts of the sample rate: 7.8 kHz.
const CUTOFF: f64 = 7_800.0 / 48_000.0;
/// The window's shape for 60 dB (`0.1102 (60 - 8.7)`).
const BETA: f64 = 5.65;

fn taps() -> [f32; TAPS] {
    let middle = (TAPS / 2) as f64;
    let mut taps = [0.0; TAPS];
    for (index, tap) in taps.iter_mut().enumerate() {
        let x = index as f64 - middle;
        let sinc = if x == 0.0 {
            2.0 * CUTOFF
        } else {
            (std::f64::consts::TAU * CUTOFF * x).sin() / (std::f64::consts::PI * x)
        };
        let inside = 1.0 - (x / (middle + 1.0)).powi(2);
        *tap = (sinc * bessel_i0(BETA * inside.sqrt()) / bessel_i0(BETA)) as f32;
    }
    taps
}

/// Modified Bessel function of the first kind and order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..30 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Four sums, so that the compiler may take them at once.
    let mut sums = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f32 = a4
        .remainder()
        .iter()
        .zip(b4.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a4.zip(b4) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// To 16 kHz.
#[derive(Debug)]
pub(super) struct Down {
    taps: [f32; TAPS],
    history: [f32; TAPS - 1 + HOP],
}

impl Down {
    pub(super) fn new() -> Self {
        Self {
            taps: taps(),
            history: [0.0; TAPS - 1 + HOP],
        }
    }

    pub(super) fn process(&mut self, hop: &[f32; HOP]) -> [f32; LOW_HOP] {
        self.history.copy_within(HOP.., 0);
        self.history[TAPS - 1..].copy_from_slice(hop);
        let mut low = [0.0; LOW_HOP];
        for (low, first) in low.iter_mut().zip((RATIO - 1..).step_by(RATIO)) {
            *low = dot(&self.taps, &self.history[first..first + TAPS]);
        }
        low
    }
}

/// Back to 48 kHz.
#[derive(Debug)]
pub(super) struct Up {
    /// For each place between two samples, the taps of past samples, oldest first.
    phases: [[f32; PHASE]; RATIO],
    history: [f32; PHASE - 1 + LOW_HOP],
    gains: [f32; HALF + LOW_HOP],
}

/// How far the filter's middle lies behind its newest sample at 16 kHz.
const HALF: usize = TAPS / 2 / RATIO;

impl Up {
    pub(super) fn new() -> Self {
        let mut phases = [[0.0; PHASE]; RATIO];
        for (index, tap) in taps().into_iter().enumerate() {
            phases[index % RATIO][PHASE - 1 - index / RATIO] = tap * RATIO as f32;
        }
        Self {
            phases,
            history: [0.0; PHASE - 1 + LOW_HOP],
            gains: [1.0; HALF + LOW_HOP],
        }
    }

    /// Gives `dry` times the gain, plus `low`; `gains` has a gain for each sample of `low`.
    pub(super) fn process(
        &mut self,
        low: &[f32; LOW_HOP],
        gains: &[f32; LOW_HOP],
        dry: &[f32],
        out: &mut [f32; HOP],
    ) {
        self.history.copy_within(LOW_HOP.., 0);
        self.history[PHASE - 1..].copy_from_slice(low);
        self.gains.copy_within(LOW_HOP.., 0);
        self.gains[HALF..].copy_from_slice(gains);
        for (index, (out, dry)) in out.iter_mut().zip(dry).enumerate() {
            let first = index / RATIO;
            let window = &self.history[first..first + PHASE];
            *out = self.gains[first] * dry + dot(&self.phases[index % RATIO], window);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone's power after down and up, and of its difference to the delayed tone, in parts of its own.
    fn there_and_back(hertz: f32) -> (f32, f32) {
        let (mut down, mut up) = (Down::new(), Up::new());
        let tone = |at: usize| (std::f32::consts::TAU * hertz * at as f32 / 48_000.0).sin();
        let (mut all, mut back, mut off) = (0.0, 0.0, 0.0);
        for hop in 0..20 {
            let low = down.process(&std::array::from_fn(|at| tone(hop * HOP + at)));
            let mut out = [0.0; HOP];
            up.process(&low, &[1.0; LOW_HOP], &[0.0; HOP], &mut out);
            for (at, sample) in out.into_iter().enumerate().filter(|_| hop > 2) {
                let due = tone(hop * HOP + at - DELAY);
                all += due * due;
                back += sample * sample;
                off += (sample - due).powi(2);
            }
        }
        (back / all, off / all)
    }

    #[test]
    fn below_7_khz_a_tone_comes_back_as_it_was_and_as_late_as_stated() {
        for hertz in [50.0, 1_000.0, 4_000.0, 6_900.0] {
            let (_, off) = there_and_back(hertz);
            assert!(off < 1e-5, "{hertz} Hz is off by {off}");
        }
    }

    #[test]
    fn above_9_khz_nothing_comes_back() {
        for hertz in [9_000.0, 12_000.0, 15_000.0, 20_000.0] {
            let (back, _) = there_and_back(hertz);
            assert!(back < 1e-5, "{hertz} Hz comes back with {back}");
        }
    }
}
