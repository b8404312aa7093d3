//! The sum of the sound slots, sample by sample at its time. Pure: time is an argument.
//!
//! A ring holds what is to be played soon. Slots add their blocks where their time says; the output takes
//! block after block and leaves silence behind. What comes after its place was taken is dropped, so that a
//! slot can neither hold up the others nor pile up.

use crate::loudspeaker::AUDIO_SLOTS;

/// Samples per second.
pub(crate) const RATE: u32 = 48_000;
/// Samples that may lie ahead of the output: two seconds.
const AHEAD: usize = 2 * RATE as usize;
/// A block whose time is off by no more than this continues the one before (5 ms): time stamps jitter.
const JITTER: u64 = 240;
/// What is remembered of each slot's last sound, to pass over to one that begins earlier: 20 ms.
const TAIL: u64 = 960;

/// A slot's last sound: what it has added to the ring in the [`TAIL`] samples before `end`.
#[derive(Debug)]
struct Last {
    added: Box<[f32]>,
    /// Where the slot's next block is expected.
    end: u64,
}

#[derive(Debug)]
pub(crate) struct Mix {
    ring: Box<[f32]>,
    /// The next sample to be taken, counted from time zero.
    next: u64,
    last: [Last; AUDIO_SLOTS],
}

impl Mix {
    /// A silent mix whose output begins at `start_ns`.
    pub(crate) fn new(start_ns: u64) -> Self {
        Self {
            ring: vec![0.0; AHEAD].into(),
            next: index(start_ns),
            last: std::array::from_fn(|_| Last {
                added: vec![0.0; TAIL as usize].into(),
                end: 0,
            }),
        }
    }

    /// Adds a slot's block whose first sample belongs at `pts_ns`. Gives how many samples came too late.
    ///
    /// A block that begins before the slot's last one has ended, since its playout becomes earlier, is
    /// passed over to bit by bit: a step would be heard as a click.
    pub(crate) fn add(
        &mut self,
        slot: usize,
        pts_ns: u64,
        block: impl Iterator<Item = f32>,
    ) -> usize {
        let Some(last) = self.last.get_mut(slot) else {
            return 0;
        };
        let stamped = index(pts_ns);
        let start = if stamped.abs_diff(last.end) <= JITTER {
            last.end
        } else {
            stamped
        };
        if start > last.end {
            last.added.fill(0.0);
        }
        let end = last.end;
        let from = start.max(end.saturating_sub(TAIL));
        let (mut at, mut late) = (start, 0);
        for sample in block {
            if at >= from {
                let added = &mut last.added[(at % TAIL) as usize];
                let (before, part) = match at < end {
                    true => (*added, (at - from + 1) as f32 / (end - from + 1) as f32),
                    false => (0.0, 1.0),
                };
                let change = part * (sample - before);
                *added = before + change;
                match at.checked_sub(self.next) {
                    None => late += 1,
                    Some(ahead) if ahead < AHEAD as u64 => self.ring[place(at)] += change,
                    // Times so far off are wrong.
                    Some(_) => {}
                }
            }
            at += 1;
        }
        last.end = at;
        late
    }

    /// Takes the samples from `from_ns` on. Earlier ones not taken are dropped.
    pub(crate) fn take(&mut self, from_ns: u64, block: &mut [f32]) {
        let from = index(from_ns);
        // Nanoseconds round to one sample or the next: those steps are none.
        if from > self.next + 2 {
            let skipped = (from - self.next).min(AHEAD as u64);
            for at in self.next..self.next + skipped {
                self.ring[place(at)] = 0.0;
            }
            self.next = from;
        }
        for sample in block {
            *sample = std::mem::take(&mut self.ring[place(self.next)]);
            self.next += 1;
        }
    }
}

fn index(ns: u64) -> u64 {
    u64::try_from(u128::from(ns) * u128::from(RATE) / 1_000_000_000).unwrap_or(u64::MAX)
}

