//! The microphones: from a device, a file or a made-up voice, through the gate, to Opus packets.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_audio as gst_audio;

use crate::audience::Audience;
use crate::channels::Channels;
use crate::devices::{Machine, MicrophoneSource};
use crate::estradegate::EstradeGate;
use crate::events::{Event, Events, Part, PartState};
use crate::far_end::FarEnd;
use crate::fed::{self, Pace};
use crate::looped::Looped;
use crate::noises::Noise;
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

/// What the microphones are to be.
#[derive(Debug, Clone)]
pub struct MicrophonesConfig {
    /// Where sound comes from.
    pub source: MicrophoneSource,
    /// The town's name: gives the test voice its pitch.
    pub title: String,
    /// Keep the last 15 s as they were captured, for [`Microphones::recording`].
    pub record: bool,
    /// Whether the gate decides who is let through, until [`Microphones::set_gate`] says otherwise.
    pub gate: bool,
    /// What the loudspeaker of the same room plays ([`Loudspeaker::far_end`](crate::Loudspeaker::far_end)): its
    /// echo is taken out.
    pub far_end: Option<FarEnd>,
}

/// Microphones that run until they are dropped.
#[derive(Debug)]
pub struct Microphones {
    control: Arc<Mutex<Control>>,
    recorder: Option<recording::Shared>,
    ear: Ear,
    /// None before a real microphone: there the audience is in the room.
    audience: Option<Arc<Mutex<Audience>>>,
    supervisor: Option<Supervisor>,
}

/// Keeps sound only while somebody listens.
type Ear = Arc<Mutex<Option<recording::Shared>>>;

/// What the shell wishes, kept over rebuilds, and the element that obeys it.
#[derive(Debug)]
struct Control {
    muted: bool,
    closed: bool,
    enabled: bool,
    gate: Option<gst::Element>,
}

