//! The echo canceller in rooms made up here: a television that is late, walls, two clocks, two people.

use gate::HOP;
use gate::echo::{ECHO_LATENCY, Echo, Reference};

const RATE: usize = 48_000;

/// A small generator of even numbers (xorshift64*), so that each run hears the same.
struct Dice(u64);

impl Dice {
    /// -1.0..1.0.
    fn roll(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32) / (1u32 << 23) as f32 - 1.0
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * 0.5 * (self.roll() + 1.0)
    }
}

/// A resonance of two poles (Klatt 1980, formula 2).
struct Formant {
    a: f32,
    b: f32,
    c: f32,
    past: [f32; 2],
}

impl Formant {
    fn new(hertz: f32, width: f32) -> Self {
        let t = 1.0 / RATE as f32;
        let c = -(-2.0 * std::f32::consts::PI * width * t).exp();
        let b = 2.0
            * (-std::f32::consts::PI * width * t).exp()
            * (std::f32::consts::TAU * hertz * t).cos();
        Self {
            a: 1.0 - b - c,
            b,
            c,
            past: [0.0; 2],
        }
    }

    fn step(&mut self, x: f32) -> f32 {
        let y = self.a * x + self.b * self.past[0] + self.c * self.past[1];
        self.past = [y, self.past[0]];
        y
    }
}

/// Speech-like sound: words of hissed consonants and voiced vowels with formants, and pauses.
/// Peaks near 0.5.
fn speech(seconds: usize, pitch: f32, seed: u64) -> Vec<f32> {
    let mut dice = Dice(seed);
    let mut out = Vec::with_capacity(seconds * RATE);
    let mut phase = 0.0f32;
    while out.len() < seconds * RATE {
        for _ in 0..2 + (dice.between(0.0, 4.0) as usize) {
            let hiss = dice.between(0.03, 0.10);
            let (mut low, gain) = (0.0, dice.between(0.02, 0.12));
            for _ in 0..(hiss * RATE as f32) as usize {
                let noise = dice.roll();
                out.push(gain * (noise - low));
                low = noise;
            }
            let length = (dice.between(0.08, 0.25) * RATE as f32) as usize;
            let tone = pitch * dice.between(0.85, 1.2);
            let mut formants = [
                Formant::new(dice.between(280.0, 800.0), 80.0),
                Formant::new(dice.between(900.0, 2300.0), 110.0),
                Formant::new(dice.between(2400.0, 3300.0), 170.0),
                Formant::new(dice.between(3400.0, 4500.0), 300.0),
            ];
            let loud = dice.between(0.5, 1.0);
            for at in 0..length {
                phase += tone / RATE as f32;
                let pulse = if phase >= 1.0 {
                    phase -= 1.0;
                    60.0
                } else {
                    0.0
                };
                let swell = (std::f32::consts::PI * at as f32 / length as f32)
                    .sin()
                    .sqrt();
                let source = pulse + 0.4 * dice.roll();
                let vowel: f32 = formants
                    .iter_mut()
                    .zip([1.0, 0.6, 0.35, 0.25])
                    .map(|(formant, gain)| gain * formant.step(source))
                    .sum();
                out.push(0.3 * loud * swell * vowel);
            }
        }
        let pause = dice.between(0.08, 0.7);
        out.extend(std::iter::repeat_n(0.0, (pause * RATE as f32) as usize));
    }
    out.truncate(seconds * RATE);
    let peak = out
        .iter()
        .fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    out.iter().map(|sample| 0.5 * sample / peak).collect()
}

/// What a television's loudspeaker and a room make of a click: late, band-limited, reverberating.
struct Room {
    delay_ms: f32,
    rt60: f32,
    seed: u64,
}

