//! Where one recording is found again in another: who is heard, and how late.

/// Samples with the time of the first one.
#[derive(Clone, Debug)]
pub struct Track {
    /// Monotonic time of the first sample, in ns.
    pub start_ns: u64,
    /// Samples per second.
    pub rate: u32,
    /// Mono samples.
    pub samples: Vec<f32>,
}

/// How well and how late a track was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Normalised cross-correlation at the best delay, -1.0 to 1.0.
    pub likeness: f32,
    /// The best delay in ms.
    pub delay_ms: f64,
}

/// One part in this many of a second is looked for at once: short, since a box that makes up a delay
/// passes over a few milliseconds of sound, and what holds such a place is like nothing that was spoken.
pub const PARTS: u32 = 2;
/// Quieter than this (mean square of full scale 1.0) there is nothing to find: -60 dB.
const SILENT: f32 = 1e-6;

impl Track {
    /// The samples from `from_ns` on, `count` of them; none if they are not all there.
    pub fn slice(&self, from_ns: u64, count: usize) -> Option<&[f32]> {
        let after = from_ns.checked_sub(self.start_ns)?;
        let first =
            usize::try_from(u128::from(after) * u128::from(self.rate) / 1_000_000_000).ok()?;
        self.samples.get(first..first.checked_add(count)?)
    }

    /// The samples from one time to another; none if they are not all there.
    pub fn between(&self, from_ns: u64, until_ns: u64) -> Option<&[f32]> {
        let lasts = u128::from(until_ns.checked_sub(from_ns)?);
        let count = usize::try_from(lasts * u128::from(self.rate) / 1_000_000_000).ok()?;
        self.slice(from_ns, count)
    }

    /// Monotonic time after the last sample, in ns.
    pub fn end_ns(&self) -> u64 {
        let length = self.samples.len() as u128 * 1_000_000_000 / u128::from(self.rate.max(1));
        self.start_ns + u64::try_from(length).unwrap_or(u64::MAX / 2)
    }
}

/// Looks for a part ([`PARTS`]) of a second of `spoken`, beginning at `from_ns`, in `heard`, up to `longest_ms` later.
/// None where it is silent or not recorded on both sides.
pub fn find(spoken: &Track, heard: &Track, from_ns: u64, longest_ms: u32) -> Option<Match> {
    let rate = spoken.rate;
    let count = (rate / PARTS) as usize;
    let lags = (u64::from(longest_ms) * u64::from(rate) / 1000) as usize;
    let pattern = spoken.slice(from_ns, count)?;
    let field = heard.slice(from_ns, count + lags)?;
    let energy: f32 = pattern.iter().map(|x| x * x).sum();
    if energy / (count as f32) < SILENT {
        return None;
    }
    let mut window: f64 = field[..count].iter().map(|x| f64::from(x * x)).sum();
    let mut best = Match {
        likeness: 0.0,
        delay_ms: 0.0,
    };
    for lag in 0..=lags.min(field.len() - count) {
        let here = &field[lag..lag + count];
        if window / count as f64 > f64::from(SILENT) {
            let product: f32 = pattern.iter().zip(here).map(|(a, b)| a * b).sum();
            let likeness = product / (energy * window as f32).sqrt();
            if likeness > best.likeness {
                best = Match {
                    likeness,
                    delay_ms: lag as f64 * 1000.0 / f64::from(rate),
                };
            }
        }
        if let Some(next) = field.get(lag + count) {
            window += f64::from(next * next) - f64::from(here[0] * here[0]);
        }
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delayed_quieter_copy_is_found_with_its_delay() {
        let spoken = track(0, noise(1, 24_000));
        let mut late = vec![0.0; 800];
        late.extend(spoken.samples.iter().map(|x| x * 0.3));
        let found = find(&spoken, &track(0, late), 500_000_000, 400).unwrap();
        assert!(found.likeness > 0.99, "{found:?}");
        assert!((found.delay_ms - 100.0).abs() < 0.2, "{found:?}");
    }

    #[test]
    fn another_voice_is_not_found() {
        let spoken = track(0, noise(1, 24_000));
        let found = find(&spoken, &track(0, noise(2, 24_000)), 0, 400).unwrap();
        assert!(found.likeness < 0.2, "{found:?}");
    }

    #[test]
    fn silence_and_what_was_not_recorded_give_no_answer() {
        let spoken = track(0, noise(1, 24_000));
        assert_eq!(find(&track(0, vec![0.0; 24_000]), &spoken, 0, 400), None);
        assert_eq!(find(&spoken, &spoken, 2_500_000_000, 400), None);
        assert_eq!(find(&track(9, noise(1, 24_000)), &spoken, 0, 400), None);
    }

    fn track(start_ns: u64, samples: Vec<f32>) -> Track {
        Track {
            start_ns,
            rate: 8000,
            samples,
        }
    }

    fn noise(seed: u32, count: usize) -> Vec<f32> {
        let mut x = seed;
        (0..count)
            .map(|_| {
                x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (x >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect()
    }
}