impl Control {
    fn apply(&self) {
        if let Some(gate) = &self.gate {
            gate.set_property("muted", self.muted);
            gate.set_property("closed", self.closed);
            gate.set_property("enabled", self.enabled);
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
        let control = Arc::new(Mutex::new(Control {
            muted: false,
            closed: false,
            enabled: config.gate,
            gate: None,
        }));
        let recorder = config.record.then(Recorder::shared);
        let ear = Ear::default();
        let audience = match &config.source {
            MicrophoneSource::File(_) | MicrophoneSource::Test => {
                Some(Arc::<Mutex<Audience>>::default())
            }
            MicrophoneSource::Auto | MicrophoneSource::Alsa(_) | MicrophoneSource::None => None,
        };
        let supervisor = if config.source == MicrophoneSource::None {
            let reason = "no microphone is configured".into();
            events(Event::Part {
                part: Part::Microphones,
                state: PartState::Missing { reason },
            });
            None
        } else {
            let wiring = Wiring {
                control: control.clone(),
                recorder: recorder.clone(),
                ear: ear.clone(),
                audience: audience.clone().unwrap_or_default(),
                events: events.clone(),
            };
            let build = Box::new(move |pulse: &Pulse| build(&config, &wiring, pulse));
            Some(Supervisor::start(Part::Microphones, events, build))
        };
        Self {
            control,
            recorder,
            ear,
            audience,
            supervisor,
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

    /// Lets the device go until it is wanted again: no sound leaves the room, nor reaches this program.
    pub fn set_wanted(&self, wanted: bool) {
        if let Some(supervisor) = &self.supervisor {
            supervisor.set_wanted(wanted);
        }
    }

    /// As [`crate::Camera::turns`].
    #[must_use]
    pub fn turns(&self) -> Option<u64> {
        self.supervisor.as_ref().map(Supervisor::turns)
    }

    /// Lets the gate decide who is let through, or lets all sound through as it came.
    pub fn set_gate(&self, on: bool) {
        let mut control = lock(&self.control);
        control.enabled = on;
        control.apply();
    }

    /// Whether the gate decides.
    #[must_use]
    pub fn gate(&self) -> bool {
        lock(&self.control).enabled
    }

    /// Lets the audience before a test microphone make a noise; says how long it lasts.
    ///
    /// # Errors
    /// [`NoNoise`], in words.
    pub fn make(&self, noise: Noise) -> Result<Duration, NoNoise> {
        let audience = self.audience.as_ref().ok_or(NoNoise::RealMicrophone)?;
        lock(audience).make(noise).ok_or(NoNoise::TooMany)
    }

    /// Lets whoever speaks into a test microphone talk on, or listen.
    ///
    /// # Errors
    /// [`NoNoise`], in words.
    pub fn set_talks(&self, talks: bool) -> Result<(), NoNoise> {
        let audience = self.audience.as_ref().ok_or(NoNoise::RealMicrophone)?;
        lock(audience).set_talks(talks);
        Ok(())
    }

    /// Whether somebody talks into a test microphone; none before a real one, which nobody can tell.
    #[must_use]
    pub fn talks(&self) -> Option<bool> {
        self.audience
            .as_ref()
            .map(|audience| lock(audience).talks())
    }

    /// Begins to keep the sound before the gate, 15 s at most, until [`Self::heard`].
    pub fn listen(&self) {
        *lock(&self.ear) = Some(Recorder::shared());
    }

    /// What came since [`Self::listen`]; it is kept no longer.
    #[must_use]
    pub fn heard(&self) -> Option<Recording> {
        let ear = lock(&self.ear).take();
        ear.as_ref().map(recording::copy)
    }

    /// The last 15 s before the gate, if they are recorded.
    #[must_use]
    pub fn recording(&self) -> Option<Recording> {
        self.recorder.as_ref().map(recording::copy)
    }
}

/// Why the audience makes no noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoNoise {
    /// The microphones are real.
    #[error("this room has real microphones: whisper, and turn the pages, yourself")]
    RealMicrophone,
    /// It makes many already.
    #[error("the audience makes all the noise it can: wait a moment")]
    TooMany,
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What every pipeline that is built is connected with.
struct Wiring {
    control: Arc<Mutex<Control>>,
    recorder: Option<recording::Shared>,
    ear: Ear,
    audience: Arc<Mutex<Audience>>,
    events: Events,
}

fn build(config: &MicrophonesConfig, wiring: &Wiring, pulse: &Pulse) -> Result<Built, String> {
    let (source, chosen) = Machine::here().microphones(&config.source)?;
    let first = match source {
        MicrophoneSource::Alsa(_) => launch::MICROPHONES_ALSA,
        MicrophoneSource::File(_) | MicrophoneSource::Test => launch::MICROPHONES_FED,
        MicrophoneSource::Auto | MicrophoneSource::None => return Err(chosen),
    };
    let pipeline = launch::pipeline(&[first, launch::MICROPHONES])?;
    open(&source, &pipeline, &config.title, &wiring.audience)?;

    let raw = launch::named(&pipeline, "raw")?;
    raw.set_property("caps", raw_caps(1..=8));
    let pad = launch::pad(&raw, "src")?;
    pulse.watch(&pad);
    if let Some(recorder) = &wiring.recorder {
        let recorder = recorder.clone();
        record(&pad, move || Some(recorder.clone()));
    }
    tell_channels(&pad, wiring.events.clone());
    let ear = wiring.ear.clone();
    record(&pad, move || lock(&ear).clone());
    let gate: EstradeGate = launch::typed(&pipeline, "gate")?;
    if let Some(far_end) = &config.far_end {
        gate.set_far_end(far_end.clone());
    }
    deliver(&pipeline, &gate, &wiring.events)?;
    let mut control = lock(&wiring.control);
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
fn open(
    source: &MicrophoneSource,
    pipeline: &gst::Pipeline,
    title: &str,
    audience: &Arc<Mutex<Audience>>,
) -> Result<(), String> {
    match source {
        MicrophoneSource::Alsa(name) => {
            launch::named(pipeline, "source")?.set_property("device", name);
        }
        MicrophoneSource::File(path) => {
            feed_file(&launch::typed(pipeline, "source")?, path, audience.clone())?;
        }
        MicrophoneSource::Test => {
            let source: gst_app::AppSrc = launch::typed(pipeline, "source")?;
            let mut caps = raw_caps(1..=8);
            caps.fixate();
            source.set_caps(Some(&caps));
            fed::feed(&source, speech(title, audience.clone()));
        }
        MicrophoneSource::Auto | MicrophoneSource::None => {}
    }
    Ok(())
}

/// The test voice, 10 ms at a time.
fn speech(
    title: &str,
    audience: Arc<Mutex<Audience>>,
) -> impl FnMut() -> Result<gst::Buffer, String> + Send + use<> {
    let mut voice = Voice::new(title, RATE);
    let mut pace = Pace::new(1, 100, monotonic_ns());
    let mut block = [0.0; BLOCK];
    move || {
        voice.fill(&mut block);
        let mut bytes: Vec<u8> = block
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        lock(&audience).mix(&mut bytes, 1);
        Ok(fed::stamped(
            gst::Buffer::from_mut_slice(bytes),
            pace.next(monotonic_ns()),
        ))
    }
}

/// A file's sound, over and over, with as many of its channels as a box takes.
fn feed_file(
    source: &gst_app::AppSrc,
    path: &Path,
    audience: Arc<Mutex<Audience>>,
) -> Result<(), String> {
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
        let mut buffer = sample.buffer_owned().ok_or("sound without data")?;
        // Else it is copied: the sample holds the buffer, too.
        drop(sample);
        let mut bytes = buffer
            .make_mut()
            .map_writable()
            .map_err(|error| error.to_string())?;
        lock(&audience).mix(&mut bytes, info.channels() as usize);
        drop(bytes);
        let frames = buffer.size() as u64 / u64::from(info.bpf().max(1));
        Ok(fed::stamped(buffer, pace.advance(frames, monotonic_ns())))
    });
    Ok(())
}

fn record(
    pad: &gst::Pad,
    recorder: impl Fn() -> Option<recording::Shared> + Send + Sync + 'static,
) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, probe| {
        let Some(recorder) = recorder() else {
            return gst::PadProbeReturn::Ok;
        };
        if let Some(buffer) = probe.buffer()
            && let Some(pts) = buffer.pts()
        {
            recording::record(&recorder, buffer, channels_of(pad), pts.nseconds());
        }
        gst::PadProbeReturn::Ok
    });
}

