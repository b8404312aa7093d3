//! The echo's path as a filter that learns: a Kalman filter in the frequency domain, partition by partition.
//!
//! Kuech, Mabande and Enzner (2014), "State-space architecture of the partitioned-block-based acoustic
//! echo controller" (ICASSP): each coefficient has its own uncertainty. It learns fast where it is unsure
//! and the microphone hears little else, and holds still while somebody speaks in the room. So it needs
//! no detector of double talk. The filter is as long as the delay of a television and the reverberation
//! together, so it needs none of delays either.

use super::BLOCK;
use super::fourier::{BINS, Fourier, SIZE, Spectrum};

/// Length of the filter in blocks of 4 ms.
pub(super) const PARTITIONS: usize = 138;
/// How much of the path stays the same from block to block. Clocks 50 ppm apart move it by a sample in a
/// second and a quarter; a filter that believes in less change falls behind.
const STAYS: f32 = 0.999;
/// Uncertainty of an unknown path, as a power gain per partition: an echo 6 dB below what is played.
const UNKNOWN: f32 = 0.002;
/// Smoothing of the power of what is heard besides the echo, per block: about 40 ms.
const BESIDE: f32 = 0.1;
/// Partitions whose circular part is cut away, per block.
const CUT: usize = 6;
/// No coefficient is ever surer than this part of the path's mean strength: the television may change its
/// delay, and the echo be elsewhere in the filter.
const ANYWHERE: f32 = 0.05;
/// The strength of a path is remembered for about 40 s (this factor per block), so that what is lost can be
/// found again.
const REMEMBERED: f32 = 0.9999;

/// What the loudspeaker played: spectra of the last blocks, each with the block before it.
#[derive(Debug)]
pub(super) struct Played {
    last: [f32; BLOCK],
    spectra: Box<[Spectrum]>,
    newest: usize,
}

impl Played {
    pub(super) fn new() -> Self {
        Self {
            last: [0.0; BLOCK],
            spectra: vec![Spectrum::ZERO; PARTITIONS].into(),
            newest: 0,
        }
    }

    pub(super) fn push(&mut self, fourier: &mut Fourier, block: &[f32; BLOCK]) {
        let mut samples = [0.0; SIZE];
        samples[..BLOCK].copy_from_slice(&self.last);
        samples[BLOCK..].copy_from_slice(block);
        self.last = *block;
        self.newest = (self.newest + PARTITIONS - 1) % PARTITIONS;
        self.spectra[self.newest] = fourier.forward(&samples);
    }

    /// Newest first.
    fn spectra(&self) -> impl Iterator<Item = &Spectrum> {
        let (old, new) = self.spectra.split_at(self.newest);
        new.iter().chain(old)
    }
}

/// The path to one microphone.
#[derive(Debug)]
pub(super) struct Filter {
    weights: Box<[Spectrum]>,
    /// Of each weight, its variance.
    unsure: Box<[[f32; BINS]]>,
    /// Power of what is heard besides the echo.
    beside: [f32; BINS],
    next_cut: usize,
    /// Mean power of the weights over the partitions, at its strongest of late.
    strength: [f32; BINS],
}

/// What a filter made of a block.
pub(super) struct Cancelled {
    /// The microphone without the echo.
    pub(super) error: [f32; BLOCK],
    /// The echo that was taken away.
    pub(super) echo: [f32; BLOCK],
    /// Power of the echo that the filter's uncertainty may have left, of each frequency.
    pub(super) unsure: [f32; BINS],
}

impl Filter {
    pub(super) fn new() -> Self {
        Self {
            weights: vec![Spectrum::ZERO; PARTITIONS].into(),
            unsure: vec![[UNKNOWN; BINS]; PARTITIONS].into(),
            beside: [0.0; BINS],
            next_cut: 0,
            strength: [0.0; BINS],
        }
    }

    pub(super) fn process(
        &mut self,
        fourier: &mut Fourier,
        played: &Played,
        near: &[f32; BLOCK],
    ) -> Cancelled {
        let mut sum = Spectrum::ZERO;
        let mut spread = [0.0; BINS];
        for ((x, w), p) in played.spectra().zip(&self.weights).zip(&self.unsure) {
            for k in 0..BINS {
                sum.re[k] += x.re[k] * w.re[k] - x.im[k] * w.im[k];
                sum.im[k] += x.re[k] * w.im[k] + x.im[k] * w.re[k];
                spread[k] += (x.re[k] * x.re[k] + x.im[k] * x.im[k]) * p[k];
            }
        }
        let whole = fourier.inverse(&sum);
        let mut cancelled = Cancelled {
            error: *near,
            echo: [0.0; BLOCK],
            unsure: spread,
        };
        cancelled.echo.copy_from_slice(&whole[BLOCK..]);
        let mut padded = [0.0; SIZE];
        for (error, echo) in cancelled.error.iter_mut().zip(&cancelled.echo) {
            *error -= echo;
        }
        padded[BLOCK..].copy_from_slice(&cancelled.error);
        let error = fourier.forward(&padded);
        self.learn(played, &error, &spread);
        self.cut(fourier);
        cancelled
    }

    fn learn(&mut self, played: &Played, error: &Spectrum, spread: &[f32; BINS]) {
        // Half of a padded spectrum is there (R/M in the paper).
        const SHARE: f32 = 0.5;
        let powers = error.powers();
        let mut rate = [0.0; BINS];
        for k in 0..BINS {
            self.beside[k] += BESIDE * (powers[k] - self.beside[k]);
            rate[k] = 1.0 / (SHARE * spread[k] + self.beside[k] + 1e-9);
        }
        for (held, now) in self.strength.iter_mut().zip(strength(&self.weights)) {
            *held = now.max(REMEMBERED * *held);
        }
        for ((x, w), p) in played
            .spectra()
            .zip(&mut self.weights)
            .zip(&mut self.unsure)
        {
            for k in 0..BINS {
                let power = x.re[k] * x.re[k] + x.im[k] * x.im[k];
                let step = p[k] * rate[k];
                w.re[k] =
                    STAYS * (w.re[k] + step * (x.re[k] * error.re[k] + x.im[k] * error.im[k]));
                w.im[k] =
                    STAYS * (w.im[k] + step * (x.re[k] * error.im[k] - x.im[k] * error.re[k]));
                let moves = (1.0 - STAYS * STAYS) * (w.re[k] * w.re[k] + w.im[k] * w.im[k]);
                let learned = STAYS * STAYS * (1.0 - SHARE * step * power).max(0.0) * p[k];
                p[k] = (learned + moves).max(ANYWHERE * self.strength[k]);
            }
        }
    }

    /// A partition is a block long: what the learning put behind it came by the circle of the transform.
    fn cut(&mut self, fourier: &mut Fourier) {
        for _ in 0..CUT {
            let weights = &mut self.weights[self.next_cut];
            let mut response = fourier.inverse(weights);
            response[BLOCK..].fill(0.0);
            *weights = fourier.forward(&response);
            self.next_cut = (self.next_cut + 1) % PARTITIONS;
        }
    }
}

/// Mean power of the weights over the partitions.
fn strength(weights: &[Spectrum]) -> [f32; BINS] {
    let mut strength = [0.0; BINS];
    for w in weights {
        for (sum, power) in strength.iter_mut().zip(w.powers()) {
            *sum += power;
        }
    }
    strength.map(|sum| sum / PARTITIONS as f32)
}
