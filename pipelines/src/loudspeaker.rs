//! The loudspeaker: three Opus slots, concealed, mixed, limited and played at their time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_audio as gst_audio;

use crate::chirp;
use crate::cues::{self, Cue};
use crate::devices::{LoudspeakerSink, Machine};
use crate::events::{Event, Events, Part};
use crate::far_end::FarEnd;
use crate::fed::{self, Pace};
use crate::mix::{Mix, RATE};
use crate::recording::{self, Recorder, Recording};
use crate::supervisor::{Built, Pulse, Supervisor};
use crate::{launch, monotonic_ns};

/// Sound slots of a box.
pub const AUDIO_SLOTS: usize = 3;

/// Samples of the mix handed to the sink at once: 10 ms.
const BLOCK: usize = 480;
/// Length of a packet.
const PACKET_NS: u64 = 20_000_000;
/// What a block of the mix and the way to the sink need of the latency, in milliseconds.
const OUTPUT_MS: u32 = 20;
/// The least latency that can work, in milliseconds.
const LEAST_MS: u32 = 60;
/// A packet that would have to wait longer than this has a wrong time, and is played at once.
const FAR_NS: u64 = 1_000_000_000;

/// A sink that lets go later than this was starved.
const LATE_NS: u64 = 20_000_000;

/// What the loudspeaker is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoudspeakerConfig {
    /// Where sound goes.
    pub sink: LoudspeakerSink,
    /// Keep the last 15 s as they were played, for [`Loudspeaker::recording`].
    pub record: bool,
    /// From a packet's time stamp to the moment it is heard, in milliseconds; the screen's should be the
    /// same. At least 60: a packet is 20 long, waits 20 for the next one's FEC once one was lost, and
    /// 20 go to the output.
    /// What the network may take is the rest.
    pub latency_ms: u32,
}

/// What came in for 20 ms of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// One Opus packet.
    Opus(Bytes),
    /// A packet that will not come any more: it is concealed, by the next one's FEC if that has it.
    Lost,
}

/// A loudspeaker that runs until it is dropped.
#[derive(Debug)]
pub struct Loudspeaker {
    control: Arc<Mutex<Control>>,
    recorder: Option<recording::Shared>,
    far_end: FarEnd,
    own: Own,
    supervisor: Supervisor,
}

/// What is still to be played of the box's own sounds: the ready check's chirp, cues.
type Own = Arc<Mutex<VecDeque<f32>>>;
/// More of them at once is nothing one could tell apart, in samples.
const MOST_OWN: usize = RATE as usize;

/// What the shell wishes, kept over rebuilds, and what of the current pipeline obeys it.
#[derive(Debug)]
struct Control {
    volume: f32,
    live: Option<Live>,
}

#[derive(Debug)]
struct Live {
    slots: Vec<gst_app::AppSrc>,
    volume: gst::Element,
}

impl Loudspeaker {
    /// Starts a loudspeaker. Never fails: what is wrong is told by [`Event::Part`], and tried again.
    pub fn start(
        config: LoudspeakerConfig,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> Self {
        let events: Events = Arc::new(events);
        let control = Arc::new(Mutex::new(Control {
            volume: 1.0,
            live: None,
        }));
        let recorder = config.record.then(Recorder::shared);
        let far_end = FarEnd::default();
        let (shared, ring, far) = (control.clone(), recorder.clone(), far_end.clone());
        let own = Own::default();
        let owns = own.clone();
        let build = Box::new(move |pulse: &Pulse| {
            build(&config, &shared, ring.as_ref(), &far, &owns, pulse)
        });
        Self {
            control,
            recorder,
            far_end,
            own,
            supervisor: Supervisor::start(Part::Loudspeaker, events, build),
        }
    }

    /// As [`crate::Camera::turns`].
    #[must_use]
    pub fn turns(&self) -> Option<u64> {
        Some(self.supervisor.turns())
    }

    /// Plays a packet of a slot (0..[`AUDIO_SLOTS`]) at its time and the configured latency. Never blocks;
    /// what comes too late is dropped. Times are nanoseconds of the monotonic clock.
    pub fn push_audio(&self, slot: usize, packet: Packet, pts_ns: u64) {
        let control = lock(&self.control);
        let Some(slot) = control.live.as_ref().and_then(|live| live.slots.get(slot)) else {
            return;
        };
        let now = monotonic_ns();
        let pts = if pts_ns > now + FAR_NS { now } else { pts_ns };
        let buffer = match packet {
            Packet::Opus(bytes) => gst::Buffer::from_slice(bytes),
            // An empty buffer keeps its place in the queue; it becomes a gap event behind it.
            Packet::Lost => gst::Buffer::new(),
        };
        // Refused only while the pipeline stops.
        let _ = slot.push_buffer(fed::stamped(buffer, (pts, PACKET_NS)));
    }

    /// Sets the volume, 0.0 (silent) to 1.0 (as it was spoken); more, to 4.0, is limited and not clipped.
    pub fn set_volume(&self, volume: f32) {
        let mut control = lock(&self.control);
        control.volume = if volume.is_finite() {
            volume.clamp(0.0, 4.0)
        } else {
            1.0
        };
        if let Some(live) = &control.live {
            live.volume
                .set_property("volume", f64::from(control.volume));
        }
    }

    /// Plays the ready check's chirp, as loud as voices are played: softly.
    pub fn chirp(&self) {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = chirp::chirp(RATE).into();
    }

    /// Plays a short soft sound.
    pub fn cue(&self, cue: Cue) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.len() < MOST_OWN {
            own.extend(cues::sound(cue, RATE));
        }
    }

