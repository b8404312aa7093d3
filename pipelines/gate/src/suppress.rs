//! Pure. While open: takes what is not the talker out of the spectrum.
//!
//! Two gains per bin are multiplied: the network's, per band (pages, keys, whispers and noise under the voice),
//! and a Wiener gain for the room's steady noise with the a-priori ratio of Ephraim and Malah 1984
//! ("decision-directed"), which reaches between the harmonics where a band cannot. Neither ever takes more
//! than a fixed share: a voice that is thinned too much is worse than a little noise.

use crate::HOP;
use crate::bands::{Bands, PerBand};
use crate::spectrum::{BINS, Spectrum, Transform, ZERO};

/// The least amplitude the network's gain may leave.
const LEAST_BAND: f32 = 0.06;
/// The least amplitude the Wiener gain may leave.
const LEAST_WIENER: f32 = 0.2;
/// How much of the a-priori ratio comes from the window before.
const SMOOTHING: f32 = 0.9;

/// Suppression of one channel, one window later than its analysis.
#[derive(Debug)]
pub(crate) struct Suppressor {
    transform: Transform,
    bands: Bands,
    waiting: Spectrum,
    work: Spectrum,
    tail: [f32; HOP],
    noise: [f32; BINS],
    clean: [f32; BINS],
}

impl Suppressor {
    pub(crate) fn new() -> Self {
        Self {
            transform: Transform::new(),
            bands: Bands::new(),
            waiting: ZERO,
            work: ZERO,
            tail: [0.0; HOP],
            noise: [0.0; BINS],
            clean: [0.0; BINS],
        }
    }

    /// Takes the newest window's spectrum and what the network says of the window before (`gains`, and
    /// `voice`, how sure it is of a voice there); gives the hop that is complete now: two hops old.
    pub(crate) fn step(
        &mut self,
        newest: &Spectrum,
        gains: &PerBand,
        voice: f32,
        out: &mut [f32; HOP],
    ) {
        self.work = self.waiting;
        self.waiting = *newest;
        for bin in 0..BINS {
            let power = self.work[bin].norm_sqr();
            let noise = &mut self.noise[bin];
            // The room is learned while nobody speaks; a sudden rise is something else.
            let rate = if *noise <= 0.0 {
                1.0
            } else if voice > 0.3 {
                0.0
            } else if power > 6.0 * *noise {
                0.003
            } else {
                0.03
            };
            *noise += rate * (power - *noise);
            let after = power / (*noise + 1e-14);
            let before = SMOOTHING * self.clean[bin] / (*noise + 1e-14)
                + (1.0 - SMOOTHING) * (after - 1.0).max(0.0);
            let wiener = (before / (1.0 + before)).max(LEAST_WIENER);
            self.clean[bin] = wiener * wiener * power;
            let gain = wiener * self.bands.at(bin, gains).max(LEAST_BAND);
            self.work[bin] *= gain;
        }
        self.transform
            .synthesise(&mut self.work, &mut self.tail, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::BANDS;
    use crate::spectrum::WINDOW;

    /// Power of what goes in and of what comes out over the second second, with these gains and this voice.
    fn powers(sound: impl Fn(usize) -> f32, gain: f32, voice: f32) -> (f32, f32) {
        let (mut suppressor, mut transform) = (Suppressor::new(), Transform::new());
        let (mut spectrum, mut out) = (ZERO, [0.0; HOP]);
        let (mut came, mut went) = (0.0, 0.0);
        for hop in 0..200 {
            let window: [f32; WINDOW] = std::array::from_fn(|n| sound(hop * HOP + n));
            transform.analyse(&window, &mut spectrum);
            suppressor.step(&spectrum, &[gain; BANDS], voice, &mut out);
            if hop >= 100 {
                came += window[..HOP]
                    .iter()
                    .map(|sample| sample * sample)
                    .sum::<f32>();
                went += out.iter().map(|sample| sample * sample).sum::<f32>();
            }
        }
        (came, went)
    }

    fn noise(n: usize) -> f32 {
        let x = (n as u32)
            .wrapping_mul(2_654_435_761)
            .rotate_left(13)
            .wrapping_mul(2_246_822_519);
        0.01 * ((x >> 8) as f32 / 8_388_608.0 - 1.0)
    }

    fn decibels((came, went): (f32, f32)) -> f32 {
        10.0 * (came / went).log10()
    }

    #[test]
    fn steady_noise_falls_by_twelve_decibels() {
        let cut = decibels(powers(noise, 1.0, 0.0));
        assert!((10.0..=14.1).contains(&cut), "{cut}");
    }

    #[test]
    fn a_tone_far_above_the_noise_stays() {
        // The room is learned first: the tone begins after half a second, with the voice.
        let mut suppressor = Suppressor::new();
        let mut transform = Transform::new();
        let (mut spectrum, mut out) = (ZERO, [0.0; HOP]);
        let (mut came, mut went) = (0.0, 0.0);
        for hop in 0..150 {
            let window: [f32; WINDOW] = std::array::from_fn(|n| {
                let n = hop * HOP + n;
                let tone = if hop < 50 {
                    0.0
                } else {
                    0.2 * (n as f32 * 0.05).sin()
                };
                noise(n) + tone
            });
            transform.analyse(&window, &mut spectrum);
            let voice = if hop < 50 { 0.0 } else { 1.0 };
            suppressor.step(&spectrum, &[1.0; BANDS], voice, &mut out);
            if hop >= 60 {
                came += window[..HOP]
                    .iter()
                    .map(|sample| sample * sample)
                    .sum::<f32>();
                went += out.iter().map(|sample| sample * sample).sum::<f32>();
            }
        }
        assert!(
            decibels((came, went)).abs() < 0.3,
            "{}",
            decibels((came, went))
        );
    }

    #[test]
    fn what_the_network_gives_no_share_falls_by_more_than_twenty_decibels() {
        let tone = |n: usize| 0.1 * (n as f32 * 0.05).sin();
        assert!(decibels(powers(tone, 0.0, 1.0)) > 20.0);
    }
}
