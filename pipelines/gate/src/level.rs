//! Pure. Level control and limiter: voices near and far arrive alike, and nothing clips.
//!
//! The gain follows the level of what was let out as voice, slowly, like a hand on a fader; it rests while
//! the gate is closed, so that no noise is ever pulled up. The limiter turns down before a peak arrives: it
//! looks one hop ahead.

use crate::{HOP, MOST_GAIN};

/// Where a voice's level is to be, in dB of full scale: -26 as most conference systems have it (ITU-T P.56).
const TARGET_DB: f32 = -26.0;
/// The level that is followed lies about so far above the mean level of a voice.
const PEAKS_DB: f32 = 4.0;
/// The least gain, in dB.
const LEAST_GAIN_DB: f32 = -12.0;
/// Where the gain begins: what a microphone on a table needs for a talker two metres away.
const FIRST_GAIN_DB: f32 = 9.0;
/// Rise and fall per second of voice, in dB: a talker comes to level within a sentence or two.
const RISE_DB: f32 = 4.0;
const FALL_DB: f32 = 8.0;
/// The highest sample that is let out: -1 dB of full scale.
const CEILING: f32 = 0.891;

/// Level control of one channel.
#[derive(Debug)]
pub(crate) struct Level {
    voice_db: f32,
    gain_db: f32,
    amplitude: f32,
}

impl Level {
    pub(crate) const fn new() -> Self {
        Self {
            voice_db: TARGET_DB + PEAKS_DB - FIRST_GAIN_DB,
            gain_db: FIRST_GAIN_DB,
            amplitude: 1.0,
        }
    }

    /// Levels one hop in place. `voiced`: it is sure voice; `control`: follow the voice (else only limit);
    /// `next_peak`: the highest sample of the hop that comes after, before suppression.
    pub(crate) fn step(
        &mut self,
        hop: &mut [f32; HOP],
        voiced: bool,
        control: bool,
        next_peak: f32,
    ) {
        if voiced {
            self.follow(hop);
        }
        let wanted = if control {
            10.0f32.powf(self.gain_db / 20.0)
        } else {
            1.0
        };
        let peak = hop
            .iter()
            .fold(next_peak, |peak, sample| peak.max(sample.abs()));
        let limited = wanted.min(CEILING / peak.max(1e-6));
        let from = self.amplitude;
        // Down at once, up within about 100 ms.
        self.amplitude = if limited < from {
            limited
        } else {
            from + 0.1 * (limited - from)
        };
        for (n, sample) in hop.iter_mut().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "below 480")]
            let share = (n + 1) as f32 / HOP as f32;
            *sample = (*sample * (from + share * (self.amplitude - from))).clamp(-CEILING, CEILING);
        }
    }

    /// The voice's level is that of its louder hops: pauses and consonants do not count.
    fn follow(&mut self, hop: &[f32; HOP]) {
        #[expect(clippy::cast_precision_loss, reason = "480")]
        let mean = hop.iter().map(|sample| sample * sample).sum::<f32>() / HOP as f32;
        let level = 10.0 * (mean + 1e-12).log10();
        let speed = if level > self.voice_db { 0.08 } else { 0.006 };
        self.voice_db += speed * (level - self.voice_db);
        let wanted =
            (TARGET_DB + PEAKS_DB - self.voice_db).clamp(LEAST_GAIN_DB, 20.0 * MOST_GAIN.log10());
        let step = (wanted - self.gain_db).clamp(-FALL_DB / 100.0, RISE_DB / 100.0);
        self.gain_db += step;
    }
}