impl Room {
    fn response(&self) -> Vec<f32> {
        let mut dice = Dice(self.seed);
        let start = (self.delay_ms / 1000.0 * RATE as f32) as usize;
        let length = (self.rt60 * RATE as f32) as usize;
        let mut response = vec![0.0; start + length];
        response[start] = 1.0;
        for _ in 0..6 {
            let at = dice.between(0.002, 0.03);
            response[start + (at * RATE as f32) as usize] += 0.5 * dice.roll();
        }
        // Late sound decays by 60 dB in rt60; as strong as the direct sound in all.
        let decay = -6.9 / (self.rt60 * RATE as f32);
        let gain = (3.0 * -2.0 * decay).sqrt();
        for at in 240..length {
            response[start + at] += gain * dice.roll() * (decay * at as f32).exp();
        }
        // 150 Hz to 9 kHz, 12 dB per octave at each end.
        let (mut high, mut low) = ([0.0f32; 4], [0.0f32; 2]);
        let (a, b) = (0.9806, 0.7);
        for sample in &mut response {
            let mut x = *sample;
            for stage in high.chunks_exact_mut(2) {
                let y = a * (stage[1] + x - stage[0]);
                (stage[0], stage[1]) = (x, y);
                x = y;
            }
            for stage in &mut low {
                *stage += b * (x - *stage);
                x = *stage;
            }
            *sample = x;
        }
        response
    }

    /// The echo of `far` at the microphone, a quarter as loud.
    fn echo(&self, far: &[f32]) -> Vec<f32> {
        convolve(far, &self.response())
            .iter()
            .map(|sample| 0.25 * sample)
            .collect()
    }
}

/// The first samples of a convolution, as many as `signal` has, by overlap-add of spectra.
fn convolve(signal: &[f32], response: &[f32]) -> Vec<f32> {
    let size = (2 * response.len()).next_power_of_two();
    let step = size - response.len();
    let spectrum = |samples: &[f32]| {
        let mut z = vec![(0.0, 0.0); size];
        for (z, sample) in z.iter_mut().zip(samples) {
            z.0 = f64::from(*sample);
        }
        fourier(&mut z, -1.0);
        z
    };
    let filter = spectrum(response);
    let mut out = vec![0.0; signal.len() + size];
    for (block, samples) in signal.chunks(step).enumerate() {
        let mut z = spectrum(samples);
        for (z, h) in z.iter_mut().zip(&filter) {
            *z = (z.0 * h.0 - z.1 * h.1, z.0 * h.1 + z.1 * h.0);
        }
        fourier(&mut z, 1.0);
        for (out, z) in out[block * step..].iter_mut().zip(&z) {
            *out += (z.0 / size as f64) as f32;
        }
    }
    out.truncate(signal.len());
    out
}

/// Fourier transform in place (Cooley and Tukey 1965); the length is a power of two.
fn fourier(z: &mut [(f64, f64)], sign: f64) {
    let bits = z.len().trailing_zeros();
    for at in 0..z.len() {
        let other = at.reverse_bits() >> (usize::BITS - bits);
        if other > at {
            z.swap(at, other);
        }
    }
    let mut half = 1;
    while half < z.len() {
        let turn = sign * std::f64::consts::PI / half as f64;
        let turns: Vec<_> = (0..half).map(|k| (turn * k as f64).sin_cos()).collect();
        for pair in z.chunks_exact_mut(2 * half) {
            let (even, odd) = pair.split_at_mut(half);
            for ((even, odd), (sin, cos)) in even.iter_mut().zip(odd).zip(&turns) {
                let turned = (odd.0 * cos - odd.1 * sin, odd.0 * sin + odd.1 * cos);
                *odd = (even.0 - turned.0, even.1 - turned.1);
                *even = (even.0 + turned.0, even.1 + turned.1);
            }
        }
        half *= 2;
    }
}

/// The same sound as a clock hears it that runs fast by so many millionths.
fn drifting(signal: &[f32], ppm: f64) -> Vec<f32> {
    if ppm == 0.0 {
        return signal.to_vec();
    }
    (0..signal.len())
        .map(|at| {
            let place = at as f64 * (1.0 + ppm * 1e-6);
            let middle = place.floor() as isize;
            (middle - 15..=middle + 16)
                .filter_map(|near| {
                    let sample = *signal.get(usize::try_from(near).ok()?)?;
                    let x = std::f64::consts::PI * (place - near as f64);
                    let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
                    Some(f64::from(sample) * sinc * (0.5 + 0.5 * (x / 16.5).cos()))
                })
                .sum::<f64>() as f32
        })
        .collect()
}

