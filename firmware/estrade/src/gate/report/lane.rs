//! A sound of any length in a bounded number of columns: what is drawn of it. Pure.

use std::sync::Arc;

use gate::HOP;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples that one spectrum is made of: 21 ms, about two periods of a low voice.
const WINDOW: usize = 1024;
/// Lines of a spectrum, from 0 to 12 kHz.
pub const LINES: usize = WINDOW / 4;
/// The most columns: more than a screen has pixels.
const MOST: usize = 2400;

/// Some time of a sound.
#[derive(Clone)]
pub struct Column {
    /// Lowest sample.
    pub low: f32,
    /// Highest sample.
    pub high: f32,
    /// Power of each line, summed over the hops; a sine of full scale has 1.0 a hop.
    lines: [f32; LINES],
    hops: u32,
}

/// A sound as columns of equal length. When they become too many, two become one.
pub struct Lane {
    columns: Vec<Column>,
    /// Hops in a whole column.
    per_column: u32,
    spectrum: Spectrum,
    hop: Vec<f32>,
}

impl Lane {
    /// A lane of nothing yet.
    pub fn new() -> Self {
        Self {
            columns: Vec::with_capacity(MOST),
            per_column: 1,
            spectrum: Spectrum::new(),
            hop: Vec::with_capacity(HOP),
        }
    }

    /// Appends samples.
    pub fn push(&mut self, samples: impl Iterator<Item = f32>) {
        for sample in samples {
            self.hop.push(sample);
            if self.hop.len() == HOP {
                self.end_hop();
            }
        }
    }

    /// Ends the last hop, though it may be short.
    pub fn finish(&mut self) {
        if !self.hop.is_empty() {
            self.end_hop();
        }
    }

    /// What there is to draw.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Samples in a column; the last one may have fewer.
    pub fn samples_per_column(&self) -> u64 {
        u64::from(self.per_column) * HOP as u64
    }

    fn end_hop(&mut self) {
        let finite = || self.hop.iter().filter(|sample| sample.is_finite());
        let hop = Column {
            low: finite().copied().fold(0.0, f32::min),
            high: finite().copied().fold(0.0, f32::max),
            lines: self.spectrum.next(&self.hop),
            hops: 1,
        };
        self.hop.clear();
        let per_column = self.per_column;
        match self
            .columns
            .last_mut()
            .filter(|last| last.hops < per_column)
        {
            Some(last) => last.join(&hop),
            None => self.begin_column(hop),
        }
    }

    fn begin_column(&mut self, hop: Column) {
        if self.columns.len() == MOST {
            for n in 0..MOST / 2 {
                let mut joined = self.columns[2 * n].clone();
                joined.join(&self.columns[2 * n + 1]);
                self.columns[n] = joined;
            }
            self.columns.truncate(MOST / 2);
            self.per_column *= 2;
        }
        self.columns.push(hop);
    }
}

impl Column {
    fn join(&mut self, next: &Self) {
        self.low = self.low.min(next.low);
        self.high = self.high.max(next.high);
        for (line, more) in self.lines.iter_mut().zip(&next.lines) {
            *line += more;
        }
        self.hops += next.hops;
    }

    /// Mean level of a line in dB of a sine of full scale.
    pub fn level(&self, line: usize) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "hours of hops")]
        let mean = self.lines[line] / self.hops as f32;
        10.0 * mean.max(1e-15).log10()
    }
}

/// Spectra of the last [`WINDOW`] samples (short-time Fourier transform, Hann window).
struct Spectrum {
    transform: Arc<dyn RealToComplex<f32>>,
    past: [f32; WINDOW],
    window: Vec<f32>,
    windowed: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Spectrum {
    fn new() -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(WINDOW);
        #[expect(clippy::cast_precision_loss, reason = "1024")]
        let phase = |n: usize| std::f32::consts::TAU * n as f32 / WINDOW as f32;
        Self {
            past: [0.0; WINDOW],
            window: (0..WINDOW).map(|n| 0.5 - 0.5 * phase(n).cos()).collect(),
            windowed: transform.make_input_vec(),
            bins: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
        }
    }

    /// Powers after some more samples, at most [`WINDOW`] of them.
    fn next(&mut self, samples: &[f32]) -> [f32; LINES] {
        self.past.copy_within(samples.len().., 0);
        for (place, sample) in self.past[WINDOW - samples.len()..].iter_mut().zip(samples) {
            *place = if sample.is_finite() { *sample } else { 0.0 };
        }
        let windowed = self.past.iter().zip(&self.window).map(|(a, b)| a * b);
        for (place, sample) in self.windowed.iter_mut().zip(windowed) {
            *place = sample;
        }
        let mut powers = [0.0; LINES];
        let done = self.transform.process_with_scratch(
            &mut self.windowed,
            &mut self.bins,
            &mut self.scratch,
        );
        // It refuses only buffers of another length than its own.
        if done.is_ok() {
            // A sine of amplitude 1 gives half the window's sum, a quarter of its length.
            #[expect(clippy::cast_precision_loss, reason = "1024")]
            let full = (WINDOW as f32 / 4.0).powi(2);
            for (power, bin) in powers.iter_mut().zip(&self.bins) {
                *power = bin.norm_sqr() / full;
            }
        }
        powers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(samples: impl Iterator<Item = f32>) -> Lane {
        let mut lane = Lane::new();
        lane.push(samples);
        lane.finish();
        lane
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "seconds")]
    fn a_sine_is_one_bright_line_at_its_level() {
        let sine = |n: usize| 0.1 * (std::f32::consts::TAU * 3000.0 * n as f32 / 48_000.0).sin();
        let lane = lane((0..9600).map(sine));
        let column = &lane.columns()[10];
        assert!((column.high - 0.1).abs() < 1e-3 && (column.low + 0.1).abs() < 1e-3);
        let loudest = (0..LINES).max_by(|a, b| column.level(*a).total_cmp(&column.level(*b)));
        assert_eq!(loudest, Some(3000 * WINDOW / 48_000));
        assert!(
            (column.level(64) + 20.0).abs() < 0.1,
            "{}",
            column.level(64)
        );
        assert!(column.level(128) < -90.0);
    }

    #[test]
    fn an_hour_needs_no_more_room_than_a_minute_and_keeps_its_peaks() {
        let total = HOP * 360_000 + 7;
        let lane = lane((0..total).map(|n| if n == total / 2 { 0.9 } else { 0.0 }));
        let columns = lane.columns();
        assert!(
            (MOST / 2..=MOST).contains(&columns.len()),
            "{}",
            columns.len()
        );
        let per_column = lane.samples_per_column();
        assert_eq!(columns.len() as u64, (total as u64).div_ceil(per_column));
        let loud: Vec<usize> = (0..columns.len())
            .filter(|n| columns[*n].high > 0.5)
            .collect();
        assert_eq!(loud, [total / 2 / per_column as usize]);
    }

    #[test]
    fn what_is_no_number_is_drawn_as_silence() {
        let lane = lane([f32::NAN, f32::INFINITY].into_iter().cycle().take(960));
        assert!(
            lane.columns()
                .iter()
                .all(|column| column.high == 0.0 && column.level(9) < -140.0)
        );
    }
}
