//! Glue between GStreamer and the gate: caps, properties, time stamps, latency.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gate::{Gate, Reason};
use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer::subclass::prelude::*;
use gstreamer_audio as gst_audio;
use gstreamer_base as gst_base;
use gstreamer_base::prelude::BaseTransformExtManual;
use gstreamer_base::subclass::base_transform::GenerateOutputSuccess;
use gstreamer_base::subclass::prelude::*;

use super::properties::{PROPERTIES, SPECS};
use crate::far_end::FarEnd;

/// Frames handed to the gate at once.
const PIECE: usize = 480;
/// Bytes of a sample.
const SAMPLE: usize = size_of::<f32>();
/// A time stamp this far from where the samples before it end is a jump, not rounding or jitter; as in
/// GStreamer's own sinks (`alignment-threshold`).
const JUMP: gst::ClockTime = gst::ClockTime::from_mseconds(40);

/// What follows these belongs elsewhere: what is still in the gate goes first.
const ENDS: [gst::EventType; 5] = [
    gst::EventType::Eos,
    gst::EventType::Segment,
    gst::EventType::Gap,
    gst::EventType::Caps,
    gst::EventType::StreamStart,
];

#[derive(Default)]
pub struct EstradeGate {
    state: Mutex<State>,
}

/// What was wished outlives a change of caps; the gate does not.
#[derive(Default)]
pub(super) struct State {
    pub(super) muted: bool,
    pub(super) closed: bool,
    /// Its `channels` count for nothing: caps say how many there are.
    pub(super) settings: gate::Settings,
    /// What the loudspeaker plays; without it there is no echo to cancel.
    far_end: Option<FarEnd>,
    pub(super) running: Option<Running>,
}

impl State {
    /// A gate that has heard nothing yet, with what was wished.
    fn new_gate(&self, channels: usize) -> Gate {
        let mut gate = Gate::new(&gate::Settings {
            channels,
            ..self.settings
        });
        gate.set_muted(self.muted);
        gate.set_closed(self.closed);
        gate
    }

    /// What runs, with such a gate.
    fn start(&self, channels: usize) -> Running {
        Running::new(self.new_gate(channels), self.far_end.clone())
    }

    /// Delay of the sound behind its input.
    pub(super) fn delay(&self) -> gst::ClockTime {
        duration(latency(self.far_end.is_some()))
    }

    /// Brings a wish to the gate that runs.
    fn apply(&mut self) {
        if let Some(running) = &mut self.running {
            running.gate.set(&self.settings);
            running.gate.set_muted(self.muted);
            running.gate.set_closed(self.closed);
        }
    }
}

/// Delay of the sound behind its input, in samples, with or without the echo canceller. The time stamps do not
/// move with it: each sample keeps its own.
const fn latency(cancels: bool) -> usize {
    if cancels {
        gate::LATENCY + gate::echo::ECHO_LATENCY
    } else {
        gate::LATENCY
    }
}

pub(super) struct Running {
    /// On the heap: GLib keeps at most 64 KiB of an element's own.
    pub(super) gate: Box<Gate>,
    far_end: Option<FarEnd>,
    input: Box<[f32]>,
    output: Box<[f32]>,
    /// Samples still to leave out: what a gate gives before the first sample has come through it.
    skip: usize,
    /// When the sample after the last one taken in is due.
    next: Option<gst::ClockTime>,
    /// What was last made known of the gate's reason.
    told: Option<Reason>,
}

impl Running {
    fn new(gate: Gate, far_end: Option<FarEnd>) -> Self {
        let channels = gate.channels();
        Self {
            gate: Box::new(gate),
            skip: latency(far_end.is_some()),
            far_end,
            input: vec![0.0; PIECE * channels].into(),
            output: vec![0.0; PIECE].into(),
            next: None,
            told: None,
        }
    }

