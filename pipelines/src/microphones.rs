//! The microphones: from a device, a file or a made-up voice, through the gate, to Opus packets.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_audio as gst_audio;

use crate::devices::{Machine, MicrophoneSource};
use crate::estradegate::EstradeGate;
use crate::events::{Event, Events, Part, PartState};
use crate::fed::{self, Pace};
use crate::looped::Looped;
use crate::recording::{self, Recorder, Recording};
use crate::supervisor::{Built, Pulse, Supervisor};
use crate::voice::Voice;
use crate::{launch, monotonic_ns};

/// Samples per second, from the source's normalisation to the encoder.
const RATE: u32 = 48_000;
/// Samples in a block of the test voice: 10 ms.
const BLOCK: usize = 480;
/// Packets of silence by DTX are no longer than this and need not be sent (RFC 6716, `opus_encode`).
const DTX_BYTES: usize = 2;
/// A packet louder than this is taken for somebody who speaks, in dB of full scale.
const VOICE_DBFS: f32 = -50.0;

/// What the microphones are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicrophonesConfig {
    /// Where sound comes from.
    pub source: MicrophoneSource,
    /// The town's name: gives the test voice its pitch.
    pub title: String,
    /// Keep the last 15 s as they were captured, for [`Microphones::recording`].
    pub record: bool,
}

/// Microphones that run until they are dropped.
#[derive(Debug)]
pub struct Microphones {
    control: Arc<Mutex<Control>>,
    recorder: Option<recording::Shared>,
    _supervisor: Option<Supervisor>,
}

/// What the shell wishes, kept over rebuilds, and the element that obeys it.
#[derive(Debug, Default)]
struct Control {
    muted: bool,
    closed: bool,
    gate: Option<gst::Element>,
}

impl Control {
    fn apply(&self) {
        if let Some(gate) = &self.gate {
            gate.set_property("muted", self.muted);
            gate.set_property("closed", self.closed);
        }
    }
}

impl Microphones {
    /// Starts microphones. Never fails: what is wrong is told by [`Event::Part`], and tried again.
    pub fn start(
        config: MicrophonesConfig,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> Self {
        let events: Events = Arc::new(events);
        let control = Arc::new(Mutex::new(Control::default()));
        let recorder = config.record.then(Recorder::shared);
        let supervisor = if config.source == MicrophoneSource::None {
            let reason = "no microphone is configured".into();
            events(Event::Part {
                part: Part::Microphones,
                state: PartState::Missing { reason },
            });
            None
        } else {
            let (shared, out, ring) = (control.clone(), events.clone(), recorder.clone());
            let build =
                Box::new(move |pulse: &Pulse| build(&config, &shared, ring.as_ref(), &out, pulse));
            Some(Supervisor::start(Part::Microphones, events, build))
        };
        Self {
            control,
            recorder,
            _supervisor: supervisor,
        }
    }

    /// Mutes at the source, by wish of the people in the room.
    pub fn set_muted(&self, muted: bool) {
        let mut control = lock(&self.control);
        control.muted = muted;
        control.apply();
    }

    /// Closes the microphones by wish of the conference.
    pub fn set_closed(&self, closed: bool) {
        let mut control = lock(&self.control);
        control.closed = closed;
        control.apply();
    }

    /// The last 15 s before the gate, if they are recorded.
    #[must_use]
    pub fn recording(&self) -> Option<Recording> {
        self.recorder.as_ref().map(recording::copy)
    }
}

fn lock(control: &Mutex<Control>) -> MutexGuard<'_, Control> {
    control.lock().unwrap_or_else(PoisonError::into_inner)
}

fn build(
    config: &MicrophonesConfig,
    control: &Arc<Mutex<Control>>,
    recorder: Option<&recording::Shared>,
    events: &Events,
    pulse: &Pulse,
) -> Result<Built, String> {
    let (source, chosen) = Machine::here().microphones(&config.source)?;
    let first = match source {
        MicrophoneSource::Alsa(_) => launch::MICROPHONES_ALSA,
        MicrophoneSource::File(_) | MicrophoneSource::Test => launch::MICROPHONES_FED,
        MicrophoneSource::Auto | MicrophoneSource::None => return Err(chosen),
    };
    let pipeline = launch::pipeline(&[first, launch::MICROPHONES])?;
    open(&source, &pipeline, &config.title)?;

    let raw = launch::named(&pipeline, "raw")?;
    raw.set_property("caps", raw_caps(1..=8));
    let pad = launch::pad(&raw, "src")?;
    pulse.watch(&pad);
    if let Some(recorder) = recorder {
        record(&pad, recorder.clone());
    }
    let gate: EstradeGate = launch::typed(&pipeline, "gate")?;
    deliver(&pipeline, &gate, events)?;
    let mut control = lock(control);
    control.gate = Some(gate.upcast());
    control.apply();
    Ok(Built {
        pipeline,
        chosen,
        latency: None,
        keep: Vec::new(),
    })
}

fn raw_caps(channels: std::ops::RangeInclusive<i32>) -> gst::Caps {
    gst_audio::AudioCapsBuilder::new_interleaved()
        .format(gst_audio::AudioFormat::F32le)
        .rate(i32::try_from(RATE).unwrap_or(i32::MAX))
        .channels_range(channels)
        .build()
}

