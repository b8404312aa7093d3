//! The `estradegate` element on its own.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_check::Harness;
use pipelines::FarEnd;
use pipelines::estradegate::EstradeGate;

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

/// When a sample is due, to the nearest nanosecond.
fn time(sample: usize) -> gst::ClockTime {
    gst::ClockTime::from_nseconds((sample as u64 * 1_000_000_000 + 24_000) / 48_000)
}

fn buffer(at: usize, interleaved: &[f32], channels: usize) -> gst::Buffer {
    let bytes: Vec<u8> = interleaved
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    let meta = buffer.get_mut().expect("the only one");
    meta.set_pts(time(at));
    meta.set_duration(time(interleaved.len() / channels));
    buffer
}

/// A block of `frames` frames from sample `at` on in which channel c holds `values[c]`.
fn block(at: usize, frames: usize, values: &[f32]) -> gst::Buffer {
    buffer(at, &values.repeat(frames), values.len())
}

/// Samples that tell their own place: the n-th is n parts of 2^20.
fn ramp(range: std::ops::Range<usize>) -> Vec<f32> {
    range.map(|n| n as f32 / 1_048_576.0).collect()
}

/// Checks that buffers follow one another from sample `at` on, and gives what is in them.
#[track_caller]
fn joined(buffers: &[gst::Buffer], at: usize) -> Vec<f32> {
    let mut all = Vec::new();
    for buffer in buffers {
        let off = buffer.pts().expect("a time").absdiff(time(at + all.len()));
        assert!(off.nseconds() <= 1, "{off} off after {} samples", all.len());
        all.extend(samples(buffer));
        let end = buffer
            .pts()
            .zip(buffer.duration())
            .map(|(pts, duration)| pts + duration);
        assert!(
            end.expect("a duration")
                .absdiff(time(at + all.len()))
                .nseconds()
                <= 2
        );
    }
    all
}

/// All that comes out by now.
fn out(harness: &mut Harness) -> Vec<gst::Buffer> {
    std::iter::from_fn(|| harness.try_pull()).collect()
}

