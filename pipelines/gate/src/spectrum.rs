//! Pure. Short-time spectra of one channel: 20 ms windows every 10 ms, and back again.

use std::f32::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::HOP;

/// Samples in a window.
pub(crate) const WINDOW: usize = 2 * HOP;
/// Bins of a spectrum, 50 Hz apart.
pub(crate) const BINS: usize = WINDOW / 2 + 1;
/// Width of a bin in Hz.
pub(crate) const BIN_HZ: f32 = 50.0;

/// One short-time spectrum.
pub(crate) type Spectrum = [Complex32; BINS];

/// Silence.
pub(crate) const ZERO: Spectrum = [Complex32::new(0.0, 0.0); BINS];

/// Transforms windows there and back. The window is a sine both ways, so that overlapping halves add up to
/// what came in (Princen and Bradley 1986).
pub(crate) struct Transform {
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
    window: [f32; WINDOW],
    time: [f32; WINDOW],
    scratch: Box<[Complex32]>,
}

impl std::fmt::Debug for Transform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transform").finish_non_exhaustive()
    }
}

impl Transform {
    pub(crate) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(WINDOW);
        let backward = planner.plan_fft_inverse(WINDOW);
        let scratch = forward.get_scratch_len().max(backward.get_scratch_len());
        #[expect(clippy::cast_precision_loss, reason = "below 960")]
        let window = std::array::from_fn(|n| ((n as f32 + 0.5) * PI / WINDOW as f32).sin());
        Self {
            forward,
            backward,
            window,
            time: [0.0; WINDOW],
            scratch: vec![Complex32::default(); scratch].into(),
        }
    }

    /// The spectrum of a window of samples, scaled so that a full-scale sine has power 1/4 in its bin.
    pub(crate) fn analyse(&mut self, samples: &[f32; WINDOW], spectrum: &mut Spectrum) {
        for ((time, sample), window) in self.time.iter_mut().zip(samples).zip(&self.window) {
            *time = sample * window;
        }
        // The lengths are those the plan was made for: it cannot fail.
        let _ = self
            .forward
            .process_with_scratch(&mut self.time, spectrum, &mut self.scratch);
        #[expect(clippy::cast_precision_loss, reason = "960")]
        let scale = 1.0 / HOP as f32;
        for bin in spectrum {
            *bin *= scale;
        }
    }

    /// Adds a spectrum's window to `tail`, hands out the first half, keeps the second for the next.
    pub(crate) fn synthesise(
        &mut self,
        spectrum: &mut Spectrum,
        tail: &mut [f32; HOP],
        out: &mut [f32; HOP],
    ) {
        spectrum[0].im = 0.0;
        spectrum[BINS - 1].im = 0.0;
        let _ = self
            .backward
            .process_with_scratch(spectrum, &mut self.time, &mut self.scratch);
        for (n, out) in out.iter_mut().enumerate() {
            // The inverse multiplies by WINDOW, `analyse` divided by HOP.
            *out = tail[n] + 0.5 * self.time[n] * self.window[n];
            tail[n] = 0.5 * self.time[HOP + n] * self.window[HOP + n];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_analysed_and_synthesised_comes_back_one_hop_later() {
        let input: Vec<f32> = (0..10 * HOP)
            .map(|n| (n as f32 * 0.37).sin() * 0.5)
            .collect();
        let mut transform = Transform::new();
        let (mut spectrum, mut tail, mut out) = (ZERO, [0.0; HOP], [0.0; HOP]);
        for hop in 1..10 {
            let window: &[f32; WINDOW] = input[(hop - 1) * HOP..(hop + 1) * HOP]
                .try_into()
                .expect("a window");
            transform.analyse(window, &mut spectrum);
            transform.synthesise(&mut spectrum, &mut tail, &mut out);
            if hop > 1 {
                for (got, wanted) in out.iter().zip(&input[(hop - 1) * HOP..]) {
                    assert!((got - wanted).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn a_full_scale_sine_has_a_quarter_in_its_bin_and_beside_it() {
        let samples: [f32; WINDOW] =
            std::array::from_fn(|n| (n as f32 * 2.0 * PI * 1000.0 / 48_000.0).sin());
        let mut spectrum = ZERO;
        Transform::new().analyse(&samples, &mut spectrum);
        let power: f32 = spectrum.iter().map(Complex32::norm_sqr).sum();
        let peak = spectrum
            .iter()
            .map(Complex32::norm_sqr)
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .expect("bins")
            .0;
        assert_eq!(peak, 20);
        assert!((power - 0.5).abs() < 0.01, "{power}");
    }
}
