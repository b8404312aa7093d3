//! A made-up talker, aloud or whispering: what a test microphone hears. Pure.
//!
//! Pulses of a throat, or breath alone, go through the resonances of a mouth that moves from vowel to vowel,
//! with consonants of noise between them: the cascade synthesizer of Klatt, "Software for a cascade/parallel
//! formant synthesizer", JASA 67 (1980). It says nothing, but has what a gate listens for: pitch with its
//! small irregularities, syllables, unvoiced sounds, phrases and pauses. Each room has its own voice, so
//! that rooms can be told apart by ear and by measure.

use std::f32::consts::{PI, TAU};

use crate::noises::{LowCut, Random};

/// First three resonances of vowels in Hz, as in French: a, é, è, i, o, ou, u.
const VOWELS: [[f32; 3]; 7] = [
    [700.0, 1350.0, 2500.0],
    [390.0, 2000.0, 2650.0],
    [540.0, 1800.0, 2500.0],
    [290.0, 2200.0, 3000.0],
    [420.0, 850.0, 2500.0],
    [310.0, 760.0, 2300.0],
    [300.0, 1850.0, 2250.0],
];
/// The mouth when it is shut and the nose open.
const NASAL: [f32; 3] = [260.0, 1150.0, 2250.0];
/// Widths of the first three resonances, in Hz.
const WIDTHS: [f32; 3] = [70.0, 100.0, 140.0];
/// Resonances that do not move, in Hz, with their widths: they keep a voice bright up to 8 kHz.
const HIGHER: [[f32; 2]; 8] = [
    [3500.0, 220.0],
    [4500.0, 300.0],
    [5500.0, 400.0],
    [6500.0, 500.0],
    [7500.0, 600.0],
    [8500.0, 700.0],
    [9500.0, 800.0],
    [10_500.0, 900.0],
];
/// Noises of consonants in Hz, middle and width: s, ch, f.
const HISSES: [[f32; 2]; 3] = [[6000.0, 2200.0], [3200.0, 1500.0], [4500.0, 5000.0]];

/// Times in which strengths and resonances follow what is said, in seconds.
const STRENGTH_S: f32 = 0.006;
const MOUTH_S: f32 = 0.02;
/// Samples between two settings of the mouth.
const STEP: u32 = 48;

/// Part of a pitch period in which the throat opens, and in which it shuts (Rosenberg, JASA 49, 1971).
const OPENING: f32 = 0.4;
const CLOSING: f32 = 0.16;
/// How much successive pitch periods differ in length and strength: a few per cent in healthy voices.
const JITTER: f32 = 0.01;
const SHIMMER: f32 = 0.05;

/// Brings a voice to about -30 dB of full scale while it speaks.
const LOUDNESS: f32 = 0.0075;
/// How strong breath and hisses are beside the pulses.
const BREATH: f32 = 0.02;
const WHISPER: f32 = 2.0;
const HISS: f32 = 4.0;
/// Below this a whisper has little, in Hz (Kallail and Emanuel, J. Speech Hear. Res. 27, 1984).
const THIN_HZ: f32 = 500.0;

/// A resonance of two poles; at frequency 0 it lets through 1.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Resonance {
    gain: f32,
    back: [f32; 2],
    last: [f32; 2],
}

impl Resonance {
    /// At `hertz`, `width` Hz wide, where a second has `rate` samples.
    pub(crate) fn new(hertz: f32, width: f32, rate: f32) -> Self {
        let mut resonance = Self::default();
        resonance.tune(hertz, width, rate);
        resonance
    }

    fn tune(&mut self, hertz: f32, width: f32, rate: f32) {
        let radius = (-PI * width / rate).exp();
        self.back = [2.0 * radius * (TAU * hertz / rate).cos(), -radius * radius];
        self.gain = 1.0 - self.back[0] - self.back[1];
    }

    pub(crate) fn next(&mut self, input: f32) -> f32 {
        let out = self.gain * input + self.back[0] * self.last[0] + self.back[1] * self.last[1];
        self.last = [out, self.last[0]];
        out
    }
}