/// A gate that is off hands on what comes, only later: what moves in time can be seen.
fn off(channels: u32) -> Harness {
    let harness = harness(channels);
    harness
        .element()
        .expect("the element")
        .set_property("enabled", false);
    harness
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
        let mut harness = off(channels);
        let values: Vec<f32> = (0..channels)
            .map(|n| if n == 0 { 0.5 } else { 0.0 })
            .collect();
        harness.push(block(0, 5000, &values)).expect("taken");
        let samples = joined(&out(&mut harness), 0);
        assert_eq!(samples.len(), 5000 - gate::LATENCY);
        assert!(
            samples
                .iter()
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
    harness.push(block(0, 480, &[0.1, 0.1])).expect("taken");
    assert_eq!(
        harness.query_latency(),
        Some(gst::ClockTime::from_mseconds(40))
    );
    let element = harness.element().expect("the element");
    assert_eq!(element.property::<u64>("latency"), 30_000_000);
}

#[test]
fn a_stream_comes_out_whole_and_in_its_place_however_it_is_cut() {
    for frames in [1, 7, 480, 481, 1000, 1440, 5000] {
        for total in [1, 300, 1439, 1440, 1441, 7001] {
            let mut harness = off(1);
            for at in (0..total).step_by(frames) {
                let piece = ramp(at..total.min(at + frames));
                harness.push(buffer(at, &piece, 1)).expect("taken");
            }
            harness.push_event(gst::event::Eos::new());
            let samples = joined(&out(&mut harness), 0);
            assert_eq!(
                samples,
                ramp(0..total),
                "{total} samples in blocks of {frames}"
            );
        }
    }
}

#[test]
fn nothing_in_nothing_out() {
    let mut harness = off(1);
    harness.push_event(gst::event::Eos::new());
    assert!(out(&mut harness).is_empty());
    let events = std::iter::from_fn(|| harness.try_pull_event());
    assert_eq!(
        events.last().map(|event| event.type_()),
        Some(gst::EventType::Eos)
    );
}

#[test]
fn what_was_torn_is_not_joined() {
    let tear = |mark: bool| {
        let mut harness = off(1);
        harness.push(buffer(0, &ramp(0..4800), 1)).expect("taken");
        let mut after = buffer(48_000, &ramp(48_000..52_800), 1);
        if mark {
            after
                .get_mut()
                .expect("the only one")
                .set_flags(gst::BufferFlags::DISCONT);
        }
        harness.push(after).expect("taken");
        harness.push_event(gst::event::Eos::new());
        out(&mut harness)
    };
    for buffers in [tear(true), tear(false)] {
        let after = buffers
            .iter()
            .position(|buffer| buffer.pts() >= Some(time(48_000)));
        let (before, after) = buffers.split_at(after.expect("some after the gap"));
        assert_eq!(joined(before, 0), ramp(0..4800));
        assert_eq!(joined(after, 48_000), ramp(48_000..52_800));
    }
}

#[test]
fn a_machine_that_is_too_slow_for_half_of_the_sound_still_hears_the_other_half() {
    let mut harness = off(1);
    for n in (0..40).step_by(2) {
        let mut piece = block(n * 480, 480, &[0.5]);
        // As a queue marks what follows the oldest that it had to drop.
        piece
            .get_mut()
            .expect("the only one")
            .set_flags(gst::BufferFlags::DISCONT);
        harness.push(piece).expect("taken");
    }
    let heard: Vec<f32> = out(&mut harness).iter().flat_map(|b| samples(b)).collect();
    assert_eq!(heard, [0.5; 20 * 480 - gate::LATENCY]);
}

#[test]
fn a_gap_and_a_new_segment_let_out_what_came_before_first() {
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    for event in [
        gst::event::Gap::builder(time(4800))
            .duration(time(480))
            .build(),
        gst::event::Segment::new(&segment),
    ] {
        let mut harness = off(1);
        harness.push(buffer(0, &ramp(0..4800), 1)).expect("taken");
        let kind = event.type_();
        harness.push_event(event);
        assert_eq!(joined(&out(&mut harness), 0), ramp(0..4800), "{kind:?}");
        harness
            .push(buffer(5280, &ramp(5280..9600), 1))
            .expect("taken");
        harness.push_event(gst::event::Eos::new());
        assert_eq!(
            joined(&out(&mut harness), 5280),
            ramp(5280..9600),
            "{kind:?}"
        );
    }
}

#[test]
fn a_flush_throws_away_what_is_still_inside() {
    let mut harness = off(1);
    harness.push(buffer(0, &ramp(0..4800), 1)).expect("taken");
    assert_eq!(joined(&out(&mut harness), 0), ramp(0..4800 - gate::LATENCY));
    harness.push_event(gst::event::FlushStart::new());
    harness.push_event(gst::event::FlushStop::new(true));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    harness.push_event(gst::event::Segment::new(&segment));
    harness
        .push(buffer(96_000, &ramp(0..4800), 1))
        .expect("taken");
    harness.push_event(gst::event::Eos::new());
    assert_eq!(joined(&out(&mut harness), 96_000), ramp(0..4800));
}

#[test]
fn jitter_of_the_time_stamps_is_handed_on_and_tears_nothing() {
    let mut harness = off(1);
    for n in 0..10 {
        let mut piece = buffer(n * 480, &ramp(n * 480..(n + 1) * 480), 1);
        let jitter = gst::ClockTime::from_mseconds(100 + (n as u64 % 3) * 5);
        let pts = piece.pts().expect("a time") + jitter;
        piece.get_mut().expect("the only one").set_pts(pts);
        harness.push(piece).expect("taken");
    }
    let buffers = out(&mut harness);
    let times: Vec<u64> = buffers
        .iter()
        .map(|b| b.pts().expect("a time").mseconds())
        .collect();
    assert_eq!(times, [100, 115, 130, 130, 145, 160, 160]);
    let all: Vec<f32> = buffers.iter().flat_map(|buffer| samples(buffer)).collect();
    assert_eq!(all, ramp(0..4800 - gate::LATENCY));
}

#[test]
fn sound_without_time_stamps_passes_without() {
    let mut harness = off(1);
    let mut piece = buffer(0, &ramp(0..4800), 1);
    piece
        .get_mut()
        .expect("the only one")
        .set_pts(gst::ClockTime::NONE);
    harness.push(piece).expect("taken");
    harness.push_event(gst::event::Eos::new());
    let buffers = out(&mut harness);
    assert!(buffers.iter().all(|buffer| buffer.pts().is_none()));
    let all: Vec<f32> = buffers.iter().flat_map(|buffer| samples(buffer)).collect();
    assert_eq!(all, ramp(0..4800));
}

#[test]
fn muted_or_closed_it_gives_digital_silence_and_says_so() {
    for property in ["muted", "closed"] {
        let mut harness = off(1);
        let element = harness.element().expect("the element");
        assert_eq!(element.property::<String>("reason"), "");
        let mut at = 0;
        let mut hear = |harness: &mut Harness| {
            harness.push(block(at, 4800, &[0.5])).expect("taken");
            at += 4800;
            let last = out(harness).pop().expect("a buffer");
            samples(&last).split_off(2880)
        };
        assert!(hear(&mut harness).iter().all(|sample| *sample == 0.5));
        let level: f32 = element.property("sent-level");
        assert!((level + 6.02).abs() < 0.01, "{level}");
        assert!(element.property::<bool>("open"));
        assert_eq!(element.property::<String>("reason"), "disabled");
        element.set_property(property, true);
        assert!(
            hear(&mut harness)
                .iter()
                .all(|sample| sample.to_bits() == 0)
        );
        assert_eq!(element.property::<f32>("sent-level"), gate::SILENCE_DBFS);
        assert!(!element.property::<bool>("open"));
        assert_eq!(element.property::<String>("reason"), property);
        element.set_property(property, false);
        assert!(hear(&mut harness).iter().all(|sample| *sample == 0.5));
    }
}

#[test]
fn a_change_of_reason_is_notified_once() {
    let mut harness = off(1);
    let element = harness.element().expect("the element");
    let (said, heard) = std::sync::mpsc::channel();
    element.connect_notify(Some("reason"), move |element, _| {
        let _ = said.send(element.property::<String>("reason"));
    });
    for n in 0..8 {
        element.set_property("muted", n >= 4);
        harness.push(block(n * 4800, 4800, &[0.5])).expect("taken");
    }
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["disabled", "muted"]);
}

