//! Pure. The array's front end: where sound comes from, where the talker is, and what comes from there.
//!
//! Direction is found by steered response power with phase transform (`DiBiase` 2000, SRP-PHAT) on 36 azimuths.
//! The talker's direction is the one from which voiced sound came lately. The sound itself is that of the
//! first microphone that is well: delay-and-sum and superdirective beams were measured, and cost more of the
//! voice (by steering errors and what they do to its reverberation) than they took from whispers and pages;
//! what each band has from the talker's direction goes into the decision and the suppression instead.
//! Everything is done on the spectra that the gate makes anyway, so the array adds no delay. A microphone
//! that is dead or clips is left out.

use heapless::Vec;
use realfft::num_complex::Complex32;

use crate::bands::{BANDS, Bands, PerBand};
use crate::geometry::Geometry;
use crate::spectrum::{BIN_HZ, Spectrum, Transform, WINDOW, ZERO};
use crate::{HOP, MAX_CHANNELS};

/// Numbers about direction for the decision.
pub(crate) const SPATIAL: usize = BANDS + 2 * RANGES + 2;
/// Directions that are told apart, 10 degrees each.
const AZIMUTHS: usize = 36;
/// Ranges of bins whose directions are looked at apart: 400 to 1000, 2000 and 4000 Hz.
const RANGES: usize = 3;
const EDGES: [usize; RANGES + 1] = [8, 20, 40, 80];
/// Bins whose phases are looked at, up to where hearing ends.
const USED: usize = Bands::HEARD.end - EDGES[0];
/// Those of them that tell directions apart: higher up, waves are shorter than the microphones are apart.
const CLEAR: usize = EDGES[RANGES] - EDGES[0];
const SPEED_OF_SOUND: f32 = 343.0;
/// Sources sit a little above the table: the share of a horizontal distance that counts.
const SLANT: f32 = 0.95;

/// A microphone this far below the median (30 dB) is dead.
const DEAD: f32 = 1e-3;
/// Smoothing of a microphone's health: about a second.
const HEALTH: f32 = 0.01;

/// The front end of one array.
#[derive(Debug)]
pub(crate) struct Array {
    transform: Transform,
    history: Box<[[f32; WINDOW]]>,
    spectra: Box<[Spectrum]>,
    /// Phases that bring a plane wave together: per azimuth and channel, per used bin.
    steering: Box<[Box<[[Complex32; USED]]>]>,
    health: Vec<Health, MAX_CHANNELS>,
    response: [[f32; AZIMUTHS]; RANGES],
    talker: [f32; AZIMUTHS],
    /// Per used bin, how much of it comes from the talker: 0 for sound from nowhere, 1 for all.
    along: [f32; USED],
    /// The microphone whose sound is taken.
    first: usize,
}

/// How a microphone is doing.
#[derive(Debug, Clone, Copy)]
struct Health {
    power: f32,
    clipped: f32,
    good: bool,
}

impl Array {
    pub(crate) fn new(geometry: &Geometry) -> Self {
        let places = geometry.centred();
        let channels = places.len();
        let delays: std::vec::Vec<[f32; MAX_CHANNELS]> = (0..AZIMUTHS)
            .map(|azimuth| delays(&places, azimuth))
            .collect();
        let steering = delays
            .iter()
            .map(|delays| {
                (0..channels)
                    .map(|channel| std::array::from_fn(|n| phase(delays[channel], EDGES[0] + n)))
                    .collect()
            })
            .collect();
        let health = Health {
            power: 0.0,
            clipped: 0.0,
            good: true,
        };
        Self {
            transform: Transform::new(),
            history: vec![[0.0; WINDOW]; channels].into(),
            spectra: vec![ZERO; channels].into(),
            steering,
            health: std::iter::repeat_n(health, channels).collect(),
            response: [[0.0; AZIMUTHS]; RANGES],
            talker: [0.0; AZIMUTHS],
            along: [0.0; USED],
            first: 0,
        }
    }

