//! Microphones to loudspeaker in one process, no network: what is said is heard, and when.

mod watch;

use std::sync::Arc;

use pipelines::{
    Event, GateReason, Loudspeaker, LoudspeakerConfig, Microphones, MicrophonesConfig, Noise,
    Packet, Part, Recording,
    devices::{LoudspeakerSink, MicrophoneSource},
};
use watch::{Watch, eventually, percentile};

/// The gate takes 30 ms of it; the rest is what a loudspeaker needs that waits for FEC, and a little jitter.
const LATENCY_MS: u32 = 110;

/// The gate is closed again so long after the last sound.
const HOLD_NS: u64 = 600_000_000;

fn microphones(source: MicrophoneSource) -> MicrophonesConfig {
    MicrophonesConfig {
        source,
        title: "Brest".into(),
        record: true,
        gate: true,
        far_end: None,
    }
}

fn loudspeaker() -> (Arc<Loudspeaker>, Watch) {
    pipelines::init().expect("GStreamer");
    let (tell, watch) = Watch::new();
    let config = LoudspeakerConfig {
        sink: LoudspeakerSink::None,
        record: true,
        latency_ms: LATENCY_MS,
    };
    let loudspeaker = Arc::new(Loudspeaker::start(config, tell));
    watch.running(Part::Loudspeaker);
    (loudspeaker, watch)
}

/// Microphones whose packets go to a slot of a loudspeaker, but for those that `lose` names by number.
fn looped(
    config: MicrophonesConfig,
    loudspeaker: &Arc<Loudspeaker>,
    lose: impl Fn(u64) -> bool + Send + Sync + 'static,
) -> (Microphones, Watch) {
    let (tell, watch) = Watch::new();
    let heard = loudspeaker.clone();
    let count = std::sync::atomic::AtomicU64::new(0);
    let microphones = Microphones::start(config, move |event| {
        if let Event::Audio { packet, pts_ns, .. } = &event {
            let n = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let packet = if lose(n) {
                Packet::Lost
            } else {
                Packet::Opus(packet.clone())
            };
            heard.push_audio(1, packet, *pts_ns);
        }
        tell(event);
    });
    watch.running(Part::Microphones);
    (microphones, watch)
}

/// Plays for some seconds, then compares: delay in milliseconds and how alike they are (1.0: the same).
fn compare(microphones: &Microphones, loudspeaker: &Loudspeaker, seconds: usize) -> (f64, f64) {
    let (said, heard) = eventually("enough sound", || {
        let (said, heard) = (microphones.recording()?, loudspeaker.recording()?);
        let enough = 8000 * seconds;
        (said.samples.len() > enough && heard.samples.len() > enough).then_some((said, heard))
    });
    correlate(&said, &heard)
}

#[test]
fn what_is_said_is_heard_after_the_latency() {
    let (loudspeaker, _watch) = loudspeaker();
    let (microphones, _mics) = looped(microphones(MicrophoneSource::Test), &loudspeaker, |_| false);
    let (delay, likeness) = compare(&microphones, &loudspeaker, 7);
    println!("mouth to ear {delay:.1} ms, likeness {likeness:.3}");
    // Opus itself looks ahead by 6.5 ms.
    assert!((delay - f64::from(LATENCY_MS)).abs() < 12.0, "{delay} ms");
    // Opus for voice filters the lowest tones, which moves their phase.
    assert!(likeness > 0.75, "{likeness}");
}

#[test]
fn lost_packets_are_concealed() {
    let (loudspeaker, _watch) = loudspeaker();
    let config = MicrophonesConfig {
        // A pause that the gate makes is no loss.
        gate: false,
        ..microphones(MicrophoneSource::Test)
    };
    let (microphones, _mics) = looped(config, &loudspeaker, |n| n % 8 == 5);
    let (delay, likeness) = compare(&microphones, &loudspeaker, 7);
    println!("with an eighth lost: {delay:.1} ms, likeness {likeness:.3}");
    assert!((delay - f64::from(LATENCY_MS)).abs() < 12.0, "{delay} ms");
    assert!(likeness > 0.7, "{likeness}");
    let heard = loudspeaker.recording().expect("a recording");
    let holes = holes(&heard.samples[8000..]);
    println!("{holes} holes");
    assert!(holes <= 3, "{holes} holes of silence in the sound");
}

