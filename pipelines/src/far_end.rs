//! What the loudspeaker plays, for the echo canceller of the microphones, by the clock both share.
//!
//! A ring of the last second. The loudspeaker's streaming thread writes each block with the time at which
//! it is heard; the microphones' reads what was heard while a block was captured. Either holds the ring
//! only while it copies a block, and neither waits for the other's sound: what is not there is silence.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Samples per second.
const RATE: u32 = 48_000;
/// Samples kept: the microphones may be so late, or the loudspeaker so early.
const KEPT: usize = RATE as usize;
/// A block whose time is off by no more than this continues the one before (5 ms): time stamps jitter, and
/// a canceller that learns a path needs each sample at its place.
const JITTER: u64 = 240;

/// A handle to what the loudspeaker plays; clones share it.
#[derive(Debug, Clone)]
pub struct FarEnd {
    ring: Arc<Mutex<Ring>>,
    /// Where this reader's next block is expected.
    next: u64,
}

#[derive(Debug)]
struct Ring {
    samples: Box<[f32]>,
    /// The sample after the last one written, counted from time zero; the ring ends there.
    end: u64,
}

impl Default for FarEnd {
    fn default() -> Self {
        Self {
            ring: Arc::new(Mutex::new(Ring {
                samples: vec![0.0; KEPT].into(),
                end: 0,
            })),
            next: 0,
        }
    }
}

impl FarEnd {
    /// Writes a mono block whose first sample is heard at `heard_ns` of the monotonic clock. What overlaps
    /// the block before it replaces that; a gap is silence.
    pub fn write(&self, heard_ns: u64, block: impl Iterator<Item = f32>) {
        let mut ring = self.ring();
        let from = near(index(heard_ns), ring.end);
        ring.write(from, block);
    }

    /// Reads what is heard from `captured_ns` on, mono; silence where nothing is known.
    pub fn read(&mut self, captured_ns: u64, block: &mut [f32]) {
        let from = near(index(captured_ns), self.next);
        self.next = from + block.len() as u64;
        let ring = self.ring();
        for (at, sample) in (from..).zip(block) {
            *sample = ring.at(at);
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn write(&mut self, from: u64, block: impl Iterator<Item = f32>) {
        let kept = KEPT as u64;
        // What is far ahead of all there is begins anew; so does a clock that was set back.
        if from > self.end + kept || from + kept < self.end {
            self.samples.fill(0.0);
            self.end = from;
        }
        for at in self.end..from {
            self.samples[place(at)] = 0.0;
        }
        let mut at = from;
        for sample in block {
            self.samples[place(at)] = sample;
            at += 1;
        }
        self.end = at;
    }

    fn at(&self, at: u64) -> f32 {
        let known = at < self.end && at + KEPT as u64 >= self.end;
        if known { self.samples[place(at)] } else { 0.0 }
    }
}

/// The expected place, if the stamped one is that but for jitter.
fn near(stamped: u64, expected: u64) -> u64 {
    if stamped.abs_diff(expected) <= JITTER {
        expected
    } else {
        stamped
    }
}

fn index(ns: u64) -> u64 {
    u64::try_from(u128::from(ns) * u128::from(RATE) / 1_000_000_000).unwrap_or(u64::MAX / 2)
}

fn place(at: u64) -> usize {
    usize::try_from(at % KEPT as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::iter::repeat_n;

    use proptest::prelude::*;

    use super::*;

    const MS: u64 = 1_000_000;
    const START: u64 = 5_000 * MS;

    fn read(far: &mut FarEnd, from_ms: u64, samples: usize) -> Vec<f32> {
        let mut block = vec![9.0; samples];
        far.read(from_ms * MS, &mut block);
        block
    }

    #[test]
    fn what_is_played_is_read_at_its_time_by_each_reader() {
        let far = FarEnd::default();
        far.write(START, (0u8..96).map(f32::from));
        for mut reader in [far.clone(), far] {
            assert_eq!(read(&mut reader, 5_001, 3), [48.0, 49.0, 50.0]);
        }
    }

    #[test]
    fn before_after_and_in_a_gap_there_is_silence() {
        let mut far = FarEnd::default();
        assert_eq!(read(&mut far, 5_000, 2), [0.0; 2]);
        far.write(START, repeat_n(0.5, 480));
        far.write(START + 30 * MS, repeat_n(0.25, 480));
        assert_eq!(read(&mut far, 4_980, 480), [0.0; 480]);
        assert_eq!(read(&mut far, 5_000, 480), [0.5; 480]);
        assert_eq!(read(&mut far, 5_010, 960), [0.0; 960]);
        assert_eq!(read(&mut far, 5_030, 480), [0.25; 480]);
        assert_eq!(read(&mut far, 5_040, 480), [0.0; 480]);
    }

    #[test]
    fn stamps_that_jitter_move_no_sample_on_either_side() {
        let mut far = FarEnd::default();
        for (block, jitter) in [0, 3, 1, 4, 2].into_iter().enumerate() {
            let sound = (0..480).map(|at| (block * 480 + at) as f32);
            far.write(START + (block as u64 * 10 + jitter) * MS, sound);
        }
        let mut heard = read(&mut far, 5_000, 480);
        heard.extend(read(&mut far, 5_012, 480));
        heard.extend(read(&mut far, 5_019, 480));
        assert!(
            heard
                .iter()
                .enumerate()
                .all(|(at, sample)| *sample == at as f32)
        );
    }

    #[test]
    fn a_loudspeaker_that_was_rebuilt_is_read_at_once() {
        let mut far = FarEnd::default();
        far.write(START, repeat_n(0.5, 480));
        far.write(START + 60_000 * MS, repeat_n(0.25, 480));
        assert_eq!(read(&mut far, 65_000, 480), [0.25; 480]);
        assert_eq!(read(&mut far, 5_000, 480), [0.0; 480]);
    }

    proptest! {
        #[test]
        fn any_times_and_lengths_never_panic_and_never_give_what_was_not_played(
            writes in prop::collection::vec((any::<u64>(), 0usize..3000), 0..10),
            near in prop::collection::vec((0u64..3_000_000_000, 0usize..3000), 0..20),
            from: u64
        ) {
            let mut far = FarEnd::default();
            for (at, len) in near.into_iter().chain(writes) {
                far.write(at, repeat_n(0.5, len));
                let mut block = [9.0; 700];
                far.read(at.saturating_sub(MS), &mut block);
                prop_assert!(block.iter().all(|sample| [0.0, 0.5].contains(sample)));
            }
            far.read(from, &mut [0.0; 100]);
        }
    }
}
