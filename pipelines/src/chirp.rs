//! Pure. The ready check's chirp, and whether a recording holds it.
//!
//! A sweep over the voice's band is easily told from voices and noise, however the room bends it: a filter matched to
//! it gathers its 0.4 s into one moment.

use std::f32::consts::TAU;

/// From the lowest to the highest tone, in Hz: what a voice needs, and any loudspeaker can.
const BAND: (f32, f32) = (400.0, 3000.0);
/// In seconds.
const LENGTH: f32 = 0.4;
/// It swells and fades so long, in seconds: no click.
const FADE: f32 = 0.03;
/// -24 dBFS: softer than a voice.
const AMPLITUDE: f32 = 0.063;
/// So like the chirp must a stretch of sound be, where 1.0 is the chirp alone. Noise comes to 0.08 and voices to 0.12; a
/// hall with 1.2 s of echo, where little arrives straight from the loudspeaker, leaves 0.17 of it, a usual room 0.4.
const LIKE: f32 = 0.15;
/// What is quieter than this is silence, mean square of 16-bit samples.
const SILENCE: f64 = 4.0;

/// The chirp, at so many samples per second.
pub fn chirp(rate: u32) -> Vec<f32> {
    let rate = rate as f32;
    let (low, high) = BAND;
    let octaves = (high / low).ln();
    let samples = (LENGTH * rate) as u32;
    let sample = |n: u32| {
        let at = n as f32 / rate;
        let phase = TAU * low * LENGTH / octaves * ((at / LENGTH * octaves).exp() - 1.0);
        let swell = (at.min(LENGTH - at) / FADE).min(1.0);
        AMPLITUDE * swell * phase.sin()
    };
    (0..samples).map(sample).collect()
}

/// Whether the chirp is in these samples, at whatever time.
pub fn is_heard(samples: &[i16], rate: u32) -> bool {
    likeness(samples, rate) >= LIKE
}

/// How like the chirp the most like stretch is, 0.0 to 1.0.
fn likeness(samples: &[i16], rate: u32) -> f32 {
    let chirp = chirp(rate);
    let own = chirp.iter().map(|x| x * x).sum::<f32>().sqrt();
    let samples: Vec<f32> = samples.iter().map(|x| f32::from(*x)).collect();
    if chirp.is_empty() || samples.len() < chirp.len() {
        return 0.0;
    }
    let square = |x: f32| f64::from(x) * f64::from(x);
    let mut energy: f64 = samples[..chirp.len()].iter().copied().map(square).sum();
    let mut best = 0.0_f32;
    for (n, stretch) in samples.windows(chirp.len()).enumerate() {
        if n > 0 {
            energy += square(stretch[chirp.len() - 1]) - square(samples[n - 1]);
        }
        if energy > SILENCE * chirp.len() as f64 {
            let common: f32 = stretch.iter().zip(&chirp).map(|(a, b)| a * b).sum();
            best = best.max(common.abs() / (own * energy.sqrt() as f32));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::Voice;

    const RATE: u32 = 8000;

    /// 1.5 s of noise of this amplitude, with a chirp so loud after so many milliseconds.
    fn recording(noise: f32, chirp_at: Option<(usize, f32)>) -> Vec<i16> {
        let mut seed = 7_u32;
        let mut sound: Vec<f32> = (0..RATE * 3 / 2)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                noise * ((seed >> 8) as f32 / (1 << 23) as f32 - 1.0)
            })
            .collect();
        if let Some((ms, gain)) = chirp_at {
            let from = ms * RATE as usize / 1000;
            for (sample, chirp) in sound[from..].iter_mut().zip(chirp(RATE)) {
                *sample += gain * chirp;
            }
        }
        sound.iter().map(|x| (x * 32_767.0) as i16).collect()
    }

    #[test]
    fn it_is_heard_late_and_twenty_decibels_down_in_a_quiet_room() {
        for ms in [0, 120, 500] {
            let found = likeness(&recording(0.002, Some((ms, 0.1))), RATE);
            assert!(found > 2.0 * LIKE, "{ms} ms: {found}");
        }
        assert!(is_heard(&recording(0.02, Some((300, 0.3))), RATE));
    }

    #[test]
    fn noise_silence_and_too_little_sound_are_no_chirp() {
        for noise in [0.0, 0.001, 0.05, 0.5] {
            let found = likeness(&recording(noise, None), RATE);
            assert!(found < LIKE * 0.7, "{noise}: {found}");
        }
        assert!(!is_heard(&recording(0.1, None)[..100], RATE));
        assert!(!is_heard(&[], RATE));
    }

    #[test]
    fn a_voice_is_no_chirp() {
        let mut voice = Voice::new("Brest", RATE);
        let mut sound = vec![0.0; 6 * RATE as usize];
        voice.fill(&mut sound);
        let samples: Vec<i16> = sound.iter().map(|x| (x * 32_767.0) as i16).collect();
        let found = likeness(&samples, RATE);
        assert!(found < LIKE, "{found}");
    }

    #[test]
    fn it_is_soft_and_does_not_click() {
        let chirp = chirp(48_000);
        assert_eq!(chirp.len(), 19_200);
        assert!(chirp.iter().all(|x| x.abs() <= AMPLITUDE));
        let steps = chirp.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        assert!(steps.fold(0.0, f32::max) < 0.03);
        assert!(chirp[0].abs() < 1e-4 && chirp[chirp.len() - 1].abs() < 1e-3);
    }
}
