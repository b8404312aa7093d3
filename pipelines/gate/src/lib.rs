//! The noise gate: pure signal processing, from a microphone array to the one channel that is sent.
//!
//! People who speak are let through; whispers, pages, keys and doors are not. After [`Gate::new`] nothing
//! is allocated, locked or logged, and blocks may have any length: the output does not depend on how the
//! input was cut. The gate does not know what a room is, nor GStreamer, nor a clock: time is counted in
//! samples at 48 kHz, and every output sample is [`Gate::latency`] samples old.

mod array;
mod bands;
mod chain;
mod decision;
pub mod echo;
pub mod features;
mod geometry;
mod level;
mod meter;
mod network;
mod pitch;
mod spectrum;
mod suppress;

use heapless::spsc::Queue;

use chain::Chain;
use echo::Reference;
pub use geometry::Geometry;
use meter::Meter;
pub use meter::SILENCE_DBFS;

/// Samples per second, in and out.
pub const RATE: u32 = 48_000;
/// The most channels an array may have.
pub const MAX_CHANNELS: usize = 8;
/// The gate decides once per hop of 10 ms.
pub const HOP: usize = 480;
/// Delay of the output behind the input, in samples: 30 ms.
pub const LATENCY: usize = 3 * HOP;

/// The most that the level control raises a voice, as a factor: 18 dB.
pub const MOST_GAIN: f32 = 7.95;

/// Time from open to silent and back by a mute, in samples: short to the ear, long enough not to click.
const RAMP: u32 = RATE * 5 / 1000;
/// This share of echo over so many hops on end is nothing but echo: somebody who speaks brings it down.
const ECHO_SHARE: f32 = 0.9;
const ECHO_HOPS: u32 = 8;
/// Levels are told ten times per second: smooth for a meter on a screen.
const LEVEL: u32 = RATE / 10;
/// The window of [`Gate::sent_dbfs`]: one Opus packet of 20 ms.
const SENT: u32 = RATE / 50;

/// What a gate is made for. All but `channels` can be changed while it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Microphones, 1..=8; what lies outside is moved to the nearest.
    pub channels: usize,
    /// Whether the gate decides at all. Off, sound passes as it came, only later, and costs little; mute and close still
    /// hold.
    pub enabled: bool,
    /// How sure it must be of a voice to open, 0.0..=1.0. Lower loses fewer first syllables, higher lets fewer
    /// whispers through.
    pub threshold: f32,
    /// Whether noise under a voice is taken away.
    pub suppression: bool,
    /// Whether soft voices are raised and loud ones lowered.
    pub level_control: bool,
    /// Soft noise while closed, in dB of full scale (-90.0..=-50.0), so that a line does not sound dead.
    pub comfort_noise_dbfs: Option<f32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            channels: 1,
            enabled: true,
            threshold: 0.6,
            suppression: true,
            level_control: true,
            comfort_noise_dbfs: None,
        }
    }
}

/// Why the gate is open or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Open: somebody speaks.
    Voice,
    /// Open: somebody spoke just now; a pause or the end of a word.
    Hold,
    /// Closed: nothing but the room.
    NoVoice,
    /// Closed: somebody whispers.
    Whisper,
    /// Closed: paper.
    Page,
    /// Closed: keys, a door, a chair, a cough.
    Impact,
    /// Closed: only the loudspeaker is heard.
    FarEnd,
    /// Closed: muted by the people in the room.
    Muted,
    /// Closed: by the conference.
    Closed,
    /// Open: the gate is switched off.
    Disabled,
}

impl Reason {
    /// All, in the order of their declaration.
    pub const ALL: [Self; 10] = [
        Self::Voice,
        Self::Hold,
        Self::NoVoice,
        Self::Whisper,
        Self::Page,
        Self::Impact,
        Self::FarEnd,
        Self::Muted,
        Self::Closed,
        Self::Disabled,
    ];

    /// Whether sound is let out for this reason.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Voice | Self::Hold | Self::Disabled)
    }

    /// The name in logs and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Hold => "hold",
            Self::NoVoice => "no_voice",
            Self::Whisper => "whisper",
            Self::Page => "page",
            Self::Impact => "impact",
            Self::FarEnd => "far_end",
            Self::Muted => "muted",
            Self::Closed => "closed",
            Self::Disabled => "disabled",
        }
    }
}