    /// Takes the next 10 ms of each microphone; gives their mean.
    pub(crate) fn take(&mut self, hops: &[[f32; HOP]; MAX_CHANNELS], mean: &mut [f32; HOP]) {
        for (history, hop) in self.history.iter_mut().zip(hops) {
            history.copy_within(HOP.., 0);
            history[HOP..].copy_from_slice(hop);
        }
        self.examine(hops);
        let good = self.good();
        let share = self.share();
        mean.fill(0.0);
        for (hop, health) in hops.iter().zip(&self.health) {
            if health.good || good == 0 {
                for (mean, sample) in mean.iter_mut().zip(hop) {
                    *mean += share * sample;
                }
            }
        }
    }

    /// Looks where the newest window of what was taken comes from.
    pub(crate) fn look(&mut self) {
        for (history, spectrum) in self.history.iter().zip(&mut self.spectra) {
            self.transform.analyse(history, spectrum);
        }
        self.first = self
            .health
            .iter()
            .position(|health| health.good)
            .unwrap_or(0);
        self.listen(self.share());
    }

    /// How many microphones are well.
    fn good(&self) -> usize {
        self.health.iter().filter(|health| health.good).count()
    }

    /// What each of them counts.
    fn share(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "at most 8")]
        let good = self.good().max(1) as f32;
        1.0 / good
    }

    /// Which microphones live and do not clip.
    fn examine(&mut self, hops: &[[f32; HOP]; MAX_CHANNELS]) {
        for (health, hop) in self.health.iter_mut().zip(hops) {
            #[expect(clippy::cast_precision_loss, reason = "at most 480")]
            let (power, clipped) = (
                hop.iter().map(|sample| sample * sample).sum::<f32>() / HOP as f32,
                hop.iter().filter(|sample| sample.abs() > 0.99).count() as f32 / HOP as f32,
            );
            health.power += HEALTH * (power - health.power);
            health.clipped += 3.0 * HEALTH * (clipped - health.clipped);
        }
        let mut powers: Vec<f32, MAX_CHANNELS> =
            self.health.iter().map(|health| health.power).collect();
        powers.sort_unstable_by(f32::total_cmp);
        let median = powers[powers.len() / 2];
        let least = self
            .health
            .iter()
            .fold(1.0f32, |least, health| least.min(health.clipped));
        for health in &mut self.health {
            let clips = health.clipped > 0.005 && health.clipped > 4.0 * least;
            health.good = health.power >= DEAD * median && !clips;
        }
    }

    /// How much of the sound of each range comes from each azimuth: 0 for sound from nowhere, 1 for all.
    fn listen(&mut self, share: f32) {
        let mut white = [[Complex32::default(); USED]; MAX_CHANNELS];
        for ((white, spectrum), health) in white.iter_mut().zip(&self.spectra).zip(&self.health) {
            if health.good {
                for (white, bin) in white.iter_mut().zip(&spectrum[EDGES[0]..]) {
                    *white = bin / (bin.norm() + 1e-9);
                }
            }
        }
        let aligned = |power: f32| (power * share * share - share) / (1.0 - share).max(0.1);
        for azimuth in 0..AZIMUTHS {
            let mut sum = [Complex32::default(); CLEAR];
            for (steering, white) in self.steering[azimuth].iter().zip(&white) {
                for ((sum, phase), white) in sum.iter_mut().zip(steering).zip(white) {
                    *sum += phase * white;
                }
            }
            for range in 0..RANGES {
                let bins = &sum[EDGES[range] - EDGES[0]..EDGES[range + 1] - EDGES[0]];
                #[expect(clippy::cast_precision_loss, reason = "at most 40")]
                let power = bins.iter().map(Complex32::norm_sqr).sum::<f32>() / bins.len() as f32;
                let response = &mut self.response[range][azimuth];
                *response += 0.5 * (aligned(power).clamp(-0.2, 1.0) - *response);
            }
        }
        let mut sum = [Complex32::default(); USED];
        for (steering, white) in self.steering[peak(&self.talker).0].iter().zip(&white) {
            for ((sum, phase), white) in sum.iter_mut().zip(steering).zip(white) {
                *sum += phase * white;
            }
        }
        for (along, sum) in self.along.iter_mut().zip(&sum) {
            *along = aligned(sum.norm_sqr());
        }
    }

    /// The newest window of the microphone whose sound is taken.
    pub(crate) fn spectrum(&self) -> &Spectrum {
        &self.spectra[self.first]
    }

    /// Where voiced sound came from lately, once that is clear.
    #[cfg(test)]
    fn talker(&self) -> Option<usize> {
        let (azimuth, most) = peak(&self.talker);
        let mean = self.talker.iter().sum::<f32>() / AZIMUTHS as f32;
        (most > 0.5 && most > 1.5 * mean).then_some(azimuth)
    }

    /// Learns that the newest window holds a voice, so sure (0.0..=1.0).
    pub(crate) fn heard_voice(&mut self, sure: f32) {
        for azimuth in 0..AZIMUTHS {
            let response = self
                .response
                .iter()
                .map(|range| range[azimuth])
                .sum::<f32>()
                / 3.0;
            let talker = &mut self.talker[azimuth];
            // Half is forgotten within 0.3 s of other voices, or a minute of silence.
            *talker *= 1.0 - 0.02 * sure - 0.0001;
            *talker += 0.03 * sure * response.max(0.0);
        }
    }

    /// For the decision: per band how much comes from the talker's direction; per range how much comes from one
    /// direction, and how much from the talker's; how clear the talker's direction is, and how far from it the
    /// strongest sound is. `power` per band is that of [`Array::spectrum`].
    pub(crate) fn features(&self, bands: &Bands, power: &PerBand) -> [f32; SPATIAL] {
        let mut all = [0.0; SPATIAL];
        let (per_band, features) = all.split_at_mut(BANDS);
        let along = bands.sum(|bin| match bin.checked_sub(EDGES[0]) {
            Some(used) => self.along[used] * self.spectrum()[bin].norm_sqr(),
            None => 0.0,
        });
        for ((share, along), power) in per_band.iter_mut().zip(along).zip(power) {
            *share = along / (power + 1e-11);
        }
        let (talker, known) = peak(&self.talker);
        let mut sum = [0.0; AZIMUTHS];
        for (range, response) in self.response.iter().enumerate() {
            let near = [AZIMUTHS - 1, 0, 1]
                .map(|step| response[(talker + step) % AZIMUTHS])
                .into_iter()
                .fold(f32::MIN, f32::max);
            features[2 * range] = 2.0 * peak(response).1 - 0.7;
            features[2 * range + 1] = 2.0 * near - 0.7;
            for (sum, response) in sum.iter_mut().zip(response) {
                *sum += response;
            }
        }
        let apart = peak(&sum).0.abs_diff(talker);
        features[2 * RANGES] = known.min(1.5) - 0.7;
        #[expect(clippy::cast_precision_loss, reason = "at most 18")]
        let apart = apart.min(AZIMUTHS - apart) as f32;
        features[2 * RANGES + 1] = apart / 9.0 - 1.0;
        all
    }
}

