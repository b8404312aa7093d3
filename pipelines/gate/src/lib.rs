//! The noise gate: pure signal processing, from a microphone array to the one channel that is sent.
//!
//! After [`Gate::new`] nothing is allocated, locked or logged, and blocks may have any length: the
//! output does not depend on how the input was cut. Here the gate mixes the channels to one, measures
//! levels, and mutes. It does not know what a room is, nor GStreamer, nor a clock: time is counted in
//! samples.

mod meter;

use heapless::spsc::Queue;

use meter::Meter;
pub use meter::SILENCE_DBFS;

/// The most channels an array may have.
pub const MAX_CHANNELS: usize = 8;

/// Time from open to silent and back, in milliseconds: short to the ear, long enough not to click.
const RAMP_MS: u32 = 5;
/// Levels are told ten times per second: smooth for a meter on a screen.
const LEVEL_MS: u32 = 100;
/// The window of [`Gate::sent_dbfs`], in milliseconds: one Opus packet.
const SENT_MS: u32 = 20;

/// What the gate tells. Taken by [`Gate::next_event`]; when nobody takes them, the newest are dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// What the microphones heard, muted or not, over 100 ms.
    Level {
        /// Mean level in dB of full scale, -127.0..=0.0.
        rms_dbfs: f32,
        /// Highest sample in dB of full scale, -127.0..=0.0.
        peak_dbfs: f32,
    },
    /// Sound is let out again, from this sample on (counted from the first).
    Opened {
        /// Position in the stream.
        at: u64,
    },
    /// Nothing is let out any more, from this sample on (counted from the first).
    Closed {
        /// Position in the stream.
        at: u64,
    },
}

/// A gate for one stream.
#[derive(Debug)]
pub struct Gate {
    channels: usize,
    muted: bool,
    closed: bool,
    /// How far it is open, in steps: 0 is silence, `ramp` is as it came.
    open: u32,
    ramp: u32,
    position: u64,
    heard: Meter,
    sent: Meter,
    sent_dbfs: f32,
    events: Queue<Event, 64>,
    lost_events: u32,
}

impl Gate {
    /// A gate for `rate` samples per second (8000..=192 000) and 1 to 8 channels; what lies outside is
    /// moved to the nearest.
    #[must_use]
    pub fn new(rate: u32, channels: usize) -> Self {
        let rate = rate.clamp(8000, 192_000);
        let ramp = rate * RAMP_MS / 1000;
        Self {
            channels: channels.clamp(1, MAX_CHANNELS),
            muted: false,
            closed: false,
            open: ramp,
            ramp,
            position: 0,
            heard: Meter::new(rate * LEVEL_MS / 1000),
            sent: Meter::new(rate * SENT_MS / 1000),
            sent_dbfs: SILENCE_DBFS,
            events: Queue::new(),
            lost_events: 0,
        }
    }

    /// Delay added to the signal, in samples. The element reports it upstream.
    #[must_use]
    pub const fn latency(&self) -> u32 {
        0
    }

    /// Number of channels taken in.
    #[must_use]
    pub const fn channels(&self) -> usize {
        self.channels
    }

    /// Muted by the people in the room.
    pub const fn set_muted(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Closed by the conference.
    pub const fn set_closed(&mut self, closed: bool) {
        self.closed = closed;
    }

    /// Level of the last whole 20 ms that were let out, in dB of full scale, -127.0..=0.0.
    #[must_use]
    pub const fn sent_dbfs(&self) -> f32 {
        self.sent_dbfs
    }

    /// The oldest event not taken yet.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.dequeue()
    }

    /// Events dropped because nobody took them.
    #[must_use]
    pub const fn lost_events(&self) -> u32 {
        self.lost_events
    }

    /// Gates one block: `input` interleaved (shape `[n][channels]`), `output` mono (shape `[n]`), any `n`,
    /// nominal range -1.0..=1.0. Of unequal lengths the shorter counts; a sample that is no number is
    /// taken for silence.
    pub fn process(&mut self, input: &[f32], output: &mut [f32]) {
        for (frame, out) in input.chunks_exact(self.channels).zip(output) {
            *out = self.step_one(frame);
        }
    }

