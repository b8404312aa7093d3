//! Echo canceller: takes what the loudspeaker plays out of what the microphones hear.
//!
//! Two stages at 16 kHz: a filter that learns the path from loudspeaker to microphone, delay of the
//! television and reverberation together, and takes its echo away sample by sample (`filter`); then what
//! it left is turned down, frequency by frequency (`residual`).
//!
//! Only the *difference* they make is taken back up to 48 kHz and added to the sound as it came; the band
//! above 8 kHz follows the gain of 4 to 8 kHz. So where there is nothing to cancel the sound stays what it
//! was, to the bit. While the loudspeaker has been silent for longer than its echo can last, the canceller
//! rests: it costs next to nothing, and what it learned of the room is kept.

mod bands;
mod filter;
mod fourier;
mod residual;

use crate::{HOP, MAX_CHANNELS};
use bands::{DELAY, Down, LOW_HOP, RATIO, Up};
use filter::{Filter, Played};
use fourier::Fourier;
use residual::Residual;

/// Delay of the sound through [`Echo::process`], in samples at 48 kHz (8 ms), with or without an echo.
pub const ECHO_LATENCY: usize = RATIO * (PRIMED + BLOCK) + DELAY;

/// The canceller works in blocks of 4 ms; in samples at 16 kHz.
const BLOCK: usize = 64;
/// A hop is two and a half blocks: half a block must lie ready for the hops that complete only two.
const PRIMED: usize = BLOCK / 2;
/// A loudspeaker that plays no sample above this is silent (-80 dB of full scale).
const AUDIBLE: f32 = 1e-4;
/// Hops for which an echo may last: 500 ms of delay, and a reverberation of 0.7 s.
const ECHO_LASTS: u32 = 120;
/// Blocks until a canceller that has rested gives sound that it heard whole.
const WAKES: u32 = 2;
/// Smoothing of powers over about 50 ms, per hop.
const SMOOTHING: f32 = 0.2;
/// Below this mean power (-80 dB of full scale) a hop is nothing, and says nothing about its echo.
const FAINT: f32 = 1e-8;
/// How the room's own noise is followed while the canceller works: down at once, up by 1.3 dB a second.
const AIR_UP: f32 = 1.003;
/// What is heard must be so many times the room's noise (6 dB) to be an echo: the canceller turns that noise
/// down a little too.
const OVER_AIR: f32 = 4.0;

/// Cancels the echo of one loudspeaker in up to [`MAX_CHANNELS`] microphones.
#[derive(Debug)]
pub struct Echo {
    fourier: Fourier,
    far: Down,
    far_low: Fifo,
    played: Played,
    channels: Box<[Channel]>,
    /// Hops since the loudspeaker was last heard, at most [`ECHO_LASTS`].
    quiet: u32,
    /// Blocks since the canceller last rested, at most [`WAKES`].
    awake: u32,
    /// How much of the difference is let out at the end of the last block, 0.0 or 1.0.
    wet: f32,
    heard: f32,
    left: f32,
    /// What the microphones hear at the least: the room's own noise, and the power it is followed by.
    air: f32,
    recent: f32,
}

impl Echo {
    /// A canceller for so many microphones, 1..=[`MAX_CHANNELS`]; what lies outside is moved to the nearest.
    #[must_use]
    pub fn new(channels: usize) -> Self {
        let channels = channels.clamp(1, MAX_CHANNELS);
        Self {
            fourier: Fourier::new(),
            far: Down::new(),
            far_low: Fifo::default(),
            played: Played::new(),
            channels: (0..channels).map(|_| Channel::new()).collect(),
            quiet: ECHO_LASTS,
            awake: 0,
            wet: 0.0,
            heard: 0.0,
            left: 0.0,
            air: f32::MAX,
            recent: 0.0,
        }
    }

    /// Takes the echo of `far` out of `near`, in place; comes out [`ECHO_LATENCY`] samples later.
    ///
    /// `far` is what the loudspeaker plays in the same 10 ms, silence where it plays nothing; its echo may
    /// begin 0 to 400 ms later. `near` is one hop per microphone. Both 48 kHz, nominal range -1.0..=1.0; a
    /// sample that is no number is taken for silence. Microphones beyond those of [`Echo::new`] stay as
    /// they are.
    pub fn process(&mut self, far: &[f32; HOP], near: &mut [[f32; HOP]]) {
        let far = far.map(playable);
        self.quiet = if far.iter().any(|sample| sample.abs() > AUDIBLE) {
            0
        } else {
            (self.quiet + 1).min(ECHO_LASTS)
        };
        self.far_low.push(&self.far.process(&far));
        for (channel, hop) in self.channels.iter_mut().zip(near.iter_mut()) {
            channel.take_in(hop);
        }
        while self.far_low.holds(BLOCK) {
            self.process_block();
        }
        for (channel, hop) in self.channels.iter_mut().zip(near) {
            channel.give_out(hop);
        }
        let powers = self
            .channels
            .iter_mut()
            .fold((0.0, 0.0), |sum, channel| channel.powers(sum));
        self.heard += SMOOTHING * (powers.0 - self.heard);
        self.left += SMOOTHING * (powers.1 - self.left);
        self.follow_air(powers.0);
    }