    /// Takes in interleaved samples as bytes that stand at `pts`; gives what comes out, if anything does.
    fn process(&mut self, input: &[u8], pts: Option<gst::ClockTime>) -> Option<gst::Buffer> {
        let frames = input.len() / (self.gate.channels() * SAMPLE);
        let skip = self.skip.min(frames);
        self.skip -= skip;
        self.next = pts.map(|pts| pts + duration(frames));
        let mut out = Vec::with_capacity((frames - skip) * SAMPLE);
        let (mut to_skip, mut at) = (skip, pts);
        for piece in input.chunks(PIECE * self.gate.channels() * SAMPLE) {
            for (sample, bytes) in self.input.iter_mut().zip(piece.chunks_exact(SAMPLE)) {
                *sample = f32::from_le_bytes(bytes.try_into().unwrap_or_default());
            }
            let samples = piece.len() / SAMPLE;
            let output = &mut self.output[..samples / self.gate.channels()];
            if let Some(far_end) = &mut self.far_end {
                // The same room for what the loudspeaker played: the gate fills it after.
                match at {
                    Some(at) => far_end.read(at.nseconds(), output),
                    None => output.fill(0.0),
                }
                self.gate.far_end(output);
                at = at.map(|at| at + duration(output.len()));
            }
            self.gate.process(&self.input[..samples], output);
            let left_out = to_skip.min(output.len());
            to_skip -= left_out;
            out.extend(
                output[left_out..]
                    .iter()
                    .flat_map(|sample| sample.to_le_bytes()),
            );
        }
        if out.is_empty() {
            return None;
        }
        let mut buffer = gst::Buffer::from_mut_slice(out);
        if let Some(buffer) = buffer.get_mut() {
            let delay = duration(self.latency());
            buffer.set_pts(pts.map(|pts| (pts + duration(skip)).saturating_sub(delay)));
            buffer.set_duration(duration(frames - skip));
        }
        Some(buffer)
    }

    const fn latency(&self) -> usize {
        latency(self.far_end.is_some())
    }

    /// Whether a buffer does not follow the last one. Where time stamps tell, the mark that something is missing counts for
    /// nothing: a queue before an element that is too slow sets it for every 10 ms that it drops, and a new gate each time
    /// would make it slower still, for ever.
    fn is_torn(&self, buffer: &gst::BufferRef) -> bool {
        match self.next.zip(buffer.pts()) {
            Some((expected, pts)) => expected.absdiff(pts) > JUMP,
            None => buffer.flags().contains(gst::BufferFlags::DISCONT),
        }
    }

    /// What is still in the gate: as much sound as was put in and did not come out yet.
    fn drain(&mut self) -> Option<gst::Buffer> {
        let silence = vec![0; self.latency() * self.gate.channels() * SAMPLE];
        self.process(&silence, self.next)
    }

    /// The reason, if it is another than the last time.
    fn news(&mut self) -> bool {
        let reason = self.gate.reason();
        std::mem::replace(&mut self.told, reason) != reason
    }
}

/// How long some samples last, to the nearest nanosecond.
fn duration(frames: usize) -> gst::ClockTime {
    gst::ClockTime::SECOND
        .mul_div_round(frames as u64, u64::from(gate::RATE))
        .unwrap_or(gst::ClockTime::ZERO)
}

impl EstradeGate {
    pub(super) fn next_event(&self) -> Option<gate::Event> {
        self.state().running.as_mut()?.gate.next_event()
    }

    pub(super) fn set_far_end(&self, far_end: FarEnd) {
        self.state().far_end = Some(far_end);
        self.forget(|_| None::<()>);
    }

    /// Uncontended but for a change of property.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends on what is still in the gate, and starts anew: what comes next does not follow.
    fn restart(&self) -> Result<gst::FlowSuccess, gst::FlowError> {
        let tail = self.forget(Running::drain);
        // Not under the lock: what is downstream may ask for a property.
        tail.map_or(Ok(gst::FlowSuccess::Ok), |tail| {
            self.obj().src_pad().push(tail)
        })
    }

    /// Puts a gate that has heard nothing in place of the one that runs, after a last look at that.
    fn forget<T>(&self, last: impl FnOnce(&mut Running) -> Option<T>) -> Option<T> {
        let mut state = self.state();
        let mut old = state.running.take()?;
        let told = last(&mut old);
        state.running = Some(state.start(old.gate.channels()));
        told
    }
}

#[glib::object_subclass]
impl ObjectSubclass for EstradeGate {
    const NAME: &'static str = "EstradeGate";
    // The plug-in may be loaded into a process that has the element of its own: two types, each complete.
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::EstradeGate;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for EstradeGate {
    fn properties() -> &'static [glib::ParamSpec] {
        &SPECS
    }