fn channels_of(pad: &gst::Pad) -> usize {
    pad.current_caps()
        .and_then(|caps| gst_audio::AudioInfo::from_caps(&caps).ok())
        .map_or(1, |info| info.channels() as usize)
}

/// Tells the level of each microphone, before the gate makes one sound of them.
fn tell_channels(pad: &gst::Pad, events: Events) {
    let channels = Mutex::new(Channels::default());
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, probe| {
        if let Some(bytes) = probe.buffer().and_then(|buffer| buffer.map_readable().ok()) {
            let samples = bytes
                .chunks_exact(size_of::<f32>())
                .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap_or_default()));
            let levels = lock(&channels).take(samples, channels_of(pad));
            if let Some(rms_dbfs) = levels {
                events(Event::Channels { rms_dbfs });
            }
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
            let (level, voice) = gate.upgrade().map_or((gate::SILENCE_DBFS, false), |gate| {
                (gate.property("sent-level"), gate.property("open"))
            });
            if let Some(event) = audio(&sample, level, voice) {
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
            voice,
        } => events(Event::Level {
            rms_dbfs,
            peak_dbfs,
            voice,
        }),
        gate::Event::Decided { at, reason, voice } => {
            tracing::debug!(at, reason = reason.name(), voice, "gate");
            events(Event::Gate {
                open: reason.is_open(),
                reason,
                voice,
            });
        }
    }
}

fn audio(sample: &gst::Sample, level_dbfs: f32, voice: bool) -> Option<Event> {
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
        voice,
    })
}
