//! The Fourier transform of two blocks, without allocation.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::BLOCK;

/// Samples of a transform: an old block and a new one.
pub(super) const SIZE: usize = 2 * BLOCK;
/// Frequencies of a spectrum, 125 Hz apart. That of half the sample rate is left out: nothing comes there.
pub(super) const BINS: usize = BLOCK;

/// Spectrum of a real signal: real and imaginary parts apart, so that the compiler can take several at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spectrum {
    pub(super) re: [f32; BINS],
    pub(super) im: [f32; BINS],
}

impl Spectrum {
    pub(super) const ZERO: Self = Self {
        re: [0.0; BINS],
        im: [0.0; BINS],
    };

    /// Power of each frequency.
    pub(super) fn powers(&self) -> [f32; BINS] {
        std::array::from_fn(|k| self.re[k] * self.re[k] + self.im[k] * self.im[k])
    }
}

/// The transform and its way back, planned once.
pub(super) struct Fourier {
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
    scratch: Box<[Complex32]>,
}

impl std::fmt::Debug for Fourier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fourier").finish_non_exhaustive()
    }
}

impl Fourier {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(SIZE);
        let backward = planner.plan_fft_inverse(SIZE);
        let scratch = forward.get_scratch_len().max(backward.get_scratch_len());
        Self {
            forward,
            backward,
            scratch: vec![Complex32::default(); scratch].into(),
        }
    }

    pub(super) fn forward(&mut self, samples: &[f32; SIZE]) -> Spectrum {
        let (mut time, mut lines) = (*samples, [Complex32::default(); BINS + 1]);
        // The lengths are those the plan was made for: it cannot fail.
        let _ = self
            .forward
            .process_with_scratch(&mut time, &mut lines, &mut self.scratch);
        Spectrum {
            re: std::array::from_fn(|k| lines[k].re),
            im: std::array::from_fn(|k| lines[k].im),
        }
    }

    pub(super) fn inverse(&mut self, spectrum: &Spectrum) -> [f32; SIZE] {
        let (mut time, mut lines) = ([0.0; SIZE], [Complex32::default(); BINS + 1]);
        for ((line, re), im) in lines.iter_mut().zip(&spectrum.re).zip(&spectrum.im) {
            *line = Complex32::new(*re, *im);
        }
        // A real signal has no imaginary part there, and the plan insists.
        lines[0].im = 0.0;
        let _ = self
            .backward
            .process_with_scratch(&mut lines, &mut time, &mut self.scratch);
        #[expect(clippy::cast_precision_loss, reason = "128")]
        let scale = 1.0 / SIZE as f32;
        time.map(|sample| sample * scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_a_signal_is_what_it_was() {
        let mut fourier = Fourier::new();
        let samples = std::array::from_fn(|at| (at as f32 * 0.7).sin() + (at as f32 * 0.11).cos());
        let spectrum = fourier.forward(&samples);
        // What lies at half the rate is left out.
        let half: f32 = samples
            .iter()
            .zip([1.0, -1.0].iter().cycle())
            .map(|(x, s)| x * s)
            .sum();
        let back = fourier.inverse(&spectrum);
        for (at, (was, is)) in samples.iter().zip(back).enumerate() {
            let sign = if at % 2 == 0 { 1.0 } else { -1.0 };
            let missing = half * sign / SIZE as f32;
            assert!((was - missing - is).abs() < 1e-5, "{was} {is}");
        }
    }

    #[test]
    fn a_cosine_is_one_line() {
        let samples =
            std::array::from_fn(|at| (std::f32::consts::TAU * 5.0 * at as f32 / SIZE as f32).cos());
        for (k, power) in Fourier::new()
            .forward(&samples)
            .powers()
            .into_iter()
            .enumerate()
        {
            let due = if k == 5 { 4096.0 } else { 0.0 };
            assert!((power - due).abs() < 0.01, "{k}: {power}");
        }
    }
}