    fn follow_air(&mut self, power: f32) {
        if self.wet == 0.0 || power < FAINT {
            return;
        }
        self.recent = if self.recent > 0.0 {
            self.recent + SMOOTHING * (power - self.recent)
        } else {
            power
        };
        self.air = (self.air * AIR_UP).min(self.recent);
    }

    /// Whether the loudspeaker sounds, or its echo may.
    #[must_use]
    pub const fn far_end_active(&self) -> bool {
        self.quiet < ECHO_LASTS
    }

    /// Share of what the microphones hear below 8 kHz that is echo, 0.0..=1.0, over the last 50 ms.
    /// Above 0.9 there is nothing else; somebody who speaks at the echo's level brings it to about 0.5.
    #[must_use]
    pub fn share(&self) -> f32 {
        if self.wet == 0.0 || self.heard < FAINT.max(OVER_AIR * self.air) {
            return 0.0;
        }
        (1.0 - self.left / self.heard).clamp(0.0, 1.0)
    }

    fn process_block(&mut self) {
        let works = self.far_end_active();
        let mut far = [0.0; BLOCK];
        self.far_low.pop(&mut far);
        let from = self.wet;
        if works {
            self.played.push(&mut self.fourier, &far);
            self.awake = (self.awake + 1).min(WAKES);
        } else {
            self.awake = 0;
        }
        self.wet = if self.awake == WAKES { 1.0 } else { 0.0 };
        for channel in &mut self.channels {
            let mut near = [0.0; BLOCK];
            channel.low.pop(&mut near);
            let before = std::mem::replace(&mut channel.before, near);
            let mut after = before;
            if works {
                let cancelled = channel
                    .filter
                    .process(&mut self.fourier, &self.played, &near);
                after = channel.residual.process(&mut self.fourier, &cancelled);
            }
            channel.mix(&before, &after, from, self.wet);
        }
    }
}

/// Blocks of any length of what the loudspeaker plays, and the canceller they are for: a gate has one.
/// Until the first sample is given it does nothing and adds no delay.
#[derive(Debug)]
pub struct Reference {
    echo: Echo,
    used: bool,
    far: [f32; WAITING],
    len: usize,
}

/// Samples that may wait for the microphones' (40 ms); what comes on top is dropped.
const WAITING: usize = 4 * HOP;

impl Reference {
    /// For so many microphones, as [`Echo::new`].
    #[must_use]
    pub fn new(channels: usize) -> Self {
        Self {
            echo: Echo::new(channels),
            used: false,
            far: [0.0; WAITING],
            len: 0,
        }
    }

    /// Takes what the loudspeaker plays while the next samples of [`Reference::cancel`] are heard: before
    /// each block of the microphones as many samples, mono, 48 kHz.
    pub fn far_end(&mut self, samples: &[f32]) {
        self.used = true;
        let taken = samples.len().min(WAITING - self.len);
        self.far[self.len..self.len + taken].copy_from_slice(&samples[..taken]);
        self.len += taken;
    }

    /// Takes its echo out of one hop per microphone, in place, by [`Echo::process`]. What of the loudspeaker's
    /// was not given is silence.
    pub fn cancel(&mut self, near: &mut [[f32; HOP]]) {
        if !self.used {
            return;
        }
        let mut far = [0.0; HOP];
        let taken = self.len.min(HOP);
        far[..taken].copy_from_slice(&self.far[..taken]);
        self.far.copy_within(taken..self.len, 0);
        self.len -= taken;
        self.echo.process(&far, near);
    }

    /// Delay that it adds to the microphones, in samples.
    #[must_use]
    pub const fn latency(&self) -> usize {
        if self.used { ECHO_LATENCY } else { 0 }
    }

    /// The canceller, for its figures.
    #[must_use]
    pub const fn echo(&self) -> &Echo {
        &self.echo
    }
}

