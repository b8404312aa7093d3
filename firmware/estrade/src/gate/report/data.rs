//! What the page's script shows under the pointer: one value a column. Pure.

use gate::{HOP, LATENCY, Reason};
use serde::Serialize;

use super::Pictures;
use super::lane::{Column, Lane};
use super::words::Language;
use crate::gate::track::Track;

/// How much of some time each reason has, in the order of [`Reason::ALL`].
pub type Shares = [f64; Reason::ALL.len()];

/// The page's own wire format, read by page.js.
#[derive(Serialize)]
pub struct Data {
    /// Seconds in a column.
    pub step: f64,
    /// The reason that holds longest in a column, as its place in `names`.
    pub reasons: Vec<usize>,
    /// How much of a column each reason has, 0.0..=1.0; drawn, not sent.
    #[serde(skip)]
    pub shares: Vec<Shares>,
    /// How sure the gate is that somebody speaks, in percent, on the mean.
    pub voice: Vec<u8>,
    /// Highest sample before the gate, in dB of full scale.
    pub before: Vec<i16>,
    /// The same after it.
    pub after: Vec<i16>,
    /// Names of the reasons.
    pub names: Vec<&'static str>,
    /// The word for each value.
    pub words: [&'static str; 3],
    /// The decimal mark.
    pub mark: &'static str,
}

impl Data {
    /// Brings everything to the columns of the lanes.
    pub fn new(pictures: &Pictures, track: &Track, total: u64, language: Language) -> Self {
        let (before, after) = (&pictures.before, &pictures.after);
        let width = before.samples_per_column();
        let columns = before.columns().len();
        let shares = by_column(track, total, width, columns);
        let hops = pictures.voice.get(LATENCY / HOP..).unwrap_or_default();
        let peaks = |lane: &Lane| lane.columns().iter().map(peak_db).collect();
        Self {
            step: seconds(width),
            reasons: shares.iter().map(longest).collect(),
            shares,
            voice: means(hops, width, columns),
            before: peaks(before),
            after: peaks(after),
            names: Reason::ALL.map(|reason| language.reason(reason).0).to_vec(),
            words: [
                language.of("voix probable à", "voice likely by"),
                language.of("crête avant", "peak before"),
                language.of("après", "after"),
            ],
            mark: language.of(",", "."),
        }
    }
}

/// The shares of each column.
fn by_column(track: &Track, total: u64, width: u64, columns: usize) -> Vec<Shares> {
    let mut all = vec![Shares::default(); columns];
    for (decision, length) in track.stretches(total) {
        let mut at = decision.at;
        let end = at + length;
        while at < end {
            let column = at / width;
            let next = end.min((column + 1) * width);
            // The last column may be short.
            let whole = total.min((column + 1) * width) - column * width;
            let column = usize::try_from(column).unwrap_or(usize::MAX);
            if let Some(shares) = all.get_mut(column) {
                shares[decision.reason as usize] += seconds(next - at) / seconds(whole);
            }
            at = next;
        }
    }
    all
}

/// The mean of what belongs to each column, of values that belong to a hop each.
fn means(hops: &[u8], width: u64, columns: usize) -> Vec<u8> {
    let per_column = usize::try_from(width / HOP as u64).unwrap_or(1).max(1);
    let mean = |hops: &[u8]| {
        let sum: usize = hops.iter().map(|percent| usize::from(*percent)).sum();
        u8::try_from(sum / hops.len().max(1)).unwrap_or(100)
    };
    hops.chunks(per_column).take(columns).map(mean).collect()
}

fn longest(shares: &Shares) -> usize {
    let all = shares.iter().enumerate();
    all.max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map_or(0, |(n, _)| n)
}

/// Highest sample of a column in dB of full scale, -120 at least.
fn peak_db(column: &Column) -> i16 {
    let peak = column.high.max(-column.low).max(1e-6);
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let db = (20.0 * peak.log10()).round() as i16;
    db
}

/// Samples as seconds.
#[expect(clippy::cast_precision_loss, reason = "a length")]
pub fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(gate::RATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::track::Decision;

    #[test]
    fn a_column_has_the_shares_of_its_time() {
        let mut track = Track::default();
        for (at, reason, voice) in [
            (0, Reason::NoVoice, 0.0),
            (700, Reason::Voice, 1.0),
            (2000, Reason::Page, 0.2),
        ] {
            track.push(Decision { at, reason, voice });
        }
        let shares = by_column(&track, 3500, 1000, 4);
        let of = |reason: Reason| reason as usize;
        let wanted = [Reason::NoVoice, Reason::Voice, Reason::Page, Reason::Page].map(of);
        assert_eq!(shares.iter().map(longest).collect::<Vec<_>>(), wanted);
        assert!((shares[0][of(Reason::Voice)] - 0.3).abs() < 1e-9);
        assert!((shares[3][of(Reason::Page)] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_column_has_the_mean_of_its_hops() {
        assert_eq!(means(&[10, 30, 90, 100, 7], 960, 3), [20, 95, 7]);
        assert_eq!(means(&[10, 30, 90], 480, 2), [10, 30]);
    }
}