fn hiss(seconds: usize, rms: f32, seed: u64) -> Vec<f32> {
    let mut dice = Dice(seed);
    (0..seconds * RATE)
        .map(|_| rms * 1.732 * dice.roll())
        .collect()
}

fn sum(signals: &[&[f32]]) -> Vec<f32> {
    (0..signals[0].len())
        .map(|at| signals.iter().map(|signal| signal[at]).sum())
        .collect()
}

/// Runs a canceller; gives its sound, moved back by its latency, and the share of each hop.
fn run(echo: &mut Echo, far: &[f32], near: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let (mut out, mut shares) = (Vec::new(), Vec::new());
    for (far, near) in far.chunks_exact(HOP).zip(near.chunks_exact(HOP)) {
        let mut hop = [<[f32; HOP]>::try_from(near).expect("a hop")];
        echo.process(&far.try_into().expect("a hop"), &mut hop);
        out.extend(hop[0]);
        shares.push(echo.share());
    }
    out.drain(..ECHO_LATENCY);
    (out, shares)
}

fn power(signal: &[f32]) -> f32 {
    signal.iter().map(|sample| sample * sample).sum::<f32>() / signal.len().max(1) as f32
}

fn db(ratio: f32) -> f32 {
    10.0 * ratio.max(1e-12).log10()
}

/// Of each second: by how many dB the sound became weaker.
fn erle(before: &[f32], after: &[f32]) -> Vec<f32> {
    before
        .chunks_exact(RATE)
        .zip(after.chunks_exact(RATE))
        .map(|(before, after)| db(power(before) / power(after)))
        .collect()
}

/// The echo's fall over all seconds from `second` on.
fn erle_from(second: usize, before: &[f32], after: &[f32]) -> f32 {
    let from = second * RATE;
    db(power(&before[from..after.len()]) / power(&after[from..]))
}

const ROOMS: [Room; 3] = [
    Room {
        delay_ms: 80.0,
        rt60: 0.4,
        seed: 3,
    },
    Room {
        delay_ms: 150.0,
        rt60: 0.5,
        seed: 4,
    },
    Room {
        delay_ms: 300.0,
        rt60: 0.65,
        seed: 5,
    },
];

/// A quiet room's noise, -80 dB of full scale.
fn quiet_room(seconds: usize) -> Vec<f32> {
    hiss(seconds, 1e-4, 5)
}

#[test]
fn an_echo_falls_by_25_db_whatever_television_room_and_clock() {
    for (room, ppm) in ROOMS
        .iter()
        .flat_map(|room| [0.0, 50.0, -50.0].map(|ppm| (room, ppm)))
    {
        let far = speech(12, 120.0, 7);
        let near = sum(&[&room.echo(&drifting(&far, ppm)), &quiet_room(12)]);
        let (out, shares) = run(&mut Echo::new(1), &far, &near);
        let seconds = erle(&near, &out);
        let all = erle_from(3, &near, &out);
        let named = format!("{} ms, {ppm} ppm", room.delay_ms);
        assert!(all >= 30.0, "{named}: {all} dB; by second {seconds:.0?}");
        assert!(
            seconds[5..].iter().all(|second| *second >= 25.0),
            "{named}: {seconds:.0?}"
        );
        let (mut sure, mut loud) = (0, 0);
        for (hop, share) in near.chunks_exact(HOP).zip(shares).skip(300) {
            if power(hop) > 1e-5 {
                loud += 1;
                sure += u32::from(share > 0.9);
            }
        }
        assert!(sure * 100 >= loud * 97, "{named}: {sure} of {loud} hops");
    }
}

