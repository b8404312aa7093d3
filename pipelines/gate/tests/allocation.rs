//! After `new` the gate takes nothing from the allocator, and does not panic.

use gate::{Gate, MAX_CHANNELS, Settings};

#[test]
fn nothing_is_allocated_after_new() {
    for channels in 1..=MAX_CHANNELS {
        let mut settings = Settings {
            channels,
            comfort_noise_dbfs: Some(-70.0),
            ..Settings::default()
        };
        let mut gate = Gate::new(&settings);
        let mut input = vec![0.0f32; 333 * channels];
        let mut output = vec![0.0f32; 333];
        let taken = allocation_counter::measure(|| {
            for block in 0..600u16 {
                for (n, sample) in input.iter_mut().enumerate() {
                    let t = (usize::from(block) * 333 + n / channels) as f32 / 48_000.0;
                    *sample = ((t * 150.0).fract() - 0.5) * (t * 7.0).sin();
                }
                input[0] = f32::NAN;
                settings.enabled = block % 100 != 0;
                gate.set(&settings);
                gate.set_muted(block % 70 == 0);
                gate.process(&input, &mut output);
                while gate.next_event().is_some() {}
            }
        });
        assert_eq!(taken.count_total, 0, "{channels} channels");
    }
}
