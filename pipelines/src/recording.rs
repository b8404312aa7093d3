//! The last seconds of a sound, to measure delays with: which samples, and when they were real.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;

/// Samples per second of a recording.
const RATE: u32 = 8000;
/// Samples per second of what is recorded.
const INPUT_RATE: u32 = 48_000;
/// Samples kept: 15 s.
const KEPT: usize = 15 * RATE as usize;
/// Input samples that make one kept sample.
const DECIMATE: u32 = INPUT_RATE / RATE;
/// A step in time larger than this is a gap, and is filled; smaller ones are rounding.
const GAP_NS: u64 = 5_000_000;

/// A step back larger than this starts a new recording.
const LONGEST_OVERLAP_NS: u64 = 1_000_000_000;

/// What was captured or played in the last 15 seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// When the first sample was captured or played, in nanoseconds of the monotonic clock.
    pub start_ns: u64,
    /// Samples per second: 8000.
    pub rate: u32,
    /// Mono, 16 bits.
    pub samples: Vec<i16>,
}

/// A ring that records without allocating.
#[derive(Debug)]
pub(crate) struct Recorder {
    ring: Box<[i16]>,
    /// Samples written since the start; the ring holds the last of them.
    written: u64,
    /// When the sample after the last will be.
    end_ns: u64,
    sum: f32,
    summed: u32,
}

/// A recorder shared by a streaming thread and the shell.
pub(crate) type Shared = Arc<Mutex<Recorder>>;

impl Recorder {
    pub(crate) fn shared() -> Shared {
        Arc::new(Mutex::new(Self::new()))
    }

    fn new() -> Self {
        Self {
            ring: vec![0; KEPT].into(),
            written: 0,
            end_ns: 0,
            sum: 0.0,
            summed: 0,
        }
    }

    /// Takes a block of mono samples at 48 kHz whose first was real at `start_ns`.
    fn push(&mut self, start_ns: u64, block: impl Iterator<Item = f32>) {
        let skip = self.move_to(start_ns);
        let before = self.written;
        for sample in block.skip(skip) {
            self.sum += sample;
            self.summed += 1;
            if self.summed == DECIMATE {
                #[expect(clippy::cast_precision_loss, reason = "6")]
                let mean = self.sum / DECIMATE as f32;
                self.write(to_i16(mean));
                (self.sum, self.summed) = (0.0, 0);
            }
        }
        self.end_ns += duration_ns(self.written - before);
    }

    /// Fills a gap with silence, so that a sample's place says its time. Gives how many input samples of
    /// the block have their place taken already: what came late pushed it aside, as at a sound card.
    fn move_to(&mut self, start_ns: u64) -> usize {
        let late = start_ns.saturating_sub(self.end_ns);
        let early = self.end_ns.saturating_sub(start_ns);
        if late.max(early) <= GAP_NS {
            return 0;
        }
        (self.sum, self.summed) = (0.0, 0);
        if (1..LONGEST_OVERLAP_NS).contains(&early) && self.written > 0 {
            let samples = early * u64::from(INPUT_RATE) / 1_000_000_000;
            return usize::try_from(samples).unwrap_or(0);
        }
        let missing = late.saturating_mul(u64::from(RATE)) / 1_000_000_000;
        if self.written == 0 || start_ns < self.end_ns || missing >= KEPT as u64 {
            self.written = 0;
            self.end_ns = start_ns;
            return 0;
        }
        for _ in 0..missing {
            self.write(0);
        }
        self.end_ns = start_ns;
        0
    }

    fn write(&mut self, sample: i16) {
        let at = usize::try_from(self.written % KEPT as u64).unwrap_or(0);
        self.ring[at] = sample;
        self.written += 1;
    }

    fn recording(&self) -> Recording {
        let count = self.written.min(KEPT as u64);
        let at = |n: u64| usize::try_from(n % KEPT as u64).unwrap_or(0);
        Recording {
            start_ns: self.end_ns.saturating_sub(duration_ns(count)),
            rate: RATE,
            samples: (self.written - count..self.written)
                .map(|n| self.ring[at(n)])
                .collect(),
        }
    }
}