/// What is being said.
#[derive(Debug, Clone, Copy)]
enum Sound {
    Pause,
    Vowel([f32; 3]),
    Nasal,
    /// The noise of s, ch or f, and whether the throat sounds with it (z, j, v).
    Hiss {
        band: [f32; 2],
        voiced: bool,
    },
    /// The near silence before p, t or k, b, d or g.
    Stop,
    /// Its end.
    Burst([f32; 2]),
}

/// A voice that speaks without end, or whispers.
#[derive(Debug)]
pub(crate) struct Voice {
    rate: f32,
    random: Random,
    whispers: bool,
    /// Middle of its pitch in Hz.
    pitch: f32,
    accent: f32,
    sound: Sound,
    /// Samples left of the sound, of the phrase, and of the phrase at its beginning.
    left: u32,
    phrase: u32,
    phrase_of: u32,
    /// Place in the pitch period, 0.0..1.0, and this period's own speed and strength.
    place: f32,
    speed: f32,
    strength: f32,
    /// Strengths of throat, breath and hiss as they are now.
    strengths: [f32; 3],
    formants: [f32; 3],
    mouth: [Resonance; 11],
    hiss: Resonance,
    until_step: u32,
}

impl Voice {
    /// The voice of a room of this title, at `rate` samples per second.
    pub(crate) fn new(title: &str, rate: u32) -> Self {
        let sum = title.bytes().fold(17u32, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u32::from(byte))
        });
        Self::with(sum, false, rate)
    }

    /// One phrase, whispered: about two seconds. Another number, another phrase.
    pub(crate) fn whisper(number: u32, rate: u32) -> Vec<f32> {
        let mut voice = Self::with(number, true, rate);
        let mut samples = vec![0.0; (2.2 * voice.rate) as usize];
        voice.fill(&mut samples);
        // Without the throat's tone hardly anything is deep.
        let mut thin = [
            LowCut::new(THIN_HZ, voice.rate),
            LowCut::new(THIN_HZ, voice.rate),
        ];
        for sample in &mut samples {
            *sample = thin.iter_mut().fold(*sample, |sound, cut| cut.next(sound));
        }
        let fade = 0.05 * voice.rate;
        let count = samples.len();
        for (n, sample) in samples.iter_mut().enumerate() {
            *sample *= (n.min(count - n) as f32 / fade).min(1.0);
        }
        samples
    }

    fn with(number: u32, whispers: bool, rate: u32) -> Self {
        let rate = rate as f32;
        let mut voice = Self {
            rate,
            random: Random::new(number),
            whispers,
            pitch: 100.0 + (number % 16) as f32 * 8.0,
            accent: 0.0,
            sound: Sound::Pause,
            left: 0,
            phrase: 0,
            phrase_of: 1,
            place: 0.0,
            speed: 1.0,
            strength: 1.0,
            strengths: [0.0; 3],
            formants: VOWELS[0],
            mouth: Default::default(),
            hiss: Resonance::new(HISSES[0][0], HISSES[0][1], rate),
            until_step: 0,
        };
        for (resonance, [hertz, width]) in voice.mouth.iter_mut().skip(3).zip(HIGHER) {
            resonance.tune(hertz, width, rate);
        }
        voice.begin_phrase();
        voice
    }

    /// The next samples (mono, -1.0..=1.0).
    pub(crate) fn fill(&mut self, block: &mut [f32]) {
        for sample in block {
            *sample = self.next();
        }
    }

    fn next(&mut self) -> f32 {
        if self.left == 0 {
            self.say_next();
        }
        self.left -= 1;
        self.phrase = self.phrase.saturating_sub(1);
        if self.until_step == 0 {
            self.until_step = STEP;
            self.move_mouth();
        }
        self.until_step -= 1;
        let follow = 1.0 / (STRENGTH_S * self.rate);
        for (now, wanted) in self
            .strengths
            .iter_mut()
            .zip(self.sound.strengths(self.whispers))
        {
            *now += follow * (wanted - *now);
        }
        let [throat, breath, hiss] = self.strengths;
        let source = throat * self.pulse() + breath * self.random.signed();
        let voice = self
            .mouth
            .iter_mut()
            .fold(source, |sound, resonance| resonance.next(sound));
        let hiss = hiss * self.hiss.next(self.random.signed());
        let sample = LOUDNESS * (voice + hiss);
        // What the mouth still rings with in a pause is nothing to hear, and slow to compute.
        if sample.abs() < 1e-7 { 0.0 } else { sample }
    }

    /// The throat's flow, derived: the lips radiate its changes.
    fn pulse(&mut self) -> f32 {
        let done = 1.0 - self.phrase as f32 / self.phrase_of as f32;
        // Pitch falls in the course of a phrase.
        let pitch = self.pitch * (1.1 - 0.2 * done + self.accent);
        self.place += pitch * self.speed / self.rate;
        if self.place >= 1.0 {
            self.place -= 1.0;
            self.speed = 1.0 + JITTER * self.random.signed();
            self.strength = 1.0 + SHIMMER * self.random.signed();
        }
        let flow = if self.place < OPENING {
            (PI * self.place / OPENING).sin() / OPENING
        } else if self.place < OPENING + CLOSING {
            -(PI / 2.0 * (self.place - OPENING) / CLOSING).sin() / CLOSING
        } else {
            0.0
        };
        self.strength * flow
    }

    fn begin_phrase(&mut self) {
        self.phrase_of = self.seconds(2.0, 4.0);
        self.phrase = self.phrase_of;
    }

    fn say_next(&mut self) {
        let (sound, left) = match self.sound {
            Sound::Vowel(_) if self.phrase == 0 => (Sound::Pause, self.seconds(0.5, 1.5)),
            Sound::Vowel(_) => self.consonant(),
            Sound::Stop => (Sound::Burst(self.hiss_band()), self.seconds(0.012, 0.03)),
            Sound::Pause => {
                self.begin_phrase();
                self.vowel()
            }
            Sound::Nasal | Sound::Hiss { .. } | Sound::Burst(_) => self.vowel(),
        };
        (self.sound, self.left) = (sound, left);
        if let Sound::Hiss {
            band: [hertz, width],
            ..
        }
        | Sound::Burst([hertz, width]) = sound
        {
            self.hiss.tune(hertz, width, self.rate);
        }
    }

    fn vowel(&mut self) -> (Sound, u32) {
        self.accent = 0.08 * self.random.signed();
        let vowel = VOWELS[self.random.below(VOWELS.len())];
        (Sound::Vowel(vowel), self.seconds(0.09, 0.19))
    }

    fn consonant(&mut self) -> (Sound, u32) {
        match self.random.below(8) {
            0 | 1 => {
                let (band, voiced) = (self.hiss_band(), self.random.below(2) == 0);
                (Sound::Hiss { band, voiced }, self.seconds(0.06, 0.12))
            }
            2..5 => (Sound::Stop, self.seconds(0.04, 0.07)),
            5 | 6 => (Sound::Nasal, self.seconds(0.05, 0.09)),
            _ => self.vowel(),
        }
    }

    fn hiss_band(&mut self) -> [f32; 2] {
        HISSES[self.random.below(HISSES.len())]
    }

    /// So many samples, by chance between two times in seconds.
    fn seconds(&mut self, least: f32, most: f32) -> u32 {
        ((least + (most - least) * self.random.unit()) * self.rate) as u32 + 1
    }

    fn move_mouth(&mut self) {
        let target = match self.sound {
            Sound::Vowel(vowel) => vowel,
            Sound::Nasal => NASAL,
            Sound::Pause | Sound::Hiss { .. } | Sound::Stop | Sound::Burst(_) => self.formants,
        };
        let follow = STEP as f32 / (MOUTH_S * self.rate);
        // With the throat open the first resonance lies higher and all are wider (as above).
        let (raised, wider) = if self.whispers {
            (1.2, 3.0)
        } else {
            (1.0, 1.0)
        };
        for (n, now) in self.formants.iter_mut().enumerate() {
            *now += follow * (target[n] - *now);
            let raised = if n == 0 { raised } else { 1.0 };
            self.mouth[n].tune(*now * raised, WIDTHS[n] * wider, self.rate);
        }
    }
}

