//! What holds for any sound.
#![allow(clippy::unwrap_used, reason = "a test")]

use gate::{Event, Gate, HOP, LATENCY, Reason, Settings};
use proptest::prelude::*;

/// Pieces of sound of every kind: silence, noise, a buzz, clicks, full scale.
fn sound() -> impl Strategy<Value = Vec<f32>> {
    let piece = (0u8..5, 1usize..3000, 0.0f32..1.0, any::<u32>()).prop_map(
        |(kind, length, level, seed)| {
            let mut random = seed | 1;
            (0..length)
                .map(|n| {
                    random ^= random << 13;
                    random ^= random >> 17;
                    random ^= random << 5;
                    let noise = (random >> 8) as f32 / 8_388_608.0 - 1.0;
                    level
                        * match kind {
                            0 => 0.0,
                            1 => noise,
                            2 => (n as f32 * (100 + seed % 200) as f32 / 48_000.0).fract() - 0.5,
                            3 if n % 997 == 0 => 1.0,
                            3 => 0.0,
                            _ => noise.signum(),
                        }
                })
                .collect::<Vec<_>>()
        },
    );
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

fn settings(channels: usize) -> Settings {
    Settings {
        channels,
        ..Settings::default()
    }
}

/// Mean square per hop.
fn energies(sound: &[f32]) -> Vec<f32> {
    sound
        .chunks(HOP)
        .map(|hop| hop.iter().map(|sample| sample * sample).sum::<f32>() / HOP as f32)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn how_the_input_is_cut_does_not_matter(
        input in sound(), channels in 1usize..=8, cuts in prop::collection::vec(1usize..1500, 1..20)
    ) {
        let frames = input.len() / channels;
        let mut whole = vec![0.0; frames];
        Gate::new(&settings(channels)).process(&input[..frames * channels], &mut whole);
        let mut pieces = vec![0.0; frames];
        let mut gate = Gate::new(&settings(channels));
        let (mut at, mut cuts) = (0, cuts.iter().cycle());
        while at < frames {
            let to = (at + cuts.next().unwrap()).min(frames);
            gate.process(&input[at * channels..to * channels], &mut pieces[at..to]);
            at = to;
        }
        prop_assert!(whole.iter().zip(&pieces).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn it_is_never_louder_than_what_came_in_by_more_than_the_level_control_gives(input in sound()) {
        let mut padded = input;
        padded.extend([0.0; 4 * HOP]);
        let mut out = vec![0.0; padded.len()];
        Gate::new(&settings(1)).process(&padded, &mut out);
        prop_assert!(out.iter().all(|sample| sample.abs() <= 0.9));
        // A window holds two hops, and suppression may move energy within it.
        let (came, went) = (energies(&padded), energies(&out[LATENCY..]));
        for (hop, went) in went.iter().enumerate() {
            let around = &came[hop.saturating_sub(1)..(hop + 2).min(came.len())];
            let most = around.iter().sum::<f32>() * gate::MOST_GAIN * gate::MOST_GAIN;
            prop_assert!(*went <= most * 1.01 + 1e-9, "hop {hop}: {went} of {most}");
        }
    }

    #[test]
    fn with_everything_off_it_is_the_input_thirty_milliseconds_late(input in sound()) {
        let mut out = vec![0.0; input.len()];
        Gate::new(&Settings { enabled: false, ..settings(1) }).process(&input, &mut out);
        let first = LATENCY.min(out.len());
        prop_assert!(out[..first].iter().all(|sample| sample.to_bits() == 0));
        prop_assert!(out[first..].iter().zip(&input).all(|(out, input)| (out - input).abs() < 1e-6));
    }

    #[test]
    fn nothing_that_comes_in_comes_out_as_no_number_or_sticks(
        bits in prop::collection::vec(any::<u32>(), 0..3000), channels in 1usize..=8
    ) {
        let wild: Vec<f32> = bits.iter().map(|bits| f32::from_bits(*bits)).collect();
        let mut out = vec![0.0; wild.len() / channels];
        let mut gate = Gate::new(&settings(channels));
        gate.process(&wild, &mut out);
        prop_assert!(out.iter().all(|sample| sample.abs() <= 0.9));
        // Four seconds of silence later it is silent.
        let silence = vec![0.0; channels * 192_000];
        let mut after = vec![1.0; 192_000];
        gate.process(&silence, &mut after);
        prop_assert!(after[180_000..].iter().all(|sample| sample.to_bits() == 0));
    }
}

#[test]
fn silence_in_is_digital_silence_out() {
    let mut out = vec![1.0; 480_000];
    let mut gate = Gate::new(&settings(1));
    gate.process(&vec![0.0; 480_000], &mut out);
    assert!(out.iter().all(|sample| sample.to_bits() == 0));
    let decided: Vec<Reason> = std::iter::from_fn(|| gate.next_event())
        .filter_map(|event| match event {
            Event::Decided { reason, .. } => Some(reason),
            Event::Level { .. } => None,
        })
        .collect();
    assert_eq!(decided, [Reason::NoVoice]);
}

#[test]
fn comfort_noise_has_the_level_it_was_given_while_closed() {
    let mut out = vec![0.0; 96_000];
    let comfort = Settings {
        comfort_noise_dbfs: Some(-70.0),
        ..settings(1)
    };
    Gate::new(&comfort).process(&vec![0.0; 96_000], &mut out);
    let mean = out[4800..]
        .iter()
        .map(|sample| sample * sample)
        .sum::<f32>()
        / 91_200.0;
    assert!(
        (10.0 * mean.log10() + 70.0).abs() < 1.0,
        "{}",
        10.0 * mean.log10()
    );
}

#[test]
fn events_that_nobody_takes_are_counted() {
    let mut gate = Gate::new(&settings(1));
    let mut out = vec![0.0; 48_000 * 8];
    gate.process(&vec![0.1; 48_000 * 8], &mut out);
    assert!(gate.lost_events() >= 80 - 63);
}
