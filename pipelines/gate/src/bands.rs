//! Pure. Bands of hearing: triangles on the ERB scale (Glasberg and Moore 1990) between 100 Hz and 7.5 kHz.
//!
//! Above 7.5 kHz nothing is looked at, because many recordings and some microphones have nothing there; what
//! is decided for the highest band holds for all above.

use realfft::num_complex::Complex32;

use crate::spectrum::{BIN_HZ, BINS, Spectrum};

/// Bands that are told apart.
pub(crate) const BANDS: usize = 24;
const LOWEST_HZ: f32 = 75.0;
const HIGHEST_HZ: f32 = 7500.0;

/// One value per band.
pub(crate) type PerBand = [f32; BANDS];

/// For each bin the band below it and how much of the band above it has.
#[derive(Debug)]
pub(crate) struct Bands {
    below: [u8; BINS],
    share: [f32; BINS],
}

impl Bands {
    pub(crate) fn new() -> Self {
        let erb = |hz: f32| 21.4 * (1.0 + 0.004_37 * hz).log10();
        let (low, high) = (erb(LOWEST_HZ), erb(HIGHEST_HZ));
        let mut bands = Self {
            below: [0; BINS],
            share: [0.0; BINS],
        };
        for bin in 0..BINS {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let place = ((erb(bin as f32 * BIN_HZ) - low) / (high - low)).clamp(0.0, 1.0)
                * (BANDS - 1) as f32;
            let below = place.floor().min((BANDS - 2) as f32);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0..BANDS"
            )]
            {
                bands.below[bin] = below as u8;
            }
            bands.share[bin] = place - below;
        }
        bands
    }

    /// Bins from 100 Hz to 7.5 kHz.
    pub(crate) const HEARD: std::ops::Range<usize> = 2..151;

    /// Sums a quantity of the heard bins into bands.
    pub(crate) fn sum(&self, of: impl Fn(usize) -> f32) -> PerBand {
        let mut sums = [0.0; BANDS];
        for bin in Self::HEARD {
            let (value, below) = (of(bin), usize::from(self.below[bin]));
            sums[below] += value * (1.0 - self.share[bin]);
            sums[below + 1] += value * self.share[bin];
        }
        sums
    }

    /// Power per band.
    pub(crate) fn power(&self, spectrum: &Spectrum) -> PerBand {
        self.sum(|bin| spectrum[bin].norm_sqr())
    }

    /// The real part of two spectra's product per band: how much of one is the other.
    pub(crate) fn cross(&self, one: &Spectrum, other: &Spectrum) -> PerBand {
        self.sum(|bin| {
            let product: Complex32 = one[bin] * other[bin].conj();
            product.re
        })
    }

    /// The value at a bin, between its bands' values.
    pub(crate) fn at(&self, bin: usize, values: &PerBand) -> f32 {
        let below = usize::from(self.below[bin]);
        values[below] * (1.0 - self.share[bin]) + values[below + 1] * self.share[bin]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bin_belongs_wholly_to_its_bands() {
        let sums = Bands::new().sum(|_| 1.0);
        assert!((sums.iter().sum::<f32>() - Bands::HEARD.len() as f32).abs() < 1e-3);
        assert!(sums.iter().all(|sum| *sum > 0.2), "{sums:?}");
    }

    #[test]
    fn between_bands_values_run_smoothly_and_above_stay() {
        let values: PerBand = std::array::from_fn(|band| band as f32);
        let bands = Bands::new();
        let all: Vec<f32> = (0..BINS).map(|bin| bands.at(bin, &values)).collect();
        assert!(all.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!((all[BINS - 1] - (BANDS - 1) as f32).abs() < 1e-6);
    }
}