impl Sound {
    /// How strong throat, breath and hiss are in it.
    fn strengths(self, whispers: bool) -> [f32; 3] {
        let voiced = |strength: f32| {
            if whispers {
                [0.0, WHISPER * strength, 0.0]
            } else {
                [strength, BREATH * strength, 0.0]
            }
        };
        match self {
            Self::Pause => [0.0; 3],
            // As in b, d and g: the lips are shut, the throat goes on.
            Self::Stop => voiced(0.03),
            Self::Vowel(_) => voiced(1.0),
            Self::Nasal => voiced(0.4),
            Self::Hiss { voiced: true, .. } => {
                let [throat, breath, _] = voiced(0.3);
                [throat, breath, 0.6 * HISS]
            }
            Self::Hiss { voiced: false, .. } => [0.0, 0.0, HISS],
            Self::Burst(_) => [0.0, 0.0, 1.2 * HISS],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;

    #[test]
    fn it_speaks_at_thirty_below_full_scale_in_phrases_with_pauses() {
        for title in ["Brest", "Loudéac", "Ploufragan"] {
            let mut samples = vec![0.0; 30 * RATE as usize];
            Voice::new(title, RATE).fill(&mut samples);
            let peak = samples
                .iter()
                .fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!(peak < 0.5, "{title}: {peak}");
            let levels: Vec<f32> = samples.chunks(4800).map(power).collect();
            let spoken: Vec<f32> = levels
                .iter()
                .copied()
                .filter(|power| *power > 1e-5)
                .collect();
            let active = 10.0 * (spoken.iter().sum::<f32>() / spoken.len() as f32).log10();
            println!("{title}: active level {active:.1} dBFS, peak {peak:.2}");
            assert!((-33.0..-27.0).contains(&active), "{title}: {active}");
            let silent = levels.iter().filter(|power| **power < 1e-9).count();
            assert!(
                (30..120).contains(&silent),
                "{title}: {silent} of 300 silent"
            );
        }
    }

    #[test]
    fn two_towns_differ_and_a_town_stays_the_same() {
        let spoken = |title| {
            let mut samples = vec![0.0; RATE as usize];
            Voice::new(title, RATE).fill(&mut samples);
            samples
        };
        assert!(spoken("Brest") == spoken("Brest"));
        assert!(spoken("Brest") != spoken("Loudéac"));
    }

    #[test]
    fn a_voice_repeats_itself_with_its_pitch_and_a_whisper_does_not() {
        let mut voice = vec![0.0; 2 * RATE as usize];
        Voice::new("Brest", RATE).fill(&mut voice);
        let whisper = Voice::whisper(3, RATE);
        let (aloud, soft) = (periodicity(&voice), periodicity(&whisper));
        println!("periodicity: aloud {aloud:.2}, whispered {soft:.2}");
        assert!(aloud > 0.7 && soft < 0.5, "{aloud} {soft}");
    }

    fn power(samples: &[f32]) -> f32 {
        samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32
    }

    /// The median, over windows of 40 ms that are not silent, of how alike they are to themselves one
    /// pitch period later.
    fn periodicity(samples: &[f32]) -> f32 {
        let windows = samples.windows(2 * 1920).step_by(1920);
        let mut best: Vec<f32> = windows
            .filter(|window| power(window) > 1e-8)
            .map(|window| {
                let like = |lag: usize| {
                    let (a, b) = (&window[..1920], &window[lag..lag + 1920]);
                    let both: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                    both / (power(a) * power(b)).sqrt().max(1e-12) / 1920.0
                };
                (190..600).map(like).fold(0.0, f32::max)
            })
            .collect();
        best.sort_by(f32::total_cmp);
        best[best.len() / 2]
    }
}