/// A copy of what a recorder holds.
pub(crate) fn copy(recorder: &Shared) -> Recording {
    recorder
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recording()
}

/// Records a buffer of interleaved F32 at 48 kHz whose first sample was real at `start_ns`.
pub(crate) fn record(recorder: &Shared, buffer: &gst::BufferRef, channels: usize, start_ns: u64) {
    let Ok(bytes) = buffer.map_readable() else {
        return;
    };
    let channels = channels.max(1);
    #[expect(clippy::cast_precision_loss, reason = "at most 8")]
    let share = 1.0 / channels as f32;
    let mono = bytes
        .chunks_exact(channels * size_of::<f32>())
        .map(|frame| {
            let samples = frame.chunks_exact(size_of::<f32>());
            let sum: f32 = samples
                .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap_or_default()))
                .sum();
            sum * share
        });
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    recorder.push(start_ns, mono);
}

fn duration_ns(samples: u64) -> u64 {
    samples * 1_000_000_000 / u64::from(RATE)
}

#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn to_i16(sample: f32) -> i16 {
    (sample * 32_767.0).clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK_NS: u64 = 20_000_000;

    #[test]
    fn only_the_last_fifteen_seconds_are_kept_with_their_time() {
        let mut recorder = Recorder::new();
        for n in 0..1000 {
            let value = if n == 999 { 0.5 } else { 0.25 };
            recorder.push(
                7_000_000_000 + n * BLOCK_NS,
                std::iter::repeat_n(value, 960),
            );
        }
        let recording = recorder.recording();
        assert_eq!(recording.samples.len(), KEPT);
        assert_eq!(recording.start_ns, 7_000_000_000 + 5_000_000_000);
        assert_eq!(
            (recording.samples[0], recording.samples[KEPT - 1]),
            (8191, 16383)
        );
    }

    #[test]
    fn a_gap_is_silence_of_its_length() {
        let mut recorder = Recorder::new();
        recorder.push(1_000_000_000, std::iter::repeat_n(0.5, 960));
        recorder.push(1_100_000_000, std::iter::repeat_n(0.5, 960));
        let recording = recorder.recording();
        assert_eq!(recording.start_ns, 1_000_000_000);
        assert_eq!(recording.samples.len(), 960);
        assert!(
            recording.samples[160..800]
                .iter()
                .all(|sample| *sample == 0)
        );
        assert_eq!(recording.samples[800], 16383);
    }

    #[test]
    fn a_block_that_came_late_pushes_the_next_aside_and_time_stays_true() {
        let mut recorder = Recorder::new();
        recorder.push(1_000_000_000, std::iter::repeat_n(0.25, 960));
        // Due at 1.02 s, it came at 1.05; the next is in time.
        recorder.push(1_050_000_000, std::iter::repeat_n(0.5, 960));
        recorder.push(1_040_000_000, std::iter::repeat_n(0.75, 960));
        recorder.push(1_060_000_000, std::iter::repeat_n(0.75, 960));
        recorder.push(1_080_000_000, std::iter::repeat_n(0.75, 960));
        let recording = recorder.recording();
        assert_eq!(
            (recording.start_ns, recording.samples.len()),
            (1_000_000_000, 800)
        );
        let at = |ms: usize| recording.samples[ms * 8 + 4];
        assert_eq!((at(0), at(30), at(60), at(90)), (8191, 0, 16383, 24575));
    }

    #[test]
    fn a_jitter_of_a_millisecond_is_no_gap() {
        let mut recorder = Recorder::new();
        recorder.push(1_000_000_000, std::iter::repeat_n(0.5, 960));
        recorder.push(1_021_000_000, std::iter::repeat_n(0.5, 960));
        assert_eq!(recorder.recording().samples.len(), 320);
    }
}