/// Sets what the source element needs, or feeds it.
fn open(source: &MicrophoneSource, pipeline: &gst::Pipeline, title: &str) -> Result<(), String> {
    match source {
        MicrophoneSource::Alsa(name) => {
            launch::named(pipeline, "source")?.set_property("device", name);
        }
        MicrophoneSource::File(path) => feed_file(&launch::typed(pipeline, "source")?, path)?,
        MicrophoneSource::Test => {
            let source: gst_app::AppSrc = launch::typed(pipeline, "source")?;
            let mut caps = raw_caps(1..=8);
            caps.fixate();
            source.set_caps(Some(&caps));
            fed::feed(&source, speech(title));
        }
        MicrophoneSource::Auto | MicrophoneSource::None => {}
    }
    Ok(())
}

/// The test voice, 10 ms at a time.
fn speech(title: &str) -> impl FnMut() -> Result<gst::Buffer, String> + Send + use<> {
    let mut voice = Voice::new(title, RATE);
    let mut pace = Pace::new(1, 100, monotonic_ns());
    let mut block = [0.0; BLOCK];
    move || {
        voice.fill(&mut block);
        let bytes: Vec<u8> = block
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        Ok(fed::stamped(
            gst::Buffer::from_mut_slice(bytes),
            pace.next(monotonic_ns()),
        ))
    }
}

/// A file's sound, over and over, with as many of its channels as a box takes.
fn feed_file(source: &gst_app::AppSrc, path: &Path) -> Result<(), String> {
    let mut looped = Looped::open(launch::MICROPHONES_FILE, path, &raw_caps(1..=8))?;
    let mut first = Some(looped.next()?);
    let caps = first
        .as_ref()
        .and_then(|sample| sample.caps_owned())
        .ok_or("sound without a format")?;
    let info = gst_audio::AudioInfo::from_caps(&caps).map_err(|error| error.to_string())?;
    source.set_caps(Some(&caps));
    // Pieces at a file's end are shorter: time is counted in samples.
    let mut pace = Pace::new(1, u64::from(RATE), monotonic_ns());
    fed::feed(source, move || {
        let sample = first.take().map_or_else(|| looped.next(), Ok)?;
        let buffer = sample.buffer_owned().ok_or("sound without data")?;
        let frames = buffer.size() as u64 / u64::from(info.bpf().max(1));
        Ok(fed::stamped(buffer, pace.advance(frames, monotonic_ns())))
    });
    Ok(())
}

fn record(pad: &gst::Pad, recorder: recording::Shared) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, probe| {
        let channels = pad
            .current_caps()
            .and_then(|caps| gst_audio::AudioInfo::from_caps(&caps).ok())
            .map_or(1, |info| info.channels() as usize);
        if let Some(buffer) = probe.buffer()
            && let Some(pts) = buffer.pts()
        {
            recording::record(&recorder, buffer, channels, pts.nseconds());
        }
        gst::PadProbeReturn::Ok
    });
}

/// Hands packets and levels to the shell.
fn deliver(pipeline: &gst::Pipeline, gate: &EstradeGate, events: &Events) -> Result<(), String> {
    let levels = events.clone();
    launch::pad(gate, "src")?.add_probe(gst::PadProbeType::BUFFER, move |pad, _| {
        let gate = pad.parent_element().and_downcast::<EstradeGate>();
        while let Some(event) = gate.as_ref().and_then(EstradeGate::next_event) {
            tell(event, &levels);
        }
        gst::PadProbeReturn::Ok
    });
    let sink: gst_app::AppSink = launch::typed(pipeline, "packets")?;
    let (events, gate) = (events.clone(), gate.downgrade());
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let level = gate
                .upgrade()
                .map_or(gate::SILENCE_DBFS, |gate| gate.property("sent-level"));
            if let Some(event) = audio(&sample, level) {
                events(event);
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    sink.set_callbacks(callbacks);
    Ok(())
}

fn tell(event: gate::Event, events: &Events) {
    match event {
        gate::Event::Level {
            rms_dbfs,
            peak_dbfs,
        } => events(Event::Level {
            rms_dbfs,
            peak_dbfs,
        }),
        gate::Event::Decided { at, reason, voice } => {
            tracing::debug!(at, reason = reason.name(), voice, "gate");
        }
    }
}

fn audio(sample: &gst::Sample, level_dbfs: f32) -> Option<Event> {
    let buffer = sample.buffer()?;
    if buffer.size() <= DTX_BYTES {
        return None;
    }
    let pts = sample
        .segment()?
        .downcast_ref::<gst::ClockTime>()?
        .to_running_time(buffer.pts())?;
    #[expect(clippy::cast_possible_truncation, reason = "-127..=0")]
    let level_dbov = level_dbfs.clamp(-127.0, 0.0) as i8;
    Some(Event::Audio {
        packet: Bytes::copy_from_slice(&buffer.map_readable().ok()?),
        pts_ns: pts.nseconds(),
        level_dbov,
        voice: level_dbfs > VOICE_DBFS,
    })
}