    /// What it plays and when, for the echo canceller of the microphones. Outlives a rebuild.
    #[must_use]
    pub fn far_end(&self) -> FarEnd {
        self.far_end.clone()
    }

    /// The last 15 s as they were played, if they are recorded.
    #[must_use]
    pub fn recording(&self) -> Option<Recording> {
        self.recorder.as_ref().map(recording::copy)
    }
}

fn lock(control: &Mutex<Control>) -> MutexGuard<'_, Control> {
    control.lock().unwrap_or_else(PoisonError::into_inner)
}

fn build(
    config: &LoudspeakerConfig,
    control: &Arc<Mutex<Control>>,
    recorder: Option<&recording::Shared>,
    far_end: &FarEnd,
    own: &Own,
    pulse: &Pulse,
) -> Result<Built, String> {
    let (sink, chosen) = Machine::here().loudspeaker(&config.sink);
    let latency_ms = config.latency_ms.max(LEAST_MS);
    let pipeline = launch::pipeline(&[launch::LOUDSPEAKER])?;
    if let LoudspeakerSink::Alsa(device) = &sink {
        play(&pipeline, device)?;
    }
    let output = gst::ClockTime::from_mseconds(u64::from(OUTPUT_MS));
    tap(&pipeline, recorder.cloned(), pulse.clone(), output)?;
    let played = launch::pad(&launch::named(&pipeline, "split")?, "sink")?;
    overhear(&played, far_end.clone(), output);

    // A block of the mix goes out when so much of its latency has passed, and waits for the rest at the sink.
    let gather = gst::ClockTime::from_mseconds(u64::from(latency_ms - OUTPUT_MS));
    let mix = Arc::new(Mutex::new(Mix::new(monotonic_ns() - gather.nseconds())));
    let out: gst_app::AppSrc = launch::typed(&pipeline, "mix")?;
    out.set_caps(Some(&mono()));
    fed::feed(&out, blocks(mix.clone(), own.clone(), gather.nseconds()));
    let slots = (0..AUDIO_SLOTS)
        .map(|slot| add_slot(&pipeline, slot, &mix))
        .collect::<Result<_, _>>()?;

    let volume = launch::named(&pipeline, "volume")?;
    let mut control = lock(control);
    volume.set_property("volume", f64::from(control.volume));
    control.live = Some(Live { slots, volume });
    Ok(Built {
        pipeline,
        chosen,
        latency: Some(output),
        keep: Vec::new(),
    })
}

fn mono() -> gst::Caps {
    gst_audio::AudioCapsBuilder::new_interleaved()
        .format(gst_audio::AudioFormat::F32le)
        .rate(i32::try_from(RATE).unwrap_or(i32::MAX))
        .channels(1)
        .build()
}

/// The mix, 10 ms at a time, each block so long after the time it belongs to as slots may take.
fn blocks(
    mix: Arc<Mutex<Mix>>,
    own: Own,
    gather_ns: u64,
) -> impl FnMut() -> Result<gst::Buffer, String> + Send {
    let mut pace = Pace::new(1, 100, monotonic_ns());
    let mut block = [0.0; BLOCK];
    move || {
        let time = pace.next(monotonic_ns());
        let mut mix = mix.lock().unwrap_or_else(PoisonError::into_inner);
        mix.take(time.0.saturating_sub(gather_ns), &mut block);
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        let now = own.len().min(BLOCK);
        for (sample, own) in block.iter_mut().zip(own.drain(..now)) {
            *sample += own;
        }
        let bytes: Vec<u8> = block
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        Ok(fed::stamped(gst::Buffer::from_mut_slice(bytes), time))
    }
}

