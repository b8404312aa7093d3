//! What the page's script shows under the pointer: one value a column. Pure.

use gate::Reason;
use serde::Serialize;

use super::lane::{Column, Lane};
use super::words::Language;
use crate::gate::track::Track;

/// The page's own wire format, read by page.js.
#[derive(Serialize)]
pub struct Data {
    /// Seconds in a column.
    pub step: f64,
    /// The reason that holds longest in a column, as its place in `names`.
    pub reasons: Vec<usize>,
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
    pub fn new(before: &Lane, after: &Lane, track: &Track, total: u64, language: Language) -> Self {
        let width = before.samples_per_column();
        let (reasons, voice) = by_column(track, total, width, before.columns().len());
        let peaks = |lane: &Lane| lane.columns().iter().map(peak_db).collect();
        Self {
            step: seconds(width),
            reasons,
            voice,
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

/// The reason that holds longest in each column, and the mean certainty of a voice in percent.
fn by_column(track: &Track, total: u64, width: u64, columns: usize) -> (Vec<usize>, Vec<u8>) {
    let mut samples = vec![[0_u64; Reason::ALL.len()]; columns];
    let mut voice = vec![0.0_f64; columns];
    for (decision, length) in track.stretches(total) {
        let mut at = decision.at;
        let end = at + length;
        while at < end {
            let Ok(column) = usize::try_from(at / width) else {
                break;
            };
            let next = end.min((at / width + 1) * width);
            if let (Some(samples), Some(voice)) = (samples.get_mut(column), voice.get_mut(column)) {
                samples[decision.reason as usize] += next - at;
                *voice += f64::from(decision.voice) * seconds(next - at);
            }
            at = next;
        }
    }
    let longest = |samples: &[u64; Reason::ALL.len()]| {
        let all = samples.iter().enumerate();
        all.max_by_key(|(_, samples)| **samples)
            .map_or(0, |(n, _)| n)
    };
    let percent = |(voice, samples): (&f64, &[u64; Reason::ALL.len()])| {
        let mean = voice / seconds(samples.iter().sum()).max(1e-9);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0..=100"
        )]
        let percent = (100.0 * mean.clamp(0.0, 1.0)).round() as u8;
        percent
    };
    let voice = voice.iter().zip(&samples).map(percent).collect();
    (samples.iter().map(longest).collect(), voice)
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
    fn a_column_has_the_reason_that_holds_longest_and_the_mean_certainty() {
        let mut track = Track::default();
        for (at, reason, voice) in [
            (0, Reason::NoVoice, 0.0),
            (700, Reason::Voice, 1.0),
            (2000, Reason::Page, 0.2),
        ] {
            track.push(Decision { at, reason, voice });
        }
        let (reasons, voice) = by_column(&track, 3500, 1000, 4);
        let of = |reason: Reason| reason as usize;
        let wanted = [Reason::NoVoice, Reason::Voice, Reason::Page, Reason::Page].map(of);
        assert_eq!(reasons, wanted);
        assert_eq!(voice, [30, 100, 20, 20]);
    }
}
