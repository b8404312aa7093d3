//! Pure. What the decision looks at: one vector of numbers, about -1 to 1, per 10 ms of one channel.
//!
//! | place | count | what |
//! | --- | --- | --- |
//! | level | 24 | power per band, dB of full scale |
//! | over floor | 24 | power per band over the room's own noise (minimum statistics, Martin 2001), dB |
//! | pitch bands | 6 | share of six wide bands that repeats with the pitch (Valin 2018) |
//! | flatness | 3 | geometric over arithmetic mean of the bins' power in three ranges, dB |
//! | voicing, period | 2 | see `pitch.rs` |
//! | onset | 2 | loudest 1.25 ms over the mean of 20 ms, and rise over the 20 ms before, dB |
//! | talker | 1 | level under the running level of voiced sound, dB |
//! | direction | 32 | see `array.rs`; zeros without an array |

use realfft::num_complex::Complex32;

use crate::array::{Array, SPATIAL};
use crate::bands::{BANDS, Bands, PerBand};
use crate::geometry::Geometry;
use crate::pitch::Tracker;
use crate::spectrum::{Spectrum, Transform, WINDOW, ZERO};
use crate::{HOP, MAX_CHANNELS};

/// Numbers in a vector.
pub const FEATURES: usize = 2 * BANDS + WIDE + 3 + 5 + SPATIAL;
/// Wide bands, four bands each.
const WIDE: usize = BANDS / 4;
/// Longest period of `pitch.rs` at 48 kHz.
const LONGEST: usize = 600;
/// Windows over which the floor is the minimum: eight of half a second, so that it rises within 4 s.
const FLOOR_PARTS: usize = 8;
const FLOOR_HOPS: u32 = 50;
/// Power below which nothing is heard: -110 dB of full scale per band.
const LEAST: f32 = 1e-11;

/// Numbers for the decision.
pub type Features = [f32; FEATURES];

/// Computes features hop by hop. Public for training alone.
#[derive(Debug)]
pub struct Extractor {
    channels: usize,
    array: Option<Array>,
    transform: Transform,
    bands: Bands,
    tracker: Tracker,
    history: [f32; WINDOW + LONGEST],
    lagged: Spectrum,
    floor: Floor,
    before: f32,
    talker_db: f32,
    /// The newest window's spectrum.
    pub(crate) spectrum: Spectrum,
    /// The newest window's power per band.
    pub(crate) power: PerBand,
    /// The newest 10 ms as they came, all microphones together.
    pub(crate) mean: [f32; HOP],
}

impl Extractor {
    /// As at the start of a stream of so many channels, 1..=8. Without a geometry that fits them, direction is
    /// not looked at and the channels are averaged.
    #[must_use]
    pub fn new(channels: usize, geometry: Option<&Geometry>) -> Self {
        let channels = channels.clamp(1, MAX_CHANNELS);
        Self {
            channels,
            array: geometry
                .filter(|geometry| geometry.channels() == channels && channels > 1)
                .map(Array::new),
            transform: Transform::new(),
            bands: Bands::new(),
            tracker: Tracker::new(),
            history: [0.0; WINDOW + LONGEST],
            lagged: ZERO,
            floor: Floor::new(),
            before: LEAST,
            talker_db: -45.0,
            spectrum: ZERO,
            power: [0.0; BANDS],
            mean: [0.0; HOP],
        }
    }

    /// Takes the next 10 ms of every channel (those beyond the number given to [`Extractor::new`] do not
    /// count); describes the newest 20.
    pub fn push(&mut self, hops: &[[f32; HOP]; MAX_CHANNELS]) -> Features {
        self.take(hops);
        self.describe()
    }

    /// The first half of [`Self::push`], which costs next to nothing.
    pub(crate) fn take(&mut self, hops: &[[f32; HOP]; MAX_CHANNELS]) {
        match &mut self.array {
            Some(array) => array.take(hops, &mut self.mean),
            None => average(&hops[..self.channels], &mut self.mean),
        }
        self.history.copy_within(HOP.., 0);
        self.history[WINDOW + LONGEST - HOP..].copy_from_slice(&self.mean);
    }