/// What of a sample a loudspeaker can play: devices clip, and there is no sound that is no number.
fn playable(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

/// Samples at 16 kHz on their way from hops to blocks or back.
#[derive(Debug)]
struct Fifo {
    samples: [f32; LOW_HOP + BLOCK],
    len: usize,
}

impl Default for Fifo {
    fn default() -> Self {
        Self {
            samples: [0.0; LOW_HOP + BLOCK],
            len: 0,
        }
    }
}

impl Fifo {
    const fn holds(&self, samples: usize) -> bool {
        self.len >= samples
    }

    /// Puts samples in. Hops and blocks alternate so that there is always room.
    fn push(&mut self, samples: &[f32]) {
        let end = self.len + samples.len();
        if let Some(free) = self.samples.get_mut(self.len..end) {
            free.copy_from_slice(samples);
            self.len = end;
        }
    }

    fn pop(&mut self, samples: &mut [f32]) {
        let count = samples.len().min(self.len);
        samples[..count].copy_from_slice(&self.samples[..count]);
        self.samples.copy_within(count..self.len, 0);
        self.len -= count;
    }
}

/// One microphone.
#[derive(Debug)]
struct Channel {
    /// The sound as it came; its newest hop at the end.
    dry: [f32; ECHO_LATENCY + HOP],
    down: Down,
    low: Fifo,
    /// The last block below 8 kHz; the canceller is a block late.
    before: [f32; BLOCK],
    filter: Filter,
    residual: Residual,
    /// What is to be added below 8 kHz, and the gain of all as it came.
    difference: Fifo,
    gain: Fifo,
    high: High,
    up: Up,
    heard: f32,
    left: f32,
}

impl Channel {
    fn new() -> Self {
        let (mut difference, mut gain) = (Fifo::default(), Fifo::default());
        difference.push(&[0.0; PRIMED]);
        gain.push(&[1.0; PRIMED]);
        Self {
            dry: [0.0; ECHO_LATENCY + HOP],
            down: Down::new(),
            low: Fifo::default(),
            before: [0.0; BLOCK],
            filter: Filter::new(),
            residual: Residual::new(),
            difference,
            gain,
            high: High::default(),
            up: Up::new(),
            heard: 0.0,
            left: 0.0,
        }
    }

    fn take_in(&mut self, hop: &[f32; HOP]) {
        self.dry.copy_within(HOP.., 0);
        let newest = &mut self.dry[ECHO_LATENCY..];
        for (to, from) in newest.iter_mut().zip(hop) {
            *to = if from.is_finite() { *from } else { 0.0 };
        }
        self.low.push(&self.down.process(&hop.map(playable)));
    }

    /// Puts the difference between a block and what the canceller made of it on its way out, faded from
    /// one share to another.
    fn mix(&mut self, before: &[f32; BLOCK], after: &[f32; BLOCK], from: f32, to: f32) {
        let mut difference = [0.0; BLOCK];
        let mut gains = [1.0; BLOCK];
        if from > 0.0 || to > 0.0 {
            let high = self.high.gain(before, after);
            for step in 0..BLOCK {
                #[expect(clippy::cast_precision_loss, reason = "at most 64")]
                let part = (step + 1) as f32 / BLOCK as f32;
                let wet = from + (to - from) * part;
                gains[step] = 1.0 + wet * (high.0 + (high.1 - high.0) * part - 1.0);
                let (before, after) = (before[step], after[step]);
                difference[step] = before + wet * (after - before) - gains[step] * before;
                self.heard += before * before;
                self.left += after * after;
            }
        }
        self.difference.push(&difference);
        self.gain.push(&gains);
    }

    fn give_out(&mut self, hop: &mut [f32; HOP]) {
        let (mut difference, mut gains) = ([0.0; LOW_HOP], [1.0; LOW_HOP]);
        self.difference.pop(&mut difference);
        self.gain.pop(&mut gains);
        self.up.process(&difference, &gains, &self.dry[..HOP], hop);
    }

    /// Adds the mean powers of a hop before and after, and begins anew.
    fn powers(&mut self, (heard, left): (f32, f32)) -> (f32, f32) {
        #[expect(clippy::cast_precision_loss, reason = "160")]
        let samples = LOW_HOP as f32;
        let heard = heard + std::mem::take(&mut self.heard) / samples;
        let left = left + std::mem::take(&mut self.left) / samples;
        (heard, left)
    }
}

/// The gain above 8 kHz: what is left of 4 to 8 kHz, where the same sounds are.
#[derive(Debug)]
struct High {
    before: [f32; 2],
    after: [f32; 2],
    heard: f32,
    left: f32,
    gain: f32,
}

impl Default for High {
    fn default() -> Self {
        Self {
            before: [0.0; 2],
            after: [0.0; 2],
            heard: 0.0,
            left: 0.0,
            gain: 1.0,
        }
    }
}

impl High {
    /// Gains at the begin and the end of a block.
    fn gain(&mut self, before: &[f32], after: &[f32]) -> (f32, f32) {
        // Powers over about three blocks: one block of noise has too few periods to compare.
        self.heard += 0.3 * (treble(&mut self.before, before) - self.heard);
        self.left += 0.3 * (treble(&mut self.after, after) - self.left);
        let gain = if self.heard > FAINT {
            (self.left / self.heard).sqrt().min(1.0)
        } else {
            1.0
        };
        let begin = std::mem::replace(&mut self.gain, gain);
        (begin, gain)
    }
}

/// Mean power of a signal's second differences: at 16 kHz those of speech lie above 4 kHz.
fn treble(last: &mut [f32; 2], block: &[f32]) -> f32 {
    let mut sum = 0.0;
    for &sample in block {
        let bend = sample - 2.0 * last[1] + last[0];
        *last = [last[1], sample];
        sum += bend * bend;
    }
    #[expect(clippy::cast_precision_loss, reason = "64")]
    let samples = BLOCK as f32;
    sum / samples
}