#[test]
fn somebody_who_speaks_against_the_loudspeaker_is_kept() {
    // The voice above the echo, and what of it may be lost at most: both in dB.
    for (above, most) in [(10.0, 1.0), (6.0, 1.5), (0.0, 3.0)] {
        for room in &ROOMS {
            let far = speech(14, 120.0, 7);
            let echoed = room.echo(&drifting(&far, 50.0));
            let mut voice = speech(14, 210.0, 8);
            voice[..4 * RATE].fill(0.0);
            let scale = power(&echoed[4 * RATE..]) / power(&voice[4 * RATE..]);
            let scale = (scale * 10f32.powf(above / 10.0)).sqrt();
            for sample in &mut voice {
                *sample *= scale;
            }
            let near = sum(&[&echoed, &voice, &quiet_room(14)]);
            let (out, _) = run(&mut Echo::new(1), &far, &near);
            // How much of the voice, as it was spoken, is in the output.
            let voice = &voice[..out.len()];
            let kept: f32 = out.iter().zip(voice).map(|(out, voice)| out * voice).sum();
            let all: f32 = voice.iter().map(|voice| voice * voice).sum();
            let lost = -2.0 * db(kept / all);
            let named = format!("{} ms, {above} dB above", room.delay_ms);
            assert!(lost < most, "{named}: lost {lost} dB");
            // What is neither the voice nor the room's noise: the echo, and harm done.
            let rest: Vec<f32> = out
                .iter()
                .zip(voice)
                .map(|(out, voice)| out - voice)
                .collect();
            let rest = db(power(&rest[4 * RATE..]) / power(&echoed[4 * RATE..]));
            assert!(rest < -2.0, "{named}: rest at {rest} dB of the echo");
        }
    }
}

#[test]
fn the_air_of_a_room_is_no_echo() {
    for rms in [3e-4, 1e-3, 3e-3] {
        let far = speech(12, 120.0, 7);
        let (_, shares) = run(&mut Echo::new(1), &far, &hiss(12, rms, 5));
        let sure = shares.iter().filter(|share| **share > 0.5).count();
        assert_eq!(sure, 0, "of {} hops, at {rms}", shares.len());
    }
}

#[test]
fn a_voice_alone_is_untouched_while_the_loudspeaker_is_silent() {
    let voice = speech(2, 180.0, 9);
    let (out, shares) = run(&mut Echo::new(1), &vec![0.0; voice.len()], &voice);
    assert_eq!(out, voice[..out.len()]);
    assert!(shares.iter().all(|share| *share == 0.0));
}

#[test]
fn a_voice_is_kept_while_a_loudspeaker_plays_that_no_microphone_hears() {
    let far = speech(6, 120.0, 7);
    let voice = speech(6, 180.0, 9);
    let (out, _) = run(&mut Echo::new(1), &far, &voice);
    let off: Vec<f32> = out
        .iter()
        .zip(&voice)
        .map(|(out, voice)| out - voice)
        .collect();
    let off = db(power(&off) / power(&voice));
    assert!(off < -10.0, "off by {off} dB");
}

#[test]
fn after_the_television_changes_its_delay_the_echo_is_found_again() {
    for (first, then) in [(0, 2), (2, 0), (0, 1)] {
        let far = speech(16, 120.0, 7);
        let far_late = drifting(&far, 50.0);
        let mut near = ROOMS[first].echo(&far_late);
        near[8 * RATE..].copy_from_slice(&ROOMS[then].echo(&far_late)[8 * RATE..]);
        let near = sum(&[&near, &quiet_room(16)]);
        let (out, _) = run(&mut Echo::new(1), &far, &near);
        let seconds = erle(&near, &out);
        assert!(
            seconds[5..8]
                .iter()
                .chain(&seconds[13..])
                .all(|second| *second >= 25.0),
            "{first} to {then}: {seconds:.0?}"
        );
    }
}