fn place(at: u64) -> usize {
    usize::try_from(at % AHEAD as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;

    use proptest::prelude::*;

    use super::*;

    const MS: u64 = 1_000_000;
    const START: u64 = 5_000 * MS;

    fn take(mix: &mut Mix, from_ms: u64, ms: u64) -> Vec<f32> {
        let mut block = vec![9.0; usize::try_from(ms).expect("small") * 48];
        mix.take(from_ms * MS, &mut block);
        block
    }

    #[test]
    fn slots_are_summed_at_their_time_and_taken_once() {
        let mut mix = Mix::new(START);
        mix.add(0, START + 10 * MS, repeat_n(0.25, 480));
        mix.add(2, START + 15 * MS, repeat_n(0.5, 480));
        let out = take(&mut mix, 5_000, 30);
        assert!(out[..480].iter().all(|sample| *sample == 0.0));
        assert!(out[480..720].iter().all(|sample| *sample == 0.25));
        assert!(out[720..960].iter().all(|sample| *sample == 0.75));
        assert!(out[960..1200].iter().all(|sample| *sample == 0.5));
        assert!(out[1200..].iter().all(|sample| *sample == 0.0));
        let later = take(&mut mix, 5_000 + 2_000, 30);
        assert!(later.iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn what_is_late_is_dropped_and_the_rest_is_in_its_place() {
        let mut mix = Mix::new(START);
        take(&mut mix, 5_000, 10);
        assert_eq!(mix.add(1, START + 5 * MS, repeat_n(0.5, 480)), 240);
        let out = take(&mut mix, 5_010, 10);
        assert!(out[..240].iter().all(|sample| *sample == 0.5));
        assert!(out[240..].iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn a_jitter_of_time_stamps_makes_neither_gap_nor_overlap() {
        let mut mix = Mix::new(START);
        for (n, jitter) in [(0, 0), (1, 2), (2, 1), (3, 3)] {
            mix.add(0, START + (n * 20 + jitter) * MS, repeat_n(0.5, 960));
        }
        assert!(
            take(&mut mix, 5_000, 80)
                .iter()
                .all(|sample| *sample == 0.5)
        );
    }

    #[test]
    fn a_slot_that_becomes_earlier_is_neither_doubled_nor_cut() {
        let mut mix = Mix::new(START);
        let tone = |from: usize| {
            (from..from + 960).map(|n| (n as f32 * std::f32::consts::TAU / 480.0).sin() * 0.5)
        };
        mix.add(0, START, tone(0));
        // 6 ms earlier than expected, in another phase of the tone.
        mix.add(0, START + 14 * MS, tone(960));
        // One that begins before all that is remembered.
        mix.add(0, START - 50 * MS, repeat_n(0.5, 960));
        let out = take(&mut mix, 5_000, 40);
        let step = |pair: &[f32]| (pair[1] - pair[0]).abs();
        let steepest = out[..1632].windows(2).map(step).fold(0.0, f32::max);
        assert!(steepest < 0.01, "{steepest}");
        assert!(out.iter().all(|sample| sample.abs() <= 0.5));
    }

    #[test]
    fn an_output_that_slept_goes_on_in_the_present() {
        let mut mix = Mix::new(START);
        mix.add(0, START, repeat_n(0.5, 48 * 400));
        take(&mut mix, 5_000, 10);
        let out = take(&mut mix, 5_300, 10);
        assert!(out.iter().all(|sample| *sample == 0.5));
        let empty = take(&mut mix, 5_400, 10);
        assert!(empty.iter().all(|sample| *sample == 0.0));
    }

    proptest! {
        #[test]
        fn blocks_in_any_order_and_time_never_panic_and_nothing_is_played_twice(
            blocks in prop::collection::vec((0usize..5, 0u64..20_000_000_000, 0usize..2000), 0..30),
            far: u64
        ) {
            let mut mix = Mix::new(START);
            mix.add(0, far, repeat_n(1.0, 10));
            let mut put = 10.0;
            for (slot, pts, len) in blocks {
                mix.add(slot, pts, repeat_n(1.0, len));
                put += len as f32;
            }
            let mut sum = 0.0;
            for n in 0..300 {
                sum += take(&mut mix, 5_000 + n * 10, 10).iter().sum::<f32>();
            }
            prop_assert!(sum <= put);
        }
    }
}
