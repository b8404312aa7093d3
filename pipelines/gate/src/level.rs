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

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten seconds of a voice of this mean level in dB (syllables: louder and softer hops), then its level.
    fn arrives_at(db: f32, control: bool) -> f32 {
        let mut level = Level::new();
        let amplitude = 10.0f32.powf(db / 20.0);
        let mut sum = 0.0;
        for n in 0..1000 {
            let syllable = 1.4 * (n as f32 * 0.3).sin().abs();
            let mut hop: [f32; HOP] = std::array::from_fn(|n| {
                std::f32::consts::SQRT_2 * amplitude * syllable * (n as f32 * 0.13).sin()
            });
            level.step(&mut hop, true, control, 0.0);
            if n >= 800 {
                sum += hop.iter().map(|sample| sample * sample).sum::<f32>();
            }
        }
        10.0 * (sum / (200.0 * HOP as f32)).log10()
    }

    #[test]
    fn a_soft_voice_and_a_loud_one_arrive_within_three_decibels() {
        let (soft, loud) = (arrives_at(-44.0, true), arrives_at(-24.0, true));
        assert!((soft - loud).abs() < 3.0, "{soft} {loud}");
        assert!((loud - TARGET_DB).abs() < 3.0, "{loud}");
    }

    #[test]
    fn without_control_a_voice_stays_as_it_is() {
        assert!((arrives_at(-40.0, false) - arrives_at(-30.0, false) + 10.0).abs() < 0.1);
    }

    #[test]
    fn a_sudden_shout_never_clips() {
        let mut level = Level::new();
        for peak in [0.01f32, 0.01, 0.9, 1.0, 1.0, 0.01] {
            let mut hop: [f32; HOP] = std::array::from_fn(|n| peak * (n as f32 * 0.1).sin());
            level.step(&mut hop, true, true, peak);
            assert!(hop.iter().all(|sample| sample.abs() <= CEILING));
        }
    }

    #[test]
    fn the_gain_rests_while_nobody_speaks() {
        let mut level = Level::new();
        for _ in 0..1000 {
            level.step(&mut [0.001; HOP], false, true, 0.001);
        }
        assert!((level.gain_db - FIRST_GAIN_DB).abs() < 1e-6);
    }
}