/// Adds a decoder that puts its sound into the mix; gives where its packets enter.
fn add_slot(
    pipeline: &gst::Pipeline,
    slot: usize,
    mix: &Arc<Mutex<Mix>>,
) -> Result<gst_app::AppSrc, String> {
    let bin = launch::bin(launch::LOUDSPEAKER_SLOT, &format!("slot{slot}"))?;
    let source: gst_app::AppSrc = launch::typed(&bin, "packets")?;
    let opus = gst::Caps::builder("audio/x-opus")
        .field("channel-mapping-family", 0i32)
        .field("channels", 1i32)
        .field("rate", 48_000i32)
        .build();
    source.set_caps(Some(&opus));
    let decoder = launch::named(&bin, "decoder")?;
    lose_empty_buffers(&launch::pad(&source, "src")?, decoder.downgrade());
    launch::named(&bin, "raw")?.set_property("caps", mono());
    let sink: gst_app::AppSink = launch::typed(&bin, "decoded")?;
    let mix = mix.clone();
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            add(&mix, slot, &sample);
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    sink.set_callbacks(callbacks);
    pipeline.add(&bin).map_err(|error| error.to_string())?;
    Ok(source)
}

fn add(mix: &Mutex<Mix>, slot: usize, sample: &gst::Sample) {
    let Some(buffer) = sample.buffer() else {
        return;
    };
    let (Some(pts), Ok(bytes)) = (buffer.pts(), buffer.map_readable()) else {
        return;
    };
    let block = bytes
        .chunks_exact(size_of::<f32>())
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap_or_default()));
    let mut mix = mix.lock().unwrap_or_else(PoisonError::into_inner);
    let late = mix.add(slot, pts.nseconds(), block);
    if late > 0 {
        tracing::trace!(slot, late, "sound came too late");
    }
}

/// Turns an empty buffer into the gap event that makes the decoder conceal.
///
/// With FEC the decoder holds back each packet until the next has come, 20 ms of the latency. It does so
/// from the first loss on: a network that loses nothing keeps them for its jitter.
fn lose_empty_buffers(pad: &gst::Pad, decoder: gst::glib::WeakRef<gst::Element>) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, probe| {
        let Some(buffer) = probe.buffer().filter(|buffer| buffer.size() == 0) else {
            return gst::PadProbeReturn::Ok;
        };
        if let (Some(pts), Some(decoder)) = (buffer.pts(), decoder.upgrade()) {
            decoder.set_property("use-inband-fec", true);
            pad.push_event(
                gst::event::Gap::builder(pts)
                    .duration(buffer.duration())
                    .build(),
            );
        }
        gst::PadProbeReturn::Drop
    });
}

fn play(pipeline: &gst::Pipeline, device: &str) -> Result<(), String> {
    let bin = launch::bin(launch::LOUDSPEAKER_ALSA, "output")?;
    launch::named(&bin, "loudspeaker")?.set_property("device", device);
    pipeline.add(&bin).map_err(|error| error.to_string())?;
    launch::named(pipeline, "split")?
        .link(&bin)
        .map_err(|error| error.to_string())
}

/// Consumes the mix in real time, whatever else plays it, and records it.
fn tap(
    pipeline: &gst::Pipeline,
    recorder: Option<recording::Shared>,
    pulse: Pulse,
    latency: gst::ClockTime,
) -> Result<(), String> {
    let sink: gst_app::AppSink = launch::typed(pipeline, "tap")?;
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            pulse.beat();
            if let (Some(recorder), Some(buffer)) = (&recorder, sample.buffer()) {
                let heard_ns = played_at(buffer, latency);
                recording::record(recorder, buffer, 1, heard_ns);
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    sink.set_callbacks(callbacks);
    Ok(())
}

/// Tells the microphones what will be heard and when, before the sinks wait for that time.
fn overhear(pad: &gst::Pad, far_end: FarEnd, latency: gst::ClockTime) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, probe| {
        if let Some(buffer) = probe.buffer()
            && let Some(pts) = buffer.pts()
            && let Ok(bytes) = buffer.map_readable()
        {
            let block = bytes
                .chunks_exact(size_of::<f32>())
                .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap_or_default()));
            far_end.write((pts + latency).nseconds(), block);
        }
        gst::PadProbeReturn::Ok
    });
}

/// When a buffer that a waiting sink let go is heard: its due time, or now if it came late.
fn played_at(buffer: &gst::BufferRef, latency: gst::ClockTime) -> u64 {
    let now = monotonic_ns();
    match buffer.pts() {
        Some(pts) => {
            let due = (pts + latency).nseconds();
            if now > due + LATE_NS { now } else { due }
        }
        None => now,
    }
}
