//! Pure. One hop through everything: features, network, decision, suppression, level.

use crate::decision::{Decision, Thresholds};
use crate::features::Extractor;
use crate::geometry::Geometry;
use crate::level::Level;
use crate::network::Network;
use crate::suppress::Suppressor;
use crate::{HOP, MAX_CHANNELS, Reason, Settings};

/// Samples from closed to open: short, or a first consonant loses its edge.
const ATTACK: f32 = 120.0;
/// Samples from open to closed.
const RELEASE: f32 = 960.0;
/// Hops after a rest in which the stages still give what they held when it began.
const STALE: u8 = 2;

/// The stages and what they hand on.
#[derive(Debug)]
pub(crate) struct Chain {
    extractor: Extractor,
    network: Network,
    decision: Decision,
    suppressor: Suppressor,
    level: Level,
    /// The two hops before the newest, as they came: the newer first.
    before: [[f32; HOP]; 2],
    voice: f32,
    /// How far the decision has opened it, 0.0..=1.0.
    open: f32,
    /// How much is taken from the stages and not from the sound as it came, 0.0 or 1.0.
    wet: f32,
    /// Hops until the stages give sound that they took in whole, at most [`STALE`].
    stale: u8,
    comfort: Comfort,
}

impl Chain {
    pub(crate) fn new(channels: usize, geometry: Option<&Geometry>) -> Self {
        Self {
            extractor: Extractor::new(channels, geometry),
            network: Network::new(),
            decision: Decision::new(),
            suppressor: Suppressor::new(),
            level: Level::new(),
            before: [[0.0; HOP]; 2],
            voice: 0.0,
            open: 0.0,
            wet: 1.0,
            stale: 0,
            comfort: Comfort::new(),
        }
    }

    /// How sure the network is of a voice in what leaves now, 0.0..=1.0; 0.0 while the gate is off.
    pub(crate) const fn voice(&self) -> f32 {
        self.voice
    }

    /// Takes the newest hop and whether it is nothing but the loudspeaker's echo; gives the hop of two ago as
    /// it is to be sent, and why.
    pub(crate) fn step(
        &mut self,
        settings: &Settings,
        echo: bool,
        newest: &[[f32; HOP]; MAX_CHANNELS],
        out: &mut [f32; HOP],
    ) -> Reason {
        self.extractor.take(newest);
        let [previous, raw] = self.before;
        self.before = [self.extractor.mean, previous];
        if !settings.enabled && self.wet <= 0.0 {
            // Nobody asks the stages: a machine that is too slow for them can do without.
            self.voice = 0.0;
            self.stale = STALE;
            *out = raw;
            return Reason::Disabled;
        }
        let features = self.extractor.describe();
        let mut answer = self.network.step(&features);
        self.voice = answer.voice;
        let thresholds = Thresholds {
            open: settings.threshold,
            at_once: settings.threshold + 0.5 * (1.0 - settings.threshold),
            // Not much lower: what comes right after a talker's end is often the page that he turns.
            stay: 0.7 * settings.threshold,
        };
        let mut decided = self.decision.step(&answer, thresholds);
        if echo {
            decided = Reason::FarEnd;
        }
        if !settings.suppression {
            answer.gains.fill(1.0);
        }
        self.suppressor
            .step(&self.extractor.spectrum, &answer.gains, answer.voice, out);
        if !settings.suppression {
            *out = raw;
        }
        let peak = previous
            .iter()
            .fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        self.level
            .step(out, decided == Reason::Voice, settings.level_control, peak);
        self.gate(decided.is_open(), settings.comfort_noise_dbfs, out);
        self.blend(settings.enabled, &raw, out);
        if settings.enabled {
            decided
        } else {
            Reason::Disabled
        }
    }

    fn gate(&mut self, open: bool, comfort_dbfs: Option<f32>, out: &mut [f32; HOP]) {
        let change = if open { 1.0 / ATTACK } else { -1.0 / RELEASE };
        for sample in out {
            self.open = (self.open + change).clamp(0.0, 1.0);
            *sample *= self.open;
            if let Some(dbfs) = comfort_dbfs {
                *sample += (1.0 - self.open) * self.comfort.next(dbfs);
            }
        }
    }

    /// Between what the stages made and the sound as it came, without a click.
    fn blend(&mut self, enabled: bool, raw: &[f32; HOP], out: &mut [f32; HOP]) {
        let target = if enabled && self.stale == 0 { 1.0 } else { 0.0 };
        self.stale = self.stale.saturating_sub(1);
        if enabled && self.wet >= 1.0 {
            return;
        }
        for (sample, raw) in out.iter_mut().zip(raw) {
            self.wet += (target - self.wet).clamp(-1.0 / ATTACK, 1.0 / ATTACK);
            *sample = raw + self.wet * (*sample - raw);
        }
    }
}

/// Soft noise, darker than white, as a quiet room.
#[derive(Debug)]
struct Comfort {
    random: u32,
    last: f32,
}

impl Comfort {
    const fn new() -> Self {
        Self {
            random: 0x2545_f491,
            last: 0.0,
        }
    }

    /// The next sample of noise with this level in dB of full scale.
    fn next(&mut self, dbfs: f32) -> f32 {
        // Marsaglia's xorshift.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        #[expect(clippy::cast_precision_loss, reason = "24 bits")]
        let white = (self.random >> 8) as f32 / 8_388_608.0 - 1.0;
        self.last += 0.2 * (white - self.last);
        // White noise in -1..1 has a variance of 1/3; the low-pass leaves 1/9 of it.
        self.last * (27.0f32).sqrt() * 10.0f32.powf(dbfs / 20.0)
    }
}