#[test]
fn muted_or_closed_microphones_send_nothing_but_silence() {
    pipelines::init().expect("GStreamer");
    let (tell, watch) = Watch::new();
    let microphones = Microphones::start(microphones(MicrophoneSource::Test), tell);
    let loud = || {
        watch.until("a voice", |event| match event {
            Event::Audio {
                voice,
                level_dbov,
                pts_ns,
                ..
            } => (*voice && *level_dbov > -40).then_some(*pts_ns),
            Event::Video { .. }
            | Event::Level { .. }
            | Event::Channels { .. }
            | Event::Gate { .. }
            | Event::Part { .. } => None,
        })
    };
    loud();
    for shut in [Microphones::set_muted, Microphones::set_closed] {
        shut(&microphones, true);
        let from = pipelines::monotonic_ns() + 100_000_000;
        let mut packets = 0;
        watch.until("three seconds of levels", |event| match event {
            Event::Audio {
                level_dbov,
                voice,
                pts_ns,
                ..
            } if *pts_ns > from => {
                assert!(
                    *level_dbov == -127 && !voice,
                    "{level_dbov} dBov from a shut microphone"
                );
                packets += 1;
                None
            }
            Event::Level { rms_dbfs, .. } => {
                // Heard by the meter all the same.
                (pipelines::monotonic_ns() > from + 2_000_000_000 && *rms_dbfs > -60.0)
                    .then_some(())
            }
            Event::Audio { .. }
            | Event::Video { .. }
            | Event::Channels { .. }
            | Event::Gate { .. }
            | Event::Part { .. } => None,
        });
        assert!(packets < 60, "{packets} packets of silence: DTX is off");
        shut(&microphones, false);
        loud();
    }
}

#[test]
fn a_voice_opens_the_gate_and_an_audience_does_not_until_the_gate_is_off() {
    pipelines::init().expect("GStreamer");
    let (tell, watch) = Watch::new();
    let microphones = Microphones::start(microphones(MicrophoneSource::Test), tell);
    let gate = |what: &str, wanted: fn(GateReason) -> bool| {
        watch.until(what, |event| match event {
            Event::Gate { open, reason, .. } => {
                assert_eq!(*open, reason.is_open());
                wanted(*reason).then_some(*reason)
            }
            Event::Audio { .. }
            | Event::Video { .. }
            | Event::Level { .. }
            | Event::Channels { .. }
            | Event::Part { .. } => None,
        })
    };
    gate("a voice", |reason| reason == GateReason::Voice);
    microphones.set_talks(false).expect("a test microphone");
    gate("silence", |reason| !reason.is_open());
    for noise in Noise::ALL {
        // People whisper once the talker has been quiet for a while: levels come ten times a second.
        let mut quiet = 0;
        watch.until("a second of silence", |event| {
            quiet += u32::from(matches!(event, Event::Level { .. }));
            (quiet >= 10).then_some(())
        });
        let lasts = microphones.make(noise).expect("a test microphone");
        let over =
            pipelines::monotonic_ns() + u64::try_from(lasts.as_nanos()).expect("short") + HOLD_NS;
        let mut open_ms = 0;
        watch.until("the end of the noise", |event| match event {
            Event::Audio { voice, .. } => {
                open_ms += if *voice { 20 } else { 0 };
                None
            }
            Event::Level { .. } => (pipelines::monotonic_ns() > over).then_some(()),
            Event::Video { .. }
            | Event::Channels { .. }
            | Event::Gate { .. }
            | Event::Part { .. } => None,
        });
        println!(
            "{}: open for {open_ms} of {} ms",
            noise.name(),
            lasts.as_millis()
        );
        // Coughs are voiced, and keys may pass in part: no promise is made here of those.
        let promised = matches!(noise, Noise::Whisper | Noise::Page);
        assert!(
            !promised || open_ms == 0,
            "{} for {open_ms} ms",
            noise.name()
        );
    }
    microphones.set_gate(false);
    gate("all is let through", |reason| {
        reason == GateReason::Disabled
    });
    microphones.set_gate(true);
    gate("the gate decides again", |reason| !reason.is_open());
}