/// What the gate tells. Taken by [`Gate::next_event`]; when nobody takes them, the newest are dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// What the microphones heard, muted or not, over 100 ms.
    Level {
        /// Mean level in dB of full scale, -127.0..=0.0.
        rms_dbfs: f32,
        /// Highest sample in dB of full scale, -127.0..=0.0.
        peak_dbfs: f32,
        /// How sure the gate is just now that somebody speaks, 0.0..=1.0.
        voice: f32,
    },
    /// The gate is in another state, or in the same for another reason.
    Decided {
        /// The first sample it holds for, counted in the input from its start.
        at: u64,
        /// Why; tells also whether it is open.
        reason: Reason,
        /// How sure it is that somebody speaks, 0.0..=1.0.
        voice: f32,
    },
}

/// A gate for one stream.
#[derive(Debug)]
pub struct Gate {
    settings: Settings,
    muted: bool,
    closed: bool,
    /// How far a mute has let it open, in steps: 0 is silence, `RAMP` is as it came.
    open: u32,
    position: u64,
    /// Samples of the present hop that have come and gone.
    filled: usize,
    coming: [[f32; HOP]; MAX_CHANNELS],
    going: [f32; HOP],
    reference: Reference,
    /// Hops for which nothing but the loudspeaker's echo has been heard.
    echo_hops: u32,
    chain: Chain,
    reason: Option<Reason>,
    heard: Meter,
    sent: Meter,
    sent_dbfs: f32,
    events: Queue<Event, 64>,
    lost_events: u32,
}

impl Gate {
    /// A gate; for 4 or 6 channels the array is taken to be the usual one ([`Geometry::usual`]).
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self::with_array(settings, Geometry::usual(settings.channels).as_ref())
    }

    /// A gate for microphones that stand so; without a geometry (or with one of another number of
    /// microphones) their mean is taken and direction is not looked at.
    #[must_use]
    pub fn with_array(settings: &Settings, geometry: Option<&Geometry>) -> Self {
        let mut settings = *settings;
        settings.channels = settings.channels.clamp(1, MAX_CHANNELS);
        Self {
            settings,
            muted: false,
            closed: false,
            open: RAMP,
            position: 0,
            filled: 0,
            coming: [[0.0; HOP]; MAX_CHANNELS],
            going: [0.0; HOP],
            reference: Reference::new(settings.channels),
            echo_hops: 0,
            chain: Chain::new(settings.channels, geometry),
            reason: None,
            heard: Meter::new(LEVEL),
            sent: Meter::new(SENT),
            sent_dbfs: SILENCE_DBFS,
            events: Queue::new(),
            lost_events: 0,
        }
    }

    /// Number of channels taken in.
    #[must_use]
    pub const fn channels(&self) -> usize {
        self.settings.channels
    }

    /// Changes the settings, all but the number of channels.
    pub const fn set(&mut self, settings: &Settings) {
        let channels = self.settings.channels;
        self.settings = *settings;
        self.settings.channels = channels;
    }

    /// Takes what the loudspeaker plays while the next samples of [`Gate::process`] are heard, mono, any
    /// number, nominal range -1.0..=1.0: its echo is taken out of the microphones. To be given before them,
    /// as many and from the start, silence too: the first sample makes the gate [`echo::ECHO_LATENCY`]
    /// slower.
    pub fn far_end(&mut self, samples: &[f32]) {
        self.reference.far_end(samples);
    }

    /// Delay of the output behind the input now, in samples: [`LATENCY`], and the echo canceller's once it is
    /// used.
    #[must_use]
    pub const fn latency(&self) -> usize {
        LATENCY + self.reference.latency()
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

    /// Why it is open or closed; none before the first sample.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// How sure it is just now that somebody speaks, 0.0..=1.0; 0.0 while it is off.
    #[must_use]
    pub fn voice(&self) -> f32 {
        self.chain.voice()
    }

    /// Whether somebody is being let through.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.reason.is_some_and(Reason::is_open)
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
    /// taken for silence. The output is the input of [`Gate::latency`] samples ago.
    pub fn process(&mut self, input: &[f32], output: &mut [f32]) {
        for (frame, out) in input.chunks_exact(self.channels()).zip(output) {
            *out = self.step_one(frame);
        }
    }

    fn step_one(&mut self, frame: &[f32]) -> f32 {
        let mixed = mix(frame);
        if let Some((rms_dbfs, peak_dbfs)) = self.heard.push(mixed) {
            self.tell(Event::Level {
                rms_dbfs,
                peak_dbfs,
                voice: self.voice(),
            });
        }
        let gone = self.going[self.filled];
        for (coming, sample) in self.coming.iter_mut().zip(frame) {
            coming[self.filled] = sane(*sample);
        }
        self.filled += 1;
        self.position += 1;
        if self.filled == HOP {
            self.filled = 0;
            self.decide();
        }
        self.open = if self.muted || self.closed {
            self.open.saturating_sub(1)
        } else {
            (self.open + 1).min(RAMP)
        };
        let out = match self.open {
            // Not a product: silence is digital zero, whatever comes in.
            0 => 0.0,
            RAMP => gone,
            #[expect(clippy::cast_precision_loss, reason = "at most 240 steps")]
            open => gone * (open as f32 / RAMP as f32),
        };
        if let Some((rms_dbfs, _)) = self.sent.push(out) {
            self.sent_dbfs = rms_dbfs;
        }
        out
    }

    fn decide(&mut self) {
        self.reference
            .cancel(&mut self.coming[..self.settings.channels]);
        let echo = self.reference.echo();
        self.echo_hops = if echo.far_end_active() && echo.share() > ECHO_SHARE {
            self.echo_hops.saturating_add(1)
        } else {
            0
        };
        let decided = self.chain.step(
            &self.settings,
            self.echo_hops >= ECHO_HOPS,
            &self.coming,
            &mut self.going,
        );
        let reason = if self.muted {
            Reason::Muted
        } else if self.closed {
            Reason::Closed
        } else {
            decided
        };
        if self.reason != Some(reason) {
            self.reason = Some(reason);
            self.tell(Event::Decided {
                at: self.position.saturating_sub(self.latency() as u64),
                reason,
                voice: self.chain.voice(),
            });
        }
    }

    fn tell(&mut self, event: Event) {
        if self.events.enqueue(event).is_err() {
            self.lost_events = self.lost_events.saturating_add(1);
        }
    }
}