    /// Describes the newest 20 ms of what was taken.
    pub(crate) fn describe(&mut self) -> Features {
        let pitch = self.tracker.push(&self.mean);
        let newest = window(&self.history, LONGEST);
        match &mut self.array {
            Some(array) => {
                array.look();
                self.spectrum = *array.spectrum();
            }
            None => self.transform.analyse(newest, &mut self.spectrum),
        }
        self.transform.analyse(
            window(&self.history, LONGEST - pitch.period.min(LONGEST)),
            &mut self.lagged,
        );
        self.power = self.bands.power(&self.spectrum);
        self.floor.push(&self.power);

        let mut features = [0.0; FEATURES];
        let (level, rest) = features.split_at_mut(BANDS);
        let (over, rest) = rest.split_at_mut(BANDS);
        let (wide, rest) = rest.split_at_mut(WIDE);
        let (flat, rest) = rest.split_at_mut(3);
        let (rest, direction) = rest.split_at_mut(5);
        for band in 0..BANDS {
            level[band] = (db(self.power[band]) + 65.0) / 30.0;
            over[band] =
                (db(self.power[band]) - db(self.floor.now[band])).clamp(-5.0, 50.0) / 20.0 - 0.5;
        }
        let cross = self.bands.cross(&self.spectrum, &self.lagged);
        let lagged = self.bands.power(&self.lagged);
        for (n, wide) in wide.iter_mut().enumerate() {
            let sum = |of: &PerBand| of[4 * n..4 * n + 4].iter().sum::<f32>() + LEAST;
            *wide = sum(&cross) / (sum(&self.power) * sum(&lagged)).sqrt();
        }
        for (flat, (low, high)) in flat.iter_mut().zip([(4, 20), (20, 60), (60, 150)]) {
            *flat = flatness_db(&self.spectrum[low..high]) / 6.0 + 0.5;
        }
        let total: f32 = self.power.iter().sum::<f32>() + LEAST;
        rest[0] = 2.0 * pitch.voicing - 1.0;
        #[expect(clippy::cast_precision_loss, reason = "at most 600")]
        let period = pitch.period as f32;
        rest[1] = (period / 300.0).ln();
        rest[2] = crest_db(newest) / 10.0 - 0.8;
        rest[3] = ((db(total) - db(self.before)) / 15.0).clamp(-2.0, 2.0);
        self.before = 0.5 * (self.before + total);
        rest[4] = ((db(total) - self.talker_db) / 20.0).clamp(-3.0, 1.5);
        if let Some(array) = &self.array {
            direction.copy_from_slice(&array.features(&self.bands, &self.power));
        }
        let voiced = pitch.voicing > 0.7
            && db(total) > db(self.floor.now.iter().sum::<f32>() + LEAST) + 10.0;
        self.follow_talker(voiced, total);
        features
    }

    /// The talker's level rises with voiced sound within 100 ms, and is forgotten over half a minute.
    fn follow_talker(&mut self, voiced: bool, total: f32) {
        let level = db(total);
        if voiced {
            let speed = if level > self.talker_db { 0.1 } else { 0.01 };
            self.talker_db += speed * (level - self.talker_db);
        } else {
            self.talker_db += (-45.0 - self.talker_db) / 3000.0;
        }
        if let Some(array) = &mut self.array {
            // A weak voiced sound beside a talker is no new talker.
            let sure = voiced && level > self.talker_db - 15.0;
            array.heard_voice(if sure { 1.0 } else { 0.0 });
        }
    }
}

fn average(hops: &[[f32; HOP]], mean: &mut [f32; HOP]) {
    #[expect(clippy::cast_precision_loss, reason = "at most 8")]
    let share = 1.0 / hops.len() as f32;
    for (n, mean) in mean.iter_mut().enumerate() {
        *mean = hops.iter().map(|hop| hop[n]).sum::<f32>() * share;
    }
}

/// A window out of the history. `history` is always long enough.
fn window(history: &[f32; WINDOW + LONGEST], from: usize) -> &[f32; WINDOW] {
    const SILENCE: &[f32; WINDOW] = &[0.0; WINDOW];
    history[from..].first_chunk().unwrap_or(SILENCE)
}

pub(crate) fn db(power: f32) -> f32 {
    10.0 * (power + LEAST).log10()
}

/// 0 dB for white noise in the mean about -2.5, far below for harmonics.
fn flatness_db(bins: &[Complex32]) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "at most 90 bins")]
    let share = 1.0 / bins.len() as f32;
    let (mut sum, mut logs) = (0.0, 0.0);
    for bin in bins {
        let power = bin.norm_sqr() + 1e-14;
        sum += power;
        logs += power.log10();
    }
    10.0 * (logs * share - (sum * share).log10())
}

/// How far the loudest 1.25 ms stand out, 0..=12 dB.
fn crest_db(window: &[f32; WINDOW]) -> f32 {
    let (mut most, mut sum) = (0.0f32, 0.0);
    for piece in window.chunks(60) {
        let energy: f32 = piece.iter().map(|sample| sample * sample).sum();
        most = most.max(energy);
        sum += energy;
    }
    10.0 * ((most * 16.0 + 1e-12) / (sum + 1e-12)).log10()
}

/// The room's own noise per band: the lowest smoothed power of the last 4 s, and a little more because the
/// lowest is below the mean.
#[derive(Debug)]
struct Floor {
    smooth: PerBand,
    parts: [PerBand; FLOOR_PARTS],
    lowest: PerBand,
    hops: u32,
    part: usize,
    now: PerBand,
}

impl Floor {
    const fn new() -> Self {
        Self {
            smooth: [0.0; BANDS],
            parts: [[f32::MAX; BANDS]; FLOOR_PARTS],
            lowest: [f32::MAX; BANDS],
            hops: 0,
            part: 0,
            now: [0.0; BANDS],
        }
    }

    fn push(&mut self, power: &PerBand) {
        const BIAS: f32 = 1.6;
        let first = self.hops == 0 && self.part == 0 && self.parts[0][0] >= f32::MAX;
        for band in 0..BANDS {
            let smooth = &mut self.smooth[band];
            *smooth = if first {
                power[band]
            } else {
                0.85 * *smooth + 0.15 * power[band]
            };
            self.lowest[band] = self.lowest[band].min(*smooth);
            let lowest = self
                .parts
                .iter()
                .fold(self.lowest[band], |lowest, part| lowest.min(part[band]));
            self.now[band] = (BIAS * lowest).max(LEAST);
        }
        self.hops += 1;
        if self.hops == FLOOR_HOPS {
            self.parts[self.part] = self.lowest;
            self.part = (self.part + 1) % FLOOR_PARTS;
            self.lowest = [f32::MAX; BANDS];
            self.hops = 0;
        }
    }
}
