//! What the microphones heard lately, and what the gate made of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use pipelines::GateReason;
use serde::Serialize;

/// Readings that are kept: a minute of ten levels a second, and as many decisions.
const KEPT: usize = 1200;

/// The last that the microphones told.
#[derive(Debug, Default)]
pub struct Meter {
    readings: Mutex<Readings>,
    /// Coded items that found the media task too busy.
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Readings {
    last: Heard,
    lately: VecDeque<Reading>,
    /// What each microphone hears, in dB of full scale.
    channels: Vec<f32>,
}

/// One reading of the meter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// How loud it is.
    pub level: Level,
    /// Why the gate is open or closed; none before the first sound.
    pub reason: Option<GateReason>,
    /// How sure the gate is of a voice, 0.0 to 1.0.
    pub voice: f32,
}

/// What was heard at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When, in milliseconds of the machine's monotonic clock.
    pub at_ms: u64,
    /// What.
    pub heard: Heard,
}

impl Heard {
    /// Nothing, from microphones that are off.
    pub const SILENCE: Self = Self {
        level: Level {
            rms_dbfs: -127.0,
            peak_dbfs: -127.0,
        },
        reason: None,
        voice: 0.0,
    };
}

impl Default for Heard {
    fn default() -> Self {
        Self::SILENCE
    }
}

/// A level in dB of full scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Level {
    /// Mean over 100 ms, -127.0 to 0.0.
    pub rms_dbfs: f32,
    /// Highest sample in 100 ms, -127.0 to 0.0.
    pub peak_dbfs: f32,
}

impl Meter {
    /// The last reading.
    pub fn get(&self) -> Heard {
        self.lock().last
    }

    /// The readings of the last minute that came after this moment, oldest first.
    pub fn after(&self, at_ms: u64) -> Vec<Reading> {
        let readings = self.lock();
        let after = readings.lately.partition_point(|seen| seen.at_ms <= at_ms);
        readings.lately.range(after..).copied().collect()
    }

    /// What each microphone hears by itself, in dB of full scale, -127.0 to 0.0.
    pub fn channels(&self) -> Vec<f32> {
        self.lock().channels.clone()
    }

    /// The microphones told what each of them hears.
    pub fn set_channels(&self, rms_dbfs: Vec<f32>) {
        self.lock().channels = rms_dbfs;
    }

    /// How many coded items were dropped because the media task was too busy.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// One more was dropped.
    pub fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// The microphones told something at this moment.
    pub fn change(&self, at_ms: u64, change: impl FnOnce(&mut Heard)) {
        let mut readings = self.lock();
        change(&mut readings.last);
        if readings.lately.len() == KEPT {
            readings.lately.pop_front();
        }
        let heard = readings.last;
        // Two threads may tell in the same millisecond: the order stays.
        let latest = readings.lately.back().map_or(0, |seen| seen.at_ms);
        readings.lately.push_back(Reading {
            at_ms: at_ms.max(latest),
            heard,
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Readings> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reading_is_given_once_to_whoever_asks_for_those_after_the_last() {
        let meter = Meter::default();
        for at_ms in [100, 200, 200, 150, 300] {
            meter.change(at_ms, |heard| heard.voice = 0.5);
        }
        let times = |from| -> Vec<u64> {
            let readings = meter.after(from);
            readings.iter().map(|reading| reading.at_ms).collect()
        };
        assert_eq!(times(0), [100, 200, 200, 200, 300]);
        assert_eq!(times(200), [300]);
        assert_eq!(times(300), [0; 0]);
    }

    #[test]
    fn a_gate_that_changes_its_mind_all_the_time_takes_no_more_memory() {
        let meter = Meter::default();
        for at_ms in 0..10_000 {
            meter.change(at_ms, |heard| heard.level.rms_dbfs = -40.0);
        }
        let kept = meter.after(0);
        assert_eq!((kept.len(), kept[0].at_ms), (KEPT, 8_800));
    }
}