/// The mean of the channels.
fn mix(frame: &[f32]) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "at most 8")]
    let share = 1.0 / frame.len() as f32;
    frame.iter().map(|sample| sane(*sample)).sum::<f32>() * share
}

/// What is no number is silence, and what is far beyond full scale is brought near.
const fn sane(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-4.0, 4.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_that_is_off_hands_on_the_mean_of_its_channels_thirty_milliseconds_late() {
        let mut gate = Gate::new(&Settings {
            channels: 2,
            enabled: false,
            ..Settings::default()
        });
        let mut out = [9.0; LATENCY + 2];
        let mut input = [0.0; 2 * (LATENCY + 2)];
        input[..4].copy_from_slice(&[0.5, -0.25, 1.0, 1.0]);
        gate.process(&input, &mut out);
        assert!(out[..LATENCY].iter().all(|sample| sample.to_bits() == 0));
        assert_eq!(out[LATENCY..], [0.125, 1.0]);
    }

    #[test]
    fn what_was_heard_before_it_was_off_does_not_come_when_it_is_on_again() {
        for channels in [1, 6] {
            // Open to anything.
            let mut settings = Settings {
                channels,
                threshold: 0.0,
                ..Settings::default()
            };
            let mut gate = Gate::new(&settings);
            let mut heard = |gate: &mut Gate, enabled: bool, sample: f32| {
                settings.enabled = enabled;
                gate.set(&settings);
                let mut out = [9.0; 20 * HOP];
                gate.process(&vec![sample; 20 * HOP * channels], &mut out);
                out.iter()
                    .fold(0.0f32, |most, sample| most.max(sample.abs()))
            };
            assert!(heard(&mut gate, true, 0.5) > 0.01);
            assert!(heard(&mut gate, false, 0.5) >= 0.5);
            heard(&mut gate, false, 0.0);
            assert_eq!(gate.voice().to_bits(), 0);
            assert!(heard(&mut gate, true, 0.0) < 1e-6, "{channels} channels");
        }
    }

    #[test]
    fn a_mute_is_digital_silence_within_five_milliseconds() {
        let mut gate = Gate::new(&Settings {
            enabled: false,
            ..Settings::default()
        });
        let mut out = [9.0; 2 * LATENCY];
        gate.process(&[0.7; 2 * LATENCY], &mut out);
        gate.set_muted(true);
        gate.process(&[0.7; 2 * LATENCY], &mut out);
        assert!(out[0] > 0.69 && out[120] > 0.3 && out[120] < 0.4);
        assert!(out[240..].iter().all(|sample| sample.to_bits() == 0));
    }
}