    fn step_one(&mut self, frame: &[f32]) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "at most 8")]
        let share = 1.0 / frame.len() as f32;
        let sum: f32 = frame.iter().filter(|sample| sample.is_finite()).sum();
        let mixed = sum * share;
        if let Some((rms_dbfs, peak_dbfs)) = self.heard.push(mixed) {
            self.tell(Event::Level {
                rms_dbfs,
                peak_dbfs,
            });
        }
        self.move_ramp();
        let out = match self.open {
            // Not a product: silence is digital zero, whatever comes in.
            0 => 0.0,
            open if open == self.ramp => mixed,
            #[expect(clippy::cast_precision_loss, reason = "at most 960 steps")]
            open => mixed * (open as f32 / self.ramp as f32),
        };
        if let Some((rms_dbfs, _)) = self.sent.push(out) {
            self.sent_dbfs = rms_dbfs;
        }
        self.position += 1;
        out
    }

    fn move_ramp(&mut self) {
        let at = self.position;
        match (self.muted || self.closed, self.open) {
            (true, 0) => {}
            (true, 1) => {
                self.open = 0;
                self.tell(Event::Closed { at });
            }
            (true, open) => self.open = open - 1,
            (false, 0) => {
                self.open = 1;
                self.tell(Event::Opened { at });
            }
            (false, open) => self.open = (open + 1).min(self.ramp),
        }
    }

    fn tell(&mut self, event: Event) {
        if self.events.enqueue(event).is_err() {
            self.lost_events = self.lost_events.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_open_gate_hands_on_the_mean_of_its_channels() {
        let mut gate = Gate::new(48_000, 2);
        let mut out = [9.0; 2];
        gate.process(&[0.5, -0.25, 1.0, 1.0], &mut out);
        assert_eq!(out, [0.125, 1.0]);
    }

    #[test]
    fn a_mute_fades_within_five_milliseconds_and_then_is_digital_silence() {
        let mut gate = Gate::new(48_000, 1);
        gate.set_muted(true);
        let mut out = [9.0; 480];
        gate.process(&[0.7; 480], &mut out);
        assert!(out[0] > 0.69 && out[120] > 0.3 && out[120] < 0.4);
        assert!(out.windows(2).all(|pair| pair[0] - pair[1] < 0.004));
        assert!(out[240..].iter().all(|sample| sample.to_bits() == 0));
        assert_eq!(gate.next_event(), Some(Event::Closed { at: 239 }));
    }

    #[test]
    fn either_mute_or_close_keeps_it_shut() {
        let mut gate = Gate::new(48_000, 1);
        let mut out = [0.0; 480];
        gate.set_muted(true);
        gate.set_closed(true);
        gate.process(&[0.7; 480], &mut out);
        gate.set_muted(false);
        gate.process(&[0.7; 480], &mut out);
        assert!(out.iter().all(|sample| sample.to_bits() == 0));
        gate.set_closed(false);
        gate.process(&[0.7; 480], &mut out);
        assert!((out[479] - 0.7).abs() < 1e-6);
    }

    #[test]
    fn the_levels_of_a_half_scale_square_are_minus_six_decibels() {
        let mut gate = Gate::new(48_000, 1);
        let mut out = [0.0; 4800];
        gate.process(&[0.5; 4800], &mut out);
        assert!((gate.sent_dbfs() + 6.02).abs() < 0.01);
        match gate.next_event() {
            Some(Event::Level {
                rms_dbfs,
                peak_dbfs,
            }) => {
                assert!((rms_dbfs + 6.02).abs() < 0.01 && (peak_dbfs + 6.02).abs() < 0.01);
            }
            other => panic!("no level but {other:?}"),
        }
        assert_eq!(gate.next_event(), None);
    }

    #[test]
    fn muted_microphones_are_still_measured_but_send_silence() {
        let mut gate = Gate::new(48_000, 1);
        gate.set_muted(true);
        let mut out = [0.0; 9600];
        gate.process(&[0.5; 9600], &mut out);
        assert!(gate.sent_dbfs() <= SILENCE_DBFS);
        assert_eq!(gate.next_event(), Some(Event::Closed { at: 239 }));
        assert!(
            matches!(gate.next_event(), Some(Event::Level { rms_dbfs, .. }) if rms_dbfs > -7.0)
        );
    }

    #[test]
    fn events_that_nobody_takes_are_counted() {
        let mut gate = Gate::new(8000, 1);
        let mut out = vec![0.0; 8000 * 8];
        gate.process(&vec![0.1; 8000 * 8], &mut out);
        assert_eq!(gate.lost_events(), 80 - 63);
    }

    proptest! {
        #[test]
        fn how_the_input_is_cut_does_not_matter(
            input in prop::collection::vec(-1.0f32..1.0, 1..3000),
            channels in 1usize..=8,
            cuts in prop::collection::vec(1usize..200, 1..40),
            mute_at in 0usize..400,
        ) {
            let frames = input.len() / channels;
            let mute_at = mute_at.min(frames);
            let mut whole = vec![0.0; frames];
            let mut gate = Gate::new(8000, channels);
            gate.process(&input[..mute_at * channels], &mut whole[..mute_at]);
            gate.set_muted(true);
            gate.process(&input[mute_at * channels..], &mut whole[mute_at..]);

            let mut pieces = vec![0.0; frames];
            let mut gate = Gate::new(8000, channels);
            let (mut at, mut next_cut) = (0, cuts.iter().cycle());
            while at < frames {
                let mut to = (at + next_cut.next().expect("a cycle")).min(frames);
                if at < mute_at { to = to.min(mute_at); }
                gate.set_muted(at >= mute_at);
                gate.process(&input[at * channels..to * channels], &mut pieces[at..to]);
                at = to;
            }
            prop_assert_eq!(whole, pieces);
        }

        #[test]
        fn the_output_is_never_louder_than_the_loudest_channel(
            input in prop::collection::vec(-1.0f32..1.0, 4..800), mute: bool
        ) {
            let mut gate = Gate::new(48_000, 4);
            gate.set_muted(mute);
            let mut out = vec![0.0; input.len() / 4];
            gate.process(&input, &mut out);
            for (frame, out) in input.chunks_exact(4).zip(&out) {
                let loudest = frame.iter().fold(0.0f32, |loudest, sample| loudest.max(sample.abs()));
                prop_assert!(out.abs() <= loudest + 1e-6);
            }
        }

        #[test]
        fn nothing_that_comes_in_panics_or_spreads(bits in prop::collection::vec(any::<u32>(), 0..300)) {
            let input: Vec<f32> = bits.iter().map(|bits| f32::from_bits(*bits)).collect();
            let mut out = vec![0.0; 100];
            let mut gate = Gate::new(48_000, 3);
            gate.process(&input, &mut out);
            let mut after = [1.0; 1];
            gate.process(&[0.25; 3], &mut after);
            prop_assert_eq!(after, [0.25]);
        }
    }
}