    fn set_property(&self, id: usize, value: &glib::Value, _pspec: &glib::ParamSpec) {
        // GLib counts from 1, and lets only a writable property come here.
        let Some(set) = id.checked_sub(1).and_then(|row| PROPERTIES.get(row)?.set) else {
            return;
        };
        let mut state = self.state();
        set(&mut state, value);
        state.apply();
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let row = id.checked_sub(1).and_then(|row| PROPERTIES.get(row));
        row.map_or_else(
            || pspec.default_value().clone(),
            |row| (row.get)(&self.state()),
        )
    }
}

impl GstObjectImpl for EstradeGate {}

impl ElementImpl for EstradeGate {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Estrade noise gate",
                "Filter/Effect/Audio",
                "Lets people who speak through; whispers, pages, keys and doors are not. \
                 1 to 8 microphones in, one channel out",
                "The Estrade authors",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let template = |name, direction, caps: &gst::Caps| {
                gst::PadTemplate::new(name, direction, gst::PadPresence::Always, caps).ok()
            };
            [
                template("sink", gst::PadDirection::Sink, &caps(1..=8)),
                template("src", gst::PadDirection::Src, &caps(1..=1)),
            ]
            .into_iter()
            .flatten()
            .collect()
        });
        &TEMPLATES
    }
}

fn caps(channels: std::ops::RangeInclusive<i32>) -> gst::Caps {
    let builder = gst_audio::AudioCapsBuilder::new_interleaved()
        .format(gst_audio::AudioFormat::F32le)
        .rate(gate::RATE.cast_signed());
    if channels.start() == channels.end() {
        builder.channels(*channels.start()).build()
    } else {
        builder.channels_range(channels).build()
    }
}

impl BaseTransformImpl for EstradeGate {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::NeverInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn transform_caps(
        &self,
        direction: gst::PadDirection,
        from: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        let mut other = from.clone();
        for structure in other.make_mut().iter_mut() {
            // A mask says where channels stand in a room; one channel, or another number, has none.
            structure.remove_field("channel-mask");
            if direction == gst::PadDirection::Sink {
                structure.set("channels", 1i32);
            } else {
                structure.set("channels", gst::IntRange::new(1i32, 8));
            }
        }
        Some(match filter {
            Some(filter) => filter.intersect_with_mode(&other, gst::CapsIntersectMode::First),
            None => other,
        })
    }

    fn set_caps(&self, input: &gst::Caps, _output: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = gst_audio::AudioInfo::from_caps(input)
            .map_err(|_| gst::loggable_error!(gst::CAT_RUST, "caps that are no sound"))?;
        let channels = usize::try_from(info.channels()).unwrap_or(1);
        let mut state = self.state();
        state.running = Some(state.start(channels));
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.state().running = None;
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        let kind = event.type_();
        if kind == gst::EventType::FlushStop {
            self.forget(|_| None::<()>);
        } else if ENDS.contains(&kind) {
            // That nobody wants it any more is for the event's own result to say.
            let _ = self.restart();
        }
        self.parent_sink_event(event)
    }

    fn generate_output(&self) -> Result<GenerateOutputSuccess, gst::FlowError> {
        let Some(input) = self.take_queued_buffer() else {
            return Ok(GenerateOutputSuccess::NoOutput);
        };
        if self
            .state()
            .running
            .as_ref()
            .is_some_and(|running| running.is_torn(&input))
        {
            self.restart()?;
        }
        let bytes = input.map_readable().map_err(|_| gst::FlowError::Error)?;
        let (output, news) = {
            let mut state = self.state();
            let running = state
                .running
                .as_mut()
                .ok_or(gst::FlowError::NotNegotiated)?;
            (running.process(&bytes, input.pts()), running.news())
        };
        if news {
            self.obj().notify("open");
            self.obj().notify("reason");
        }
        Ok(output.map_or(
            GenerateOutputSuccess::NoOutput,
            GenerateOutputSuccess::Buffer,
        ))
    }

    fn query(&self, direction: gst::PadDirection, query: &mut gst::QueryRef) -> bool {
        if !BaseTransformImplExt::parent_query(self, direction, query) {
            return false;
        }
        if direction == gst::PadDirection::Src
            && let gst::QueryViewMut::Latency(latency) = query.view_mut()
        {
            let (live, min, max) = latency.result();
            let delay = self.state().delay();
            latency.set(live, min + delay, max.map(|max| max + delay));
        }
        true
    }
}
