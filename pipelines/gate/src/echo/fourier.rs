//! The Fourier transform of two blocks, without allocation (Cooley and Tukey 1965, radix 2).

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

/// The turns of the transform, computed once.
#[derive(Debug)]
pub(super) struct Fourier {
    cos: [f32; BLOCK],
    sin: [f32; BLOCK],
}

impl Fourier {
    #[expect(clippy::cast_precision_loss, reason = "at most 64")]
    pub(super) fn new() -> Self {
        let turn = |k: usize| std::f32::consts::PI * k as f32 / BLOCK as f32;
        Self {
            cos: std::array::from_fn(|k| turn(k).cos()),
            sin: std::array::from_fn(|k| turn(k).sin()),
        }
    }

    pub(super) fn forward(&self, samples: &[f32; SIZE]) -> Spectrum {
        let (mut re, mut im) = (*samples, [0.0; SIZE]);
        self.transform(&mut re, &mut im);
        let mut spectrum = Spectrum::ZERO;
        spectrum.re.copy_from_slice(&re[..BINS]);
        spectrum.im.copy_from_slice(&im[..BINS]);
        spectrum
    }

    pub(super) fn inverse(&self, spectrum: &Spectrum) -> [f32; SIZE] {
        let (mut re, mut im) = ([0.0; SIZE], [0.0; SIZE]);
        // The real signal's other half mirrors the first; the conjugate of all turns the transform back.
        for k in 0..BINS {
            re[k] = spectrum.re[k];
            im[k] = -spectrum.im[k];
        }
        for k in 1..BINS {
            re[SIZE - k] = re[k];
            im[SIZE - k] = -im[k];
        }
        im[0] = 0.0;
        self.transform(&mut re, &mut im);
        #[expect(clippy::cast_precision_loss, reason = "128")]
        let scale = 1.0 / SIZE as f32;
        re.map(|sample| sample * scale)
    }

    fn transform(&self, re: &mut [f32; SIZE], im: &mut [f32; SIZE]) {
        for at in 0..SIZE {
            let other = at.reverse_bits() >> (usize::BITS - SIZE.ilog2());
            if other > at {
                re.swap(at, other);
                im.swap(at, other);
            }
        }
        let mut half = 1;
        while half < SIZE {
            let stride = BLOCK / half;
            for start in (0..SIZE).step_by(2 * half) {
                for k in 0..half {
                    let (cos, sin) = (self.cos[k * stride], -self.sin[k * stride]);
                    let (even, odd) = (start + k, start + k + half);
                    let turned = (re[odd] * cos - im[odd] * sin, re[odd] * sin + im[odd] * cos);
                    (re[odd], im[odd]) = (re[even] - turned.0, im[even] - turned.1);
                    (re[even], im[even]) = (re[even] + turned.0, im[even] + turned.1);
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_a_signal_is_what_it_was() {
        let fourier = Fourier::new();
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
