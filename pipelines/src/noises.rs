//! What an audience does beside speaking, made by calculation: paper, a cough, keys. Pure.
//!
//! Levels are on the scale of the test microphone, where full scale stands for 90 dB of sound pressure.

use std::f32::consts::{PI, TAU};

use crate::voice::{Resonance, Voice};

/// Samples per second of all these sounds.
pub(crate) const RATE: u32 = 48_000;
const SECOND: f32 = RATE as f32;
/// The window in which a sound is loudest, as a sound level meter's "fast" has it (IEC 61672: 125 ms).
const FAST: usize = RATE as usize / 8;

/// A sound of the virtual audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Somebody whispers a phrase: 42 dB of sound pressure, about two seconds.
    Whisper,
    /// Somebody turns a page: 58 dB where it is loudest.
    Page,
    /// Somebody coughs: 66 dB.
    Cough,
    /// Somebody types: 54 dB.
    Keys,
}

impl Noise {
    /// All.
    pub const ALL: [Self; 4] = [Self::Whisper, Self::Page, Self::Cough, Self::Keys];

    /// The name in addresses, JSON and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whisper => "whisper",
            Self::Page => "page",
            Self::Cough => "cough",
            Self::Keys => "keys",
        }
    }

    /// The noise of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|noise| noise.name() == name)
    }

    /// Its samples at [`RATE`]; another number gives the same thing done once more, not the same sound.
    pub(crate) fn samples(self, number: u32) -> Vec<f32> {
        let mut random = Random::new(number);
        match self {
            Self::Whisper => loud(Voice::whisper(number, RATE), usize::MAX, -48.0),
            Self::Page => loud(page(&mut random), FAST, -32.0),
            Self::Cough => loud(cough(&mut random), FAST, -24.0),
            Self::Keys => loud(keys(&mut random), FAST, -36.0),
        }
    }
}

/// The air of a quiet room, and what hums in it: 26 dB of sound pressure, deep.
#[derive(Debug)]
pub(crate) struct Air {
    random: Random,
    sound: f32,
}

impl Air {
    /// How much of a new number goes into the sound: a low-pass at 800 Hz.
    const NEW: f32 = 0.1;
    /// -64 dB of full scale, over what the low-pass leaves of numbers between -1 and 1.
    const STRENGTH: f32 = 6.3e-4 / 0.1325;

    pub(crate) fn new() -> Self {
        Self {
            random: Random::new(0),
            sound: 0.0,
        }
    }

    pub(crate) fn next(&mut self) -> f32 {
        self.sound += Self::NEW * (self.random.signed() - self.sound);
        Self::STRENGTH * self.sound
    }
}

/// Numbers that look like chance: Marsaglia's xorshift, "Xorshift RNGs", J. Stat. Softw. 8 (2003).
#[derive(Debug)]
pub(crate) struct Random(u32);

impl Random {
    pub(crate) fn new(number: u32) -> Self {
        // Neighbouring numbers must not begin alike, and 0 is the one state that never changes.
        Self(number.wrapping_add(1).wrapping_mul(0x9e37_79b9) | 1)
    }

    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// 0.0..1.0.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 8) as f32 / 16_777_216.0
    }

    /// -1.0..1.0.
    pub(crate) fn signed(&mut self) -> f32 {
        2.0 * self.unit() - 1.0
    }

    /// 0..`end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }
}

/// A page is gripped with a few crackles, sweeps through the air with friction, and falls on the others.
fn page(random: &mut Random) -> Vec<f32> {
    let sweep = 0.35 + 0.25 * random.unit();
    let fall = 0.12 + sweep;
    let mut bright = Resonance::new(5200.0, 3600.0, SECOND);
    let mut body = Resonance::new(1500.0, 1200.0, SECOND);
    let mut floor = LowCut::new(500.0, SECOND);
    let grain = 180.0 + 160.0 * random.unit();
    let mut crackle = 0.0;
    shape(fall + 0.35, |time| {
        let moving = hump((time - 0.12) / sweep);
        let gripped = 0.5 * hump(time / 0.16);
        let landing = after(time - fall, 0.06);
        // Fibres snag: short bursts of unequal strength, the more the faster the paper moves.
        if random.unit() < grain * (0.15 + moving + landing) / SECOND {
            crackle = random.unit().powi(3) * 6.0;
        }
        crackle *= 1.0 - 900.0 / SECOND;
        let strength = (moving + 0.7 * landing) * 0.35 + (moving + gripped + landing) * crackle;
        let noise = strength * random.signed();
        floor.next(bright.next(noise) + 0.7 * body.next(noise))
    })
}