fn peak(values: &[f32; AZIMUTHS]) -> (usize, f32) {
    values
        .iter()
        .copied()
        .enumerate()
        .fold(
            (0, f32::MIN),
            |best, next| if next.1 > best.1 { next } else { best },
        )
}

/// How much earlier than the centre each microphone hears a plane wave from an azimuth, in seconds.
fn delays(places: &[[f32; 3]], azimuth: usize) -> [f32; MAX_CHANNELS] {
    #[expect(clippy::cast_precision_loss, reason = "below 36")]
    let angle = std::f32::consts::TAU * azimuth as f32 / AZIMUTHS as f32;
    let mut delays = [0.0; MAX_CHANNELS];
    for (delay, place) in delays.iter_mut().zip(places) {
        *delay = SLANT * (place[0] * angle.cos() + place[1] * angle.sin()) / SPEED_OF_SOUND;
    }
    delays
}

/// The phase that delays a bin by so many seconds.
fn phase(seconds: f32, bin: usize) -> Complex32 {
    #[expect(clippy::cast_precision_loss, reason = "below 481")]
    let hz = bin as f32 * BIN_HZ;
    Complex32::from_polar(1.0, -std::f32::consts::TAU * hz * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize) -> f32 {
        let x = (n as u32)
            .wrapping_mul(2_654_435_761)
            .rotate_left(13)
            .wrapping_mul(2_246_822_519);
        (x >> 8) as f32 / 8_388_608.0 - 1.0
    }

    /// Noise from an azimuth in degrees, delayed by linear interpolation of a smoothed noise.
    fn wave(geometry: &Geometry, degrees: f32, hop: usize) -> [[f32; HOP]; MAX_CHANNELS] {
        let mut hops = [[0.0; HOP]; MAX_CHANNELS];
        for (channel, place) in geometry.centred().iter().enumerate() {
            let angle = degrees.to_radians();
            let early = SLANT * (place[0] * angle.cos() + place[1] * angle.sin()) / SPEED_OF_SOUND
                * 48_000.0;
            for (n, sample) in hops[channel].iter_mut().enumerate() {
                let at = (hop * HOP + n) as f32 / 4.0 + 100.0 + early / 4.0;
                let whole = at.floor();
                let (a, b) = (noise(whole as usize), noise(whole as usize + 1));
                *sample = 0.1 * (a + (at - whole) * (b - a));
            }
        }
        hops
    }

    fn after(
        geometry: &Geometry,
        degrees: f32,
        change: impl Fn(&mut [[f32; HOP]; MAX_CHANNELS]),
    ) -> Array {
        let mut array = Array::new(geometry);
        let mut mean = [0.0; HOP];
        for hop in 0..300 {
            let mut hops = wave(geometry, degrees, hop);
            change(&mut hops);
            array.take(&hops, &mut mean);
            array.look();
            array.heard_voice(1.0);
        }
        array
    }

    #[test]
    fn the_talker_is_found_within_ten_degrees() {
        for geometry in [Geometry::usual(4), Geometry::usual(6)] {
            let geometry = geometry.expect("usual");
            for degrees in [0.0, 40.0, 95.0, 200.0, 310.0] {
                let found =
                    after(&geometry, degrees, |_| {}).talker().expect("clear") as f32 * 10.0;
                let off = (found - degrees).abs();
                assert!(off.min(360.0 - off) <= 10.0, "{degrees}: {found}");
            }
        }
    }

    #[test]
    fn with_a_dead_or_a_clipped_microphone_the_talker_is_still_found() {
        let geometry = Geometry::usual(4).expect("usual");
        let dead = after(&geometry, 120.0, |hops| hops[1].fill(0.0));
        let clipped = after(&geometry, 120.0, |hops| {
            for sample in &mut hops[2] {
                *sample = sample.signum();
            }
        });
        for (array, bad) in [(dead, 1), (clipped, 2)] {
            assert!(!array.health[bad].good && array.health[0].good);
            let found = array.talker().expect("clear");
            assert!(found.abs_diff(12) <= 2, "{found}");
        }
    }

    #[test]
    fn what_comes_from_the_talker_is_told_from_what_comes_from_behind() {
        let geometry = Geometry::usual(4).expect("usual");
        let mut array = after(&geometry, 0.0, |_| {});
        let bands = Bands::new();
        let mut shares = [0.0; 2];
        for (share, degrees) in shares.iter_mut().zip([0.0, 180.0]) {
            let mut mean = [0.0; HOP];
            for hop in 400..500 {
                array.take(&wave(&geometry, degrees, hop), &mut mean);
                array.look();
                let power = bands.power(array.spectrum());
                *share += array.features(&bands, &power)[12..18].iter().sum::<f32>() / 600.0;
            }
        }
        assert!(shares[0] > 0.9 && shares[1] < 0.3, "{shares:?}");
    }
}
