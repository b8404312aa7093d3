//! Glue between GStreamer and the gate: caps, properties, latency.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gate::Gate;
use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer::subclass::prelude::*;
use gstreamer_audio as gst_audio;
use gstreamer_base as gst_base;
use gstreamer_base::subclass::prelude::*;

/// Frames handed to the gate at once.
const PIECE: usize = 480;
/// Bytes of a sample.
const SAMPLE: usize = size_of::<f32>();

#[derive(Default)]
pub struct EstradeGate {
    state: Mutex<State>,
}

/// What was wished outlives a change of caps; the gate does not.
#[derive(Default)]
struct State {
    muted: bool,
    closed: bool,
    running: Option<Running>,
}

struct Running {
    gate: Gate,
    rate: u32,
    input: Box<[f32]>,
    output: Box<[f32]>,
}

impl Running {
    fn process(&mut self, input: &[u8], output: &mut [u8]) {
        let frame = self.gate.channels() * SAMPLE;
        for (from, to) in input
            .chunks(PIECE * frame)
            .zip(output.chunks_mut(PIECE * SAMPLE))
        {
            for (sample, bytes) in self.input.iter_mut().zip(from.chunks_exact(SAMPLE)) {
                *sample = f32::from_le_bytes(bytes.try_into().unwrap_or_default());
            }
            let samples = from.len() / SAMPLE;
            let frames = to.len() / SAMPLE;
            self.gate
                .process(&self.input[..samples], &mut self.output[..frames]);
            for (bytes, sample) in to.chunks_exact_mut(SAMPLE).zip(&*self.output) {
                bytes.copy_from_slice(&sample.to_le_bytes());
            }
        }
    }
}

impl EstradeGate {
    pub(super) fn next_event(&self) -> Option<gate::Event> {
        self.state().running.as_mut()?.gate.next_event()
    }

    /// Uncontended but for a change of property.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for EstradeGate {
    const NAME: &'static str = "EstradeGate";
    type Type = super::EstradeGate;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for EstradeGate {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecBoolean::builder("muted")
                    .nick("Muted")
                    .blurb("Muted by the people in the room")
                    .mutable_playing()
                    .build(),
                glib::ParamSpecBoolean::builder("closed")
                    .nick("Closed")
                    .blurb("Closed by the conference")
                    .mutable_playing()
                    .build(),
                glib::ParamSpecFloat::builder("sent-level")
                    .nick("Sent level")
                    .blurb("Level of the last 20 ms that were let out, in dB of full scale")
                    .minimum(gate::SILENCE_DBFS)
                    .maximum(0.0)
                    .default_value(gate::SILENCE_DBFS)
                    .read_only()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        // GLib lets no value of another type come here.
        let Ok(on) = value.get::<bool>() else { return };
        let mut state = self.state();
        match pspec.name() {
            "muted" => state.muted = on,
            "closed" => state.closed = on,
            _ => return,
        }
        let State { muted, closed, .. } = *state;
        if let Some(running) = &mut state.running {
            running.gate.set_muted(muted);
            running.gate.set_closed(closed);
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let state = self.state();
        match pspec.name() {
            "muted" => state.muted.to_value(),
            "closed" => state.closed.to_value(),
            _ => state
                .running
                .as_ref()
                .map_or(gate::SILENCE_DBFS, |running| running.gate.sent_dbfs())
                .to_value(),
        }
    }
}

impl GstObjectImpl for EstradeGate {}

impl ElementImpl for EstradeGate {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Estrade noise gate",
                "Filter/Effect/Audio",
                "Lets only people who speak be heard at a distance",
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
        .rate_range(8000..=192_000);
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

    fn unit_size(&self, caps: &gst::Caps) -> Option<usize> {
        let info = gst_audio::AudioInfo::from_caps(caps).ok()?;
        usize::try_from(info.bpf()).ok()
    }

    fn set_caps(&self, input: &gst::Caps, _output: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = gst_audio::AudioInfo::from_caps(input)
            .map_err(|_| gst::loggable_error!(gst::CAT_RUST, "caps that are no sound"))?;
        let channels = usize::try_from(info.channels()).unwrap_or(1);
        let mut state = self.state();
        let mut gate = Gate::new(info.rate(), channels);
        gate.set_muted(state.muted);
        gate.set_closed(state.closed);
        state.running = Some(Running {
            gate,
            rate: info.rate(),
            input: vec![0.0; PIECE * channels].into(),
            output: vec![0.0; PIECE].into(),
        });
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.state().running = None;
        Ok(())
    }

    fn transform(
        &self,
        input: &gst::Buffer,
        output: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let mut state = self.state();
        let running = state
            .running
            .as_mut()
            .ok_or(gst::FlowError::NotNegotiated)?;
        let from = input.map_readable().map_err(|_| gst::FlowError::Error)?;
        let mut to = output.map_writable().map_err(|_| gst::FlowError::Error)?;
        running.process(&from, &mut to);
        Ok(gst::FlowSuccess::Ok)
    }

    fn query(&self, direction: gst::PadDirection, query: &mut gst::QueryRef) -> bool {
        if !BaseTransformImplExt::parent_query(self, direction, query) {
            return false;
        }
        if direction == gst::PadDirection::Src
            && let gst::QueryViewMut::Latency(latency) = query.view_mut()
        {
            let own = self
                .state()
                .running
                .as_ref()
                .map_or(gst::ClockTime::ZERO, |running| {
                    // Multiply before dividing.
                    gst::ClockTime::SECOND * u64::from(running.gate.latency())
                        / u64::from(running.rate)
                });
            let (live, min, max) = latency.result();
            latency.set(live, min + own, max.map(|max| max + own));
        }
        true
    }
}