#[test]
fn a_file_of_any_channels_is_played_over_and_over_in_real_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("array.wav");
    std::fs::write(&path, wav(16_000, 4, 1.5)).expect("a file");
    let (loudspeaker, _watch) = loudspeaker();
    let config = MicrophonesConfig {
        // These tones are nobody's voice.
        gate: false,
        ..microphones(MicrophoneSource::File(path))
    };
    let (microphones, _mics) = looped(config, &loudspeaker, |_| false);
    let (delay, likeness) = compare(&microphones, &loudspeaker, 5);
    println!("a file: {delay:.1} ms, likeness {likeness:.3}");
    assert!(
        (delay - f64::from(LATENCY_MS)).abs() < 12.0 && likeness > 0.65,
        "{delay} {likeness}"
    );
}

#[test]
fn what_comes_too_late_is_dropped_and_does_not_pile_up() {
    let (loudspeaker, _watch) = loudspeaker();
    let late = loudspeaker.clone();
    let (tell, watch) = Watch::new();
    let _microphones = Microphones::start(microphones(MicrophoneSource::Test), move |event| {
        if let Event::Audio { packet, pts_ns, .. } = &event {
            late.push_audio(
                0,
                Packet::Opus(packet.clone()),
                pts_ns.saturating_sub(1_000_000_000),
            );
        }
        tell(event);
    });
    watch.running(Part::Microphones);
    let heard = eventually("three seconds", || {
        loudspeaker
            .recording()
            .filter(|heard| heard.samples.len() > 3 * 8000)
    });
    assert!(heard.samples.iter().all(|sample| *sample == 0));
}

/// Delay of `heard` after `said` (0 to 300 ms) where they are most alike, and the normalised correlation
/// there. Medians over windows of half a second, so that a stall of a loaded machine does not count.
fn correlate(said: &Recording, heard: &Recording) -> (f64, f64) {
    let per_ms = f64::from(said.rate) / 1000.0;
    // How many samples later in `heard` the same moment is.
    let moment = (said.start_ns as f64 - heard.start_ns as f64) / 1e6 * per_ms;
    // What both hold, but for the first second, when pipelines are settling.
    let start = (-moment).max(0.0) as usize + 8000;
    let end = said
        .samples
        .len()
        .min((heard.samples.len() as f64 - moment) as usize);
    let windows = (start..end.saturating_sub(4000 + 2400)).step_by(4000);
    let (mut delays, mut likenesses): (Vec<f64>, Vec<f64>) = windows
        .filter_map(|from| {
            let window = &said.samples[from..from + 4000];
            let at = |delay: usize| {
                let first = (from as f64 + moment).round() as usize + delay;
                likeness(window, &heard.samples[first..first + 4000])
            };
            let best = (0..2300).max_by(|a, b| at(*a).total_cmp(&at(*b)))?;
            // More than the air of the room.
            let voiced = window.iter().filter(|sample| sample.abs() > 100).count() > 1000;
            voiced.then(|| (best as f64 / per_ms, at(best)))
        })
        .unzip();
    assert!(delays.len() >= 3, "too little to compare");
    (
        percentile(&mut delays, 0.5),
        percentile(&mut likenesses, 0.5),
    )
}

/// Normalised correlation; 0 where one is silent.
fn likeness(a: &[i16], b: &[i16]) -> f64 {
    let product = |a: &[i16], b: &[i16]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    let energy = (product(a, a) * product(b, b)).sqrt();
    if energy > 0.0 {
        product(a, b) / energy
    } else {
        0.0
    }
}

/// Runs of digital silence of 10 to 100 ms: what a packet lost and not concealed would leave.
fn holes(samples: &[i16]) -> usize {
    let mut holes = 0;
    let mut run = 0;
    for sample in samples {
        if *sample == 0 {
            run += 1;
        } else {
            holes += usize::from((80..800).contains(&run));
            run = 0;
        }
    }
    holes
}

/// A WAV file of voices, one per channel, alike but for their level.
fn wav(rate: u32, channels: u16, seconds: f64) -> Vec<u8> {
    let frames = (f64::from(rate) * seconds) as u32;
    let data = frames * u32::from(channels) * 2;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(16u16.to_le_bytes());
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    for n in 0..frames {
        let t = f64::from(n) / f64::from(rate);
        let tone = |hertz: f64| (std::f64::consts::TAU * hertz * t).sin();
        let voice = (tone(310.0) + tone(620.0) + tone(941.0)) / 3.0 * (t * 7.0).sin().abs();
        for channel in 0..channels {
            let level = 9000.0 / f64::from(1 + channel);
            file.extend(((voice * level) as i16).to_le_bytes());
        }
    }
    file
}
