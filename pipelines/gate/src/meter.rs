//! Mean and highest level over windows of a fixed number of samples.

/// The level of digital silence, in dB of full scale (the lowest that RFC 6464 can tell).
pub const SILENCE_DBFS: f32 = -127.0;

/// Measures one window after the other.
#[derive(Debug)]
pub(crate) struct Meter {
    window: u32,
    count: u32,
    squares: f64,
    peak: f32,
}

impl Meter {
    /// `window`: samples per measure, at least 1.
    pub(crate) const fn new(window: u32) -> Self {
        Self {
            window,
            count: 0,
            squares: 0.0,
            peak: 0.0,
        }
    }

    /// Takes a sample; gives mean and peak in dB of full scale when it completes a window.
    pub(crate) fn push(&mut self, sample: f32) -> Option<(f32, f32)> {
        self.count += 1;
        self.squares += f64::from(sample) * f64::from(sample);
        self.peak = self.peak.max(sample.abs());
        if self.count < self.window {
            return None;
        }
        let mean = self.squares / f64::from(self.count);
        #[expect(clippy::cast_possible_truncation, reason = "a level needs no f64")]
        let levels = (dbfs(mean.sqrt() as f32), dbfs(self.peak));
        *self = Self::new(self.window);
        Some(levels)
    }
}

fn dbfs(amplitude: f32) -> f32 {
    (20.0 * amplitude.log10()).clamp(SILENCE_DBFS, 0.0)
}