#[test]
fn a_mute_outlives_a_change_of_format_and_no_sample_is_lost() {
    let mut harness = off(2);
    let element = harness.element().expect("the element");
    harness.push(block(0, 960, &[0.5, 0.5])).expect("taken");
    element.set_property("muted", true);
    harness.set_src_caps_str(MONO);
    harness.push(block(960, 9600, &[0.5])).expect("taken");
    harness.push_event(gst::event::Eos::new());
    let samples = joined(&out(&mut harness), 0);
    assert_eq!(samples.len(), 960 + 9600);
    assert!(
        samples[960 + 240..]
            .iter()
            .all(|sample| sample.to_bits() == 0)
    );
}

#[test]
fn in_a_live_pipeline_nothing_is_late_and_the_latency_is_counted() {
    pipelines::init().expect("GStreamer");
    let pipeline = gst::parse::launch(
        "audiotestsrc is-live=true num-buffers=50 samplesperbuffer=480 \
         ! audio/x-raw,format=F32LE,rate=48000,channels=2,channel-mask=(bitmask)0x3 \
         ! estradegate enabled=false ! fakesink name=sink sync=true max-lateness=20000000",
    )
    .expect("a pipeline")
    .downcast::<gst::Pipeline>()
    .expect("a pipeline");
    pipeline.set_state(gst::State::Playing).expect("to play");
    let bus = pipeline.bus().expect("a bus");
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(20), &wanted);
    assert_eq!(
        end.map(|message| message.type_()),
        Some(gst::MessageType::Eos)
    );
    let mut query = gst::query::Latency::new();
    assert!(pipeline.query(&mut query));
    let (live, min, _) = query.result();
    assert!(live && min >= gst::ClockTime::from_mseconds(40), "{min}");
    let stats: gst::Structure = pipeline
        .by_name("sink")
        .expect("the sink")
        .property("stats");
    pipeline.set_state(gst::State::Null).expect("to stop");
    assert_eq!(stats.get::<u64>("dropped"), Ok(0), "{stats}");
    assert!(
        stats.get::<u64>("rendered").is_ok_and(|n| n >= 48),
        "{stats}"
    );
}

#[test]
fn what_the_loudspeaker_plays_is_taken_out_of_the_microphones() {
    let mut harness = harness(1);
    let element: EstradeGate = harness
        .element()
        .and_downcast()
        .expect("the element is the gate");
    // The gate would close; here the canceller alone is looked at.
    element.set_property("enabled", false);
    let far_end = FarEnd::default();
    element.set_far_end(far_end.clone());
    let mut random = 1u32;
    let played: Vec<f32> = (0..8 * 48_000)
        .map(|n| {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let noise = (random >> 8) as f32 / 8_388_608.0 - 1.0;
            0.1 * noise * (1.1 + (n as f32 * 0.0004).sin())
        })
        .collect();
    let (mut heard, mut left) = (0.0, 0.0);
    for (n, block) in played.chunks(480).enumerate() {
        let at = n as u64 * 10_000_000;
        far_end.write(at, block.iter().copied());
        // The room's answer comes 120 ms later, at half the level.
        let echo: Vec<f32> = (n * 480..(n + 1) * 480)
            .map(|n| n.checked_sub(5760).map_or(0.0, |n| 0.5 * played[n]))
            .collect();
        harness.push(buffer(n * 480, &echo, 1)).expect("taken");
        while let Some(out) = harness.try_pull() {
            if n >= 600 {
                heard += echo.iter().map(|sample| sample * sample).sum::<f32>();
                left += samples(&out)
                    .iter()
                    .map(|sample| sample * sample)
                    .sum::<f32>();
            }
        }
    }
    let down = 10.0 * (heard / left).log10();
    assert!(down > 25.0, "{down:.1} dB");
    assert_eq!(
        harness.query_latency(),
        Some(
            gst::ClockTime::SECOND
                .mul_div_round(
                    (gate::LATENCY + gate::echo::ECHO_LATENCY) as u64,
                    u64::from(gate::RATE)
                )
                .expect("small")
        )
    );
}
