//! What the gate let through, judged: what reached the other rooms' loudspeakers is compared with what the
//! microphone heard before the gate.

use pipelines::Noise;

use super::correlate::Track;
use super::report::{GateReport, NoiseReport, VoiceReport, tenth};

/// The least that the gate must take from a whisper and a page, in dB.
const LEAST_DOWN_DB: f64 = 40.0;
/// The most that a voice may lose, in dB. It may gain: soft voices are raised.
const MOST_LOST_DB: f64 = 3.0;
/// The quietest that a recording of 16 bits can tell from silence, in dB of full scale: its rounding.
const FLOOR_DBFS: f64 = -101.0;

/// A noise of the audience.
pub struct Made {
    /// Which.
    pub noise: Noise,
    /// When it was asked for.
    pub from_ns: u64,
    /// When it was over.
    pub until_ns: u64,
}

/// What of a noise reached the loudspeaker where most of it did. `heard` are the other rooms' recordings,
/// each with its delay in ns behind the microphone. None if somebody did not record it.
pub fn judge_noise(made: &Made, spoken: &Track, heard: &[(Track, u64)]) -> Option<NoiseReport> {
    let (from, until) = (made.from_ns, made.until_ns);
    let microphone = level_dbfs(spoken.between(from, until)?);
    let reached = levels(heard, from, until)?.fold(FLOOR_DBFS, f64::max);
    Some(NoiseReport {
        name: made.noise.name(),
        microphone_dbfs: tenth(microphone),
        loudspeaker_dbfs: tenth(reached),
        down_db: tenth(microphone - reached),
    })
}

/// What of a voice reached the loudspeaker where least of it did.
pub fn judge_voice(
    from: u64,
    until: u64,
    spoken: &Track,
    heard: &[(Track, u64)],
) -> Option<VoiceReport> {
    let microphone = level_dbfs(spoken.between(from, until)?);
    let reached = levels(heard, from, until)?.fold(f64::INFINITY, f64::min);
    Some(VoiceReport {
        microphone_dbfs: tenth(microphone),
        loudspeaker_dbfs: tenth(reached),
        change_db: tenth(reached - microphone),
    })
}

/// What is not as it should be, in words.
pub fn failures(report: &GateReport) -> Vec<String> {
    let promised = [Noise::Whisper, Noise::Page].map(Noise::name);
    let leaks = report
        .noises
        .iter()
        .filter(|noise| promised.contains(&noise.name) && noise.down_db < LEAST_DOWN_DB);
    let mut failures: Vec<String> = leaks
        .map(|noise| {
            format!(
                "the other rooms heard a {} in {}, only {} dB down",
                noise.name, report.room, noise.down_db
            )
        })
        .collect();
    if report.voice.change_db < -MOST_LOST_DB {
        failures.push(format!(
            "the other rooms heard a voice in {} {} dB softer than it was",
            report.room, -report.voice.change_db
        ));
    }
    failures
}

/// The level at each loudspeaker while it played what the microphone heard; none if one did not record it.
fn levels(
    heard: &[(Track, u64)],
    from: u64,
    until: u64,
) -> Option<impl Iterator<Item = f64> + use<>> {
    let levels: Option<Vec<f64>> = heard
        .iter()
        .map(|(track, delay)| Some(level_dbfs(track.between(from + delay, until + delay)?)))
        .collect();
    Some(levels?.into_iter())
}

fn level_dbfs(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|x| f64::from(x * x)).sum();
    let power = sum / samples.len().max(1) as f64;
    (10.0 * power.log10()).max(FLOOR_DBFS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noise_is_judged_where_it_was_and_where_it_leaked_most() {
        let made = Made {
            noise: Noise::Page,
            from_ns: 1_500_000_000,
            until_ns: 2_500_000_000,
        };
        let spoken = track(&[(1.5, 1.0, 0.01)]);
        let silent = track(&[]);
        let leaky = track(&[(1.7, 0.5, 0.001)]);
        let delay = 200_000_000;
        let report = judge_noise(&made, &spoken, &[(silent.clone(), delay), (leaky, delay)]);
        let report = report.expect("the microphone heard it");
        assert_eq!((report.name, report.microphone_dbfs), ("page", -40.0));
        assert_eq!(report.down_db, 23.0);
        let report = judge_noise(&made, &spoken, &[(silent.clone(), delay)]).expect("heard");
        assert_eq!(report.loudspeaker_dbfs, FLOOR_DBFS);
        let late = 3_000_000_000;
        assert!(judge_noise(&made, &spoken, &[(silent, late)]).is_none());
    }

    #[test]
    fn a_voice_is_judged_where_it_is_softest_and_failures_are_in_words() {
        let spoken = track(&[(0.0, 4.0, 0.1)]);
        let heard = [
            (track(&[(0.2, 3.8, 0.1)]), 0),
            (track(&[(0.0, 4.0, 0.05)]), 0),
        ];
        let voice = judge_voice(1_000_000_000, 3_000_000_000, &spoken, &heard).expect("heard");
        assert_eq!((voice.microphone_dbfs, voice.change_db), (-20.0, -6.0));
        let report = GateReport {
            room: "Brest".into(),
            noises: Noise::ALL
                .map(|noise| NoiseReport {
                    name: noise.name(),
                    microphone_dbfs: -40.0,
                    loudspeaker_dbfs: -60.0,
                    down_db: 20.0,
                })
                .into(),
            voice,
        };
        let said = failures(&report);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].contains("whisper in Brest, only 20 dB down"));
        assert!(said[2].contains("6 dB softer"));
    }

    /// Five seconds with tones: when each begins, how long it lasts, its root mean square.
    fn track(tones: &[(f64, f64, f32)]) -> Track {
        let mut samples = vec![0.0; 40_000];
        for (from, lasts, level) in tones {
            let from = (from * 8000.0) as usize;
            let until = from + (lasts * 8000.0) as usize;
            for (n, sample) in samples[from..until].iter_mut().enumerate() {
                *sample = if n % 2 == 0 { *level } else { -level };
            }
        }
        Track {
            start_ns: 0,
            rate: 8000,
            samples,
        }
    }
}
