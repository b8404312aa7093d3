//! What the gate costs: one hop of 10 ms, with one, four and eight microphones, and with the echo canceller.
//! 10,000 µs of a core are there for it.

use divan::Bencher;
use gate::{Gate, HOP, Settings};

fn main() {
    divan::main();
}

/// A gate that has heard a second of a buzz in noise, and ten milliseconds more of it.
fn warm(channels: usize) -> (Gate, Vec<f32>) {
    let mut gate = Gate::new(&Settings {
        channels,
        ..Settings::default()
    });
    let mut random = 1u32;
    let mut hop = |at: usize| -> Vec<f32> {
        (0..HOP * channels)
            .map(|n| {
                random ^= random << 13;
                random ^= random >> 17;
                random ^= random << 5;
                let noise = (random >> 8) as f32 / 8_388_608.0 - 1.0;
                let buzz = ((at + n / channels) as f32 / 320.0).fract() - 0.5;
                0.1 * buzz + 0.001 * noise
            })
            .collect()
    };
    let mut out = [0.0; HOP];
    for n in 0..100 {
        gate.process(&hop(n * HOP), &mut out);
    }
    (gate, hop(100 * HOP))
}

#[divan::bench(args = [1, 4, 8])]
fn hop(bencher: Bencher, channels: usize) {
    let (mut gate, input) = warm(channels);
    let mut out = [0.0; HOP];
    bencher.bench_local(|| gate.process(divan::black_box(&input), &mut out));
}

#[divan::bench(args = [1, 4])]
fn hop_with_echo(bencher: Bencher, channels: usize) {
    let (mut gate, input) = warm(channels);
    let mut out = [0.0; HOP];
    bencher.bench_local(|| {
        gate.far_end(divan::black_box(&input[..HOP]));
        gate.process(divan::black_box(&input), &mut out);
    });
}
