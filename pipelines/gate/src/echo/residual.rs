//! What a filter leaves of the echo is turned down, frequency by frequency.

use super::BLOCK;
use super::filter::Cancelled;
use super::fourier::{BINS, Fourier, SIZE, Spectrum};

/// Bands in which the filter's leakage is estimated, 1 kHz each.
const BANDS: usize = 8;
const BAND: usize = BINS / BANDS;
/// The residual is taken for so many times its estimate: speech varies from block to block.
const MARGIN: f32 = 3.0;
/// What the filter itself is unsure of counts so many times: its own view is too rosy when clocks drift.
const UNSURE: f32 = 1.5;
/// The residual outlasts its cause by the reverberation: by this factor per block (RT60 of 1 s).
const TAIL: f32 = 0.95;
/// The lowest gain: -40 dB.
const LEAST: f32 = 0.01;
/// A gain rises by at most so many times per block: one loud line must not let its echo through.
const RISE: f32 = 4.0;
/// Smoothing of the bands' mean powers and of the leakage, per block: about 80 and 400 ms.
const MEAN: f32 = 0.05;
const LEAKAGE: f32 = 0.01;
/// How the noise of the room is followed: down fast, up by 4 dB in a second.
const NOISE_DOWN: f32 = 0.1;
const NOISE_UP: f32 = 1.002;
/// Keeps quotients of nothing by nothing away.
const TINY: f32 = 1e-12;

/// Turns the residual echo of one microphone down.
#[derive(Debug)]
pub(super) struct Residual {
    window: [f32; SIZE],
    last_error: [f32; BLOCK],
    last_echo: [f32; BLOCK],
    overlap: [f32; BLOCK],
    echo_tail: [f32; BINS],
    gains: [f32; BINS],
    noise: [f32; BINS],
    error_mean: [f32; BANDS],
    echo_mean: [f32; BANDS],
    /// What echo and rest vary in common, and the echo's own variance.
    common: [f32; BANDS],
    own: [f32; BANDS],
}

impl Residual {
    pub(super) fn new() -> Self {
        Self {
            window: std::array::from_fn(|at| {
                (std::f32::consts::PI * (at as f32 + 0.5) / SIZE as f32).sin()
            }),
            last_error: [0.0; BLOCK],
            last_echo: [0.0; BLOCK],
            overlap: [0.0; BLOCK],
            echo_tail: [0.0; BINS],
            gains: [1.0; BINS],
            noise: [1e-7; BINS],
            error_mean: [0.0; BANDS],
            echo_mean: [0.0; BANDS],
            common: [0.0; BANDS],
            own: [0.0; BANDS],
        }
    }

    fn windowed(&self, fourier: &mut Fourier, old: &[f32; BLOCK], new: &[f32; BLOCK]) -> Spectrum {
        let mut samples = [0.0; SIZE];
        samples[..BLOCK].copy_from_slice(old);
        samples[BLOCK..].copy_from_slice(new);
        for (sample, window) in samples.iter_mut().zip(&self.window) {
            *sample *= window;
        }
        fourier.forward(&samples)
    }

    /// Gives the block before this one, with what is left of its echo turned down.
    pub(super) fn process(&mut self, fourier: &mut Fourier, cancelled: &Cancelled) -> [f32; BLOCK] {
        let mut error = self.windowed(fourier, &self.last_error, &cancelled.error);
        let echo = self
            .windowed(fourier, &self.last_echo, &cancelled.echo)
            .powers();
        self.last_error = cancelled.error;
        self.last_echo = cancelled.echo;
        let powers = error.powers();
        self.follow_leakage(&powers, &echo);
        for k in 0..BINS {
            self.echo_tail[k] = echo[k].max(TAIL * self.echo_tail[k]);
            self.noise[k] = if powers[k] < self.noise[k] {
                self.noise[k] + NOISE_DOWN * (powers[k] - self.noise[k])
            } else {
                NOISE_UP * self.noise[k]
            };
            let leaked = self.leakage(k / BAND) * self.echo_tail[k];
            let residual = MARGIN * leaked.max(UNSURE * cancelled.unsure[k]);
            let clean = 1.0 - residual / (powers[k] + TINY);
            // Turned down to the noise of the room and not below: no holes in it.
            let floor = (self.noise[k] / (powers[k] + TINY))
                .sqrt()
                .clamp(LEAST, 1.0);
            let wish = clean.max(0.0).sqrt().max(floor);
            self.gains[k] = wish.min(RISE * self.gains[k].max(LEAST));
            error.re[k] *= self.gains[k];
            error.im[k] *= self.gains[k];
        }
        let whole = fourier.inverse(&error);
        let mut out = [0.0; BLOCK];
        for at in 0..BLOCK {
            out[at] = self.overlap[at] + whole[at] * self.window[at];
            self.overlap[at] = whole[BLOCK + at] * self.window[BLOCK + at];
        }
        out
    }

    /// Follows which part of the echo is left, by Valin (2007), "On adjusting the learning rate in frequency
    /// domain echo cancellation with double-talk": the ups and downs of the echo that are found in the
    /// rest; a voice in the room has its own.
    fn follow_leakage(&mut self, error: &[f32; BINS], echo: &[f32; BINS]) {
        for (band, (error, echo)) in error.chunks(BAND).zip(echo.chunks(BAND)).enumerate() {
            let (error, echo): (f32, f32) = (error.iter().sum(), echo.iter().sum());
            self.error_mean[band] += MEAN * (error - self.error_mean[band]);
            self.echo_mean[band] += MEAN * (echo - self.echo_mean[band]);
            let (error, echo) = (error - self.error_mean[band], echo - self.echo_mean[band]);
            self.common[band] += LEAKAGE * (error * echo - self.common[band]);
            self.own[band] += LEAKAGE * (echo * echo - self.own[band]);
        }
    }

    /// Power of the rest in parts of the echo's.
    fn leakage(&self, band: usize) -> f32 {
        (self.common[band] / (self.own[band] + TINY)).clamp(1e-4, 1.0)
    }
}
