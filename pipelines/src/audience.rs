//! The people before a test microphone: one who talks or listens, and others who make noises. Pure.

use std::time::Duration;

use crate::noises::{Air, Noise, RATE};

/// Noises at once; more would be no room but a hall.
const MOST: usize = 8;
/// Bytes of a sample.
const SAMPLE: usize = size_of::<f32>();
/// How far the talker's strength goes in one sample, so that falling silent does not click: 5 ms in all.
const STEP: f32 = 1.0 / 240.0;

/// What is to be heard before a microphone.
#[derive(Debug)]
pub(crate) struct Audience {
    talks: bool,
    /// The talker's strength now, 0.0..=1.0.
    talk: f32,
    playing: Vec<Playing>,
    made: u32,
    air: Air,
}

#[derive(Debug)]
struct Playing {
    samples: Vec<f32>,
    at: usize,
}

impl Default for Audience {
    /// Somebody talks, the others are quiet.
    fn default() -> Self {
        Self {
            talks: true,
            talk: 1.0,
            playing: Vec::new(),
            made: 0,
            air: Air::new(),
        }
    }
}

impl Audience {
    /// Whether the talker talks from now on.
    pub(crate) const fn set_talks(&mut self, talks: bool) {
        self.talks = talks;
    }

    /// Whether the talker talks.
    pub(crate) const fn talks(&self) -> bool {
        self.talks
    }

    /// Begins a noise; says how long it lasts, or nothing if there are too many already.
    pub(crate) fn make(&mut self, noise: Noise) -> Option<Duration> {
        if self.playing.len() >= MOST {
            return None;
        }
        let samples = noise.samples(self.made);
        self.made = self.made.wrapping_add(1);
        let lasts = Duration::from_secs_f64(samples.len() as f64 / f64::from(RATE));
        self.playing.push(Playing { samples, at: 0 });
        Some(lasts)
    }

    /// Takes what the talker says (interleaved little-endian F32 at [`RATE`]) and makes it what the
    /// microphones hear.
    pub(crate) fn mix(&mut self, bytes: &mut [u8], channels: usize) {
        let wanted = if self.talks { 1.0 } else { 0.0 };
        for frame in bytes.chunks_exact_mut(channels.max(1) * SAMPLE) {
            self.talk += (wanted - self.talk).clamp(-STEP, STEP);
            let made: f32 = self.playing.iter_mut().map(Playing::next).sum();
            let noise = made + self.air.next();
            for sample in frame.chunks_exact_mut(SAMPLE) {
                let said = f32::from_le_bytes((&*sample).try_into().unwrap_or_default());
                sample.copy_from_slice(&(said * self.talk + noise).to_le_bytes());
            }
        }
        self.playing
            .retain(|playing| playing.at < playing.samples.len());
    }
}

impl Playing {
    fn next(&mut self) -> f32 {
        let sample = self.samples.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        sample
    }
}

#[cfg(test)]
mod tests {
    use gate::{Gate, HOP, LATENCY, Settings};

    use super::*;
    use crate::voice::Voice;

    /// The air of a quiet room is always softer.
    const AIR: f32 = 0.005;

    #[test]
    fn a_talker_falls_silent_and_comes_back_while_a_page_is_turned_in_all_channels() {
        let mut audience = Audience::default();
        let near = |frames: Vec<[f32; 2]>, [left, right]: [f32; 2]| {
            let off = |[l, r]: &[f32; 2]| (l - left).abs().max((r - right).abs());
            frames.iter().map(off).fold(0.0, f32::max) < AIR
        };
        assert!(near(hear(&mut audience), [0.5, -0.5]));
        audience.set_talks(false);
        hear(&mut audience);
        assert!(near(hear(&mut audience), [0.0, 0.0]));
        let lasts = audience
            .make(Noise::Page)
            .expect("one noise is not too much");
        let (mut first, mut last) = (None, 0);
        for block in 0..200 {
            for [left, right] in hear(&mut audience) {
                assert!(left == right);
                if left.abs() > AIR {
                    first.get_or_insert(block);
                    last = block;
                }
            }
        }
        let lasted = f64::from(last - first.expect("the page is heard")) / 100.0;
        assert!(lasted < lasts.as_secs_f64() && lasted > 0.4 * lasts.as_secs_f64());
        audience.set_talks(true);
        hear(&mut audience);
        assert!(near(hear(&mut audience), [0.5, -0.5]));
    }

    #[test]
    fn an_audience_can_only_make_so_much_noise() {
        let mut audience = Audience::default();
        for _ in 0..MOST {
            assert!(audience.make(Noise::Keys).is_some());
        }
        assert_eq!(audience.make(Noise::Keys), None);
        for _ in 0..400 {
            hear(&mut audience);
        }
        assert!(audience.make(Noise::Keys).is_some(), "it has become quiet");
    }

    #[test]
    fn the_gate_lets_the_talker_through_and_takes_whispers_and_pages_after_him() {
        let towns = ["Ploufragan", "Loudéac", "Merdrignac", "Brest"];
        for noise in [Noise::Whisper, Noise::Page] {
            let mut heard = Vec::new();
            for (number, town) in (0..32).zip(towns.into_iter().cycle()) {
                let (talk, after) = cuts(town, noise, number, 3.0);
                assert!(talk < 3.0, "{town} {number}: the talker is {talk} dB down");
                if after < 40.0 {
                    heard.push((town, number, after));
                }
                let (_, alone) = cuts(town, noise, number, 0.0);
                assert!(alone > 40.0, "{noise:?} {number} {alone} dB down, alone");
            }
            // One second after a voice it still expects one, and errs at times; never more than that.
            assert!(heard.len() <= 4, "{noise:?} {heard:?}");
        }
    }

    /// Somebody talks for so many seconds, is quiet for one, and a noise is made: by how many dB a gate takes down
    /// the talk, and the noise.
    fn cuts(town: &str, noise: Noise, number: u32, talks: f32) -> (f32, f32) {
        let second = RATE as usize;
        let mut heard = vec![0.0; (talks * RATE as f32) as usize];
        Voice::new(town, RATE).fill(&mut heard);
        heard.resize(heard.len() + second, 0.0);
        let begins = heard.len();
        heard.extend(noise.samples(number));
        heard.resize(heard.len() + second, 0.0);
        let mut air = Air::new();
        heard.iter_mut().for_each(|sample| *sample += air.next());
        let mut sent = vec![0.0; heard.len()];
        let mut gate = Gate::new(&Settings::default());
        for (heard, sent) in heard.chunks(HOP).zip(sent.chunks_mut(HOP)) {
            gate.process(heard, sent);
        }
        let power = |sound: &[f32]| sound.iter().map(|x| x * x).sum::<f32>() + 1e-12;
        let split = begins - second / 2;
        let down = |heard: &[f32], sent: &[f32]| 10.0 * (power(heard) / power(sent)).log10();
        (
            down(&heard[..split], &sent[..split + LATENCY]),
            down(&heard[begins..], &sent[split + LATENCY..]),
        )
    }

    /// 10 ms of two channels in which somebody says 0.5 and -0.5.
    fn hear(audience: &mut Audience) -> Vec<[f32; 2]> {
        let mut bytes: Vec<u8> = [0.5f32, -0.5]
            .repeat(480)
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        audience.mix(&mut bytes, 2);
        let read = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes"));
        bytes
            .chunks(8)
            .map(|frame| [read(&frame[..4]), read(&frame[4..])])
            .collect()
    }
}
