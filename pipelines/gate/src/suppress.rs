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
const SMOOTHING: f32 = 0.96;

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
