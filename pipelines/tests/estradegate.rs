//! The `estradegate` element on its own.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_check::Harness;

const MONO: &str = "audio/x-raw,format=F32LE,layout=interleaved,rate=48000,channels=1";

fn harness(channels: u32) -> Harness {
    pipelines::init().expect("GStreamer");
    let mut harness = Harness::new("estradegate");
    let mask = if channels == 2 {
        ",channel-mask=(bitmask)0x3"
    } else if channels > 2 {
        ",channel-mask=(bitmask)0"
    } else {
        ""
    };
    harness.set_src_caps_str(&format!(
        "audio/x-raw,format=F32LE,layout=interleaved,rate=48000,channels={channels}{mask}"
    ));
    harness
}

/// A block of `frames` frames in which channel c holds `values[c]`.
fn block(frames: usize, values: &[f32]) -> gst::Buffer {
    let bytes: Vec<u8> = (0..frames)
        .flat_map(|_| values)
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    let meta = buffer.get_mut().expect("the only one");
    meta.set_pts(gst::ClockTime::ZERO);
    meta.set_duration(gst::ClockTime::from_nseconds(
        frames as u64 * 1_000_000_000 / 48_000,
    ));
    buffer
}

fn samples(buffer: &gst::BufferRef) -> Vec<f32> {
    let bytes = buffer.map_readable().expect("readable");
    bytes
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four")))
        .collect()
}

#[test]
fn any_number_of_channels_becomes_one() {
    for channels in 1..=8u32 {
        let mut harness = harness(channels);
        let values: Vec<f32> = (0..channels)
            .map(|n| if n == 0 { 0.5 } else { 0.0 })
            .collect();
        let out = harness
            .push_and_pull(block(1000, &values))
            .expect("a buffer");
        let out = samples(&out);
        assert_eq!(out.len(), 1000);
        assert!(
            out.iter()
                .all(|sample| (sample - 0.5 / channels as f32).abs() < 1e-6)
        );
        let caps = harness
            .sinkpad()
            .and_then(|pad| pad.current_caps())
            .expect("caps");
        let wanted: gst::Caps = MONO.parse().expect("caps");
        assert!(
            caps.is_subset(&wanted) && !caps.to_string().contains("mask"),
            "{caps}"
        );
    }
}

#[test]
fn the_latency_is_the_gates_on_top_of_the_sources() {
    let mut harness = harness(2);
    harness.set_upstream_latency(gst::ClockTime::from_mseconds(10));
    harness
        .push_and_pull(block(480, &[0.1, 0.1]))
        .expect("a buffer");
    let own = u64::from(gate::Gate::new(48_000, 2).latency()) * 1_000_000_000 / 48_000;
    assert_eq!(
        harness.query_latency(),
        Some(gst::ClockTime::from_mseconds(10) + gst::ClockTime::from_nseconds(own))
    );
}

#[test]
fn muted_or_closed_it_gives_digital_silence_and_says_so() {
    for property in ["muted", "closed"] {
        let mut harness = harness(1);
        let loud = harness.push_and_pull(block(960, &[0.5])).expect("a buffer");
        assert!(samples(&loud).iter().all(|sample| *sample == 0.5));
        let element = harness.element().expect("the element");
        let level: f32 = element.property("sent-level");
        assert!((level + 6.02).abs() < 0.01, "{level}");
        element.set_property(property, true);
        harness.push_and_pull(block(960, &[0.5])).expect("a buffer");
        let silent = harness.push_and_pull(block(960, &[0.5])).expect("a buffer");
        assert!(samples(&silent).iter().all(|sample| sample.to_bits() == 0));
        assert_eq!(element.property::<f32>("sent-level"), gate::SILENCE_DBFS);
        element.set_property(property, false);
        harness.push_and_pull(block(960, &[0.5])).expect("a buffer");
        let again = harness.push_and_pull(block(10, &[0.5])).expect("a buffer");
        assert!(samples(&again).iter().all(|sample| *sample == 0.5));
    }
}

#[test]
fn a_mute_outlives_a_change_of_format() {
    let mut harness = harness(2);
    harness
        .element()
        .expect("the element")
        .set_property("muted", true);
    harness
        .push_and_pull(block(960, &[0.5, 0.5]))
        .expect("a buffer");
    harness.set_src_caps_str(MONO);
    harness.push_and_pull(block(960, &[0.5])).expect("a buffer");
    let out = harness.push_and_pull(block(960, &[0.5])).expect("a buffer");
    assert!(samples(&out).iter().all(|sample| sample.to_bits() == 0));
}

#[test]
fn blocks_of_any_length_pass() {
    let mut harness = harness(3);
    for frames in [1, 7, 480, 481, 5000] {
        let out = harness
            .push_and_pull(block(frames, &[0.3; 3]))
            .expect("a buffer");
        assert_eq!(samples(&out).len(), frames);
    }
}