/// A burst as the throat opens, breath through the mouth, and a rough tone at the end.
fn cough(random: &mut Random) -> Vec<f32> {
    let tone = 0.22 + 0.06 * random.unit();
    let pitch = 120.0 + 60.0 * random.unit();
    let mut mouth = [
        (650.0, 160.0),
        (1500.0, 250.0),
        (2700.0, 400.0),
        (4200.0, 900.0),
    ]
    .map(|(hertz, width)| Resonance::new(hertz, width, SECOND));
    let mut place = 0.0f32;
    shape(0.5, |time| {
        let burst = after(time - 0.01, 0.035) + 0.3 * hump((time - 0.03) / 0.3);
        let voice = 0.1 * hump((time - tone) / 0.18);
        place = (place + (pitch - 90.0 * (time - tone)) / SECOND).fract();
        let pulse = if place < 0.1 { 6.0 } else { -0.6 };
        let source = burst * random.signed() + voice * pulse * (0.7 + 0.3 * random.signed());
        mouth
            .iter_mut()
            .map(|resonance| resonance.next(source))
            .sum()
    })
}

/// Seven keys, each with the click of going down, a thump of the table, and the softer click of coming up.
fn keys(random: &mut Random) -> Vec<f32> {
    let mut at = 0.02;
    let strokes: Vec<(f32, f32, f32)> = (0..7)
        .map(|_| {
            let stroke = (at, 0.06 + 0.05 * random.unit(), 0.5 + 0.5 * random.unit());
            at += 0.11 + 0.14 * random.unit();
            stroke
        })
        .collect();
    let mut plastic = Resonance::new(2300.0, 500.0, SECOND);
    let mut sharp = Resonance::new(4800.0, 1200.0, SECOND);
    shape(at + 0.2, |time| {
        let (mut click, mut thump) = (0.0, 0.0);
        for (down, held, strength) in &strokes {
            let since = time - down;
            click += strength * (after(since, 0.004) + 0.45 * after(since - held, 0.003));
            thump += strength * after(since, 0.018) * (TAU * 170.0 * since).sin();
        }
        let noise = click * random.signed();
        plastic.next(noise) + sharp.next(noise) + 0.12 * thump
    })
}

/// So many seconds of a function of time.
fn shape(seconds: f32, mut at: impl FnMut(f32) -> f32) -> Vec<f32> {
    let count = (seconds * SECOND) as u32;
    (0..count).map(|n| at(n as f32 / SECOND)).collect()
}

/// Rises and falls between 0.0 and 1.0; nothing outside.
fn hump(place: f32) -> f32 {
    if (0.0..1.0).contains(&place) {
        (PI * place).sin().powi(2)
    } else {
        0.0
    }
}

/// Falls from 1 by a factor of e in each `constant` seconds; nothing before.
fn after(since: f32, constant: f32) -> f32 {
    if since < 0.0 {
        0.0
    } else {
        (-since / constant).exp()
    }
}

/// Takes away what is deep.
#[derive(Debug)]
pub(crate) struct LowCut {
    follow: f32,
    mean: f32,
}

impl LowCut {
    /// Below `hertz`, where a second has `rate` samples.
    pub(crate) fn new(hertz: f32, rate: f32) -> Self {
        Self {
            follow: 1.0 - (-TAU * hertz / rate).exp(),
            mean: 0.0,
        }
    }

    pub(crate) fn next(&mut self, sample: f32) -> f32 {
        self.mean += self.follow * (sample - self.mean);
        sample - self.mean
    }
}

/// Brings a sound to a level: the mean power of its loudest `window` samples, in dB of full scale.
fn loud(mut samples: Vec<f32>, window: usize, dbfs: f32) -> Vec<f32> {
    let now = loudest(&samples, window);
    if now > 0.0 {
        let gain = 10.0f32.powf(dbfs / 20.0) / now.sqrt();
        samples.iter_mut().for_each(|sample| *sample *= gain);
    }
    samples
}

fn loudest(samples: &[f32], window: usize) -> f32 {
    let window = window.clamp(1, samples.len().max(1));
    let power = |part: &[f32]| part.iter().map(|x| x * x).sum::<f32>() / window as f32;
    let step = (window / 8).max(1);
    samples
        .windows(window)
        .step_by(step)
        .map(power)
        .fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_level_and_length_and_no_two_are_the_same() {
        for (noise, window, dbfs, seconds) in [
            (Noise::Whisper, usize::MAX, -48.0, 1.5..3.5),
            (Noise::Page, FAST, -32.0, 0.6..1.5),
            (Noise::Cough, FAST, -24.0, 0.3..0.8),
            (Noise::Keys, FAST, -36.0, 0.8..2.5),
        ] {
            for number in 0..8 {
                let samples = noise.samples(number);
                let level = 10.0 * loudest(&samples, window).log10();
                assert!((level - dbfs).abs() < 0.1, "{noise:?} {level}");
                let length = samples.len() as f32 / SECOND;
                assert!(seconds.contains(&length), "{noise:?} {length}");
                let peak = samples.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
                assert!(peak < 0.9, "{noise:?} {peak}");
                assert!(samples != noise.samples(number + 1));
            }
        }
    }

    #[test]
    fn names_are_found_again() {
        for noise in Noise::ALL {
            assert_eq!(Noise::named(noise.name()), Some(noise));
        }
        assert_eq!(Noise::named("applause"), None);
    }
}