#[test]
fn after_a_rest_the_echo_is_still_known() {
    let mut far = speech(12, 120.0, 7);
    far[5 * RATE..9 * RATE].fill(0.0);
    let near = sum(&[&ROOMS[1].echo(&far), &quiet_room(12)]);
    let mut echo = Echo::new(1);
    let (out, _) = run(&mut echo, &far, &near);
    let seconds = erle(&near, &out);
    assert!(seconds[9] >= 25.0, "{seconds:.0?}");
    assert!(echo.far_end_active());
    let rest = 8 * RATE..9 * RATE;
    assert_eq!(out[rest.clone()], near[rest], "a rest leaves all as it is");
}

#[test]
fn an_array_is_cancelled_in_each_of_its_channels() {
    let far = speech(8, 120.0, 7);
    let heard: Vec<Vec<f32>> = (0..4)
        .map(|seed| {
            Room {
                seed: 20 + seed,
                ..ROOMS[0]
            }
            .echo(&far)
        })
        .collect();
    let mut echo = Echo::new(4);
    let mut out = vec![Vec::new(); 4];
    for (at, far) in far.chunks_exact(HOP).enumerate() {
        let mut hops: [[f32; HOP]; 4] = std::array::from_fn(|channel| {
            heard[channel][at * HOP..][..HOP].try_into().expect("a hop")
        });
        echo.process(far.try_into().expect("a hop"), &mut hops);
        for (out, hop) in out.iter_mut().zip(hops) {
            out.extend(hop);
        }
    }
    for (heard, out) in heard.iter().zip(out) {
        let fall = erle_from(4, heard, &out[ECHO_LATENCY..]);
        assert!(fall >= 25.0, "{fall} dB");
    }
}

#[test]
fn what_is_no_number_or_too_loud_neither_comes_out_nor_sticks() {
    let mut far = speech(10, 120.0, 7);
    let mut near = sum(&[&ROOMS[0].echo(&far), &quiet_room(10)]);
    for at in (2 * RATE..3 * RATE).step_by(7) {
        far[at] = [f32::NAN, f32::INFINITY, 1e30, -1e30][at % 4];
        near[at + 3] = [f32::NEG_INFINITY, f32::NAN, 1e9, 3.0][at % 4];
    }
    let (out, _) = run(&mut Echo::new(1), &far, &near);
    assert!(out.iter().all(|sample| sample.is_finite()));
    let fall = erle_from(7, &near, &out);
    assert!(fall >= 25.0, "{fall} dB");
}

#[test]
fn a_reference_louder_than_full_scale_is_what_a_device_makes_of_it() {
    let far: Vec<f32> = speech(8, 120.0, 7)
        .iter()
        .map(|sample| 8.0 * sample)
        .collect();
    let played: Vec<f32> = far.iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
    let near = ROOMS[0].echo(&played);
    let (out, _) = run(&mut Echo::new(1), &far, &near);
    let fall = erle_from(3, &near, &out);
    assert!(fall >= 25.0, "{fall} dB");
}

#[test]
fn a_reference_in_blocks_of_any_length_is_the_same_as_in_hops() {
    let far = speech(3, 120.0, 7);
    let near = ROOMS[0].echo(&far);
    let (due, _) = run(&mut Echo::new(1), &far, &near);
    let mut reference = Reference::new(1);
    assert_eq!(reference.latency(), 0);
    let (mut given, mut out) = (0, Vec::new());
    for (at, near) in near.chunks_exact(HOP).enumerate() {
        // Blocks of 441 samples as they come, before the hop that they belong to is whole.
        while given < (at + 1) * HOP {
            let end = (given + 441).min(far.len());
            reference.far_end(&far[given..end]);
            given = end;
        }
        let mut hop = [near.try_into().expect("a hop")];
        reference.cancel(&mut hop);
        out.extend(hop[0]);
    }
    assert_eq!(reference.latency(), ECHO_LATENCY);
    assert_eq!(out[ECHO_LATENCY..], due);
}

#[test]
fn without_a_reference_nothing_is_changed_or_delayed() {
    let mut reference = Reference::new(2);
    let mut hops = [[0.25; HOP], [f32::MIN_POSITIVE; HOP]];
    reference.cancel(&mut hops);
    assert_eq!(hops, [[0.25; HOP], [f32::MIN_POSITIVE; HOP]]);
}
